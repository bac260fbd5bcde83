"""Wrapped data keys on the disk: fixed slots in two equal files, destroyed in place.

Slot 0 describes the file; slot n holds key n. A slot is 128 bytes, so it never straddles a
512-byte sector: it is written whole or not at all. The second file mirrors the first, so that one
damaged page costs no one's trail.
"""

from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from struct import Struct
from typing import NamedTuple
from zlib import crc32

from tagwatch.core.units import Instant
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import File, Files, Mode, write_durably
from tagwatch.store.journal.record import DataClass, Owner, OwnerKind

SLOT_BYTES = 128
OWNER_ID_BYTES = 40
KEYS_NAME = "data.keys"
MIRROR_NAME = "data.keys.mirror"
_MAGIC = b"TWKEYS1\n"
_HEADER = Struct("<8sHHIQ16s60s24s")
"""magic, slot size, 0, 0, generation, installation, check value, 0; then the CRC-32."""
_SLOT = Struct("<BBBBIqq60s40s")
"""state, owner kind, class, id length, period, created, destroyed, wrapped key, id; then CRC."""


class SlotState(IntEnum):
    """What a slot holds."""

    LIVE = 1
    DESTROYED = 2


class Slot(NamedTuple):
    """One data key, wrapped; after destruction `wrapped` is 60 zero bytes."""

    state: SlotState
    owner: Owner
    data_class: DataClass
    period: str
    created_at: Instant
    destroyed_at: Instant
    wrapped: bytes

    def label(self) -> bytes:
        """Return what the wrapping binds the key to besides its number."""
        return _pack_slot(self._replace(state=SlotState.LIVE, destroyed_at=Instant(0), wrapped=b""))

    def bound_to(self, installation: bytes, key_id: int) -> bytes:
        """Return what the wrapping binds the key to: installation, number and use."""
        return b"".join((installation, key_id.to_bytes(4, "little"), self.label()))


class KeyFileHeader(NamedTuple):
    """Slot 0. `generation` grows at each destruction, so that readers drop what they hold."""

    generation: int
    installation: bytes
    check: bytes


def period_number(period: str) -> int:
    """Return `2026-11` as 20261100, `2026-11-22` as 20261122. Raises ValueError."""
    year, month, day = period[:4], period[5:7], period[8:] or "00"
    text = year + month + day
    shape = period in (f"{year}-{month}", f"{year}-{month}-{day}")
    if not (shape and len(text) == 8 and text.isascii() and text.isdigit()):
        raise ValueError(f"key period {period!r} is neither a month 2026-11 nor a day 2026-11-22")
    if not 1 <= int(month) <= 12 or int(day) > 31 or (period[8:] and int(day) == 0):
        raise ValueError(f"key period {period!r} names no month or day of the calendar")
    return int(text)


def _period_text(number: int) -> str:
    year, month, day = number // 10000, number // 100 % 100, number % 100
    return f"{year:04d}-{month:02d}" + (f"-{day:02d}" if day else "")


def _pack_slot(slot: Slot) -> bytes:
    owner_id = slot.owner.id.encode()
    if not 0 < len(owner_id) <= OWNER_ID_BYTES:
        raise ValueError(
            f"owner id {slot.owner.id!r} has {len(owner_id)} bytes; "
            f"the key file holds 1 to {OWNER_ID_BYTES}: use an opaque id, never a name"
        )
    return _SLOT.pack(
        slot.state,
        slot.owner.kind,
        slot.data_class,
        len(owner_id),
        period_number(slot.period),
        slot.created_at,
        slot.destroyed_at,
        slot.wrapped,
        owner_id,
    )


def _with_crc(body: bytes) -> bytes:
    return body + crc32(body).to_bytes(4, "little")


def _without_crc(data: bytes) -> bytes | None:
    """Return a slot's bytes without its CRC, or None if they do not agree."""
    if len(data) != SLOT_BYTES or crc32(data[:-4]).to_bytes(4, "little") != data[-4:]:
        return None
    return data[:-4]


