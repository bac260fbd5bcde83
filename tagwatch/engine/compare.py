"""Are the projections what the journal says? A rebuild beside them, compared row by row."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import msgspec

from tagwatch.config import Config
from tagwatch.engine.installation import InstallationError
from tagwatch.engine.line import Line
from tagwatch.engine.rebuild import wipe
from tagwatch.engine.safekeeping import copy_database
from tagwatch.store import schema
from tagwatch.store.cells import Cells, cells_of
from tagwatch.store.database import give_functions
from tagwatch.store.journal.record import Draft, Lane
from tagwatch.store.protected import opened_text

NOT_DECIDED: Final = frozenset({"memory", "snapshot", "encounter_memory", "cursor", "line_state"})
"""How the line remembers, and where it stands: not what it decided."""
_NUMBERED: Final = {"alert_event": "event_id", "evaluation": "evaluation_id"}
"""Tables whose rows only have a running number, which skips what was lawfully erased."""
COUNTS_OTHERS: Final = frozenset({"counter", "circumstance"})
"""What counts other people: where some were forgotten since, a rebuild counts without them."""
_SHOWN: Final = 5


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A table whose rows are not the same."""

    table: str
    rows: int
    """How many places differ."""
    first: tuple[str, ...]
    """Primary keys of the first of them; nothing of their content."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What comparing found."""

    fresh_seq: int
    late_seq: int
    rows: int
    differences: tuple[Difference, ...]


class _NobodyAppends:
    """A rebuild follows the journal and adds nothing to it."""

    def append(self, drafts: Sequence[Draft]) -> range:
        raise _Enough(f"{len(drafts)} records would be new")


class _Enough(Exception):
    """The rebuild has come to where the journal itself ends."""


def compare(config: Config, head: int, progress: Callable[[int], None]) -> Comparison:
    """Rebuild the projections in a temporary folder as far as they stand, and compare.

    Safe beside a running installation. `head` is the durable end of the journal. Raises
    InstallationError if there are no projections.
    """
    if not config.projections_file.exists():
        raise InstallationError(f"{config.data} has no projections yet: the line has never run")
    with tempfile.TemporaryDirectory(prefix="tagwatch-verify-") as folder:
        beside = Path(folder)
        copy_database(config.projections_file, beside / "now.db")
        cursors = _cursors(beside / "now.db")
        other = msgspec.structs.replace(config, data=beside, keys=config.keys_folder)
        other.journal_folder.symlink_to(config.journal_folder.absolute())
        _rebuild_to(other, cursors, head, progress)
        return _compared(beside / "now.db", other.projections_file, cursors, cells_of(config))


def _rebuild_to(
    config: Config, cursors: dict[int, int], head: int, progress: Callable[[int], None]
) -> None:
    fresh, late = cursors.get(Lane.FRESH, 0), cursors.get(Lane.BACKFILL, 0)
    wipe(config, head)
    line = Line.open(config, _NobodyAppends())
    try:
        line.follow(head)
        done = 0
        while line.cursor(Lane.FRESH) < fresh or line.cursor(Lane.BACKFILL) < late:
            try:
                took = line.step(fresh)
            except _Enough:
                break
            if not took:
                break
            done += took
            progress(done)
    finally:
        line.close()


def _compared(one: Path, other: Path, cursors: dict[int, int], cells: Cells | None) -> Comparison:
    differences: list[Difference] = []
    rows = 0
    with closing(sqlite3.connect(one)) as here, closing(sqlite3.connect(other)) as there:
        for database in (here, there):
            give_functions(database, cells)
            _sweep(database)
        erased = there.execute("SELECT 1 FROM counter WHERE name = 'erased'").fetchone()
        passed = NOT_DECIDED | COUNTS_OTHERS if erased else NOT_DECIDED
        for name, table in schema.metadata.tables.items():
            if name in passed:
                continue
            keys = [column.name for column in table.primary_key]
            names = [column.name for column in table.columns]
            differing = 0
            first: list[str] = []
            for mine, rebuilt in zip_longest(_rows(here, name, keys), _rows(there, name, keys)):
                rows += 1
                if _plain(name, names, mine) != _plain(name, names, rebuilt):
                    differing += 1
                    if len(first) < _SHOWN:
                        shown = mine or rebuilt or ()
                        first.append(", ".join(str(shown[names.index(key)]) for key in keys))
            if differing:
                differences.append(Difference(table=name, rows=differing, first=tuple(first)))
    return Comparison(
        fresh_seq=cursors.get(Lane.FRESH, 0),
        late_seq=cursors.get(Lane.BACKFILL, 0),
        rows=rows,
        differences=tuple(differences),
    )


def _sweep(connection: sqlite3.Connection) -> None:
    """Delete what is archived: the line does that piecemeal, whenever it has the time."""
    connection.execute(
        "DELETE FROM trail_block WHERE last_at < (SELECT horizon FROM trail_seam) "
        "AND seq <= (SELECT upto FROM trail_seam)"
    )
    connection.execute("UPDATE trail_seam SET sweeping = 0")


def _rows(connection: sqlite3.Connection, table: str, keys: list[str]) -> Iterator[Any]:
    order = ", ".join(f'"{key}"' for key in keys)
    held = schema.metadata.tables[table]
    columns = ", ".join(opened_text(held, column.name) for column in held.columns)
    yield from connection.execute(f'SELECT {columns} FROM "{table}" ORDER BY {order}')  # noqa: S608  # names of our own schema


def _plain(table: str, names: list[str], row: Any) -> Any:
    """Return a row that compares: what a rebuild holds back was waiting to be sent."""
    if row is None:
        return row
    if table != "notification" and table not in _NUMBERED:
        return row
    if table in _NUMBERED:
        number = names.index(_NUMBERED[table])
        return tuple(value for i, value in enumerate(row) if i != number)
    state = names.index("state")
    return tuple("pending" if i == state and v == "held" else v for i, v in enumerate(row))


def _cursors(path: Path) -> dict[int, int]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT lane, seq FROM cursor"))
