"""Links by which somebody without a sign-in takes an alert on: signed, and good for one message.

The link holds the notification's id and a MAC under a key that the installation key wraps; it
names no person, opens no record and does one thing. When it expires is a published setting.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256
from typing import Final

from tagwatch.config import Config
from tagwatch.core.ids import NotificationId
from tagwatch.store.account_keys import account_secrets
from tagwatch.store.journal.files import OsFiles

PATH: Final = "/answer/"
_ID_BYTES: Final = 10
_MAC_BYTES: Final = 14
_PREFIX: Final = "no_"


class AnswerLinks:
    """Makes and reads the links of one installation."""

    def __init__(self, key: bytes, public_url: str) -> None:
        """`public_url` is the officers' address, without a slash at its end."""
        self._key = key
        self._public_url = public_url.rstrip("/")

    def link(self, notification_id: NotificationId) -> str:
        """Return the address to put into the message."""
        return f"{self._public_url}{PATH}{self.token(notification_id)}"

    def token(self, notification_id: NotificationId) -> str:
        """Return the last part of the address: 32 characters."""
        name = bytes.fromhex(notification_id.removeprefix(_PREFIX))
        return urlsafe_b64encode(name + self._mac(name)).decode()

    def read(self, token: str) -> NotificationId | None:
        """Return which message a link was in, None if it is none of ours."""
        try:
            whole = urlsafe_b64decode(token.encode("ascii"))
        except (Error, ValueError):
            return None
        name, mac = whole[:_ID_BYTES], whole[_ID_BYTES:]
        if len(whole) != _ID_BYTES + _MAC_BYTES or not hmac.compare_digest(mac, self._mac(name)):
            return None
        return NotificationId(_PREFIX + name.hex())

    def _mac(self, name: bytes) -> bytes:
        return hmac.new(self._key, name, sha256).digest()[:_MAC_BYTES]


def open_links(config: Config) -> AnswerLinks:
    """Return the links of an installation. Raises OSError without its installation key."""
    return AnswerLinks(account_secrets(OsFiles(), config.keys_folder).links, config.web.public_url)
