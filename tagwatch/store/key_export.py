"""The keys that a restore needs, in a file of their own: sealed with a passphrase, split if asked.

The passphrase goes through argon2id, whose settings stand in the file; what names the export is
bound to what is sealed. The shares of a split are random bytes, the last is the exclusive-or of
them and the file: all of them give it back, and fewer say nothing at all.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import reduce
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tagwatch.core.units import Instant

TITLE: Final = "Tagwatch keys 1"
PART_TITLE: Final = "Tagwatch keys, a part 1"
PASSPHRASE_LEAST: Final = 12
MOST_PARTS: Final = 9
_MOST_BYTES: Final = 1 << 20
_TIME, _MEMORY_KIB, _LANES = 3, 262_144, 4
_MOST_TIME, _MOST_MEMORY_KIB, _MOST_LANES = 64, 4 << 20, 64


class ExportWrong(Exception):
    """An export of keys cannot be used. The text says which, why, and what to do."""


class KeySet(msgspec.Struct, frozen=True, kw_only=True):
    """The keys themselves, as the files that hold them."""

    files: dict[str, bytes]
    """By name, as they stand in the folder of keys."""


class KeyExport(msgspec.Struct, frozen=True, kw_only=True):
    """The file: what it is, in clear, and the keys, sealed."""

    title: str
    installation: str
    key_id: str
    """Of the installation key in it."""
    made_at: Instant
    salt: str
    time_cost: int
    memory_kib: int
    lanes: int
    sealed: str = ""

    def named(self) -> bytes:
        """Return what is bound to the sealed keys: everything that stands in clear."""
        return msgspec.json.encode(msgspec.structs.replace(self, sealed=""))


class KeyPart(msgspec.Struct, frozen=True, kw_only=True):
    """One of the parts into which an export was split."""

    title: str
    installation: str
    key_id: str
    made_at: Instant
    number: int
    of: int
    whole_sha256: str
    share: str


def sealed_export(
    keys: KeySet, installation: str, key_id: str, passphrase: str, at: Instant
) -> bytes:
    """Return the file that holds `keys`, sealed with the passphrase."""
    bare = KeyExport(
        title=TITLE,
        installation=installation,
        key_id=key_id,
        made_at=at,
        salt=os.urandom(16).hex(),
        time_cost=_TIME,
        memory_kib=_MEMORY_KIB,
        lanes=_LANES,
    )
    nonce = os.urandom(12)
    sealed = nonce + _cipher(bare, passphrase).encrypt(
        nonce, msgspec.msgpack.encode(keys), bare.named()
    )
    return msgspec.json.encode(msgspec.structs.replace(bare, sealed=b64encode(sealed).decode()))


def split(whole: bytes, parts: int) -> list[bytes]:
    """Return the files of `parts` parts, which together are the export `whole`."""
    export = msgspec.json.decode(whole, type=KeyExport)
    shares = [os.urandom(len(whole)) for _ in range(parts - 1)]
    shares.append(reduce(_xored, shares, whole))
    digest = sha256(whole).hexdigest()
    return [
        msgspec.json.encode(
            KeyPart(
                title=PART_TITLE,
                installation=export.installation,
                key_id=export.key_id,
                made_at=export.made_at,
                number=number,
                of=parts,
                whole_sha256=digest,
                share=b64encode(share).decode(),
            )
        )
        for number, share in enumerate(shares, start=1)
    ]


def joined(paths: Sequence[Path]) -> KeyExport:
    """Return the export in a file, or that of which these are all the parts. Raises ExportWrong."""
    contents = [(path, _content(path)) for path in paths]
    if len(contents) == 1 and contents[0][1].get("title") == TITLE:
        return _export(contents[0][0], contents[0][1])
    parts = [_part(path, content) for path, content in contents]
    first = parts[0]
    for (path, _), part in zip(contents, parts, strict=True):
        if part.whole_sha256 != first.whole_sha256:
            raise ExportWrong(f"{path} is a part of another export: give parts of one")
    missing = sorted(set(range(1, first.of + 1)) - {part.number for part in parts})
    if missing:
        raise ExportWrong(
            f"part {', '.join(map(str, missing))} of {first.of} is missing: give every part, each "
            "with --keys"
        )
    shares = {part.number: _bytes(part.share) for part in parts}
    whole = reduce(_xored, shares.values())
    if sha256(whole).hexdigest() != first.whole_sha256:
        raise ExportWrong("a part was altered: together they are not the export that was split")
    return msgspec.json.decode(whole, type=KeyExport)


def opened(export: KeyExport, passphrase: str) -> KeySet:
    """Return the keys of an export. Raises ExportWrong."""
    sealed = _bytes(export.sealed)
    try:
        plain = _cipher(export, passphrase).decrypt(sealed[:12], sealed[12:], export.named())
    except InvalidTag as error:
        raise ExportWrong(
            "the passphrase does not open this export of keys, or the file was altered: type it "
            "as it was typed then, or take another copy of the export"
        ) from error
    return msgspec.msgpack.decode(plain, type=KeySet)


def _cipher(export: KeyExport, passphrase: str) -> AESGCM:
    costs = (export.time_cost, export.memory_kib, export.lanes)
    most = (_MOST_TIME, _MOST_MEMORY_KIB, _MOST_LANES)
    if any(not 1 <= cost <= bound for cost, bound in zip(costs, most, strict=True)):
        raise ExportWrong("this export of keys names settings that Tagwatch never writes")
    made = hash_secret_raw(
        passphrase.encode(),
        export.salt.encode(),
        time_cost=export.time_cost,
        memory_cost=export.memory_kib,
        parallelism=export.lanes,
        hash_len=32,
        type=Type.ID,
    )
    return AESGCM(made)


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise ExportWrong("an export of keys, or a part of it, was altered: take a copy") from error


def _content(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        found = msgspec.json.decode(data[:_MOST_BYTES], type=dict[str, Any])
    except FileNotFoundError as error:
        raise ExportWrong(f"there is no {path}: name the file that `keys export` wrote") from error
    except msgspec.DecodeError as error:
        raise _no_export(path) from error
    return found


def _export(path: Path, content: dict[str, Any]) -> KeyExport:
    try:
        return msgspec.convert(content, KeyExport)
    except msgspec.ValidationError as error:
        raise _no_export(path) from error


def _part(path: Path, content: dict[str, Any]) -> KeyPart:
    if content.get("title") == TITLE:
        raise ExportWrong(f"{path} is a whole export: give it alone")
    try:
        part = msgspec.convert(content, KeyPart)
    except msgspec.ValidationError as error:
        raise _no_export(path) from error
    if part.title != PART_TITLE:
        raise _no_export(path)
    return part


def _no_export(path: Path) -> ExportWrong:
    return ExportWrong(f"{path} is no export of keys: name what `tagwatch keys export` wrote")


def _xored(one: bytes, other: bytes) -> bytes:
    if len(one) != len(other):
        raise ExportWrong("the parts are not of one length: one was cut short; take its copy")
    size = len(one)
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(size, "big")
