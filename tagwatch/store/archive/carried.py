"""Files of the archive in a backup: as unreadable without the installation key as the journal is.

A carried file is a title, a salt, and pieces sealed by AES-GCM under a key of its own, derived from
the installation key and the salt. The number of a piece and whether it is the last are its nonce,
the file's name is bound to each: none can be altered, moved, left out or cut off unnoticed.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tagwatch.core.recorded_archive import ArchiveFile
from tagwatch.store.journal.files import File, Files, Mode

_TITLE: Final = b"Tagwatch carried file 1\n"
_SALT: Final = 32
_TAG: Final = 16
_PIECE: Final = 4 << 20
"""Bytes of the file in a piece."""
_DRAFT: Final = ".part"


def carry(files: Files, folder: Path, target: Path, key: bytes) -> int:
    """Seal every file of the archive in `folder` that is not yet in `target` into it; returns how
    many. One that vanishes meanwhile gave way to others and is left out. Raises OSError.

    `key` is the installation key.
    """
    carried = 0
    for path in sorted(folder.rglob("*.parquet")):
        name = path.relative_to(folder).as_posix()
        if files.exists(target / name):
            continue
        try:
            source = files.open(path, Mode.READ)
        except FileNotFoundError:
            continue
        try:
            _seal(files, source, target / name, name, key)
        finally:
            source.close()
        carried += 1
    return carried


def bring(files: Files, source: Path, folder: Path, file: ArchiveFile, key: bytes) -> str:
    """Bring a carried file back into the archive at `folder`; returns what is wrong with it, empty
    if it is byte for byte the one sealed. Raises OSError if it cannot be written."""
    try:
        carried = files.open(source / file.path, Mode.READ)
    except FileNotFoundError:
        return "missing"
    target = folder / file.path
    files.make_folder(target.parent)
    made = files.open(target, Mode.CREATE)
    digest, size = sha256(), 0
    try:
        for piece in _opened(carried, file.path, key):
            made.write_at(size, piece)
            digest.update(piece)
            size += len(piece)
        made.fdatasync()
    except InvalidTag:
        return "altered, or sealed with another key"
    finally:
        made.close()
        carried.close()
    files.fsync_dir(target.parent)
    if (size, digest.hexdigest()) != (file.bytes, file.sha256):
        return "its digest is not the one sealed"
    return ""


def _seal(files: Files, source: File, target: Path, name: str, key: bytes) -> None:
    files.make_folder(target.parent)
    draft = target.with_name(target.name + _DRAFT)
    made = files.open(draft, Mode.CREATE)
    try:
        salt = os.urandom(_SALT)
        cipher = _cipher(key, salt)
        made.write_at(0, _TITLE + salt)
        size, at = source.size(), len(_TITLE) + _SALT
        for number in range(_pieces(size)):
            piece = source.read_at(number * _PIECE, _PIECE)
            nonce = _nonce(number, _pieces(size))
            sealed = cipher.encrypt(nonce, piece, name.encode())
            made.write_at(at, sealed)
            at += len(sealed)
        made.fdatasync()
    finally:
        made.close()
    files.rename(draft, target)
    files.fsync_dir(target.parent)


def _opened(carried: File, name: str, key: bytes) -> Iterator[bytes]:
    """Yield the pieces of the file. Raises InvalidTag if one is not what was sealed."""
    begins = len(_TITLE) + _SALT
    head = carried.read_at(0, begins)
    if len(head) < begins or not head.startswith(_TITLE):
        raise InvalidTag
    cipher = _cipher(key, head[len(_TITLE) :])
    count = -(-(carried.size() - begins) // (_PIECE + _TAG))
    for number in range(count):
        sealed = carried.read_at(begins + number * (_PIECE + _TAG), _PIECE + _TAG)
        yield cipher.decrypt(_nonce(number, count), sealed, name.encode())


def _pieces(size: int) -> int:
    return max(1, -(-size // _PIECE))


def _nonce(number: int, count: int) -> bytes:
    return (number << 8 | int(number == count - 1)).to_bytes(12, "big")


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    made = HKDF(SHA256(), 32, salt=salt, info=b"tagwatch carried archive 1").derive(key)
    return AESGCM(made)
