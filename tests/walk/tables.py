"""Empty tables of the projections, made once in a process: version by version they take long."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from tagwatch.config import Config
from tagwatch.store.database import Access, open_database
from tagwatch.store.migrations import migrate


def lay_tables(config: Config) -> None:
    """Put the tables of a new installation into its folder, as its line would make them."""
    config.projections_file.parent.mkdir(parents=True, exist_ok=True)
    config.projections_file.write_bytes(_empty())
    config.projections_file.chmod(0o600)


@cache
def _empty() -> bytes:
    folder = Path(tempfile.mkdtemp(prefix="tagwatch-tables-"))
    database = open_database(folder / "empty.db", Access.WRITE)
    with database.begin() as connection:
        migrate(connection)
    database.dispose()
    made = (folder / "empty.db").read_bytes()
    shutil.rmtree(folder)
    return made
