"""Fixes with their truth, as files give them, and what the engine believes at each of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tagwatch.core.belief import Believed, beliefs
from tagwatch.core.fix import Source
from tagwatch.core.geometry import LonLat
from tagwatch.core.ids import ActivationId
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.settings import Settings
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import SECOND
from tagwatch.ingest.files.exact import TRUTH, ExactTable, read_exact

BLOCK_S: Final = 30
PLACE: Final = "place"
TAG_MODEL: Final = "tag_model"
MOST_CACHED: Final = 4096


class Known(NamedTuple):
    """One fix of which the truth is known."""

    source: Source
    tag_model: str
    place: int
    """Numbered over all files."""
    block: int
    """Of 30 seconds at one place, numbered over all files."""
    belief: Believed
    truth: LonLat


class Evidence(NamedTuple):
    """What the files hold."""

    fixes: list[Known]
    places: int
    blocks: int


def evidence(
    paths: Sequence[Path], settings: Settings, tag_model: str, named: Mapping[str, str]
) -> Evidence:
    """Return every fix of the files with the engine's belief about it.

    Each file is a place and one tag, unless its columns `place` and `tag_model` say more;
    `tag_model` is that of rows that name none. Raises FileError.
    """
    found: list[Known] = []
    places: dict[tuple[str, str], int] = {}
    blocks: dict[tuple[str, str, int], int] = {}
    for path in paths:
        table = read_exact(path, TRUTH, (PLACE, TAG_MODEL), named)
        for place, model, rows in _parts(table, tag_model):
            number = places.setdefault((str(path), place), len(places))
            part = TrailPart(ActivationId(f"{path} {place}"), model, table.fixes[rows])
            for row, belief in beliefs(part, settings, Prepared(most=MOST_CACHED)):
                fix = part.block[row]
                at = int(fix["fixed_at"]) // (BLOCK_S * SECOND)
                lon, lat = table.truth[rows[row]].tolist()
                found.append(
                    Known(
                        source=Source(int(fix["source"])),
                        tag_model=model,
                        place=number,
                        block=blocks.setdefault((str(path), place, at), len(blocks)),
                        belief=belief,
                        truth=LonLat(lon_deg=lon, lat_deg=lat),
                    )
                )
    return Evidence(found, len(places), len(blocks))


def _parts(table: ExactTable, tag_model: str) -> list[tuple[str, str, NDArray[np.intp]]]:
    """Return (place, tag model, rows) of the parts of a file, each one trail of one tag."""
    count = len(table.fixes)
    places = table.words.get(PLACE, [""] * count)
    models = [model or tag_model for model in table.words.get(TAG_MODEL, [""] * count)]
    rows: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(places, models, strict=True)):
        rows.setdefault(key, []).append(row)
    return [(place, model, np.array(found)) for (place, model), found in rows.items()]
