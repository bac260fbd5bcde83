"""The projections from nothing: the journal applied again, in the turns it was applied in."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from tagwatch.config import Config
from tagwatch.engine import installation
from tagwatch.engine.line import Appender, Line, open_projections
from tagwatch.store.journal.files import Files
from tagwatch.store.memory import load_installation, put_installation
from tagwatch.store.writes import Writes

_SUFFIXES: Final = ("", "-wal", "-shm")


def wipe(config: Config, head: int) -> None:
    """Remove the projections and begin new ones in which nothing up to `head` will be sent.

    What was told then was told then: a rebuild never sends. Those of the old notifications that
    were not delivered are held back until a person releases or drops them.
    """
    for suffix in _SUFFIXES:
        with suppress(FileNotFoundError):
            (config.data / (config.projections_file.name + suffix)).unlink()
    database = open_projections(config)
    with database.begin() as connection:
        writes = Writes()
        state = load_installation(connection)
        put_installation(writes, msgspec.structs.replace(state, held_upto=head))
        writes.write(connection)
    database.dispose()


def rebuild(
    config: Config,
    post: Appender,
    head: int,
    files: Files = installation.OS_FILES,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Wipe the projections and apply the journal up to `head` again.

    `progress` is given the number of records applied after each batch. Nobody else may have the
    projections open for writing.
    """
    wipe(config, head)
    line = Line.open(config, post, files)
    try:
        line.follow(head)
        done = 0
        while took := line.step(head):
            done += took
            if progress is not None:
                progress(done)
    finally:
        line.close()
