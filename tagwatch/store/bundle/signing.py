"""The key with which an installation signs: kept with the other keys, apart from the data."""

import os
from pathlib import Path
from typing import Final, NamedTuple

from tagwatch.store.bundle.manifest import public_key
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import Files, read_whole, write_durably

NAME: Final = "signing.key"
FORMER: Final = "signing.former"
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
        text = f"{_TITLE}\n{os.urandom(_BYTES).hex()}\n"
        write_durably(files, path, text.encode())
    try:
        lines = read_whole(files, path).decode().split("\n")
        secret = bytes.fromhex(lines[1])
    except (IndexError, ValueError) as error:
        raise KeysDamaged(f"{path} is not a signing key: bring back its copy") from error
    if lines[0] != _TITLE or len(secret) != _BYTES:
        raise KeysDamaged(f"{path} is not a signing key: bring back its copy")
    return SigningKey(secret, public_key(secret))


def rotate(files: Files, keys_folder: Path) -> tuple[str, str]:
    """Put a new signing key in the place of the old one; returns the old and the new public key.

    The old secret is gone; its public half stays on record, for what it signed.
    """
    old = signing_key(files, keys_folder)
    write_durably(
        files, keys_folder / FORMER, _former(files, keys_folder) + f"{old.public}\n".encode()
    )
    text = f"{_TITLE}\n{os.urandom(_BYTES).hex()}\n"
    write_durably(files, keys_folder / NAME, text.encode())
    return old.public, signing_key(files, keys_folder).public


def former_keys(files: Files, keys_folder: Path) -> tuple[str, ...]:
    """Return the public keys that signed before, the oldest first."""
    return tuple(_former(files, keys_folder).decode().split())


def _former(files: Files, keys_folder: Path) -> bytes:
    path = keys_folder / FORMER
    return read_whole(files, path) if files.exists(path) else b""
