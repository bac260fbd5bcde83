"""The installation key, which wraps every other key. While it is replaced, two of them open.

`installation.next` beside `installation.key` is the key that takes its place: from the moment it is
there new keys are wrapped with it, and either opens what it wrapped. Whoever adds, destroys or
wraps keys holds `wrapping.lock` meanwhile, whichever process it is.
"""

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import Files, Lock, read_whole, write_durably, write_over

INSTALLATION_KEY_NAME: Final = "installation.key"
NEXT_NAME: Final = "installation.next"
LOCK_NAME: Final = "wrapping.lock"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_KEY_TITLE: Final = "Tagwatch installation key 1"
_LOCK_S: Final = 10.0
_AGAIN_S: Final = 0.002


class Wrapping:
    """The installation key, and while it is replaced the next one too. For one thread at a time."""

    def __init__(self, files: Files, path: Path) -> None:
        """`path` is that of the installation key. Raises KeysDamaged."""
        self._files = files
        self.path = path
        self._ciphers: tuple[AESGCM, ...] = ()
        self.newest = b""
        """The key that wraps from now on."""
        self.oldest = b""
        """The installation key as it is: the newest, unless another waits to take its place."""
        self.refresh()

    def refresh(self) -> None:
        """Read the keys again. Raises KeysDamaged."""
        # The next one first: when it is gone it is the installation key by then.
        following = self.path.with_name(NEXT_NAME)
        found = [_read(self._files, following)] if self._files.exists(following) else []
        keys = [key for key in (*found, read_installation_key(self._files, self.path)) if key]
        self.newest, self.oldest = keys[0], keys[-1]
        self._ciphers = tuple(AESGCM(key) for key in keys)

    def wrap(self, secret: bytes, label: bytes) -> bytes:
        """Return `secret` wrapped with the newest key, bound to `label`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, secret, label)

    def unwrap(self, wrapped: bytes, label: bytes) -> bytes:
        """Return what was wrapped. Raises InvalidTag if no installation key there is opens it."""
        found = self._unwrapped(wrapped, label)
        if found is None:
            self.refresh()
            found = self._unwrapped(wrapped, label)
        if found is None:
            raise InvalidTag
        return found

    def is_newest(self, wrapped: bytes, label: bytes) -> bool:
        """Tell whether the newest key wrapped this."""
        try:
            self._ciphers[0].decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], label)
        except InvalidTag:
            return False
        return True

    @contextmanager
    def held(self) -> Generator[None]:
        """Keep every other process from adding, destroying or wrapping keys, and read the keys.

        Raises OSError if another holds on for seconds; KeysDamaged.
        """
        lock = _taken(self._files, self.path.with_name(LOCK_NAME))
        try:
            self.refresh()
            yield
        finally:
            lock.release()

    def _unwrapped(self, wrapped: bytes, label: bytes) -> bytes | None:
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], label)
            except InvalidTag:
                continue
        return None


def key_id(secret: bytes) -> str:
    """Return the id of a key: it names it and says nothing of it."""
    return sha256(b"tagwatch key id 1" + secret).hexdigest()[:16]


def make_installation_key(files: Files, path: Path) -> None:
    """Write a new installation key to `path`, durably."""
    put_installation_key(files, path, os.urandom(KEY_BYTES))


def put_installation_key(files: Files, path: Path, secret: bytes) -> None:
    """Write an installation key to `path`, durably."""
    write_durably(files, path, _written(secret))


def read_installation_key(files: Files, path: Path) -> bytes:
    """Return the 32 bytes of an installation key file. Raises KeysDamaged."""
    found = _read(files, path)
    if found is None:
        raise KeysDamaged(
            f"no installation key at {path}: without it nothing can be read; bring back the copy "
            "that was put apart"
        )
    return found


def take_over(files: Files, path: Path) -> None:
    """Let the next key be the installation key, and overwrite the former. Under `held`.

    The next one's own file goes last: whatever a cut leaves of the names, one of the two is there.
    """
    following = path.with_name(NEXT_NAME)
    write_over(files, path, _written(read_installation_key(files, following)))
    files.remove(following)
    files.fsync_dir(path.parent)


def _written(secret: bytes) -> bytes:
    return f"{_KEY_TITLE}\n{secret.hex()}\n".encode()


def _read(files: Files, path: Path) -> bytes | None:
    """Return the key in a file, None if there is no such file. Raises KeysDamaged."""
    try:
        lines = read_whole(files, path).decode().split("\n")
        key = bytes.fromhex(lines[1])
        if lines[0] == _KEY_TITLE and len(key) == KEY_BYTES:
            return key
    except FileNotFoundError:
        return None
    except (IndexError, ValueError) as error:
        raise KeysDamaged(f"{path} is not an installation key: bring back its copy") from error
    raise KeysDamaged(f"{path} is not an installation key: bring back its copy")


def _taken(files: Files, path: Path) -> Lock:
    end = time.monotonic() + _LOCK_S
    while True:
        try:
            return files.lock(path)
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(_AGAIN_S)
