"""A programme that another installation or supplier handed over, brought into a new installation.

Every record is journaled anew under the number it had, with the clock at which it was first taken
in; the tables are derived from that, and compared with what the former installation had decided.
Nothing of it is ever sent: the outbox is held, as after a restore.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import select

from tagwatch.access.reader import open_projections
from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.ledger import ArchiveVoided, OriginNote, ProgrammeImported
from tagwatch.core.units import DAY, Instant
from tagwatch.engine import installation
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.installation import (
    OS_FILES,
    FolderLock,
    InstallationError,
    unfinished_file,
)
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import schema
from tagwatch.store.accounts import Account, Accounts, NameTaken
from tagwatch.store.cells import cells_of
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.files import write_durably
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import DataClass, Draft, Lane, Owner, OwnerKind
from tagwatch.store.journal.writer import JournalWriter
from tagwatch.store.outbox import held
from tagwatch.store.programme import findings, layout
from tagwatch.store.programme.check import check_programme, event_of, read_line
from tagwatch.store.programme.findings import TableDifference
from tagwatch.store.programme.fixes import NOBODY, months_of
from tagwatch.store.programme.layout import Manifest, ProgrammeDamaged, RecordLine, WearerCounts

GROUP: Final = 2_000
"""Records made durable at once."""
Progress = Callable[[str, int], None]


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """What is being brought in: written before the first record, removed after the last step."""

    manifest_sha256: str
    at: Instant
    by: AccountId
    reason: str


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import brought, and how it compares."""

    records: int
    withheld: dict[str, int]
    compared: int
    """Tables compared; 0: the folder brings no findings."""
    differences: tuple[TableDifference, ...]
    fixes: int
    """Fixes of wearers and months that came out as they were there."""
    fixes_differing: tuple[str, ...]
    """Wearer and month of those that did not."""
    held: int
    """Notifications of its history, held back."""
    accounts: int
    """Accounts brought in, none of which can sign in yet."""


def import_programme(
    config: Config, folder: Path, asked: Unfinished, progress: Progress
) -> Imported:
    """Bring the programme in `folder`, proved complete first, into an installation that holds
    nothing yet; `asked` with an empty digest says who, why and when.

    Cut short, it goes on where it was when it is called again with the same folder; until then
    nothing else can use the installation. Raises ProgrammeDamaged, InstallationError.
    """
    manifest, digest = check_programme(folder, lambda done: progress("checked", done))
    with FolderLock(config.lock_file):
        writer = installation.open_writer(config)
        try:
            asked = _begin(config, writer, msgspec.structs.replace(asked, manifest_sha256=digest))
            _journal(config, writer, folder, manifest, asked, progress)
            rebuild(
                config,
                writer,
                writer.head().seq,
                progress=lambda done: progress("applied", done),
            )
        finally:
            writer.close()
        imported = _compared(config, folder, manifest)
        imported = msgspec.structs.replace(imported, accounts=_accounts(config, folder))
        _conclude(config, manifest, asked, imported)
        unfinished_file(config).unlink()
        OS_FILES.fsync_dir(config.data)
    return imported


def _begin(config: Config, writer: JournalWriter, asked: Unfinished) -> Unfinished:
    path = unfinished_file(config)
    if path.exists():
        begun = msgspec.json.decode(path.read_bytes(), type=Unfinished)
        if begun.manifest_sha256 != asked.manifest_sha256:
            raise InstallationError(
                f"{config.data} is in the middle of bringing in another programme: give that one"
            )
        return begun
    if writer.head().seq:
        raise InstallationError(
            f"the journal in {config.data} holds {writer.head().seq} records: a programme comes "
            "into a new installation, made with `tagwatch init` and not served yet"
        )
    write_durably(OS_FILES, path, msgspec.json.encode(asked))
    return asked