def slot_of(data: bytes) -> Slot | None:
    """Read the 128 bytes of a key's slot; None if they are not whole."""
    body = _without_crc(data)
    if body is None or body[0] not in (SlotState.LIVE, SlotState.DESTROYED):
        return None
    state, kind, data_class, id_length, period, created, destroyed, wrapped, owner_id = (
        _SLOT.unpack(body)
    )
    owner = Owner(OwnerKind(kind), owner_id[:id_length].decode())
    return Slot(
        SlotState(state),
        owner,
        DataClass(data_class),
        _period_text(period),
        Instant(created),
        Instant(destroyed),
        wrapped,
    )


def _header_of(data: bytes) -> KeyFileHeader | None:
    body = _without_crc(data)
    if body is None:
        return None
    magic, size, _, _, generation, installation, check, _ = _HEADER.unpack(body)
    if magic != _MAGIC or size != SLOT_BYTES:
        return None
    return KeyFileHeader(generation, installation, check)


def pack_header(header: KeyFileHeader) -> bytes:
    """Return the 128 bytes of slot 0."""
    installation, check = header.installation, header.check
    return _with_crc(
        _HEADER.pack(_MAGIC, SLOT_BYTES, 0, 0, header.generation, installation, check, b"")
    )


def holds_keys(files: Files, folder: Path) -> bool:
    """Tell whether `folder` has a key file, or the mirror of one with keys in it."""
    if files.exists(folder / KEYS_NAME):
        return True
    if not files.exists(folder / MIRROR_NAME):
        return False
    mirror = files.open(folder / MIRROR_NAME, Mode.READ)
    try:
        return mirror.size() > SLOT_BYTES
    finally:
        mirror.close()


def create_key_file(files: Files, folder: Path, header: KeyFileHeader) -> None:
    """Write both files with no key in them, durably."""
    data = pack_header(header)
    write_durably(files, folder / MIRROR_NAME, data)
    write_durably(files, folder / KEYS_NAME, data)


