"""E-mail by SMTP: one connection a message, Message-ID made from the notification's id."""

import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from typing import Final

import aiosmtplib

from tagwatch.config import MailTls, SmtpConfig
from tagwatch.core.outcome import Severity
from tagwatch.notify.channel.carrier import Delivered, Outcome, Refused, TryAgain
from tagwatch.notify.message import Message

_PERMANENT: Final = 500
_POLICY: Final = SMTP.clone(max_line_length=200)
"""Wider than the default, so that no subject of ours begins with a line break."""


class Email:
    """The mail server of the installation. Most servers drop a second mail of one Message-ID."""

    most_at_once = 8

    def __init__(self, config: SmtpConfig, trust: ssl.SSLContext | None = None) -> None:
        """`trust` replaces the machine's own certificate store."""
        self._from = parseaddr(config.sender)[1]
        if "@" not in self._from:
            raise ValueError(f"smtp.sender {config.sender!r} is no e-mail address; set it")
        self._config = config
        self._trust = trust
        self.deadline_s = 2.0 * config.timeout_s

    async def send(self, message: Message) -> Outcome:
        """Hand `message` to the mail server."""
        try:
            mail = self._mail(message)
        except ValueError as error:
            return Refused(f"not an e-mail that can be sent: {error}")
        config = self._config
        try:
            _, answer = await aiosmtplib.send(
                mail.as_bytes(),
                sender=self._from,
                recipients=[message.address],
                hostname=config.host,
                port=config.port,
                username=config.username or None,
                password=config.password or None,
                timeout=config.timeout_s,
                use_tls=config.tls is MailTls.TLS,
                start_tls=config.tls is MailTls.STARTTLS,
                tls_context=self._trust,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refusal(min(one.code for one in error.recipients), str(error))
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            return _refusal(error.code, f"{error.code} {error.message}")
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return TryAgain(f"mail server: {type(error).__name__}: {error}")
        return Delivered(f"mail server: {answer}")

    async def close(self) -> None:
        """Nothing is held between messages."""

    def _mail(self, message: Message) -> EmailMessage:
        if "@" not in message.address:
            raise ValueError(f"contact's address {message.address!r} has no @")
        mail = EmailMessage(policy=_POLICY)
        mail["From"] = self._config.sender
        mail["To"] = message.address
        mail["Subject"] = message.subject
        mail["Date"] = formatdate(usegmt=True)
        mail["Message-ID"] = f"<{message.message_id}@{self._from.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        if message.severity is Severity.LIFE:
            mail["Importance"] = "high"
        mail.set_content(message.text)
        return mail


def _refusal(code: int, words: str) -> Outcome:
    return Refused(words) if code >= _PERMANENT else TryAgain(words)
