"""A process that makes one evidence bundle: told in a line which, it answers in a line.

It is a process of its own so that the watcher in batch goes on, and so that a bundle that takes
more memory than there is costs that bundle alone.
"""

import sys
from pathlib import Path

import msgspec

from tagwatch.config import Config, load
from tagwatch.core.recorded_bundle import BundleMade
from tagwatch.engine.child import cap_memory, settle
from tagwatch.engine.clock import now
from tagwatch.query.bundle import Asked
from tagwatch.query.bundle_facts import BundleRefused
from tagwatch.query.bundle_register import made_on
from tagwatch.store.archive.footer import ArchiveDamage
from tagwatch.store.bundle_asks import BundleAsk
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.journal.errors import JournalError, KeysDamaged


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it: what the journal is to be told, or why none can be made."""

    made: BundleMade | None = None
    why: str = ""


def command(config: Config) -> tuple[str, ...]:
    """Return the command line of such a process."""
    return (sys.executable, "-m", "tagwatch.engine.bundle_worker", str(config.data))


def answer(config: Config, ask: BundleAsk) -> Answer:
    """Make a bundle and keep its file."""
    projections = open_tables(config, Access.READ)
    asked = Asked(by=ask.by, at=now(), reason=ask.reason, replaces=ask.replaces, ask_id=ask.ask_id)
    try:
        with reading(projections) as connection:
            event, _ = made_on(connection, config, ask.wearer_id, (ask.start, ask.end), asked)
    except (BundleRefused, JournalError, KeysDamaged, ArchiveDamage, OSError) as error:
        return Answer(why=str(error))
    finally:
        projections.dispose()
    return Answer(made=event)


def run(config: Config) -> None:
    """Answer the ask on standard input on standard output."""
    cap_memory(config.limits.batch_memory_bytes)
    ask = msgspec.json.decode(sys.stdin.buffer.readline(), type=BundleAsk)
    sys.stdout.buffer.write(msgspec.json.encode(answer(config, ask)) + b"\n")


if __name__ == "__main__":
    settle()
    run(load(Path(sys.argv[1])))
