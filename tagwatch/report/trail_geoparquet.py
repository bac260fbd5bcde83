"""A trail as GeoParquet 1.1, written and read: places as WKB points, unknown as null.

pyarrow is loaded where it is used, for most processes never need it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import islice
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO, Final

from tagwatch.report.trail_file import CIRCLE, TrailHead, TrailRow, fields_of, head_words

BATCH: Final = 8192
_POINT: Final = Struct("<BIdd")
_TEXTS: Final = ("source", "motion", "marks", "fix_id", "activation_id", "tag")
_TIMES: Final = ("time", "sent_at", "received_at")
_WHOLE: Final = ("satellites", "number")
_NUMBERS: Final = (
    "accuracy_m", "confidence", "radius_m_95", "hdop", "speed_mps", "bearing_deg", "altitude_m",
    "battery_pct",
)  # fmt: skip
_GEO: Final = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}
"""No crs: longitude and latitude of WGS 84, as the standard has it for want of another."""


class NotATrail(Exception):
    """A Parquet file that holds no trail; the text says what is missing."""


def write_geoparquet(head: TrailHead, rows: Iterable[TrailRow], file: BinaryIO) -> None:
    """Write all fixes; one without a place has no geometry."""
    pa, pq = _arrow()
    about = {"geo": json.dumps(_GEO), "about": head_words(head), "circles": CIRCLE}
    schema = pa.schema(_columns(pa), metadata=about)
    walk = iter(rows)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while part := list(islice(walk, BATCH)):
            records = [_record(head, row) for row in part]
            writer.write_table(pa.Table.from_pylist(records, schema=schema))


def read_geoparquet(path: Path) -> Iterator[Mapping[str, Any]]:
    """Give the fields of each fix of such a file, `lon` and `lat` out of the geometry, times in
    microseconds. Raises NotATrail."""
    pa, pq = _arrow()
    try:
        with pq.ParquetFile(path) as parquet:
            names = parquet.schema_arrow.names
            missing = [name for name in ("time", "geometry") if name not in names]
            if missing:
                raise NotATrail(f"{path} has no column {', '.join(missing)}: it holds no trail")
            wanted = [field.name for field in _columns(pa) if field.name in names]
            for batch in parquet.iter_batches(BATCH, columns=wanted):
                for name in _TIMES:
                    if name in wanted:
                        at = batch.schema.get_field_index(name)
                        whole = batch.column(at).cast(pa.timestamp("us", "UTC")).cast(pa.int64())
                        batch = batch.set_column(at, name, whole)  # noqa: PLW2901  # its next form
                yield from map(_placed, batch.to_pylist())
    except pa.ArrowInvalid as error:
        raise NotATrail(f"{path} cannot be read as Parquet: {error}") from error


def _arrow() -> tuple[Any, Any]:
    return import_module("pyarrow"), import_module("pyarrow.parquet")


def _columns(pa: Any) -> list[Any]:
    return [
        *(pa.field(name, pa.timestamp("us", "UTC")) for name in _TIMES),
        pa.field("geometry", pa.binary()),
        *(pa.field(name, pa.float64()) for name in _NUMBERS),
        *(pa.field(name, pa.int32()) for name in _WHOLE),
        pa.field("charging", pa.bool_()),
        *(pa.field(name, pa.string()) for name in _TEXTS),
    ]


def _record(head: TrailHead, row: TrailRow) -> dict[str, Any]:
    record = fields_of(head, row)
    lon, lat = record.pop("lon"), record.pop("lat")
    geometry = None if lat is None else _POINT.pack(1, 1, lon, lat)
    times = {"time": row.fixed_at, "sent_at": row.sent_at, "received_at": row.received_at}
    return {**record, **times, "geometry": geometry}


def _placed(record: dict[str, Any]) -> dict[str, Any]:
    geometry = record.pop("geometry")
    if geometry is not None and len(geometry) == _POINT.size:
        order, kind, lon, lat = _POINT.unpack(geometry)
        if (order, kind) == (1, 1):
            record |= {"lon": lon, "lat": lat}
    return record