class KeyFile:
    """The slots of one folder. Reading is possible for any process, writing for the writer."""

    def __init__(self, files: Files, folder: Path, mode: Mode) -> None:
        """Open both files; one that is missing is made again from the other (Mode.WRITE)."""
        self.folder = folder
        self._copies: list[File] = []
        names = [n for n in (KEYS_NAME, MIRROR_NAME) if files.exists(folder / n)]
        if not names:
            raise KeysDamaged(f"no {KEYS_NAME} in {folder}: restore it from a backup of the keys")
        if mode is Mode.WRITE and len(names) == 1:
            _copy_missing(files, folder, names[0])
            names = [KEYS_NAME, MIRROR_NAME]
        for name in names:
            self._copies.append(files.open(folder / name, mode))
        self.header = self._read_header()
        self._end = 1
        self._differ = False

    def close(self) -> None:
        """Close both files."""
        for copy in self._copies:
            copy.close()

    def _read_header(self) -> KeyFileHeader:
        headers = [_header_of(copy.read_at(0, SLOT_BYTES)) for copy in self._copies]
        found = [header for header in headers if header]
        if not found:
            raise KeysDamaged(
                f"slot 0 of {KEYS_NAME} in {self.folder} is damaged in both copies: "
                "restore the keys from a backup"
            )
        return max(found)

    def generation(self) -> int:
        """Return how many destructions the file has seen, read afresh."""
        header = _header_of(self._copies[0].read_at(0, SLOT_BYTES))
        return (header or self._read_header()).generation

    def read(self, key_id: int) -> Slot | None:
        """Return a key's slot from the first copy that is whole; None if there is none."""
        for copy in self._copies:
            slot = slot_of(copy.read_at(key_id * SLOT_BYTES, SLOT_BYTES))
            if slot is not None:
                return slot
        return None

    def copies(self, key_id: int) -> list[Slot | None]:
        """Return a key's slot as each copy holds it; None where it is not whole."""
        offset = key_id * SLOT_BYTES
        return [slot_of(copy.read_at(offset, SLOT_BYTES)) for copy in self._copies]

    def grown(self) -> bool:
        """Tell whether another process has added keys since `load`."""
        return self._copies[0].size() > self._end * SLOT_BYTES

    def load(self) -> tuple[dict[int, Slot], list[int]]:
        """Return all slots by key id and the ids whose both copies are damaged.

        Opened for writing, it mends a damaged copy from the other and completes a destruction
        that was cut short.
        """
        contents = [copy.read_at(0, copy.size()) for copy in self._copies]
        self._end = max(-(-len(content) // SLOT_BYTES) for content in contents)
        slots: dict[int, Slot] = {}
        damaged: list[int] = []
        same = all(content == contents[0] for content in contents)
        for key_id in range(1, self._end):
            span = slice(key_id * SLOT_BYTES, (key_id + 1) * SLOT_BYTES)
            read = contents[:1] if same else contents
            found = [slot for content in read if (slot := slot_of(content[span]))]
            if found:
                slots[key_id] = max(found, key=lambda slot: slot.state)
            else:
                damaged.append(key_id)
        self._differ = not same
        return slots, damaged

    def mend(self, slots: dict[int, Slot]) -> None:
        """Make both copies hold `slots`, as read by `load`."""
        if not self._differ:
            return
        self.header = self._read_header()
        header = pack_header(self.header)
        for copy in self._copies:
            if copy.read_at(0, SLOT_BYTES) != header:
                copy.write_at(0, header)
            for key_id, slot in slots.items():
                data = _with_crc(_pack_slot(slot))
                if copy.read_at(key_id * SLOT_BYTES, SLOT_BYTES) != data:
                    copy.write_at(key_id * SLOT_BYTES, data)
            copy.fdatasync()
        self._differ = False

    @property
    def next_id(self) -> int:
        """The id of the next key to be added."""
        return self._end

    def append(self, slots: list[Slot]) -> None:
        """Add keys; they are durable in both copies on return. Raises OSError, then adds none."""
        data = b"".join(_with_crc(_pack_slot(slot)) for slot in slots)
        offset = self._end * SLOT_BYTES
        try:
            for copy in self._copies:
                copy.write_at(offset, data)
            for copy in self._copies:
                copy.fdatasync()
        except OSError:
            # What was written stays void: the next keys overwrite it, none was ever used.
            for copy in self._copies:
                with suppress(OSError):
                    copy.truncate(offset)
            raise
        self._end += len(slots)

    def rewrite(self, slots: dict[int, Slot], header: KeyFileHeader | None = None) -> None:
        """Write these slots, and the header if there is one, in place: durable in one copy before
        the other is touched."""
        self.header = header or self.header
        for copy in self._copies:
            for key_id, slot in slots.items():
                copy.write_at(key_id * SLOT_BYTES, _with_crc(_pack_slot(slot)))
            if header is not None:
                copy.write_at(0, pack_header(header))
            copy.fdatasync()

    def destroy(self, slots: dict[int, Slot], at: Instant) -> None:
        """Overwrite the keys of `slots` with zeros, durably in both copies."""
        now = self._read_header()
        self.header = now._replace(generation=now.generation + 1)
        header = pack_header(self.header)
        for copy in self._copies:
            for key_id, slot in slots.items():
                gone = slot._replace(
                    state=SlotState.DESTROYED, destroyed_at=at, wrapped=bytes(len(slot.wrapped))
                )
                copy.write_at(key_id * SLOT_BYTES, _with_crc(_pack_slot(gone)))
            copy.write_at(0, header)
            copy.fdatasync()


def _copy_missing(files: Files, folder: Path, present: str) -> None:
    source = files.open(folder / present, Mode.READ)
    try:
        content = source.read_at(0, source.size())
    finally:
        source.close()
    missing = KEYS_NAME if present == MIRROR_NAME else MIRROR_NAME
    write_durably(files, folder / missing, content)
