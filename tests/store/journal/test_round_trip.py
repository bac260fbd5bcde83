"""What is appended is read, in order, by lane and in parts; keys, segments and locks behave."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.units import DAY, Instant
from tagwatch.store.journal.errors import JournalLocked, KeysDamaged
from tagwatch.store.journal.files import OsFiles, read_whole
from tagwatch.store.journal.keyfile import OWNER_ID_BYTES
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.layout import MAX_PAYLOAD_BYTES, RECORD, Frame, FrameType, walk
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import DataClass, Draft, Lane, Owner, OwnerKind
from tagwatch.store.journal.verify import verify
from tagwatch.store.journal.writer import JournalWriter
from tests.store.journal.faults import FaultyFiles
from tests.store.journal.world import (
    ANNA,
    FOLDER,
    KEYS,
    NOON,
    draft,
    fill,
    keyring,
    read_all,
    writer,
)

owners = st.builds(
    Owner,
    st.sampled_from(OwnerKind),
    st.text(st.characters(codec="ascii"), min_size=1, max_size=40),
)
drafts = st.builds(
    Draft,
    st.integers(NOON - 400 * DAY, NOON + 400 * DAY),
    st.sampled_from(Lane),
    st.integers(0, 65535),
    owners,
    st.sampled_from(DataClass),
    st.binary(max_size=300),
    st.sampled_from([None, "2026-11", "2026-11-22"]),
)


@given(st.lists(st.lists(drafts, max_size=5), max_size=6), st.integers(400, 3000))
def test_round_trip(groups: list[list[Draft]], segment_bytes: int):
    files = FaultyFiles()
    journal = writer(files, segment_bytes)
    for group in groups:
        assert len(journal.append(group)) == len(group)
    told = [one for group in groups for one in group]
    found = read_all(files, journal.head().seq)
    assert [record.seq for record in found] == list(range(1, len(told) + 1))
    for one, record in zip(told, found, strict=True):
        assert record[1:4] == (one.received_at, one.lane, one.kind)
        assert record.payload == one.payload
    for lane in Lane:
        assert [r.payload for r in read_all(files, journal.head().seq, lane)] == [
            one.payload for one in told if one.lane is lane
        ]
    report = verify(FOLDER, files, KEYS)
    assert (report.head.seq, report.records, report.damage) == (len(told), len(told), ())
    assert report.unproved == 0


def test_reading_goes_on_where_it_stopped_in_any_parts():
    files = FaultyFiles()
    journal = writer(files, segment_bytes=1500)
    told = fill(journal, 40)
    for most, most_bytes in ((1, 1 << 20), (7, 1 << 20), (1000, 300)):
        for resume in ("position", "seq"):
            reader = JournalReader(FOLDER, keyring(files), files)
            found: list[bytes | None] = []
            after: object = 0
            while part := reader.read(after, journal.head().seq, None, most, most_bytes):
                assert len(part) <= most
                found += [record.payload for record in part]
                after = reader.position if resume == "position" else part[-1].seq
            assert found == told


def test_a_lane_without_records_still_moves_the_position_on():
    files = FaultyFiles()
    journal = writer(files)
    journal.append([draft(b"x") for _ in range(10)])
    reader = JournalReader(FOLDER, keyring(files), files)
    assert reader.read(0, 10, Lane.BACKFILL) == []
    assert reader.position.seq == 10
    journal.append([draft(b"y", lane=Lane.BACKFILL)])
    assert [r.payload for r in reader.read(reader.position, 11, Lane.BACKFILL)] == [b"y"]


def test_nothing_beyond_the_head_that_was_told():
    files = FaultyFiles()
    journal = writer(files)
    told = fill(journal, 5)
    assert [record.payload for record in read_all(files, 7)] == told[:7]
    assert read_all(files, 0) == []


def test_get_any_record():
    files = FaultyFiles()
    journal = writer(files, segment_bytes=1500)
    told = fill(journal, 30)
    reader = JournalReader(FOLDER, keyring(files), files)
    for seq in (1, 2, 60, 119, 120, 3, 59):
        record = reader.get(seq)
        assert record is not None
        assert (record.seq, record.payload) == (seq, told[seq - 1])
    assert reader.get(121) is None


def test_a_segment_ends_when_full_and_with_the_day():
    files = FaultyFiles()
    journal = writer(files, segment_bytes=1000)
    journal.append([draft(bytes(1200))])
    journal.append([draft(b"next segment")])
    journal.append([draft(b"same segment")])
    journal.append([draft(b"next day", at=NOON + DAY)])
    journal.append([draft(b"clock went back", at=NOON)])
    assert files.list(FOLDER) == ["00000001.seg", "00000002.seg", "00000003.seg"]
    report = verify(FOLDER, files)
    assert list(report.heads_by_day) == ["2026-11-22", "2026-11-23"]


def test_a_sealed_journal_goes_on_in_a_new_segment_after_reopening():
    files = FaultyFiles()
    for n in range(20):
        journal = writer(files, segment_bytes=500)
        journal.append([draft(bytes(300)), draft(bytes(300))])
        assert journal.head().seq == 2 * n + 2
        journal.close()
    assert verify(FOLDER, files).head.seq == 40


def test_a_second_writer_is_refused(tmp_path: Path):
    files = OsFiles()
    keys = Keyring.create(tmp_path / "keys", files)
    first = JournalWriter.open(tmp_path / "journal", keys, files)
    other = Keyring.open(tmp_path / "keys", files)
    with pytest.raises(JournalLocked, match="stop it first"):
        JournalWriter.open(tmp_path / "journal", other, files)
    first.close()
    JournalWriter.open(tmp_path / "journal", other, files).close()


def test_no_nonce_is_used_twice_even_when_a_seq_is():
    files = FaultyFiles(2)
    salts: list[bytes] = []
    for _ in range(5):
        journal = writer(files)
        journal.append([draft(b"same text") for _ in range(200)])
        path = FOLDER / "00000001.seg"
        data = read_whole(files, path)
        salts += [
            RECORD.unpack_from(data, part.offset)[6]
            for part in walk(data)
            if isinstance(part, Frame) and part.type == FrameType.RECORD
        ]
        files.remove(path)
        journal.close()
    assert len({salt[:12] for salt in salts}) == len(salts) == 1000


def test_files_are_for_this_user_alone_and_the_keys_are_wrapped(tmp_path: Path):
    files = OsFiles()
    keys = Keyring.create(tmp_path / "keys", files, tmp_path / "apart" / "installation.key")
    journal = JournalWriter.open(tmp_path / "journal", keys, files)
    journal.append([draft(b"where she lives")])
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
        if path.is_file():
            assert b"where she lives" not in path.read_bytes()
    secret = bytes.fromhex((tmp_path / "apart" / "installation.key").read_text().split()[-1])
    assert secret not in (tmp_path / "keys" / "data.keys").read_bytes()
    journal.close()


def test_another_installations_key_is_refused():
    files = FaultyFiles()
    writer(files).append([draft(b"x")])
    Keyring.create(Path("/other"), files)
    with pytest.raises(KeysDamaged, match="made with them"):
        Keyring.open(KEYS, files, Path("/other/installation.key"))
    with pytest.raises(KeysDamaged, match="no installation key"):
        Keyring.open(KEYS, files, Path("/nowhere/installation.key"))


def test_what_the_format_cannot_hold_is_refused_before_anything_is_written():
    files = FaultyFiles()
    journal = writer(files)
    for bad in (
        draft(bytes(MAX_PAYLOAD_BYTES + 1)),
        draft(b"", period="2026-13"),
        draft(b"", period="November"),
        draft(b"", Owner(OwnerKind.WEARER, "w" * (OWNER_ID_BYTES + 1))),
        draft(b"", Owner(OwnerKind.WEARER, "")),
    ):
        with pytest.raises(ValueError, match=r"period|owner id|payload"):
            journal.append([draft(b"good"), bad])
    assert journal.append([draft(b"good")]) == range(1, 2)


def test_many_new_owners_in_one_group_are_quick(tmp_path: Path):
    files = OsFiles()
    journal = JournalWriter.open(
        tmp_path / "journal", Keyring.create(tmp_path / "keys", files), files
    )
    owners = [Owner(OwnerKind.ACTIVATION, f"act_{n}") for n in range(12_000)]
    before = time.process_time()
    journal.append([draft(b"x", owner) for owner in owners])
    assert time.process_time() - before < 2
    journal.close()


_TAIL = """
import sys
from pathlib import Path
from tagwatch.store.journal.files import OsFiles, read_whole
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader
files, folder = OsFiles(), Path(sys.argv[1])
reader = JournalReader(folder / "journal", Keyring.open(folder / "keys", files), files)
for told in sys.stdin:
    while found := reader.read(reader.position, int(told), most=50):
        for record in found:
            print(record.seq, "-" if record.payload is None else record.payload.hex(), flush=True)
assert reader.damage == [], reader.damage
"""


def test_a_reader_in_another_process_follows_a_writer(tmp_path: Path):
    files = OsFiles()
    journal = JournalWriter.open(
        tmp_path / "journal", Keyring.create(tmp_path / "keys", files), files
    )
    with subprocess.Popen(
        [sys.executable, "-c", _TAIL, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as tail:
        assert tail.stdin
        assert tail.stdout
        for group in range(60):
            at = NOON + group * DAY // 20
            seqs = journal.append([draft(bytes([group, n]), ANNA, at) for n in range(20)])
            print(seqs[-1], file=tail.stdin, flush=True)
            for seq, n in zip(seqs, range(20), strict=True):
                assert tail.stdout.readline().split() == [str(seq), bytes([group, n]).hex()]
            if group == 40:
                journal.erase(ANNA, None, None, Instant(at))
        tail.stdin.close()
        assert tail.wait() == 0
    journal.close()
