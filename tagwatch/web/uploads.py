"""Files that were uploaded and shown, until their officer confirms them: in memory alone.

They hold people's data before anybody has said that it shall be kept, so they are on no disk. What
is confirmed is what was shown, whatever the browser sends.
"""

import secrets
import threading
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId
from tagwatch.core.units import MINUTE, Instant
from tagwatch.desk.import_reading import Source

KEPT: Final = 30 * MINUTE
MOST: Final = 16
"""Files of all officers together; the oldest gives way. Of one officer the last is kept."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits to be confirmed."""

    upload_id: str
    account_id: AccountId
    name: str
    source: Source
    digest: str
    """Of what its preview showed."""
    at: Instant


class Uploads:
    """The files that wait. Safe for several threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: dict[AccountId, Upload] = {}
        self._lock = threading.Lock()

    def keep(
        self, account_id: AccountId, name: str, source: Source, digest: str, at: Instant
    ) -> Upload:
        """Keep a file in place of whatever the officer uploaded before."""
        upload = Upload(
            upload_id=secrets.token_hex(16),
            account_id=account_id,
            name=name,
            source=source,
            digest=digest,
            at=at,
        )
        with self._lock:
            self._forget(at)
            self._waiting.pop(account_id, None)
            while len(self._waiting) >= MOST:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[account_id] = upload
        return upload

    def find(self, account_id: AccountId, upload_id: str, at: Instant) -> Upload | None:
        """Return the officer's own file of that id, None if it is not kept any more."""
        with self._lock:
            self._forget(at)
            found = self._waiting.get(account_id)
        same = found is not None and secrets.compare_digest(found.upload_id, upload_id)
        return found if same else None

    def drop(self, upload: Upload) -> None:
        """Let go of a file."""
        with self._lock:
            if self._waiting.get(upload.account_id) is upload:
                del self._waiting[upload.account_id]

    def _forget(self, at: Instant) -> None:
        for name in [n for n, one in self._waiting.items() if one.at + KEPT < at]:
            del self._waiting[name]
