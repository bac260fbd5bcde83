"""What the journal's tests share: a journal in memory, drafts, and how to read all of it."""

from pathlib import Path

from tagwatch.core.units import HOUR, Instant
from tagwatch.store.journal.files import Files
from tagwatch.store.journal.keyfile import holds_keys
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import DataClass, Draft, Lane, Owner, OwnerKind, Record
from tagwatch.store.journal.writer import JournalWriter, Limits

NOON = Instant(1_795_348_800_000_000)
"""2026-11-22T12:00Z."""
FOLDER = Path("/data/journal")
KEYS = Path("/data/keys")
ANNA = Owner(OwnerKind.ACTIVATION, "act_demo_a")
BEN = Owner(OwnerKind.ACTIVATION, "act_demo_b")
HOUSE = Owner(OwnerKind.INSTALLATION, "installation")
OWNERS = (ANNA, BEN, HOUSE)


def draft(
    payload: bytes,
    owner: Owner = ANNA,
    at: int = NOON,
    lane: Lane = Lane.FRESH,
    kind: int = 1,
    data_class: DataClass = DataClass.FRAME,
    period: str | None = None,
) -> Draft:
    return Draft(Instant(at), lane, kind, owner, data_class, payload, period)


def keyring(files: Files) -> Keyring:
    """Open the keys, or make them."""
    if holds_keys(files, KEYS):
        return Keyring.open(KEYS, files)
    return Keyring.create(KEYS, files)


def writer(files: Files, segment_bytes: int = 1 << 20) -> JournalWriter:
    return JournalWriter.open(FOLDER, keyring(files), files, Limits(segment_bytes))


def fill(journal: JournalWriter, groups: int, each: int = 4, size: int = 40) -> list[bytes]:
    """Append groups for all owners, an hour apart; return the payloads in order of seq."""
    payloads: list[bytes] = []
    for group in range(groups):
        drafts = [
            draft(
                f"{journal.head().seq + n + 1}:".encode().ljust(size, b"."),
                OWNERS[n % 3],
                NOON + group * HOUR,
                Lane(n % 2),
            )
            for n in range(each)
        ]
        journal.append(drafts)
        payloads += [d.payload for d in drafts]
    return payloads


def read_all(files: Files, upto_seq: int, lane: Lane | None = None) -> list[Record]:
    """Read with a reader of its own."""
    reader = JournalReader(FOLDER, keyring(files), files)
    records = reader.read(0, upto_seq, lane, most=1_000_000, most_bytes=1 << 40)
    assert reader.damage == []
    return records
