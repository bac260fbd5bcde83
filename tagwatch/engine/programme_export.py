"""The whole programme of an installation, written into a folder for whoever takes it over."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import select

from tagwatch import __version__
from tagwatch.access.reader import open_projections
from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.event import Event
from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_service import Applied
from tagwatch.core.units import Instant
from tagwatch.engine import installation
from tagwatch.engine.installation import InstallationError
from tagwatch.engine.safekeeping import copy_database
from tagwatch.store import schema
from tagwatch.store.accounts import Account, Accounts
from tagwatch.store.archive.parts import FOLDER as ARCHIVE
from tagwatch.store.database import reading
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import Head, Lane, OwnerKind, Record
from tagwatch.store.programme import findings, layout
from tagwatch.store.programme.check import EVENTS, Tally
from tagwatch.store.programme.description import README_TEXT, json_schema
from tagwatch.store.programme.fixes import NOBODY, FixFiles, months_of
from tagwatch.store.programme.layout import (
    CONTENT,
    ErasedKey,
    FileFacts,
    Manifest,
    RecordLine,
    WearerCounts,
)
from tagwatch.store.programme.tree import Tree

LINES_A_FILE: Final = 100_000
BATCH: Final = 2_000
_ENCODER: Final = msgspec.json.Encoder()
_SECRET: Final = frozenset({"CredentialIssued", "CredentialRevoked"})
"""Who may speak is the new supplier's to say: a credential is never handed over."""


class Asked(NamedTuple):
    """Who wants the programme handed over, why, and when."""

    by: str
    reason: str
    at: Instant


