"""A zip in which every byte has one right value, so that no byte can be changed unseen.

Members are stored, not compressed; times, attributes and comments are fixed. Whoever has names and
contents can write the same file again, and that is how it is checked.
"""

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

_LOCAL: Final = Struct("<4sHHHHHIIIHH")
_CENTRAL: Final = Struct("<4sHHHHHHIIIHHHHHII")
_END: Final = Struct("<4sHHHHIIH")
_LOCAL_SIGN: Final = b"PK\x03\x04"
_CENTRAL_SIGN: Final = b"PK\x01\x02"
_END_SIGN: Final = b"PK\x05\x06"
_VERSION: Final = 20
_UTF_8: Final = 0x0800
_DATE: Final = 0x0021
"""1980-01-01, the first a zip can say."""

MOST_MEMBERS: Final = 10_000
MOST_BYTES: Final = 1 << 30


class Member(NamedTuple):
    """One file of a bundle."""

    path: str
    content: bytes


class Unzipped(NamedTuple):
    """What a file that should be a bundle holds, and every place at which it is not one."""

    members: tuple[Member, ...]
    wrong: tuple[str, ...]
    """In words, each naming member and byte; empty: every byte has its right value."""


def zipped(members: Sequence[Member]) -> bytes:
    """Return the bundle's file. Raises ValueError for what is beyond its limits."""
    if len(members) > MOST_MEMBERS or sum(len(m.content) for m in members) > MOST_BYTES:
        raise ValueError(
            f"a bundle holds at most {MOST_MEMBERS} files and {MOST_BYTES >> 20} MB: ask for a "
            "shorter window"
        )
    parts: list[bytes] = []
    for member in members:
        parts += (_local(member), member.content)
    return b"".join((*parts, _directory(members)))


def unzipped(data: bytes) -> Unzipped:
    """Return what `data` holds and where it is not what `zipped` writes; raises nothing."""
    members: list[Member] = []
    wrong: list[str] = []
    offset = 0
    while data[offset : offset + 4] == _LOCAL_SIGN and len(members) < MOST_MEMBERS:
        member = _member_at(data, offset)
        if member is None:
            wrong.append(f"zip: the header at byte {offset} leads beyond the end of the file")
            return Unzipped(tuple(members), tuple(wrong))
        header = _local(member)
        if data[offset : offset + len(header)] != header:
            at = offset + _differs(data[offset : offset + len(header)], header)
            wrong.append(
                f"{member.path}: the content is not what the zip's header at byte {offset} says "
                f"of it (byte {at} of the file, or the content itself, was changed)"
            )
        members.append(member)
        offset += len(header) + len(member.content)
    rest, due = data[offset:], _directory(members)
    if rest != due:
        at = offset + _differs(rest, due)
        wrong.append(f"zip: the directory at the end is wrong from byte {at} of {len(data)} on")
    return Unzipped(tuple(members), tuple(wrong))


def _member_at(data: bytes, offset: int) -> Member | None:
    """Return the member whose header begins at `offset`, None if it does not fit the file."""
    if offset + _LOCAL.size > len(data):
        return None
    *_, size, name_size, extra = _LOCAL.unpack_from(data, offset)
    start = offset + _LOCAL.size + name_size
    if extra or start + size > len(data):
        return None
    try:
        path = data[offset + _LOCAL.size : start].decode()
    except UnicodeDecodeError:
        return None
    return Member(path, data[start : start + size])


def _local(member: Member) -> bytes:
    name, content = member.path.encode(), member.content
    crc, size = crc32(content), len(content)
    fields = (_VERSION, _UTF_8, 0, 0, _DATE, crc, size, size, len(name), 0)
    return _LOCAL.pack(_LOCAL_SIGN, *fields) + name


def _directory(members: Sequence[Member]) -> bytes:
    offset = 0
    parts: list[bytes] = []
    for member, part in zip(members, _entries(members), strict=True):
        parts.append(part)
        offset += _LOCAL.size + len(member.path.encode()) + len(member.content)
    whole = b"".join(parts)
    count = len(members)
    return whole + _END.pack(_END_SIGN, 0, 0, count, count, len(whole), offset, 0)


def _entries(members: Sequence[Member]) -> Iterator[bytes]:
    offset = 0
    for member in members:
        name, content = member.path.encode(), member.content
        crc, size = crc32(content), len(content)
        fields = (_VERSION, _VERSION, _UTF_8, 0, 0, _DATE, crc, size, size, len(name))
        yield _CENTRAL.pack(_CENTRAL_SIGN, *fields, 0, 0, 0, 0, 0, offset) + name
        offset += _LOCAL.size + len(name) + size


def _differs(one: bytes, other: bytes) -> int:
    """Return the first place at which two texts differ."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
