"""Reading over the seam: each fix once, none left out by what is not opened."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection

from tagwatch.core.crime_match import overlap_match, scene_of
from tagwatch.core.fix import FixBlock, joined
from tagwatch.core.ids import WearerId
from tagwatch.core.match import MatchSettings, Scene, Sighted
from tagwatch.core.plane import LonLat
from tagwatch.core.recorded_archive import ArchiveOrder
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.core.trail import event_order
from tagwatch.core.uncertainty import FixQuality, error_mixture, tail
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant
from tagwatch.store.archive import sealed
from tagwatch.store.archive.everybody import Asked, Trails, trails_between
from tagwatch.store.archive.footer import ArchiveDamage, footer_of
from tagwatch.store.archive.layout import bucket_mark, bucket_of
from tagwatch.store.archive.matching import archived_matches
from tagwatch.store.archive.parts import FOLDER, visible
from tagwatch.store.archive.read import whole_trail
from tagwatch.store.archive.scenes import radii_95_claimed_m
from tagwatch.store.archive.vicinity import Box, groups_near
from tagwatch.store.database import Access, open_database, reading
from tests.bench import archive_world
from tests.bench.archive_build import build
from tests.bench.archive_world import BEGINS, wearer_id

WEARERS, DAYS = 6, 4
ERRORS = DEFAULT_SETTINGS.errors


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("archive")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed, "GROUP", 512)
        build(made, archive_world.world(WEARERS), DAYS)
    return made


@pytest.fixture
def connection(folder: Path) -> Iterator[Connection]:
    database = open_database(folder / "projections.db", Access.READ)
    with reading(database) as found:
        yield found
    database.dispose()


@pytest.fixture(scope="module")
def everything() -> dict[WearerId, FixBlock]:
    """Every fix, by wearer, as they were made."""
    of, seq = archive_world.world(WEARERS), 1
    blocks: dict[WearerId, list[FixBlock]] = {}
    for number in range(DAYS):
        found, seq = archive_world.day(of, number, seq)
        for w, block in found:
            blocks.setdefault(wearer_id(w), []).append(block)
    return {wearer: joined(each) for wearer, each in blocks.items()}


def between(block: FixBlock, start: int, end: int) -> FixBlock:
    """Return the fixes of the time, as `whole_trail` sorts them."""
    kept = block[(block["fixed_at"] >= start) & (block["fixed_at"] < end)]
    return kept[np.lexsort((kept["index"], kept["seq"], kept["fixed_at"]))]


WINDOWS = [
    (BEGINS, BEGINS + DAYS * DAY),
    (BEGINS + 26 * HOUR, BEGINS + 27 * HOUR),
    (BEGINS + DAY, BEGINS + 3 * DAY),  # over the seam
    (BEGINS + 3 * DAY, BEGINS + 4 * DAY),
    (BEGINS - 9 * DAY, BEGINS),
    (BEGINS + DAY, BEGINS + DAY),
    (-(2**63), 2**63 - 1),
]


@pytest.mark.parametrize(("start", "end"), WINDOWS)
def test_each_fix_comes_once_over_the_seam(connection, everything, start, end) -> None:
    all_of_them = trails_between(connection, everything, Asked(start, end))
    for wearer, block in everything.items():
        expected = between(block, start, end)
        for found in (whole_trail(connection, wearer, start, end), all_of_them.get(wearer, [])):
            (got,) = [each for _, each in found] or [expected[:0]]
            assert got.tobytes() == expected.tobytes()


def keys(trails: Trails) -> set[tuple[str, int, int]]:
    """Return which fixes these are."""
    return {
        (wearer, int(row["seq"]), int(row["index"]))
        for wearer, parts in trails.items()
        for _, block in parts
        for row in block
    }


@pytest.mark.parametrize("hour", [5, 29, 77])
@pytest.mark.parametrize("reach_m", [30, 400])
def test_no_fix_that_may_be_there_is_left_out(connection, everything, hour, reach_m) -> None:
    """Against a walk over all fixes, one by one, by the exact tail of each error."""
    start, end = Instant(BEGINS + hour * HOUR), Instant(BEGINS + hour * HOUR + 97 * MINUTE)
    home = archive_world.world(WEARERS).places[3, 0]
    box = Box.about(home[0], home[1], reach_m)
    found = trails_between(connection, everything, Asked(start, end, (box,), ERRORS))
    got = keys(found)
    truly, all_in_time = set(), 0
    for wearer, block in everything.items():
        for row in between(block, start, end):
            all_in_time += 1
            east_m, north_m = (np.array((row["lon_deg"], row["lat_deg"])) - home) / (
                archive_world.world(WEARERS).per_m
            )
            away_m = np.hypot(max(0, abs(east_m) - reach_m), max(0, abs(north_m) - reach_m))
            quality = FixQuality(
                accuracy_m=float(row["accuracy_m"]),
                confidence=float(row["confidence"]),
                hdop=float(row["hdop"]),
                source=int(row["source"]),
            )
            if tail(error_mixture(quality, ERRORS), away_m) > 0.01:
                truly.add((wearer, int(row["seq"]), int(row["index"])))
    assert truly <= got
    assert len(got) - len(truly) <= 0.02 * len(truly) + 10
    assert truly
    assert len(got) < all_in_time


def test_few_row_groups_are_opened_for_a_small_place(folder: Path, connection) -> None:
    start = Instant(BEGINS + 30 * HOUR)
    home = archive_world.world(WEARERS).places[3, 0]
    groups = near = 0
    for one in visible(connection, ArchiveOrder.BY_TIME, start, Instant(start + 2 * HOUR)):
        footer = footer_of(folder / FOLDER, one)
        then = footer.overlaps("fixed_at", start, start + 2 * HOUR)
        box = Box.about(home[0], home[1], 100.0)
        chosen, _ = groups_near(footer, np.flatnonzero(then), (box,), ERRORS)
        groups, near = groups + len(then), near + len(chosen)
    assert groups >= 12
    assert near <= groups / 3


def test_a_file_that_is_not_as_it_was_sealed_is_named(folder: Path, connection) -> None:
    (one, *_) = visible(connection, ArchiveOrder.BY_PERSON)
    path = folder / FOLDER / one.path
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    asked = [w for w in map(wearer_id, range(WEARERS)) if bucket_mark(bucket_of(w)) in one.path]
    try:
        with pytest.raises(ArchiveDamage, match="bucket"):
            whole_trail(connection, asked[0], BEGINS, Instant(BEGINS + DAY))
    finally:
        path.write_bytes(whole)


def test_many_crimes_at_once_are_matched_as_one_by_one(
    connection: Connection, everything: dict[WearerId, FixBlock]
) -> None:
    of, rule = archive_world.world(WEARERS), MatchSettings()
    rng = np.random.default_rng(3)
    scenes: list[Scene] = []
    for number in range(40):
        lon, lat = of.places[number % WEARERS, 0].tolist()
        at = Instant(BEGINS + int(rng.integers(2 * HOUR, 2 * DAY - 4 * HOUR)))
        until = Instant(at + (number % 3) * HOUR)
        scenes.append(scene_of(LonLat(lon_deg=lon, lat_deg=lat), at, until, rule))
    expected: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for wearer, block in everything.items():
        rows = block[event_order(block)]
        radii = radii_95_claimed_m(rows["accuracy_m"], rows["confidence"])
        tags = np.zeros(len(rows), np.int64)
        sighted = Sighted(rows["fixed_at"], rows["lon_deg"], rows["lat_deg"], radii, tags)
        for number, scene in enumerate(scenes):
            if found := overlap_match(scene, sighted, (), rule).counted:
                labels = [(int(rows["fixed_at"][one.row]), one.label) for one in found]
                expected[number, wearer] = labels
    matches = archived_matches(connection, scenes, rule)
    assert len(expected) > 10
    assert {
        (one.scene, one.wearer): list(zip(one.at.tolist(), one.labels, strict=True))
        for one in matches
    } == expected
    with pytest.raises(ValueError, match="less than half"):
        archived_matches(connection, scenes, MatchSettings(least_share=0.4))
