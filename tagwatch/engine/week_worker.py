"""A process that makes weekly overviews, one after the other: told of each in a line, it answers
each in a line, and ends when nobody tells it more.

It is a process of its own so that two cores are used, and so that one wearer's week that takes
more memory than there is costs that week alone.
"""

import sys
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from tagwatch.config import Config, load
from tagwatch.core.ids import WearerId
from tagwatch.engine.child import cap_memory, settle
from tagwatch.engine.clock import now
from tagwatch.query.railways import railways_of
from tagwatch.query.week_facts import Shared
from tagwatch.query.week_making import make_week
from tagwatch.report.week.overview import DigestRow
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.overviews import Overviews

MOST_WORDS: Final = 300


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Whose week is to be made."""

    wearer_id: WearerId
    monday: date


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it: a row, or none because he is no longer on record."""

    row: DigestRow | None


def command(config: Config) -> tuple[str, ...]:
    """Return the command line of such a process."""
    return (sys.executable, "-m", "tagwatch.engine.week_worker", str(config.data))


def run(config: Config) -> None:
    """Answer tasks from standard input on standard output until that closes."""
    cap_memory(config.limits.batch_memory_bytes)
    projections = open_tables(config, Access.READ)
    kept = Overviews(config.overviews_folder)
    shared: Shared | None = None
    for line in sys.stdin.buffer:
        task = msgspec.json.decode(line, type=Task)
        try:
            with reading(projections) as connection:
                shared = Shared.of(connection, shared, railways_of(config))
                row = make_week(connection, kept, task.wearer_id, task.monday, now(), shared)
        except Exception as error:  # noqa: BLE001  # told, logged by batch, and the next is made
            row = failed(task, f"{type(error).__name__}: {error}")
        sys.stdout.buffer.write(msgspec.json.encode(Answer(row=row)) + b"\n")
        sys.stdout.buffer.flush()
    projections.dispose()


def failed(task: Task, why: str) -> DigestRow:
    """Return the row of a week that could not be made."""
    return DigestRow(
        wearer_id=task.wearer_id,
        monday=task.monday.isoformat(),
        sha256="",
        failure=why[:MOST_WORDS],
    )


if __name__ == "__main__":
    settle()
    run(load(Path(sys.argv[1])))
