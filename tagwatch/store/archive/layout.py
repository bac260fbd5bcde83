"""How the trail archive lies on the disk: folders, columns, and what they say of unknown values.

docs/archive.md says the same for another engine. Every field of `FIX_DTYPE` comes back to the
last bit: an unknown value (NaN as numpy makes it, NO_INSTANT, a count of -1) is null in the file,
every other bit pattern is itself.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, UNKNOWN_COUNT, FixBlock, joined
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.recorded_archive import ArchiveOrder
from tagwatch.core.units import Instant

FORMAT: Final = "1"
BUCKETS: Final = 64
"""Of wearers, in the order by person."""
GROUP: Final = 16_384
"""Fixes in a row group at most: what is read at least, of a file that has so many."""

_CLOCKS: Final = ("fixed_at", "sent_at", "received_at")
_COUNTS: Final = ("satellites", "charging")
_WIDER: Final = {"marks": "int64", "satellites": "int16", "source": "int16", "motion": "int16",
                 "charging": "int16", "seq": "int64", "index": "int32"}  # fmt: skip
"""Types of whole numbers in the files: signed, as not every engine has others."""
_MEASURES: Final = tuple(name for name in FIX_DTYPE.names or () if FIX_DTYPE[name].kind == "f")
COLUMNS: Final = ("wearer_id", "activation_id", *(FIX_DTYPE.names or ()))
_AS_THEY_ARE: Final = (*_CLOCKS, "seq", "index", "lon_deg", "lat_deg")
"""Columns of too many different values for a dictionary."""
_WHOLE_ROWS: Final = np.dtype((np.void, FIX_DTYPE.itemsize))
_UNKNOWN_BITS: Final = int(np.array([np.nan]).view(np.int64)[0])
_EARLIEST: Final = np.datetime64("0001-01-01", "us").astype(np.int64)
_LATEST: Final = np.datetime64("9999-12-31", "us").astype(np.int64)


class Rows(NamedTuple):
    """Fixes of several wearers: codes of `Names`, and the fixes, all of one length."""

    wearers: NDArray[np.int32]
    activations: NDArray[np.int32]
    block: FixBlock

    def taken(self, chosen: NDArray[Any] | slice) -> "Rows":
        """Return the rows of an index, a mask or a slice."""
        # By whole rows: field by field numpy takes ten times as long.
        block = self.block.view(_WHOLE_ROWS)[chosen].view(FIX_DTYPE)
        return Rows(self.wearers[chosen], self.activations[chosen], block)


class Names:
    """Wearers and activations by number, so that rows can be sorted and cut as arrays."""

    def __init__(self) -> None:
        self.wearers: list[WearerId] = []
        self.activations: list[ActivationId] = []
        self._wearer: dict[str, int] = {}
        self._activation: dict[str, int] = {}

    def wearer(self, wearer: str) -> int:
        """Return the number of a wearer, a new one at his first time."""
        code = self._wearer.setdefault(wearer, len(self.wearers))
        if code == len(self.wearers):
            self.wearers.append(WearerId(wearer))
        return code

    def activation(self, activation: str) -> int:
        """Return the number of an activation, a new one at its first time."""
        code = self._activation.setdefault(activation, len(self.activations))
        if code == len(self.activations):
            self.activations.append(ActivationId(activation))
        return code

    def ranks(self) -> NDArray[np.int64]:
        """Return, by number, the place of each wearer in the order of their ids."""
        found = np.empty(len(self.wearers), np.int64)
        found[sorted(range(len(self.wearers)), key=self.wearers.__getitem__)] = np.arange(
            len(self.wearers)
        )
        return found


def joined_rows(parts: list[Rows]) -> Rows:
    """Return the rows of at least one part behind one another."""
    if len(parts) == 1:
        return parts[0]
    return Rows(
        np.concatenate([part.wearers for part in parts]),
        np.concatenate([part.activations for part in parts]),
        joined([part.block for part in parts]),
    )


def bucket_of(wearer: WearerId) -> int:
    """Return the bucket of a wearer: the first byte of the SHA-256 of his id, modulo BUCKETS."""
    return sha256(wearer.encode()).digest()[0] % BUCKETS


def month_of(at: Instant) -> str:
    """Return the UTC month of an instant, "YYYY-MM"; of one that no calendar holds, the first or
    the last there is."""
    return str(_dates(np.array([at]), "M")[0])


def bucket_mark(bucket: int) -> str:
    """Return what the path of a file of this bucket contains."""
    return f"/bucket={bucket:02d}/"


def month_folder(order: ArchiveOrder, month: str) -> str:
    """Return the folder of a month, with its slash."""
    return f"{order.value}/month={month}/"


def parts_of(
    names: Names, rows: Rows, order: ArchiveOrder
) -> Iterator[tuple[str, NDArray[np.intp]]]:
    """Yield the folder (with its slash) and the rows of each part of the archive they fall into."""
    by_person = order is ArchiveOrder.BY_PERSON
    dates = _dates(rows.block["fixed_at"], "M" if by_person else "D")
    codes = dates.astype(np.int64)
    if by_person:
        buckets = np.array([bucket_of(wearer) for wearer in names.wearers], np.int64)
        codes = codes * BUCKETS + buckets[rows.wearers]
    sorting = np.argsort(codes, kind="stable")
    ordered = codes[sorting]
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    for chosen in np.split(sorting, begins[1:]):
        date, first = str(dates[chosen[0]]), int(codes[chosen[0]])
        within = f"bucket={first % BUCKETS:02d}" if by_person else f"day={date[-2:]}"
        yield f"{month_folder(order, date[:7])}{within}/", chosen


def _dates(times: NDArray[np.int64], unit: str) -> NDArray[Any]:
    return np.clip(times, _EARLIEST, _LATEST).astype("datetime64[us]").astype(f"datetime64[{unit}]")


@cache
def arrow() -> Any:
    """Return pyarrow, loaded when an archived fix is first asked for: 35 MB, which a process that
    asks for none does without."""
    import pyarrow as pa  # noqa: PLC0415  # see above

    return pa


@cache
def parquet() -> Any:
    """Return pyarrow.parquet, as `arrow`."""
    import pyarrow.parquet  # noqa: PLC0415  # as above

    return pyarrow.parquet


@cache
def schema_of(order: ArchiveOrder) -> Any:
    """Return the columns of a file of this order, with what the file says of itself."""
    pa = arrow()
    fields = [pa.field(name, pa.string(), nullable=False) for name in COLUMNS[:2]]
    for name in COLUMNS[2:]:
        if name in _CLOCKS:
            fields.append(pa.field(name, pa.timestamp("us", tz="UTC")))
        elif name in _WIDER:
            fields.append(pa.field(name, getattr(pa, _WIDER[name])(), nullable=name in _COUNTS))
        else:
            fields.append(pa.field(name, pa.float64()))
    says = {
        "tagwatch.format": FORMAT,
        "tagwatch.order": order.value,
        "tagwatch.buckets": str(BUCKETS),
    }
    return pa.schema(fields, metadata=says)


def writing(order: ArchiveOrder) -> dict[str, Any]:
    """Return how the columns are packed: what a plain Parquet reader of any age unpacks.

    Steps of time where rows stand in order of time, dictionaries where values repeat, and zstd
    over all. Each page carries its checksum.
    """
    steps = {"fixed_at", "sent_at"} if order is ArchiveOrder.BY_PERSON else set[str]()
    return {
        "compression": "zstd",
        "compression_level": 3,
        "use_dictionary": [name for name in COLUMNS if name not in _AS_THEY_ARE],
        "column_encoding": {
            name: "DELTA_BINARY_PACKED" if name in steps else "PLAIN" for name in _AS_THEY_ARE
        },
        "write_page_checksum": True,
        "store_schema": True,
        "version": "2.6",
    }


def to_table(names: Names, rows: Rows, order: ArchiveOrder) -> Any:
    """Return rows as a table of the file's columns."""
    pa = arrow()
    columns = [_named(names.wearers, rows.wearers), _named(names.activations, rows.activations)]
    for name in COLUMNS[2:]:
        column = np.ascontiguousarray(rows.block[name])
        if name in _CLOCKS:
            clock = pa.array(column, mask=column == NO_INSTANT)
            columns.append(clock.cast(pa.timestamp("us", tz="UTC")))
        elif name in _WIDER:
            mask = column == UNKNOWN_COUNT if name in _COUNTS else None
            columns.append(pa.array(column.astype(_WIDER[name]), mask=mask))
        else:
            columns.append(pa.array(column, mask=column.view(np.int64) == _UNKNOWN_BITS))
    return pa.Table.from_arrays(columns, schema=schema_of(order))


