"""Archived fixes at many places and times at once: each row group is read once for all of them.

A scene asks for fixes whose stated place lies within a disc: a circle has half its area in a disc
only if its centre lies in it. So of a day's row groups a few are read per scene, and of those the
columns that decide first.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from tagwatch.core.ids import WearerId
from tagwatch.core.match import Scene
from tagwatch.core.plane import Plane, scale_m
from tagwatch.core.recorded_archive import ArchiveFile, ArchiveOrder
from tagwatch.core.units import Instant
from tagwatch.store.archive.footer import Footer, footer_of, opened, read_groups
from tagwatch.store.archive.layout import bucket_mark, bucket_of, instants
from tagwatch.store.archive.parts import folder_of, visible

R95: Final = 2.447746830680816
"""Radius of the 95 % circle of a circular Gaussian over its sigma per axis."""
_DEFAULT_SHARE: Final = 0.68
_SLACK: Final = 1.001
_WORKERS: Final = 2
_REST: Final = ("wearer_id", "accuracy_m", "confidence", "marks", "seq", "index")
_OF_PERSON: Final = ("wearer_id", "fixed_at", "marks", "seq", "index")
Task = TypeVar("Task")
Found = TypeVar("Found")


class FixesThere(NamedTuple):
    """Fixes within the disc and the window of one scene, each (n,)."""

    scene: int
    """Which of the scenes that were asked for."""
    wearers: list[str]
    at: NDArray[np.int64]
    lon_deg: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    radius_m: NDArray[np.float64]
    """Of the 95 % circle; NaN where unknown."""
    marks: NDArray[np.int64]
    seq: NDArray[np.int64]
    item: NDArray[np.int64]
    """Place in the journal record."""


class FixTimes(NamedTuple):
    """The fixes of one person in a window, without where they are, each (n,)."""

    at: NDArray[np.int64]
    marks: NDArray[np.int64]
    seq: NDArray[np.int64]
    item: NDArray[np.int64]
    """Place in the journal record."""


def radii_95_claimed_m(
    accuracy_m: NDArray[np.float64], confidence: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return, shape (n,), the radius of the 95 % circle that each fix claims; NaN where none."""
    stated = (confidence > 0.0) & (confidence < 1.0)
    share = np.where(stated, confidence, _DEFAULT_SHARE)
    return np.where(share == 0.95, accuracy_m, accuracy_m * R95 / np.sqrt(-2.0 * np.log1p(-share)))


def fixes_there(
    connection: Connection, scenes: Sequence[Scene], reach_m: float, most_radius_m: float
) -> list[FixesThere]:
    """Return the archived fixes whose place lies within `reach_m` of a scene, and whose time in
    its window, ends included; row groups of circles all wider than `most_radius_m` are passed
    over. A scene may come several times, or not at all. Raises ArchiveDamage."""
    folder = folder_of(connection)
    if folder is None or not scenes:
        return []
    first = Instant(min(scene.start for scene in scenes))
    last = Instant(max(scene.end for scene in scenes) + 1)
    tasks: list[_Read] = []
    for sealed in visible(connection, ArchiveOrder.BY_TIME, first, last):
        mine = [
            k
            for k, scene in enumerate(scenes)
            if scene.start <= sealed.last_at and scene.end >= sealed.first_at
        ]
        if mine:
            tasks.append(_Read(folder, sealed, mine))
    found = _at_once(lambda task: _of_file(task, scenes, reach_m, most_radius_m), tasks)
    return [one for each in found for one in each]


class _Read(NamedTuple):
    """One file, and the scenes it may have fixes of."""

    folder: Path
    sealed: ArchiveFile
    scenes: list[int]


def _of_file(
    task: _Read, scenes: Sequence[Scene], reach_m: float, most_radius_m: float
) -> list[FixesThere]:
    footer = footer_of(task.folder, task.sealed)
    narrow = _narrowest_m(footer) <= most_radius_m * _SLACK
    wanted: dict[int, list[int]] = defaultdict(list)
    for number in task.scenes:
        scene = scenes[number]
        lon, lat = _reach(scene, reach_m)
        chosen = narrow & footer.overlaps("fixed_at", scene.start, scene.end)
        chosen &= footer.overlaps("lon_deg", scene.place.lon_deg - lon, scene.place.lon_deg + lon)
        chosen &= footer.overlaps("lat_deg", scene.place.lat_deg - lat, scene.place.lat_deg + lat)
        for group in np.flatnonzero(chosen).tolist():
            wanted[group].append(number)
    if not wanted:
        return []
    path = task.folder / task.sealed.path
    file = opened(path, footer.metadata)
    found: list[FixesThere] = []
    for group, numbers in wanted.items():
        found += _of_group(path, file, group, [(n, scenes[n]) for n in numbers], reach_m)
    return found


def _narrowest_m(footer: Footer) -> NDArray[np.float64]:
    """Return, by row group, a radius that none of its known 95 % circles is below."""
    share = np.clip(footer.bounds["confidence"][1], _DEFAULT_SHARE, 0.9999)
    accuracy_m = footer.bounds["accuracy_m"][0]
    return accuracy_m * (R95 / _SLACK) / np.sqrt(-2.0 * np.log1p(-share))


def _reach(scene: Scene, reach_m: float) -> tuple[float, float]:
    """Return degrees of longitude and latitude that the disc does not reach beyond."""
    east_m, north_m = scale_m(scene.place.lat_deg)
    return _SLACK * reach_m / east_m, _SLACK * reach_m / north_m


