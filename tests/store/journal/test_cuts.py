"""Power cuts anywhere: what was acknowledged is there, and the chain verifies."""

from contextlib import suppress

import pytest

from tagwatch.core.units import DAY, Instant
from tagwatch.store.journal.check import ChainState
from tagwatch.store.journal.errors import JournalBroken, JournalFull, JournalWriteFailed
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import DataClass, Draft, Head
from tagwatch.store.journal.verify import VerifyReport, verify
from tagwatch.store.journal.writer import JournalWriter
from tests.store.journal.faults import FaultyFiles, PowerCut
from tests.store.journal.world import (
    ANNA,
    BEN,
    FOLDER,
    KEYS,
    NOON,
    OWNERS,
    draft,
    keyring,
    read_all,
    writer,
)

CUTS = 1000
"""As many here; `make soak` makes fifteen hundred others."""
OPERATIONS = 100


class Day:
    """A short working day of a writer, and what it was told is durable."""

    def __init__(self) -> None:
        self.acknowledged: list[bytes] = []
        self.heads: list[Head] = []
        self.erasing = False
        self.erased = False

    def live(self, files: FaultyFiles) -> None:
        journal = writer(files, segment_bytes=1500)
        assert journal.head().seq >= len(self.acknowledged)
        for group in range(9):
            # Every group has a new owner now and then, so new keys and new days come in between.
            drafts = [
                draft(
                    files.random.randbytes(files.random.choice([0, 10, 90, 700])),
                    OWNERS[(group + n) % 3],
                    NOON + (group // 4) * DAY,
                    period=f"2026-{1 + group // 3:02d}",
                )
                for n in range(files.random.randint(1, 5))
            ]
            seqs = journal.append(drafts)
            del self.acknowledged[seqs.start - 1 :]
            self.acknowledged += [d.payload for d in drafts]
            self.heads.append(journal.head())
            if group == 6:
                self.erasing = True
                journal.erase(BEN, DataClass.FRAME, "2026-01", Instant(NOON))
                self.erased = True


def _check(files: FaultyFiles, day: Day) -> VerifyReport:
    """Reopen after a cut and compare with what was acknowledged."""
    journal = writer(files, segment_bytes=1500)
    head = journal.head()
    report = verify(FOLDER, files, KEYS)
    assert report.chain is ChainState.WHOLE, report.contradictions
    assert not head.seq or report.head.digest == head.digest.hex()
    assert report.torn_tail is None
    assert head.seq >= len(day.acknowledged)
    reader = JournalReader(FOLDER, keyring(files), files)
    found = {record.seq: record.payload for record in reader.read(0, head.seq)}
    for seq, payload in enumerate(day.acknowledged, 1):
        assert seq in found
        if found[seq] is None:
            assert day.erasing
        else:
            assert found[seq] == payload
    gone = [seq for seq in range(1, head.seq + 1) if seq not in found]
    assert set(gone) <= set(journal.recovered.lost_seqs)
    assert all(seq > len(day.acknowledged) for seq in gone)
    if day.erased:
        assert None in found.values()
    assert journal.append([draft(b"after the cut")]).start == head.seq + 1
    assert read_all_after(reader, head.seq, head.seq + 1) == [b"after the cut"]
    journal.close()
    return report


def read_all_after(reader: JournalReader, after: int, upto_seq: int) -> list[bytes | None]:
    return [record.payload for record in reader.read(after, upto_seq)]


def test_a_day_takes_the_operations_the_cuts_are_spread_over():
    files = FaultyFiles()
    Day().live(files)
    assert OPERATIONS * 0.8 < files.operations < OPERATIONS * 1.4


@pytest.mark.parametrize("share", range(5))
def test_a_thousand_cuts_lose_nothing_acknowledged(share: int):
    nothing_is_lost(range(share, CUTS, 5))


@pytest.mark.soak
@pytest.mark.parametrize("share", range(5))
def test_thousands_of_cuts_lose_nothing_acknowledged(share: int):
    nothing_is_lost(range(CUTS + share, CUTS + 1500, 5))


def nothing_is_lost(seeds: range):
    kept_more = torn = 0
    for seed in seeds:
        day = Day()
        files = FaultyFiles(seed, cut_after=1 + seed % OPERATIONS)
        try:
            keyring(files)
            day.live(files)
        except PowerCut:
            pass
        files.crash()
        try:
            # A second cut, during recovery or soon after it.
            files.cut_after = files.operations + 1 + (seed * 7) % 23
            _check(files, day)
        except PowerCut:
            files.restart()
        files.cut_after = None
        report = _check(files, day)
        kept_more += report.head.seq > len(day.acknowledged)
        torn += bool(files.list(FOLDER / "torn"))
    assert kept_more
    assert torn


def _appended(journal: JournalWriter, one: Draft) -> bool:
    with suppress(JournalFull):
        journal.append([one])
        return True
    return False


def test_a_full_disk_acknowledges_nothing_and_room_mends_it():
    for room in range(900, 6000, 37):
        files = FaultyFiles(room)
        ring = keyring(files)
        files.room = room - files.used()
        journal, appended = writer(files, segment_bytes=1500), 0
        assert ring.installation
        drafts = [draft(bytes(90), OWNERS[n % 3], period=f"20{10 + n}-01") for n in range(90)]
        while _appended(journal, drafts[appended]):
            appended += 1
        assert journal.head().seq == appended
        assert len(read_all(files, appended)) == appended
        files.room = 1 << 20
        assert journal.append([draft(b"room again")]).start == appended + 1
        journal.close()
        files.crash()
        assert verify(FOLDER, files).chain is ChainState.WHOLE
        assert [r.payload for r in read_all(files, appended + 1)][-1] == b"room again"


def test_a_failed_sync_is_not_taken_for_durable():
    files = FaultyFiles(3)
    journal = writer(files)
    journal.append([draft(b"one")])
    files.fail_syncs = 1
    with pytest.raises(JournalWriteFailed, match="nothing of the group"):
        journal.append([draft(b"two")])
    journal.append([draft(b"three")])
    files.crash()
    assert [record.payload for record in read_all(files, 2)] == [b"one", b"three"]


def test_a_disk_that_cannot_even_cut_back_stops_the_writer_until_reopened():
    files = FaultyFiles(4)
    journal = writer(files)
    journal.append([draft(b"one")])
    files.fail_syncs = 2
    with pytest.raises(JournalBroken, match="open the journal again"):
        journal.append([draft(b"two")])
    with pytest.raises(JournalBroken):
        journal.append([draft(b"three")])
    journal.close()
    again = writer(files)
    again.append([draft(b"four")])
    files.crash()
    assert read_all(files, 1)[0].payload == b"one"
    assert verify(FOLDER, files).chain is ChainState.WHOLE


def test_what_a_failed_sync_left_in_the_cache_is_made_durable_on_reopening():
    files = FaultyFiles(5)
    journal = writer(files)
    journal.append([draft(b"one")])
    segment = FOLDER / "00000001.seg"
    # A program that dies at the failed sync leaves its bytes in the cache, clean, not on disk.
    whole = files._names[str(segment)]
    before = bytes(whole.disk)
    journal.append([draft(b"two" * 300)])
    whole.disk = bytearray(before)
    whole.forgotten = set(range(len(before) // 512, len(whole.seen) // 512 + 1))
    journal.close()
    again = writer(files)
    assert again.head().seq == 2
    again.append([draft(b"three")])
    files.crash()
    assert [record.payload for record in read_all(files, 3)] == [b"one", b"two" * 300, b"three"]


def test_keys_survive_with_their_mirror():
    files = FaultyFiles(6)
    journal = writer(files)
    journal.append([draft(b"mine", ANNA)])
    journal.close()
    files.corrupt(KEYS / "data.keys", 128, bytes(128))
    assert [r.payload for r in read_all(files, 1)] == [b"mine"]
    writer(files).close()
    assert Keyring.open(KEYS, files).cipher(1) is not None
    files.remove(KEYS / "data.keys")
    writer(files).close()
    files.corrupt(KEYS / "data.keys.mirror", 128, bytes(128))
    assert [r.payload for r in read_all(files, 1)] == [b"mine"]
