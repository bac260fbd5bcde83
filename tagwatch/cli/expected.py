"""Failures a person can do something about: told in a sentence, without a traceback."""

from typing import Final

from sqlalchemy.exc import OperationalError

from tagwatch.access.audit import AuditClosed
from tagwatch.access.enrolment import AccountWrong
from tagwatch.cli.options import Failure
from tagwatch.config import ConfigError
from tagwatch.core.geometry import ShapeError
from tagwatch.desk.import_file import ImportRefused
from tagwatch.engine.installation import InstallationError
from tagwatch.ingest.files.block import FileError
from tagwatch.ingest.protocol.message import DecodeError
from tagwatch.store.accounts import NameTaken
from tagwatch.store.accounts_schema import AccountsNewer
from tagwatch.store.journal.errors import JournalError
from tagwatch.store.key_export import ExportWrong
from tagwatch.store.post import PostError
from tagwatch.store.programme.layout import ProgrammeDamaged

EXPECTED: Final = (
    Failure,
    AccountWrong,
    AccountsNewer,
    AuditClosed,
    ConfigError,
    DecodeError,
    ExportWrong,
    FileError,
    ImportRefused,
    InstallationError,
    JournalError,
    NameTaken,
    PostError,
    ProgrammeDamaged,
    ShapeError,
)


def sentence(error: Exception) -> str | None:
    """Return what to tell a person of `error`, None if it is a fault of the program."""
    if isinstance(error, EXPECTED):
        return str(error)
    if isinstance(error, OperationalError):
        return f"the tables cannot be used ({error.orig}): see `tagwatch status`"
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}; correct the path, or its owner and rights"
    return None
