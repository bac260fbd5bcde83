"""The railway lines and stations that an installation has loaded, as one index, made once.

The files are read as those of a rehearsal's public geometry are; none is shipped.
"""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import shapely

from tagwatch.config import Config
from tagwatch.core.plane import Floats
from tagwatch.core.railway import NO_RAILWAYS, Railways
from tagwatch.query.landmarks import LandmarkError, drawn

_File: TypeAlias = tuple[Path, int]
"""A file, and when it was last changed: then it is read anew."""


def railways_of(config: Config) -> Railways:
    """Return the loaded lines and stations; without any line where a file cannot be used, and then
    `said` says which and why."""
    if not config.railway_files:
        return NO_RAILWAYS
    return _loaded(_files(config.railway_files), _files(config.station_files))


def _files(paths: tuple[Path, ...]) -> tuple[_File, ...]:
    return tuple((path, path.stat().st_mtime_ns if path.is_file() else 0) for path in paths)


@lru_cache(maxsize=2)
def _loaded(lines: tuple[_File, ...], stations: tuple[_File, ...]) -> Railways:
    try:
        found = [line for path, _ in lines for line in _lines(path)]
        points = [point for path, _ in stations for point in _stations(path)]
    except LandmarkError as error:
        return Railways.of((), (), f"No railway lines could be loaded: {error}.")
    if not found:
        return Railways.of((), (), f"There is no line in {_named(lines)}.")
    return Railways.of(found, points, _named((*lines, *stations)))


def _named(files: tuple[_File, ...]) -> str:
    """Return the names of the files, each with the beginning of its digest."""
    return ", ".join(
        f"{path.name} (SHA-256 {sha256(path.read_bytes()).hexdigest()[:12]})" for path, _ in files
    )


def _lines(path: Path) -> list[Floats]:
    parts = [
        part
        for _, geometry in drawn(path)
        for part in shapely.get_parts(shapely.get_parts(geometry)).tolist()
    ]
    return [shapely.get_coordinates(part) for part in parts if part.geom_type == "LineString"]


def _stations(path: Path) -> list[tuple[str, float, float]]:
    """Return name, longitude and latitude of each; of an outline those of its middle."""
    middles = [(name, geometry.centroid) for name, geometry in drawn(path)]
    return [(name, float(at.x), float(at.y)) for name, at in middles if not at.is_empty]
