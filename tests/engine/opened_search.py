"""A search for one wearer in everything that opens with the keys that remain: cells sealed and
packed, records of the journal, overviews and papers as a reader sees them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pypdfium2
from sqlalchemy import LargeBinary, select

from tagwatch.config import Config
from tagwatch.engine import installation
from tagwatch.store import schema
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.trail import unpack
from tests.engine.forgotten_world import mark, place

_PLAIN: Final = frozenset({".json", ".jsonl", ".csv", ".digest", ".week", ".past"})


def _fixes(packed: bytes) -> str:
    block = unpack(packed)
    return " ".join(f"{value:.7f}" for name in ("lon_deg", "lat_deg") for value in block[name])


def _remembered(packed: bytes) -> str:
    return str(msgspec.msgpack.decode(packed))


PACKED: Final[dict[str, Callable[[bytes], str]]] = {
    "trail_block.rows": _fixes,
    "staged_block.rows": _fixes,
    "kept_frame.rows": _fixes,
    "memory.body": _remembered,
    "snapshot.body": _remembered,
    "line_state.body": _remembered,
    "encounter_memory.body": _remembered,
    "credential.secret_sha256": bytes.hex,
}
"""How each packed column of the tables is read."""


def packed_columns() -> set[str]:
    """Return the columns whose cells are bytes."""
    return {
        f"{table.name}.{column.name}"
        for table in schema.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }


def opened_in(config: Config, number: int) -> list[str]:
    """Return in which cells, records, overviews and papers something of him can be read."""
    home = place(number)
    # Five digits: what was written with fewer than seven is his all the same.
    wanted = {mark(number), f"{home.lon_deg:.7f}"[:-2], f"{home.lat_deg:.7f}"[:-2]}
    wanted |= {mark(number).lower()}
    return sorted({name for name, text in _everything(config) if any(w in text for w in wanted)})


def _everything(config: Config) -> Iterator[tuple[str, str]]:
    yield from _cells(config)
    yield from _records(config)
    for path in sorted(config.data.rglob("*")):
        if path.is_file():
            yield f"{path.relative_to(config.data)}", _read(path)


def _cells(config: Config) -> Iterator[tuple[str, str]]:
    engine = open_tables(config, Access.READ)
    with reading(engine) as connection:
        for table in schema.metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for name, value in row.items():
                    place = f"{table.name}.{name}"
                    yield place, PACKED[place](value) if isinstance(value, bytes) else str(value)
    engine.dispose()


def _records(config: Config) -> Iterator[tuple[str, str]]:
    """Every record of the journal whose key is still there."""
    reader = installation.open_reader(config)
    try:
        while found := reader.read(reader.position, 2**62):
            for record in found:
                if record.payload is not None:
                    yield f"journal kind {record.kind}", _payload(record.payload)
    finally:
        reader.close()


def _payload(payload: bytes) -> str:
    try:
        return str(msgspec.msgpack.decode(payload))
    except msgspec.DecodeError:
        return payload.decode("utf-8", "replace")


def _read(path: Path) -> str:
    if path.suffix == ".pdf":
        paper: Any = pypdfium2.PdfDocument(path)
        return "".join(page.get_textpage().get_text_bounded() for page in paper)
    return _payload(path.read_bytes()) if path.suffix in _PLAIN else ""