def export_programme(
    config: Config,
    folder: Path,
    asked: Asked,
    head: Head,
    progress: Callable[[int], None] | None = None,
) -> Manifest:
    """Write everything up to what the line has applied into a new or empty folder, all but its
    manifest, and return that: `publish` makes the folder one that counts.

    Safe beside a running installation, as long as no late data waits. Raises InstallationError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InstallationError(f"{folder} is not empty: give a new folder for each export")
    for name in (layout.RECORDS, layout.FINDINGS, layout.FIXES, layout.FILES):
        (folder / name).mkdir()
    with tempfile.TemporaryDirectory(prefix="tagwatch-export-") as beside:
        there = msgspec.structs.replace(config, data=Path(beside), keys=config.keys_folder)
        copy_database(config.projections_file, there.projections_file)
        if (config.data / ARCHIVE).is_dir():
            (there.data / ARCHIVE).symlink_to((config.data / ARCHIVE).absolute())
        return _Export(config, there, folder, asked, head, progress).run()


def publish(folder: Path, manifest: Manifest) -> str:
    """Write the manifest, last of all; returns its SHA-256."""
    content = msgspec.json.format(_ENCODER.encode(manifest), indent=1)
    (folder / layout.MANIFEST).write_bytes(content)
    return sha256(content).hexdigest()


class _Export:
    def __init__(
        self,
        config: Config,
        there: Config,
        folder: Path,
        asked: Asked,
        head: Head,
        progress: Callable[[int], None] | None,
    ) -> None:
        self._config, self._there, self._folder = config, there, folder
        self._asked, self._head, self._progress = asked, head, progress
        self._tally = Tally()
        self._files: dict[str, FileFacts] = {}
        self._erased: dict[int, int] = {}
        """Records by destroyed key."""
        self._wearer_of = _wearers_by_owner(there.projections_file)

    def run(self) -> Manifest:
        keyring = installation.open_keyring(self._config)
        reader = JournalReader(self._config.journal_folder, keyring, installation.OS_FILES)
        try:
            upto = _applied_upto(reader, self._there.projections_file, self._head.seq)
            self._records(reader, keyring, upto)
            erased = tuple(_erased_keys(keyring, self._erased))
            identity = keyring.installation.hex()
        finally:
            reader.close()
            keyring.close()
        rows = {table: self._table(table) for table in findings.tables()}
        fixes = self._fixes()
        self._lines(layout.ACCOUNTS, map(_ENCODER.encode, _accounts(self._config)))
        self._text(layout.SCHEMA, msgspec.json.format(_ENCODER.encode(json_schema()), indent=1))
        self._text(layout.README, README_TEXT.encode())
        return Manifest(
            made_with=f"tagwatch {__version__}",
            made_at=self._asked.at,
            made_by=self._asked.by,
            reason=self._asked.reason,
            installation=identity,
            head_seq=self._head.seq,
            head_digest=self._head.digest.hex(),
            records=self._tally.tree.leaves,
            root=self._tally.tree.root(),
            kinds=dict(sorted(self._tally.kinds.items())),
            withheld=dict(sorted(self._tally.withheld.items())),
            erased=erased,
            findings=rows,
            fixes=fixes,
            files=dict(sorted(self._files.items())),
        )

    def _records(self, reader: JournalReader, keyring: Keyring, upto: int) -> None:
        walk = self._record_lines(reader, keyring, upto)
        number = 0
        while True:
            first = next(walk, None)
            if first is None:
                return
            number += 1
            self._lines(f"{layout.RECORDS}/{number:08d}.ndjson", _some(first, walk, LINES_A_FILE))

    def _record_lines(self, reader: JournalReader, keyring: Keyring, upto: int) -> Iterator[bytes]:
        done = 0
        last = Instant(0)
        while done < upto:
            records = reader.read(done, upto, most=BATCH)
            for record in records or [None]:
                through = upto if record is None else record.seq - 1
                while done < through:  # what damage cost keeps its number
                    done += 1
                    lost = RecordLine(seq=done, received_at=last, kind="", withheld="damaged")
                    yield self._taken(lost)
                if record is not None:
                    done, last = record.seq, record.received_at
                    yield self._taken(self._line(record, keyring))
            if self._progress is not None:
                self._progress(done)

    def _taken(self, line: RecordLine) -> bytes:
        content = _ENCODER.encode(line)
        self._tally.add(line, content)
        return content

    def _line(self, record: Record, keyring: Keyring) -> RecordLine:
        slot = keyring.slot(record.key_id)
        if slot is None:
            raise InstallationError(f"journal record {record.seq} names a key that is not there")
        kind = ledger.KINDS[record.kind].__name__
        line = RecordLine(
            seq=record.seq,
            received_at=record.received_at,
            kind=kind,
            lane=record.lane.name.lower(),
            owner_kind=slot.owner.kind.name.lower(),
            owner_id=slot.owner.id,
            data_class=slot.data_class.name.lower(),
            period=slot.period,
            wearer=self._wearer_of.get((slot.owner.kind, slot.owner.id), ""),
        )
        if record.payload is None:
            self._forgotten(record)
            self._erased[record.key_id] = self._erased.get(record.key_id, 0) + 1
            return msgspec.structs.replace(line, withheld="erased")
        if kind in _SECRET:
            return msgspec.structs.replace(line, withheld="credential")
        event = ledger.decode(record.kind, record.payload)
        wearer = line.wearer or _wearer_in(event)
        event, file = self._apart(kind, event)
        encoded = _ENCODER.encode(event)
        if ledger.encode(msgspec.json.decode(encoded, type=EVENTS[kind])) != ledger.encode(event):
            raise InstallationError(f"journal record {record.seq} ({kind}) has no exact JSON")
        return msgspec.structs.replace(line, wearer=wearer, event=msgspec.Raw(encoded), file=file)

    def _forgotten(self, record: Record) -> None:
        """See that the tables hold no fix of a record that was lawfully erased."""
        with closing(sqlite3.connect(self._there.projections_file)) as connection:
            query = "SELECT 1 FROM trail_block WHERE seq = ?"
            if connection.execute(query, (record.seq,)).fetchone() is not None:
                raise InstallationError(
                    "the tables still hold what was lawfully erased: stop the installation and "
                    "give the command of the erasure again, which builds them anew"
                )

    def _apart(self, kind: str, event: Event) -> tuple[Event, str]:
        """Put the bytes that an event brings into a file of their own."""
        field = CONTENT.get(kind)
        content: bytes = getattr(event, field) if field else b""
        if field is None or not content:
            return event, ""
        digest = sha256(content).hexdigest()
        self._text(f"{layout.FILES}/{digest}", content)
        return msgspec.structs.replace(event, **{field: b""}), digest

    def _table(self, table: str) -> int:
        lines = findings.table_lines(self._there.projections_file, table)
        return self._lines(f"{layout.FINDINGS}/{table}.ndjson", lines)

    def _fixes(self) -> int:
        """Write the fixes and what there is of each wearer; returns how many fixes."""
        counts = {one.wearer: one for one in self._tally.wearers()}
        files = FixFiles(self._folder / layout.FIXES)
        engine = open_projections(self._there)
        try:
            with reading(engine) as connection:
                ids = connection.scalars(select(schema.wearer.c.wearer_id)).all()
                wearers = [NOBODY, *sorted(map(WearerId, ids))]
                for part in months_of(connection, wearers):
                    files.add(part)
                    none = WearerCounts(
                        wearer=part.wearer, records=0, root=Tree().root(), months={}
                    )
                    one = counts.setdefault(part.wearer, none)
                    one.fixes[part.month] = part.fixes
                    one.digests[part.month] = part.digest()
        finally:
            files.close()
            engine.dispose()
        self._lines(layout.WEARERS, (_ENCODER.encode(counts[name]) for name in sorted(counts)))
        for name, rows in files.rows.items():
            self._know(f"{layout.FIXES}/{name}", rows)
        return sum(files.rows.values())

    def _lines(self, name: str, lines: Iterable[bytes]) -> int:
        count = 0
        with (self._folder / name).open("wb") as file:
            for line in lines:
                file.write(line + b"\n")
                count += 1
        self._know(name, count)
        return count

    def _text(self, name: str, content: bytes) -> None:
        (self._folder / name).write_bytes(content)
        self._know(name, 0)

    def _know(self, name: str, lines: int) -> None:
        size, digest = layout.file_digest(self._folder / name)
        self._files[name] = FileFacts(bytes=size, sha256=digest, lines=lines)


def _some(first: bytes, rest: Iterator[bytes], most: int) -> Iterator[bytes]:
    yield first
    for _, line in zip(range(most - 1), rest, strict=False):
        yield line


def _applied_upto(reader: JournalReader, projections: Path, head: int) -> int:
    """Return the number up to which the projections say what the journal says."""
    with closing(sqlite3.connect(projections)) as connection:
        cursors: dict[int, int] = dict(connection.execute("SELECT lane, seq FROM cursor"))
    fresh, late = cursors.get(Lane.FRESH, 0), cursors.get(Lane.BACKFILL, 0)
    upto = fresh
    after = min(fresh, late)
    while records := reader.read(after, head, most=BATCH):
        for record in records:
            after = record.seq
            if record.seq <= fresh:
                if record.lane is Lane.BACKFILL and record.seq > late:
                    raise InstallationError(
                        "late data is still being taken in: wait until `tagwatch status` shows no "
                        "lag, and export again"
                    )
            elif record.seq <= upto + 1 and _said_of(record, cursors):
                upto = record.seq
            else:
                return upto
    return upto


def _said_of(record: Record, cursors: dict[int, int]) -> bool:
    """Tell whether a record beyond the cursor is the line's own note of what it has applied."""
    if record.payload is None:
        return False
    event = ledger.decode(record.kind, record.payload)
    return isinstance(event, Applied) and event.to_seq <= cursors.get(event.lane, 0)


