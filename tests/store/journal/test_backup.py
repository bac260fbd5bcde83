"""A backup of a running journal comes back equal; the installation key goes apart."""

from pathlib import Path

import pytest

from tagwatch.core.units import Instant
from tagwatch.store.journal.backup import backup, export_installation_key, restore
from tagwatch.store.journal.errors import BackupRefused, KeysDamaged
from tagwatch.store.journal.files import OsFiles, read_whole
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import Head, Record
from tagwatch.store.journal.writer import JournalWriter
from tests.store.journal.faults import FaultyFiles, PowerCut
from tests.store.journal.world import (
    ANNA,
    BEN,
    FOLDER,
    KEYS,
    NOON,
    draft,
    fill,
    keyring,
    read_all,
    writer,
)

COPY = Path("/backup/monday")
NEW, NEW_KEYS = Path("/new/journal"), Path("/new/keys")
VAULT = Path("/vault/installation.key")


def _restored(files: FaultyFiles) -> tuple[Keyring, list[Record]]:
    ring = Keyring.open(NEW_KEYS, files, VAULT)
    return ring, JournalReader(NEW, ring, files).read(0, 1000)


def test_a_restored_journal_equals_its_source_and_goes_on():
    files = FaultyFiles()
    journal = writer(files, segment_bytes=1500)
    fill(journal, 20)
    journal.erase(BEN, None, None, Instant(NOON))
    head = journal.head()
    before = read_all(files, head.seq)
    journal.append([draft(b"after the head that was told")])
    manifest = backup(FOLDER, KEYS, COPY, head, files)
    assert manifest.head.seq == head.seq
    journal.append([draft(b"still running")])
    assert not any("installation" in name for name in files.list(COPY))
    export_installation_key(KEYS / "installation.key", VAULT, files)
    assert restore(COPY, NEW, NEW_KEYS, files) == head
    ring, after = _restored(files)
    assert after == before
    again = JournalWriter.open(NEW, ring, files)
    assert again.head() == head
    assert again.append([draft(b"on it goes")]).start == head.seq + 1


def test_erasures_since_the_backup_are_done_again():
    files = FaultyFiles()
    journal = writer(files)
    fill(journal, 3)
    backup(FOLDER, KEYS, COPY, journal.head(), files)
    erased = journal.erase(ANNA, None, None, Instant(NOON))
    export_installation_key(KEYS / "installation.key", VAULT, files)
    restore(COPY, NEW, NEW_KEYS, files, [erased])
    _, after = _restored(files)
    assert after == read_all(files, journal.head().seq)
    assert None in [record.payload for record in after]


def test_an_empty_journal_can_be_backed_up():
    files = FaultyFiles()
    journal = writer(files)
    head = journal.head()
    journal.append([draft(b"later")])
    backup(FOLDER, KEYS, COPY, head, files)
    assert restore(COPY, NEW, NEW_KEYS, files).seq == 0


def test_nothing_is_overwritten_and_nothing_wrong_is_taken():
    files = FaultyFiles()
    journal = writer(files)
    fill(journal, 3)
    with pytest.raises(BackupRefused, match="verify the journal"):
        backup(FOLDER, KEYS, Path("/backup/wrong"), Head(12, bytes(32)), files)
    with pytest.raises(BackupRefused, match="not finished"):
        restore(Path("/backup/wrong"), NEW, NEW_KEYS, files)
    backup(FOLDER, KEYS, COPY, journal.head(), files)
    with pytest.raises(BackupRefused, match="empty folder"):
        backup(FOLDER, KEYS, COPY, journal.head(), files)
    with pytest.raises(BackupRefused, match="in use"):
        restore(COPY, FOLDER, KEYS, files)
    with pytest.raises(BackupRefused, match="there already"):
        export_installation_key(KEYS / "installation.key", KEYS / "data.keys", files)
    with pytest.raises(KeysDamaged):
        export_installation_key(KEYS / "data.keys", VAULT, files)
    files.corrupt(COPY / "00000001.seg", 300, b"\xff\xff")
    with pytest.raises(BackupRefused, match="not what was copied"):
        restore(COPY, NEW, NEW_KEYS, files)


def test_a_backup_cut_short_is_never_taken_for_one():
    for cut in range(1, 40):
        files = FaultyFiles(cut)
        journal = writer(files, segment_bytes=500)
        fill(journal, 6)
        head = journal.head()
        files.cut_after = files.operations + cut
        finished = False
        try:
            backup(FOLDER, KEYS, COPY, head, files)
            finished = True
        except PowerCut:
            pass
        files.crash()
        try:
            assert restore(COPY, NEW, NEW_KEYS, files) == head
        except BackupRefused:
            assert not finished
        assert keyring(files).installation


def test_on_a_real_disk(tmp_path: Path):
    files = OsFiles()
    ring = Keyring.create(tmp_path / "keys", files)
    journal = JournalWriter.open(tmp_path / "journal", ring, files)
    fill(journal, 30)
    backup(tmp_path / "journal", tmp_path / "keys", tmp_path / "b" / "1", journal.head(), files)
    new = tmp_path / "restored"
    assert restore(tmp_path / "b" / "1", new / "journal", new / "keys", files) == journal.head()
    assert read_whole(files, new / "journal" / "00000001.seg") == read_whole(
        files, tmp_path / "journal" / "00000001.seg"
    )
    journal.close()
