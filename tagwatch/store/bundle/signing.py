"""The key with which an installation signs: kept with the other keys, apart from the data."""

import os
from pathlib import Path
from typing import Final, NamedTuple

from tagwatch.store.bundle.manifest import public_key
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import Files, read_whole, write_durably

NAME: Final = "signing.key"
FORMER: Final = "signing.former"
NEXT: Final = "signing.next"
_TITLE: Final = "Tagwatch signing key 1"
_BYTES: Final = 32


class SigningKey(NamedTuple):
    """A signing key and its public half, in hexadecimal."""

    secret: bytes
    public: str


def signing_key(files: Files, keys_folder: Path) -> SigningKey:
    """Return the installation's signing key, made if there is none. Raises KeysDamaged."""
    path = keys_folder / NAME
    if not files.exists(path):
        _make(files, path)
    return _read(files, path)


def next_key(files: Files, keys_folder: Path) -> SigningKey:
    """Return the key that is to sign after this one, made and kept aside if there is none.

    It signs nothing until `take_over`; a second call after a stop gives the same key.
    """
    path = keys_folder / NEXT
    if not files.exists(path):
        _make(files, path)
    return _read(files, path)


def take_over(files: Files, keys_folder: Path) -> None:
    """Let the next key sign from now on. The secret of the old one is gone; its public half stays
    in `signing.former`, for what it signed."""
    old = signing_key(files, keys_folder)
    if old.public not in former_keys(files, keys_folder):
        said = _former(files, keys_folder) + f"{old.public}\n".encode()
        write_durably(files, keys_folder / FORMER, said)
    files.rename(keys_folder / NEXT, keys_folder / NAME)
    files.fsync_dir(keys_folder)


def former_keys(files: Files, keys_folder: Path) -> tuple[str, ...]:
    """Return the public keys that signed before, the oldest first."""
    return tuple(_former(files, keys_folder).decode().split())


def _former(files: Files, keys_folder: Path) -> bytes:
    path = keys_folder / FORMER
    return read_whole(files, path) if files.exists(path) else b""


def _make(files: Files, path: Path) -> None:
    write_durably(files, path, f"{_TITLE}\n{os.urandom(_BYTES).hex()}\n".encode())


def _read(files: Files, path: Path) -> SigningKey:
    try:
        lines = read_whole(files, path).decode().split("\n")
        secret = bytes.fromhex(lines[1])
    except (IndexError, ValueError) as error:
        raise KeysDamaged(f"{path} is not a signing key: bring back its copy") from error
    if lines[0] != _TITLE or len(secret) != _BYTES:
        raise KeysDamaged(f"{path} is not a signing key: bring back its copy")
    return SigningKey(secret, public_key(secret))
