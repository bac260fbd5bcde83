"""A backup of a whole installation, and an installation out of a backup.

A backup is a folder: `journal/` (segments and wrapped data keys), `audit/<process>/` (the same of
each audit stream), `archive/` (the trail archive's files, sealed with the installation key) and
`accounts.db` with `account.keys`, wrapped. `keys.json` names the installation and the key that
opens it all. It holds neither the installation key, without which it is unreadable, nor
tagwatch.toml, which may hold passwords of other systems, nor the projections, which follow from the
journal.
"""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from tagwatch.access.audit import streams
from tagwatch.config import FILE_NAME, Config, example
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import KeyDestroyed
from tagwatch.core.units import Instant
from tagwatch.engine import installation
from tagwatch.engine.archive_alone import begin_anew, carry_out_erasures
from tagwatch.engine.clock import now
from tagwatch.engine.installation import OS_FILES, FolderLock, InstallationError
from tagwatch.engine.key_rotation import turn
from tagwatch.engine.keys_apart import note_keys, put_keys
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import rotations
from tagwatch.store.account_keys import ACCOUNT_KEYS_NAME
from tagwatch.store.archive import carried, parts
from tagwatch.store.backups import BackupMade, note_backup
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal import backup as journal_backup
from tagwatch.store.journal.files import read_whole, write_durably
from tagwatch.store.journal.record import DataClass, Head, Owner, OwnerKind
from tagwatch.store.journal.verify import verify
from tagwatch.store.journal.wrapping import (
    INSTALLATION_KEY_NAME,
    NEXT_NAME,
    read_installation_key,
)
from tagwatch.store.journal.writer import JournalWriter
from tagwatch.store.key_export import KeySet
from tagwatch.store.post import JournalPost

JOURNAL: Final = "journal"
AUDIT: Final = "audit"
ARCHIVE: Final = "archive"
ACCOUNTS: Final = "accounts.db"
BY: Final = AccountId("system:restore")


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """A lawful erasure, as `tagwatch erase --json` prints it, to be done again after a restore."""

    at: Instant
    owner_kind: int
    owner_id: str
    data_class: int | None = None
    period: str | None = None
    reason: str
    by: AccountId


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore brought back."""

    seq: int
    digest: str
    erased_again: int
    """Keys destroyed again because their erasure is later than the backup."""
    archive_files: int = 0
    """Of the trail archive, brought back equal."""
    archive_lost: tuple[str, ...] = ()
    """What was wrong with it: if anything, it is begun anew with the fixes of the journal."""


def back_up(config: Config, target: Path, post: JournalPost | None) -> Head:
    """Copy the installation into the empty or new folder `target`; returns the journal's end.

    `post` leads to the receiver that runs; None: none runs, and the folder's lock is taken. Raises
    BackupRefused, PostError, InstallationError.
    """
    target = target.expanduser().absolute()
    if target.exists() and any(target.iterdir()):
        raise InstallationError(f"{target} is not empty: give a new folder for each backup")
    lock = turn(config, OS_FILES)
    try:
        return _back_up(config, target, post)
    finally:
        lock.release()


def _back_up(config: Config, target: Path, post: JournalPost | None) -> Head:
    under_way = rotations.begun(OS_FILES, config.keys_folder)
    if under_way is not None and (config.keys_folder / NEXT_NAME).exists():
        raise InstallationError(
            "the installation key is replaced by half: `tagwatch keys rotate installation` "
            "completes it; back up then"
        )
    OS_FILES.make_folder(target)
    # What the copied head names was there before it, or is new since: nothing that gave way after
    # it can be missing, however long the first pass takes.
    _carry_archive(config, target)
    if post is not None:
        post.backup(target / JOURNAL)
        # The receiver copied up to its head of that moment; the copy itself says which.
        report = verify(target / JOURNAL, OS_FILES)
        head = Head(report.head.seq, bytes.fromhex(report.head.digest))
    else:
        with FolderLock(config.lock_file):
            head = _copy_journal(config, target / JOURNAL)
    _carry_archive(config, target)
    for process in streams(config):
        _copy_audit(config, process, target / AUDIT / process)
    if config.accounts_file.exists():
        copy_database(config.accounts_file, target / ACCOUNTS)
    if (config.keys_folder / ACCOUNT_KEYS_NAME).exists():
        wrapped = read_whole(OS_FILES, config.keys_folder / ACCOUNT_KEYS_NAME)
        write_durably(OS_FILES, target / ACCOUNT_KEYS_NAME, wrapped)
    note_keys(config, target)
    digest = head.digest.hex()
    made = BackupMade(path=str(target), at=now(), head_seq=head.seq, head_digest=digest)
    note_backup(config.data, made)
    return head


def bring_back(
    source: Path,
    config: Config,
    keys: Path | KeySet,
    erasures: Sequence[Erasure] = (),
    progress: Callable[[int], None] | None = None,
) -> Restored:
    """Make the installation of a backup in the folders of `config`, which hold none.

    `keys` are those of an export, or the path of the installation key where its folder was saved.
    The journal is proved equal to the one copied, the projections are built anew, and what was
    not delivered is held back. Sessions and sign-in links are not brought back. `erasures` later
    than the backup are done again. A trail archive of which a file is missing or damaged is begun
    anew: its fixes come back from the journal. On failure nothing is left. Raises BackupRefused,
    KeysDamaged.
    """
    if installation.exists(config) or config.journal_folder.exists():
        raise InstallationError(f"{config.data} holds an installation: restore into a new folder")
    if not (source / JOURNAL).is_dir():
        raise InstallationError(f"{source} is no backup: it has no folder {JOURNAL}")
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FolderLock(config.lock_file):
        try:
            return _bring_back(source, config, keys, erasures, progress)
        except BaseException:
            _leave_nothing(config)
            raise


def copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite database that others may be using, as it is at one moment."""
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30.0)) as here,
        closing(sqlite3.connect(target)) as there,
    ):
        here.backup(there)
    target.chmod(0o600)


