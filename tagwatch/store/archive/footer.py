"""What a file of the archive says of its row groups, so that only those that matter are read."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import NO_INSTANT
from tagwatch.core.recorded_archive import ArchiveFile, ArchiveOrder
from tagwatch.store.archive.layout import COLUMNS, FORMAT, arrow, parquet

Found = TypeVar("Found")
IDS: Final = ("wearer_id", "activation_id")
_MOST_GROUPS: Final = 20_000
"""Row groups whose bounds a process remembers: about 60 MB if it comes to that."""
_RANGED: Final = {
    ArchiveOrder.BY_PERSON: ("fixed_at",),
    ArchiveOrder.BY_TIME: (
        *("fixed_at", "lon_deg", "lat_deg", "accuracy_m", "confidence", "hdop", "source"),
    ),
}


class ArchiveDamage(Exception):
    """A file of the archive is not as it was sealed. The text names it."""


class Footer(NamedTuple):
    """Of each row group of one file: the least and the greatest of what questions prune by."""

    metadata: Any
    wearers: tuple[list[str], list[str]]
    """Least and greatest id; empty lists by time."""
    bounds: dict[str, tuple[NDArray[Any], NDArray[Any]]]
    """By column, shape (groups,); where a bound is not known, one that holds any value."""

    def overlaps(self, name: str, low: Any, high: Any) -> NDArray[np.bool_]:
        """Return, shape (groups,), which may hold a value of the column within [low, high]."""
        least, greatest = self.bounds[name]
        return (greatest >= low) & (least <= high)


_known: OrderedDict[str, Footer] = OrderedDict()
_lock: Final = Lock()


def opened(path: Path, metadata: Any = None) -> Any:
    """Return a file, open for reading, ids as dictionaries, each page checked as it is read.

    Raises ArchiveDamage, and FileNotFoundError where it is not there.
    """
    file = reading(
        path,
        lambda: parquet().ParquetFile(
            path,
            metadata=metadata,
            read_dictionary=list(IDS),
            page_checksum_verification=True,
            pre_buffer=False,
        ),
    )
    says: dict[bytes, bytes] = file.metadata.metadata or dict[bytes, bytes]()
    if (version := says.get(b"tagwatch.format", b"").decode()) != FORMAT:
        raise ArchiveDamage(f"{path}: format {version!r}, this version reads {FORMAT!r}")
    return file


def read_groups(
    path: Path, file: Any, numbers: Sequence[int], columns: Sequence[str] | None = None
) -> Any:
    """Return the table of some row groups of an opened file. Raises ArchiveDamage and OSError."""
    named = None if columns is None else list(columns)
    chosen = list(numbers)
    return reading(path, lambda: file.read_row_groups(chosen, columns=named, use_threads=False))


def reading(path: Path, read: Callable[[], Found]) -> Found:
    """Return what `read` reads of a file. Raises ArchiveDamage where its bytes are not sound."""
    try:
        return read()
    except FileNotFoundError:
        raise
    except (arrow().ArrowException, OSError) as error:
        raise ArchiveDamage(f"{path} is damaged: {error}") from error


def footer_of(folder: Path, sealed: ArchiveFile) -> Footer:
    """Return the bounds of a file's row groups, remembered from the last time. Raises
    ArchiveDamage."""
    path = folder / sealed.path
    key = f"{path}\n{sealed.sha256}"
    with _lock:
        if (found := _known.get(key)) is not None:
            _known.move_to_end(key)
            return found
    metadata = opened(path).metadata
    if metadata.num_rows != sealed.fixes:
        raise ArchiveDamage(
            f"{path} is damaged: {metadata.num_rows} fixes, sealed with {sealed.fixes}; "
            f"its SHA-256 was {sealed.sha256}"
        )
    found = _footer(metadata, sealed.order)
    with _lock:
        _known[key] = found
        held = sum(each.metadata.num_row_groups for each in _known.values())
        while held > _MOST_GROUPS and len(_known) > 1:
            held -= _known.popitem(last=False)[1].metadata.num_row_groups
    return found


def _footer(metadata: Any, order: ArchiveOrder) -> Footer:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    wearers: tuple[list[str], list[str]] = ([], [])
    if order is ArchiveOrder.BY_PERSON:
        said = [group.column(0).statistics for group in groups]
        wearers = ([s.min_raw.decode() for s in said], [s.max_raw.decode() for s in said])
    bounds = {name: _bounds(groups, name) for name in _RANGED[order]}
    return Footer(metadata, wearers, bounds)


def _bounds(groups: list[Any], name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    place = COLUMNS.index(name)
    whole = name in ("fixed_at", "source")
    any_low, any_high = (int(NO_INSTANT), 2**63 - 1) if whole else (-np.inf, np.inf)
    low: list[Any] = []
    high: list[Any] = []
    for group in groups:
        said = group.column(place).statistics
        if said is None or not said.has_min_max:
            nothing = said is not None and said.null_count == group.num_rows
            low.append(any_high if nothing and not whole else any_low)
            high.append(any_low if nothing else any_high)
            continue
        # A time nobody told is kept as null, and stands before all others.
        low.append(any_low if name == "fixed_at" and said.null_count else said.min_raw)
        high.append(said.max_raw)
    kind = np.int64 if whole else np.float64
    return np.array(low, kind), np.array(high, kind)
