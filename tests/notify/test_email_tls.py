"""Mail over STARTTLS and over TLS, with a certificate that is known and one that is not."""

import asyncio
import ssl

import msgspec
import pytest
import trustme
from aiosmtpd.controller import Controller

from tagwatch.config import MailTls, SmtpConfig
from tagwatch.notify.channel.carrier import Delivered, Outcome, TryAgain
from tagwatch.notify.channel.email import Email
from tagwatch.notify.message import Message, compose
from tests.notify.world import Postbox, row, unused_port


async def sent(email: Email, message: Message) -> Outcome:
    """Send, and let the connection end: TLS takes a round trip to close, and a loop that is gone
    before it leaves the socket open."""
    outcome = await email.send(message)
    transports = asyncio.get_running_loop()._transports
    while any(each._sock is not None for each in list(transports.values())):  # noqa: ASYNC110 - a socket tells nobody that it is closed
        await asyncio.sleep(0.005)
    return outcome


@pytest.mark.parametrize("tls", [MailTls.STARTTLS, MailTls.TLS])
def test_encrypted(tls: MailTls) -> None:
    authority = trustme.CA()
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    box = Postbox()
    offers = {"ssl_context": theirs} if tls is MailTls.TLS else {"tls_context": theirs}
    server = Controller(box, hostname="127.0.0.1", port=unused_port(), **offers)
    server.start()
    try:
        config = SmtpConfig(
            host="127.0.0.1", port=server.port, tls=tls, sender="a@example.org", timeout_s=2
        )
        message = compose(row(), "https://t")
        assert isinstance(asyncio.run(sent(Email(config, ours), message)), Delivered)
        assert len(box.mails) == 1
        assert isinstance(asyncio.run(sent(Email(config), message)), TryAgain)  # not trusted
        plain = msgspec.structs.replace(config, tls=MailTls.NONE)
        if tls is MailTls.STARTTLS:
            assert isinstance(asyncio.run(sent(Email(plain, ours), message)), Delivered)
        assert len(box.mails) == (2 if tls is MailTls.STARTTLS else 1)
    finally:
        server.stop()