def _bring_back(
    source: Path,
    config: Config,
    keys: Path | KeySet,
    erasures: Sequence[Erasure],
    progress: Callable[[int], None] | None,
) -> Restored:
    put_keys(config, keys)
    head = journal_backup.restore(
        source / JOURNAL, config.journal_folder, config.keys_folder, OS_FILES
    )
    audits = source / AUDIT
    for stream in sorted(audits.iterdir()) if audits.is_dir() else []:
        theirs = config.keys_folder / f"audit-{stream.name}"
        journal_backup.restore(stream, config.audit_folder(stream.name), theirs, OS_FILES)
    if (source / ACCOUNT_KEYS_NAME).exists():
        wrapped = read_whole(OS_FILES, source / ACCOUNT_KEYS_NAME)
        write_durably(OS_FILES, config.keys_folder / ACCOUNT_KEYS_NAME, wrapped)
    if (source / ACCOUNTS).exists():
        copy_database(source / ACCOUNTS, config.accounts_file)
        with closing(sqlite3.connect(config.accounts_file)) as accounts, accounts:
            accounts.execute("DELETE FROM session")
            accounts.execute("DELETE FROM sign_in_link")
    if not (config.data / FILE_NAME).exists():
        (config.data / FILE_NAME).write_text(example(), encoding="utf-8")
    writer = installation.open_writer(config)
    try:
        again = _erase_again(config, writer, head, erasures)
        rebuild(config, writer, writer.head().seq, progress=progress)
    finally:
        writer.close()
    count, lost = _bring_archive(source / ARCHIVE, config)
    if lost:
        begin_anew(config, f"restore: {lost[0]}", BY, progress)
    elif count:
        carry_out_erasures(config)
    return Restored(
        seq=head.seq,
        digest=head.digest.hex(),
        erased_again=again,
        archive_files=count,
        archive_lost=lost,
    )


def _erase_again(
    config: Config, writer: JournalWriter, head: Head, erasures: Sequence[Erasure]
) -> int:
    if not erasures:
        return 0
    reader = installation.open_reader(config)
    last = reader.get(head.seq)
    reader.close()
    done = 0
    for erasure in erasures:
        if last is not None and erasure.at <= last.received_at:
            continue
        owner = Owner(OwnerKind(erasure.owner_kind), erasure.owner_id)
        data_class = None if erasure.data_class is None else DataClass(erasure.data_class)
        erased = writer.erase(owner, data_class, erasure.period, erasure.at)
        drafts = [
            draft_of(
                KeyDestroyed(
                    owner_kind=owner.kind,
                    owner_id=owner.id,
                    data_class=key_class,
                    period=period,
                    reason=erasure.reason,
                    by=erasure.by,
                ),
                erasure.at,
            )
            for _, key_class, period in erased.keys
        ]
        writer.append(drafts)
        done += len(drafts)
    return done


def _carry_archive(config: Config, target: Path) -> None:
    key = read_installation_key(OS_FILES, config.keys_folder / INSTALLATION_KEY_NAME)
    carried.carry(OS_FILES, config.archive_folder, target / ARCHIVE, key)


def _bring_archive(source: Path, config: Config) -> tuple[int, tuple[str, ...]]:
    """Bring the files back that the tables name; returns how many, and what is wrong if any is."""
    engine = open_tables(config, Access.READ)
    with reading(engine) as connection:
        named = parts.visible(connection)
    engine.dispose()
    key = read_installation_key(OS_FILES, config.keys_folder / INSTALLATION_KEY_NAME)
    found = (
        (file, carried.bring(OS_FILES, source, config.archive_folder, file, key)) for file in named
    )
    lost = tuple(f"{file.path}: {wrong}" for file, wrong in found if wrong)
    return len(named) - len(lost), lost


def _copy_journal(config: Config, target: Path) -> Head:
    writer = installation.open_writer(config)
    try:
        head = writer.head()
        journal_backup.backup(config.journal_folder, config.keys_folder, target, head, OS_FILES)
    finally:
        writer.close()
    return head


def _copy_audit(config: Config, process: str, target: Path) -> None:
    folder, keys = config.audit_folder(process), config.keys_folder / f"audit-{process}"
    found = verify(folder, OS_FILES).head
    head = Head(found.seq, bytes.fromhex(found.digest))
    journal_backup.backup(folder, keys, target, head, OS_FILES)


def _leave_nothing(config: Config) -> None:
    for folder in (
        config.journal_folder,
        config.keys_folder,
        config.data / AUDIT,
        config.archive_folder,
    ):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (config.accounts_file, config.projections_file):
        for suffix in ("", "-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
