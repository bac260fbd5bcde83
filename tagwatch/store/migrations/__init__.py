"""Changes of the projections' tables, one file a version, applied in order."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection

HERE: Final = Path(__file__).parent


def migrate(connection: Connection) -> bool:
    """Bring the tables behind `connection` to the newest version, in its transaction; tell whether
    they were of another before."""
    before = MigrationContext.configure(connection).get_current_revision()
    command.upgrade(alembic_config(connection), "head")
    return before != MigrationContext.configure(connection).get_current_revision()


def alembic_config(connection: Connection) -> Config:
    """Return what Alembic's commands need, without any ini file."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config
