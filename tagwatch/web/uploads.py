"""Files that were uploaded and shown, until their officer confirms them, or half an hour.

They hold people's data before anybody has said that it shall be kept. On the disk they are sealed,
each with a key that only the officer's own page has; whoever has the disk reads nothing. They
outlast a restart of the web process. What is confirmed is what was shown, whatever the browser
sends.
"""

import secrets
import threading
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tagwatch.core.ids import AccountId
from tagwatch.core.units import MINUTE, Instant
from tagwatch.desk.import_reading import Source

KEPT: Final = 30 * MINUTE
MOST: Final = 16
"""Files of all officers together; the oldest gives way. Of one officer the last is kept."""
_NONCE: Final = bytes(12)
"""A key seals one file and no other."""
_SEALED: Final = ".sealed"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits to be confirmed."""

    upload_id: str
    """The secret that opens it; it is nowhere but in the officer's page."""
    account_id: AccountId
    name: str
    source: Source
    digest: str
    """Of what its preview showed."""
    at: Instant


class Uploads:
    """The files that wait, in a folder of their own. Safe for several threads."""

    def __init__(self, folder: Path, at: Instant) -> None:
        """Begin with those of before a restart that are not too old at `at`."""
        self._folder = folder
        self._lock = threading.Lock()
        self._forget(at, None, MOST)

    def keep(
        self, account_id: AccountId, name: str, source: Source, digest: str, at: Instant
    ) -> Upload:
        """Keep a file in place of whatever the officer uploaded before."""
        upload = Upload(
            upload_id=secrets.token_hex(32),
            account_id=account_id,
            name=name,
            source=source,
            digest=digest,
            at=at,
        )
        path = self._folder / f"{at:016d}-{_of(account_id)}-{_name(upload.upload_id)}{_SEALED}"
        plain = msgspec.msgpack.encode(msgspec.structs.replace(upload, upload_id=""))
        sealed = AESGCM(_key(upload.upload_id)).encrypt(_NONCE, plain, path.name.encode())
        with self._lock:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._forget(at, account_id, MOST - 1)
            path.touch(mode=0o600)
            path.write_bytes(sealed)
        return upload

    def find(self, account_id: AccountId, upload_id: str, at: Instant) -> Upload | None:
        """Return the officer's own file of that id, None if it is not kept any more."""
        with self._lock:
            self._forget(at, None, MOST)
            path = self._path(account_id, upload_id)
            sealed = None if path is None else path.read_bytes()
        if path is None or sealed is None:
            return None
        try:
            plain = AESGCM(_key(upload_id)).decrypt(_NONCE, sealed, path.name.encode())
        except InvalidTag:  # cut off as it was written: the officer chooses the file again
            return None
        found = msgspec.msgpack.decode(plain, type=Upload)
        return msgspec.structs.replace(found, upload_id=upload_id)

    def drop(self, upload: Upload) -> None:
        """Let go of a file."""
        with self._lock:
            path = self._path(upload.account_id, upload.upload_id)
            if path is not None:
                path.unlink(missing_ok=True)

    def _path(self, account_id: AccountId, upload_id: str) -> Path | None:
        wanted = f"-{_of(account_id)}-{_name(upload_id)}{_SEALED}"
        return next((path for path in self._all() if path.name.endswith(wanted)), None)

    def _all(self) -> list[Path]:
        """Return the files that wait, the oldest first."""
        return sorted(self._folder.glob(f"*{_SEALED}"))

    def _forget(self, at: Instant, account_id: AccountId | None, most: int) -> None:
        """Remove what is too old, what this officer had, and the oldest above `most`."""
        whose = None if account_id is None else f"-{_of(account_id)}-"
        kept: list[Path] = []
        for path in self._all():
            since, _, rest = path.name.partition("-")
            own = whose is not None and f"-{rest}".startswith(whose)
            if own or not since.isdigit() or int(since) + KEPT < at:
                path.unlink(missing_ok=True)
            else:
                kept.append(path)
        for path in kept[: max(0, len(kept) - most)]:
            path.unlink(missing_ok=True)


def _of(account_id: AccountId) -> str:
    return sha256(b"account " + account_id.encode()).hexdigest()[:16]


def _name(upload_id: str) -> str:
    return sha256(b"name " + upload_id.encode()).hexdigest()[:32]


def _key(upload_id: str) -> bytes:
    return sha256(b"key " + upload_id.encode()).digest()
