"""Mail over STARTTLS and over TLS, with a certificate that is known and one that is not."""

import asyncio
import ssl

import msgspec
import pytest
import trustme
from aiosmtpd.controller import Controller

from tagwatch.config import MailTls, SmtpConfig
from tagwatch.notify.channel.carrier import Delivered, TryAgain
from tagwatch.notify.channel.email import Email
from tagwatch.notify.message import compose
from tests.notify.world import Postbox, row, unused_port


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
        assert isinstance(asyncio.run(Email(config, ours).send(message)), Delivered)
        assert len(box.mails) == 1
        assert isinstance(asyncio.run(Email(config).send(message)), TryAgain)  # not trusted
        plain = msgspec.structs.replace(config, tls=MailTls.NONE)
        if tls is MailTls.STARTTLS:
            assert isinstance(asyncio.run(Email(plain, ours).send(message)), Delivered)
        assert len(box.mails) == (2 if tls is MailTls.STARTTLS else 1)
    finally:
        server.stop()
