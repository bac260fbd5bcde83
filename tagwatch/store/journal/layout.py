"""The bytes of a segment file. docs/journal.md says the same for a reader in any language.

A segment is `MAGIC` and then frames, each 8-byte aligned: sync marker, CRC-32, length, type, body.
All numbers are little-endian.
"""

import re
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from tagwatch.core.units import Instant

MAGIC = b"TAGWATCH JRNL 1\n"
SYNC = 0x4A57_54F5
SYNC_BYTES = SYNC.to_bytes(4, "little")
LAYOUT_VERSION = 1

FRAME = Struct("<IIIBBH")
"""sync, CRC-32 of everything after it up to the frame's end, body length, type, version, 0."""
HEADER = Struct("<QqIHBB")
"""seq, received_at, key id, kind, lane, data class: what a record says in clear."""
RECORD = Struct("<IIIBBH16sQqIHBB")
"""A record frame up to its ciphertext: frame header, salt, record header."""
LEAVES = Struct("<QII")
"""first seq, count, 0; the leaf hashes follow."""
COMMIT = Struct("<QQII32s32s32s32s")
"""group, first seq, count, 0, previous head, skip head, root, head."""
SEAL = Struct("<Q32s")
"""next seq, head."""
OPENING = Struct("<16sIIQQq")
"""installation, segment, 0, first seq, first group, received_at of the first record; heads."""

SALT_BYTES = 16
NONCE_BYTES = 12
TAG_BYTES = 16
COMMITMENT = bytes(16)
"""Encrypted before each payload: one ciphertext then cannot open under two keys (GCM alone
does not promise that; Albertini et al., How to Abuse and Fix Authenticated Encryption, 2022)."""

MAX_PAYLOAD_BYTES = 8 << 20
MAX_GROUP_RECORDS = 100_000
MAX_GROUP_BYTES = 64 << 20
MAX_BODY_BYTES = 16 << 20

SEGMENT_NAME = re.compile(r"\d{8}\.seg")


class FrameType(IntEnum):
    """What a frame holds."""

    RECORD = 1
    LEAVES = 2
    COMMIT = 3
    SEAL = 4
    OPENING = 5


class Frame(NamedTuple):
    """A whole frame: `body` is [offset + 16, end); the next frame begins at `next`."""

    type: int
    offset: int
    end: int
    next: int


class Gap(NamedTuple):
    """Bytes [offset, next) of a segment in which no whole frame begins."""

    offset: int
    next: int


class Commit(NamedTuple):
    """The end of a group: from here on its records are acknowledged and chained."""

    group: int
    first_seq: int
    size: int
    """How many records."""
    previous: bytes
    skip: bytes
    root: bytes
    head: bytes

    @property
    def last_seq(self) -> int:
        """The seq of the group's last record."""
        return self.first_seq + self.size - 1


class Opening(NamedTuple):
    """The first frame of a segment: where the chain stood when it was opened."""

    installation: bytes
    segment: int
    first_seq: int
    first_group: int
    opened_at: Instant
    heads: tuple[bytes, ...]


def segment_name(segment: int) -> str:
    """Return the file name of a segment, e.g. `00000001.seg`."""
    return f"{segment:08d}.seg"


def aligned(offset: int) -> int:
    """Return the first multiple of 8 not below `offset`."""
    return (offset + 7) & ~7


def frame(kind: FrameType, body: bytes) -> bytes:
    """Return the bytes of a frame, padded to a multiple of 8."""
    rest = b"%b%b%b" % (
        FRAME.pack(0, 0, len(body), kind, LAYOUT_VERSION, 0)[8:],
        body,
        bytes(-len(body) & 7),
    )
    return b"%b%b%b" % (SYNC_BYTES, crc32(rest).to_bytes(4, "little"), rest)


def pack_commit(commit: Commit) -> bytes:
    """Return a commit frame."""
    return frame(FrameType.COMMIT, COMMIT.pack(*commit[:3], 0, *commit[3:]))


def unpack_commit(data: bytes, offset: int) -> Commit:
    """Read the commit frame at `offset` (already checked whole)."""
    group, first_seq, count, _, *digests = COMMIT.unpack_from(data, offset + FRAME.size)
    return Commit(group, first_seq, count, *digests)


def pack_leaves(first_seq: int, leaves: list[bytes]) -> bytes:
    """Return the frame that repeats a group's leaf hashes, so that a lost record costs no other."""
    return frame(FrameType.LEAVES, LEAVES.pack(first_seq, len(leaves), 0) + b"".join(leaves))


def unpack_leaves(data: bytes, whole: Frame) -> tuple[int, list[bytes]]:
    """Return (first seq, leaf hashes) of the leaves frame `whole`."""
    start = whole.offset + FRAME.size
    first_seq, count, _ = LEAVES.unpack_from(data, start)
    start += LEAVES.size
    return first_seq, [data[at : at + 32] for at in range(start, start + 32 * count, 32)]


def pack_opening(opening: Opening) -> bytes:
    """Return the first bytes of a segment: magic and opening frame."""
    fields = OPENING.pack(opening.installation, opening.segment, 0, *opening[2:5])
    return MAGIC + frame(FrameType.OPENING, fields + b"".join(opening.heads))


def unpack_opening(data: bytes, whole: Frame) -> Opening:
    """Read the opening frame `whole`."""
    start = whole.offset + FRAME.size
    installation, segment, _, first_seq, first_group, at = OPENING.unpack_from(data, start)
    start += OPENING.size
    heads = tuple(data[at : at + 32] for at in range(start, whole.end, 32))
    return Opening(installation, segment, first_seq, first_group, Instant(at), heads)


def frame_at(data: bytes, offset: int) -> Frame | None:
    """Return the whole frame that begins at `offset`, or None."""
    if offset + FRAME.size > len(data):
        return None
    sync, crc, length, kind, version, zero = FRAME.unpack_from(data, offset)
    end = offset + FRAME.size + length
    after = aligned(end)
    if sync != SYNC or version != LAYOUT_VERSION or zero or after > len(data):
        return None
    if crc32(memoryview(data)[offset + 8 : after]) != crc:
        return None
    return Frame(kind, offset, end, after)


def resync(data: bytes, offset: int) -> int:
    """Return where the next whole frame begins at or after `offset`, or the length of `data`."""
    offset = aligned(offset)
    while (offset := data.find(SYNC_BYTES, offset)) >= 0:
        if offset % 8 == 0 and frame_at(data, offset):
            return offset
        offset += 1
    return len(data)


def walk(data: bytes) -> Iterator[Frame | Gap]:
    """Yield every frame of a whole segment in order, and a Gap wherever there is none."""
    if not data.startswith(MAGIC):
        yield Gap(0, min(len(data), len(MAGIC)))
    offset = len(MAGIC)
    while offset < len(data):
        found = frame_at(data, offset)
        if found is None:
            found = Gap(offset, resync(data, offset + 8))
        yield found
        offset = found.next