def _of_group(
    path: Path, file: Any, group: int, scenes: list[tuple[int, Scene]], reach_m: float
) -> list[FixesThere]:
    """Return what one row group holds of its scenes: columns are read while any row is left."""
    lon = _column(path, file, group, "lon_deg")
    left: list[tuple[int, Scene, NDArray[np.intp]]] = []
    for number, scene in scenes:
        room, _ = _reach(scene, reach_m)
        rows = np.flatnonzero(np.abs(lon - scene.place.lon_deg) <= room)
        if len(rows):
            left.append((number, scene, rows))
    if not left:
        return []
    lat = _column(path, file, group, "lat_deg")
    left = [(n, s, rows[_within(s, lon[rows], lat[rows], reach_m)]) for n, s, rows in left]
    left = [one for one in left if len(one[2])]
    if not left:
        return []
    at = instants(read_groups(path, file, [group], ["fixed_at"]))
    left = [(n, s, rows[(at[rows] >= s.start) & (at[rows] <= s.end)]) for n, s, rows in left]
    left = [one for one in left if len(one[2])]
    if not left:
        return []
    table = read_groups(path, file, [group], _REST)
    return [_there(number, rows, table, (at, lon, lat)) for number, _, rows in left]


def _within(
    scene: Scene, lon: NDArray[np.float64], lat: NDArray[np.float64], reach_m: float
) -> NDArray[np.bool_]:
    x_m, y_m = Plane.at(scene.place).xy_arrays(lon, lat)
    return np.hypot(x_m, y_m) <= reach_m * _SLACK


def _column(path: Path, file: Any, group: int, name: str) -> NDArray[np.float64]:
    column = read_groups(path, file, [group], [name]).column(name)
    return column.to_numpy() if column.null_count == 0 else column.fill_null(np.nan).to_numpy()


def _there(
    number: int,
    rows: NDArray[np.intp],
    table: Any,
    told: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]],
) -> FixesThere:
    some = table.take(rows)
    at, lon, lat = told
    accuracy_m, confidence = (
        some.column(name).fill_null(np.nan).to_numpy() for name in ("accuracy_m", "confidence")
    )
    marks, seq, index = (some.column(name).to_numpy() for name in ("marks", "seq", "index"))
    return FixesThere(
        number,
        some.column("wearer_id").to_pylist(),
        at[rows],
        lon[rows],
        lat[rows],
        radii_95_claimed_m(accuracy_m, confidence),
        marks,
        seq,
        index.astype(np.int64),
    )


class PersonWindow(NamedTuple):
    """A person's fixes of a window, its ends included."""

    wearer: WearerId
    start: Instant
    end: Instant


def times_of(connection: Connection, asked: Sequence[PersonWindow]) -> list[FixTimes]:
    """Return, for each that is asked for, his archived fixes of the window in no set order.
    Raises ArchiveDamage."""
    folder = folder_of(connection)
    empty = np.empty(0, np.int64)
    if folder is None or not asked:
        return [FixTimes(empty, empty, empty, empty) for _ in asked]
    by_bucket: dict[str, list[int]] = defaultdict(list)
    for k, one in enumerate(asked):
        by_bucket[bucket_mark(bucket_of(one.wearer))].append(k)
    first, last = min(one.start for one in asked), max(one.end for one in asked)
    tasks: list[_Read] = []
    for sealed in visible(connection, ArchiveOrder.BY_PERSON, first, Instant(last + 1)):
        mark = "/" + sealed.path.rsplit("/", 2)[1] + "/"
        mine = [
            k
            for k in by_bucket.get(mark, ())
            if asked[k].start <= sealed.last_at and asked[k].end >= sealed.first_at
        ]
        if mine:
            tasks.append(_Read(folder, sealed, mine))
    parts: dict[int, list[FixTimes]] = defaultdict(list)
    for each in _at_once(lambda task: _of_people(task, asked), tasks):
        for number, times in each:
            parts[number].append(times)
    return [
        FixTimes(*(np.concatenate([empty, *columns]) for columns in zip(*parts[k], strict=True)))
        if parts[k]
        else FixTimes(empty, empty, empty, empty)
        for k in range(len(asked))
    ]


def _of_people(task: _Read, asked: Sequence[PersonWindow]) -> list[tuple[int, FixTimes]]:
    footer = footer_of(task.folder, task.sealed)
    least, greatest = footer.wearers
    wanted: dict[int, list[int]] = defaultdict(list)
    for number in task.scenes:
        one = asked[number]
        in_time = footer.overlaps("fixed_at", one.start, one.end)
        for group in np.flatnonzero(in_time).tolist():
            if least[group] <= one.wearer <= greatest[group]:
                wanted[group].append(number)
    if not wanted:
        return []
    path = task.folder / task.sealed.path
    file = opened(path, footer.metadata)
    found: list[tuple[int, FixTimes]] = []
    for group, numbers in wanted.items():
        table = read_groups(path, file, [group], _OF_PERSON)
        at = instants(table)
        whose = table.column("wearer_id").unify_dictionaries().combine_chunks()
        codes = whose.indices.to_numpy()
        names: list[str] = whose.dictionary.to_pylist()
        columns = [table.column(name) for name in ("marks", "seq", "index")]
        for number in numbers:
            one = asked[number]
            if one.wearer not in names:
                continue
            rows = np.flatnonzero(
                (codes == names.index(one.wearer)) & (at >= one.start) & (at <= one.end)
            )
            if len(rows):
                told = (column.take(rows).to_numpy().astype(np.int64) for column in columns)
                found.append((number, FixTimes(at[rows], *told)))
    return found


def _at_once(work: Callable[[Task], Found], tasks: Iterable[Task]) -> list[Found]:
    """Return what `work` makes of each task, in their order: files are unpacked side by side."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(work, tasks))