def _named(names: Any, codes: NDArray[np.int32]) -> Any:
    pa = arrow()
    held, places = np.unique(codes, return_inverse=True)
    texts = pa.array([names[code] for code in held.tolist()], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), texts).cast(
        pa.string()
    )


def to_rows(names: Names, table: Any) -> Rows:
    """Return the rows of a table of all the file's columns; ids read as dictionaries."""
    return Rows(
        _codes(table.column("wearer_id"), names.wearer),
        _codes(table.column("activation_id"), names.activation),
        to_block(table),
    )


def instants(table: Any) -> NDArray[np.int64]:
    """Return when the fixes of a table were measured; a time that nobody told stands first."""
    column = table.column("fixed_at").cast(arrow().int64())
    return column.fill_null(NO_INSTANT).to_numpy()


def to_block(table: Any) -> FixBlock:
    """Return the fixes of a table, without whose they are; of some columns, an array of these."""
    pa = arrow()
    said = [name for name in COLUMNS[2:] if name in table.column_names]
    whole = len(said) == len(COLUMNS) - 2
    block = np.empty(table.num_rows, FIX_DTYPE if whole else [(n, FIX_DTYPE[n]) for n in said])
    for name in said:
        column = table.column(name)
        if name in _CLOCKS:
            column = column.cast(pa.int64()).fill_null(NO_INSTANT)
        elif name in _COUNTS:
            column = column.fill_null(UNKNOWN_COUNT)
        elif name in _MEASURES:
            column = column.fill_null(np.nan)
        block[name] = column.to_numpy()
    return block


def _codes(column: Any, number: Any) -> NDArray[np.int32]:
    whole = column.unify_dictionaries().combine_chunks()
    known = np.array([number(text) for text in whole.dictionary.to_pylist()], np.int32)
    if not len(whole):
        return np.empty(0, np.int32)
    return known[whole.indices.to_numpy()]
