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
from tagwatch.core.units import Instant
from tagwatch.engine import installation
from tagwatch.engine.installation import InstallationError
from tagwatch.engine.programme_scope import ProgrammeScope
from tagwatch.engine.programme_source import (
    applied_upto,
    authors,
    erased_keys,
    wearers_by_owner,
)
from tagwatch.engine.safekeeping import copy_database
from tagwatch.store import schema
from tagwatch.store.accounts import Account
from tagwatch.store.archive.parts import FOLDER as ARCHIVE
from tagwatch.store.cells import cells_of
from tagwatch.store.database import reading
from tagwatch.store.journal.keys import Keyring
from tagwatch.store.journal.reader import JournalReader
from tagwatch.store.journal.record import Head, Record
from tagwatch.store.programme import findings, layout
from tagwatch.store.programme.check import EVENTS, Tally
from tagwatch.store.programme.description import README_TEXT, json_schema
from tagwatch.store.programme.fixes import NOBODY, FixFiles, months_of
from tagwatch.store.programme.layout import (
    CONTENT,
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
    agency: str = ""
    """Only its wearers, and what is about them; empty: all."""
    programme: str = ""


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
        self._wearer_of = wearers_by_owner(there.projections_file)
        self._scope: ProgrammeScope | None = None
        if asked.agency or asked.programme:
            tables = there.projections_file
            self._scope = ProgrammeScope(tables, asked.agency, asked.programme, cells_of(config))

    def run(self) -> Manifest:
        try:
            return self._run()
        finally:
            if self._scope is not None:
                self._scope.close()

    def _run(self) -> Manifest:
        if self._scope is not None and not self._scope.wearers:
            raise InstallationError(f"there is no wearer of {self._scope.words}")
        keyring = installation.open_keyring(self._config)
        reader = JournalReader(self._config.journal_folder, keyring, installation.OS_FILES)
        try:
            upto = applied_upto(reader, self._there.projections_file, self._head.seq)
            self._records(reader, keyring, upto)
            erased = tuple(erased_keys(keyring, self._erased))
            identity = keyring.installation.hex()
        finally:
            reader.close()
            keyring.close()
        rows = {table: self._table(table) for table in findings.tables()}
        fixes = self._fixes()
        self._lines(layout.ACCOUNTS, map(_ENCODER.encode, self._accounts()))
        self._text(layout.SCHEMA, msgspec.json.format(_ENCODER.encode(json_schema()), indent=1))
        self._text(layout.README, README_TEXT.encode())
        return Manifest(
            made_with=f"tagwatch {__version__}",
            made_at=self._asked.at,
            made_by=self._asked.by,
            reason=self._asked.reason,
            scope="" if self._scope is None else self._scope.words,
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
            if self._is_others(kind, line.wearer, None):
                return _of_others(line)
            self._forgotten(record)
            self._erased[record.key_id] = self._erased.get(record.key_id, 0) + 1
            return msgspec.structs.replace(line, withheld="erased")
        event = ledger.decode(record.kind, record.payload)
        wearer = line.wearer or _wearer_in(event)
        if kind in _SECRET:
            return msgspec.structs.replace(line, withheld="credential")
        if self._is_others(kind, wearer, event):
            return _of_others(line)
        event, file = self._apart(kind, event)
        encoded = _ENCODER.encode(event)
        if ledger.encode(msgspec.json.decode(encoded, type=EVENTS[kind])) != ledger.encode(event):
            raise InstallationError(f"journal record {record.seq} ({kind}) has no exact JSON")
        return msgspec.structs.replace(line, wearer=wearer, event=msgspec.Raw(encoded), file=file)

    def _is_others(self, kind: str, wearer: str, told: Event | dict[str, Any] | None) -> bool:
        return self._scope is not None and not self._scope.has(kind, wearer, told)

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
        rows = findings.table_rows(self._there.projections_file, table, cells_of(self._there))
        lines = (
            _ENCODER.encode(row)
            for row in rows
            if not self._is_others(table, row.get("wearer_id") or "", row)
        )
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
                if self._scope is not None:
                    wearers = sorted(map(WearerId, self._scope.wearers))
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

    def _accounts(self) -> list[Account]:
        found = authors(self._config)
        if self._scope is None:
            return found
        return [one for one in found if one.account_id in self._scope.mentioned]

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


def _wearer_in(event: Event) -> str:
    known: Any = getattr(event, "wearer_id", None)
    return known if isinstance(known, str) else ""


def _of_others(line: RecordLine) -> RecordLine:
    """Return what stands in the place of a record of somebody else: its number and its time."""
    return RecordLine(
        seq=line.seq, received_at=line.received_at, kind="", lane=line.lane, withheld="scope"
    )