def _wearers_by_owner(projections: Path) -> dict[tuple[OwnerKind, str], str]:
    """Return the wearer of each owner of data that belongs to one."""
    found: dict[tuple[OwnerKind, str], str] = {}
    with closing(sqlite3.connect(projections)) as connection:
        for (wearer,) in connection.execute("SELECT wearer_id FROM wearer"):
            found[OwnerKind.WEARER, wearer] = wearer
        for activation, wearer in connection.execute(
            "SELECT activation_id, wearer_id FROM activation"
        ):
            found[OwnerKind.ACTIVATION, activation] = wearer
        for alert, wearer in connection.execute("SELECT alert_id, wearer_id FROM alert"):
            found[OwnerKind.CASE, alert] = wearer or ""
    return found


def _wearer_in(event: Event) -> str:
    known: Any = getattr(event, "wearer_id", None)
    return known if isinstance(known, str) else ""


def _erased_keys(keyring: Keyring, erased: dict[int, int]) -> Iterator[ErasedKey]:
    for key_id, records in sorted(erased.items()):
        slot = keyring.slot(key_id)
        if slot is not None:
            yield ErasedKey(
                owner_kind=slot.owner.kind.name.lower(),
                owner_id=slot.owner.id,
                data_class=slot.data_class.name.lower(),
                period=slot.period,
                erased_at=slot.destroyed_at,
                records=records,
            )


def _accounts(config: Config) -> list[Account]:
    """Return who the authors are; nothing by which anybody could sign in."""
    if not config.accounts_file.exists():
        return []
    accounts = Accounts(config.accounts_file)
    try:
        return [msgspec.structs.replace(one, email="") for one in accounts.all()]
    finally:
        accounts.close()