def _journal(
    config: Config,
    writer: JournalWriter,
    folder: Path,
    manifest: Manifest,
    asked: Unfinished,
    progress: Progress,
) -> None:
    """Append what is not journaled yet, under the numbers it had."""
    begun = writer.head().seq
    if begun:
        _same_so_far(config, folder, min(begun, manifest.records))
    for _, day in groupby(_drafts(folder, begun), lambda draft: draft.received_at // DAY):
        group: list[Draft] = []
        for draft in day:
            group.append(draft)
            if len(group) == GROUP:
                writer.append(group)
                group = []
                progress("journaled", writer.head().seq)
        writer.append(group)
    if begun <= manifest.records and manifest.kinds.get("TrailSealed"):
        # The archive stayed where it was: its files count for nothing here, and the fixes come
        # back to the tables from the frames.
        why = "brought in from another installation"
        writer.append([draft_of(ArchiveVoided(at=asked.at, reason=why, by=asked.by), asked.at)])
    progress("journaled", writer.head().seq)


def _drafts(folder: Path, after: int) -> Iterator[Draft]:
    for name, number, content in layout.lines_of(folder, layout.RECORDS):
        where = f"{name}, line {number}"
        line = read_line(content, where)
        if line.seq > after:
            yield _draft(folder, line, where)


def _draft(folder: Path, line: RecordLine, where: str) -> Draft:
    try:
        lane = Lane[line.lane.upper()]
        if line.withheld:
            note = OriginNote(
                what="withheld", at=line.received_at, why=line.withheld, words=line.kind
            )
            return draft_of(note, line.received_at, lane=lane)
        event = event_of(folder, line, where)
        return Draft(
            received_at=line.received_at,
            lane=lane,
            kind=ledger.kind_of(event),
            owner=Owner(OwnerKind[line.owner_kind.upper()], line.owner_id),
            data_class=DataClass[line.data_class.upper()],
            payload=ledger.encode(event),
            period=line.period or None,
        )
    except KeyError as error:
        raise ProgrammeDamaged(f"{where}: {error} is unknown") from error


def _same_so_far(config: Config, folder: Path, seq: int) -> None:
    """See that the last record journaled is that of the folder. Raises InstallationError."""
    reader = installation.open_reader(config)
    try:
        record = reader.get(seq)
    finally:
        reader.close()
    draft = next(_drafts(folder, seq - 1), None)
    if record is None or draft is None or record.payload != draft.payload:
        raise InstallationError(
            f"record {seq} in {config.data} is not that of the programme: begin with a new folder"
        )


def _compared(config: Config, folder: Path, manifest: Manifest) -> Imported:
    differences: list[TableDifference] = []
    for table in manifest.findings:
        if table not in findings.tables():
            differences.append(TableDifference(table=table, rows=-1, first=("no such table",)))
            continue
        path = f"{layout.FINDINGS}/{table}.ndjson"
        lines = (content for _, _, content in layout.file_lines(folder / path, path))
        differs = findings.differing(config.projections_file, table, lines, cells_of(config))
        if differs is not None:
            differences.append(differs)
    same, differing, waiting = _fixes_compared(config, folder)
    return Imported(
        records=manifest.records,
        withheld=manifest.withheld,
        compared=len(manifest.findings),
        differences=tuple(differences),
        fixes=same,
        fixes_differing=differing,
        held=waiting,
        accounts=0,
    )


def _fixes_compared(config: Config, folder: Path) -> tuple[int, tuple[str, ...], int]:
    told = {
        (one.wearer, month): digest
        for _, _, content in layout.file_lines(folder / layout.WEARERS, layout.WEARERS)
        for one in (msgspec.json.decode(content, type=WearerCounts),)
        for month, digest in one.digests.items()
    }
    engine = open_projections(config)
    same, differing = 0, set(told)
    try:
        with reading(engine) as connection:
            ids = connection.scalars(select(schema.wearer.c.wearer_id)).all()
            for part in months_of(connection, [NOBODY, *map(WearerId, ids)]):
                whose = (part.wearer, part.month)
                if told.get(whose) == part.digest():
                    differing.discard(whose)
                    same += part.fixes
                elif told:
                    differing.add(whose)
            waiting = held(connection)
    finally:
        engine.dispose()
    return same, tuple(f"{wearer} {month}" for wearer, month in sorted(differing)), waiting


def _accounts(config: Config, folder: Path) -> int:
    """Bring in who the authors are: switched off and without a password. Those that are there
    already stay as they are."""
    path = folder / layout.ACCOUNTS
    if not path.exists():
        return 0
    accounts, brought = Accounts(config.accounts_file), 0
    try:
        for _, _, content in layout.file_lines(path, layout.ACCOUNTS):
            account = msgspec.json.decode(content, type=Account)
            if accounts.get(account.account_id) is not None:
                continue
            values = {**msgspec.structs.asdict(account), "active": 0, "created_at": 0}
            name = values["sign_in_name"]
            try:
                accounts.add(values)
            except NameTaken:
                accounts.add({**values, "sign_in_name": f"{name}-{account.account_id}"})
            brought += 1
    finally:
        accounts.close()
    return brought


def _conclude(config: Config, manifest: Manifest, asked: Unfinished, imported: Imported) -> None:
    with InProcessCentre.within(config) as centre:
        after = centre.writer.head().seq
        if after > manifest.records and _is_concluded(config, manifest.records, after):
            return
        centre.record(
            ProgrammeImported(
                at=asked.at,
                installation=manifest.installation,
                head_seq=manifest.head_seq,
                head_digest=manifest.head_digest,
                manifest_sha256=asked.manifest_sha256,
                records=manifest.records,
                differing=tuple(one.table for one in imported.differences),
                reason=asked.reason,
                by=asked.by,
            ),
            at=asked.at,
        )
        centre.apply()


def _is_concluded(config: Config, after: int, head: int) -> bool:
    reader: JournalReader = installation.open_reader(config)
    try:
        number = ledger.kind_of(
            ProgrammeImported(
                at=Instant(0), installation="", head_seq=0, head_digest="", manifest_sha256="",
                records=0, differing=(), reason="", by=AccountId(""),
            )
        )  # fmt: skip
        return any(record.kind == number for record in reader.read(after, head))
    finally:
        reader.close()
