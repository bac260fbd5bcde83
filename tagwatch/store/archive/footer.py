"""What a file of the archive says of its row groups, so that only those that matter are read."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from tagwatch.store.archive.layout import FORMAT, arrow, parquet

Found = TypeVar("Found")
IDS: Final = ("wearer_id", "activation_id")


class ArchiveDamage(Exception):
    """A file of the archive cannot be read as it was sealed. The text names it."""


def opened(path: Path) -> Any:
    """Return a file, open for reading, ids as dictionaries, each page checked as it is read.

    Raises ArchiveDamage, and FileNotFoundError where it is not there.
    """
    file = reading(
        path,
        lambda: parquet().ParquetFile(
            path,
            read_dictionary=list(IDS),
            page_checksum_verification=True,
            memory_map=False,
        ),
    )
    says: dict[bytes, bytes] = file.schema_arrow.metadata or dict[bytes, bytes]()
    if (version := says.get(b"tagwatch.format", b"").decode()) != FORMAT:
        raise ArchiveDamage(f"{path}: format {version!r}, this version reads {FORMAT!r}")
    return file


def read_group(path: Path, file: Any, number: int, columns: Sequence[str] | None = None) -> Any:
    """Return the table of one row group of an opened file. Raises ArchiveDamage and OSError."""
    named = None if columns is None else list(columns)
    return reading(path, lambda: file.read_row_group(number, columns=named, use_threads=False))


def reading(path: Path, read: Callable[[], Found]) -> Found:
    """Return what `read` reads of a file. Raises ArchiveDamage where its bytes are not sound."""
    try:
        return read()
    except FileNotFoundError:
        raise
    except (arrow().ArrowException, OSError) as error:
        raise ArchiveDamage(f"{path}: {error}") from error
