"""Circles at one go, and thinning: nothing that matters is lost, whatever the trail looks like."""

from math import isnan

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.fix import FIX_DTYPE, Mark, Source
from tagwatch.core.geometry import (
    Disc,
    LonLat,
    MultiPolygon,
    Plane,
    Polygon,
    distance_to_shape_m,
    planar,
)
from tagwatch.core.radii import radii_95_m
from tagwatch.core.thinning import AWAY, LEAST_SHARE, near_shape, thinned, within_shape
from tagwatch.core.uncertainty import ErrorSettings, FixQuality, error_mixture, r95_m
from tagwatch.core.units import SECOND

PLANE = Plane.at(LonLat(lon_deg=-0.1, lat_deg=51.5))


def test_the_circles_of_many_fixes_are_those_of_each() -> None:
    random = np.random.default_rng(3)
    block = np.zeros(400, FIX_DTYPE)
    said = [np.nan, 0.0, -1.0, 3.0, 12.3456, 80.0, 2000.0, 1e9]
    block["accuracy_m"] = random.choice(said, 400) * random.uniform(0.5, 2.0, 400)
    block["confidence"] = random.choice([np.nan, 0.0, 0.5, 0.68, 0.95, 1.0], 400)
    block["hdop"] = random.choice([np.nan, 0.0, 0.8, 3.0, 99.0], 400)
    block["source"] = random.choice([source.value for source in Source], 400)
    block["marks"][::50] = Mark.BAD_POSITION
    settings = ErrorSettings()
    for row, radius_m in zip(block, radii_95_m(block, settings), strict=True):
        if row["marks"]:
            assert isnan(radius_m), "without a place there is no circle"
            continue
        quality = FixQuality(
            accuracy_m=_known(row["accuracy_m"]),
            confidence=_known(row["confidence"]),
            hdop=_known(row["hdop"]),
            source=Source(int(row["source"])),
        )
        assert radius_m == r95_m(error_mixture(quality, settings))


def _known(value: float) -> float | None:
    return None if isnan(value) else float(value)


def _square(x_m: float, y_m: float, half_m: float) -> Polygon:
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return Polygon(
        rings=(tuple(PLANE.lonlat(x_m + half_m * a, y_m + half_m * b) for a, b in corners),)
    )


def test_near_is_what_the_exact_distance_says() -> None:
    random = np.random.default_rng(5)
    x_m, y_m = random.uniform(-900.0, 900.0, (2, 300))
    reach_m = random.uniform(0.0, 200.0, 300)
    for shape in (
        Disc(centre=PLANE.origin, radius_m=300.0),
        _square(50.0, 20.0, 250.0),
        MultiPolygon(parts=(_square(-400.0, 0.0, 150.0), _square(400.0, 100.0, 90.0))),
    ):
        ready = planar(shape, PLANE)
        exact_m = [distance_to_shape_m(ready, x, y) for x, y in zip(x_m, y_m, strict=True)]
        assert (near_shape(ready, x_m, y_m, reach_m) == (np.array(exact_m) <= reach_m)).all()
        assert (within_shape(ready, x_m, y_m) == (np.array(exact_m) <= 0.0)).all()


@given(st.integers(0, 2**32 - 1), st.integers(2, 900), st.integers(2, 300), st.floats(0.0, 1.0))
def test_nothing_that_must_be_kept_is_lost(seed: int, count: int, most: int, share: float) -> None:
    random = np.random.default_rng(seed)
    steps = random.choice([1, 60, 60, 60, 300, 3600], count) * SECOND
    times = np.cumsum(steps).astype(np.int64)
    x_m, y_m = np.cumsum(random.choice([0.0, 0.0, 40.0, 900.0], (2, count)), axis=1)
    radii_m = random.uniform(5.0, 120.0, count)
    keep = random.random(count) < share
    drawn = thinned(times, x_m, y_m, radii_m, keep, most)
    if count <= most:
        assert drawn.all()
        return
    gaps = np.flatnonzero(np.diff(times) > AWAY)
    must = keep.copy()
    must[[0, count - 1]] = must[gaps] = must[gaps + 1] = True
    assert drawn[must].all()
    others = int(drawn.sum()) - int(must.sum())
    assert others <= max(most - int(must.sum()), LEAST_SHARE * most) + 1


def test_the_rest_leaves_out_neither_a_while_nor_a_way() -> None:
    """A long rest and a short drive: the rest is drawn each some time, the drive each some way."""
    times = np.arange(20_000, dtype=np.int64) * 60 * SECOND
    x_m = np.zeros(20_000)
    x_m[15_000:15_100] = np.linspace(0.0, 50_000.0, 100)
    x_m[15_100:] = 50_000.0
    radii_m = np.full(20_000, 25.0)
    drawn = thinned(times, x_m, np.zeros(20_000), radii_m, np.zeros(20_000, dtype=bool), 1000)
    rows = np.flatnonzero(drawn)
    assert len(rows) <= 1001
    assert np.diff(times[rows]).max() <= 2.1 * 20_000 * 60 * SECOND / 1000
    assert np.diff(x_m[rows]).max() <= 520.0, "each fix of the drive: it is most of the way"
