"""A search for one wearer's mark and places in every file, and by which ids his rows are known."""

import base64
import struct
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.engine.forgotten_world import mark, place


def needles(number: int) -> dict[str, bytes]:
    """His mark and his places, in every way in which a file may hold them."""
    text = mark(number)
    found = {
        "plain": text.encode(),
        "lower case": text.lower().encode(),
        "utf-16": text.encode("utf-16-le"),
        "hex": text.encode().hex().encode(),
    }
    for skip in range(3):
        coded = base64.b64encode(b"\0" * skip + text.encode())
        # The first and last characters depend on what stands beside them.
        found[f"base64 {skip}"] = coded[4 if skip else 0 : -4]
    for name, value in (("longitude", place(number).lon_deg), ("latitude", place(number).lat_deg)):
        found[f"{name} as text"] = f"{value:.7f}".encode()
        found[f"{name} as a double"] = struct.pack("<d", value)
    return found


def found_in(folder: Path, number: int) -> list[str]:
    """Return in which files, and how, something of him is."""
    wanted = needles(number)
    return [
        f"{path.relative_to(folder)}{part}: {name}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for part, data in _contents(path)
        for name, needle in wanted.items()
        if needle in data
    ]


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    data = path.read_bytes()
    yield "", data
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield f"!{name}", archive.read(name)
    if path.suffix == ".parquet":
        # Pages are compressed: what is in them is read as a stranger reads it.
        table = pq.ParquetFile(path).read()
        for column in table.column_names:
            values = table.column(column).to_pylist()
            yield f"!{column}", b"\0".join(_bytes(value) for value in values)


def _bytes(value: Any) -> bytes:
    return struct.pack("<d", value) if isinstance(value, float) else str(value).encode()


def ids_of(tables: dict[str, Any], wearers: Iterable[str]) -> set[str]:
    """Return every id by which rows of these wearers may be known."""
    found: set[str] = set()
    for wearer in wearers:
        found |= {wearer}
        found |= {
            f"{kind}_{wearer}" for kind in ("o", "a", "c", "ca", "p", "en", "ex", "ge", "bu", "ch")
        }
        found |= {f"k_{wearer}_him", f"k_{wearer}_her"}
        for table, key in (("alert", "alert_id"), ("episode", "episode_id")):
            found |= {row[key] for row in tables[table] if row["wearer_id"] == wearer}
    alerts = {row["alert_id"] for row in tables["alert"] if row["wearer_id"] in set(wearers)}
    found |= {row["notification_id"] for row in tables["notification"] if row["alert_id"] in alerts}
    return found
