"""The position filter: what repeats adds nothing, what is far is followed, sure means right."""

import csv
import os
import subprocess
import sys
from math import cos, exp, inf, nan, pi, sin, sqrt

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.filter import (
    Belief,
    Filter,
    FilterFix,
    Posterior,
    Surroundings,
)
from tagwatch.core.filter_kernel import SIZE
from tagwatch.core.filter_settings import STEADY_SHARE, FilterSettings, numbers
from tagwatch.core.fix import Motion, Source
from tagwatch.core.geometry import Disc, LonLat, Plane, planar
from tagwatch.core.units import SECOND, Instant

FILTER = Filter(FilterSettings())
ORIGIN = LonLat(lon_deg=-0.1, lat_deg=51.5)
PLANE = Plane.at(ORIGIN)


def disc(x_m: float = 0.0, y_m: float = 0.0, radius_m: float = 100.0):
    return planar(Disc(centre=PLANE.lonlat(x_m, y_m), radius_m=radius_m), PLANE)


def fix(seconds: float, x_m: float, y_m: float = 0.0, claim_m: float | None = 4.0, **more):
    at = Instant(int(seconds * SECOND))
    source = more.pop("source", Source.GNSS)
    return FilterFix(at=at, x_m=x_m, y_m=y_m, claim_m=claim_m, source=source, **more)


def run(fixes, belief: Belief | None = None) -> list[Posterior]:
    found = []
    for one in fixes:
        belief, posterior = FILTER.step(belief, one)
        found.append(posterior)
    return found


def spread_m(posterior: Posterior) -> float:
    """Return the per-axis standard deviation of where he is."""
    x, y = mean(posterior)
    return sqrt(
        sum(w * (s * s + 0.5 * ((a - x) ** 2 + (b - y) ** 2)) for w, a, b, s in posterior.mixture())
    )


def mean(posterior: Posterior) -> tuple[float, float]:
    rows = posterior.mixture()
    return sum(w * x for w, x, _, _ in rows), sum(w * y for w, _, y, _ in rows)


def wander(seed: int, count: int, every_s: float, **more) -> list[FilterFix]:
    """Return fixes of somebody at rest at the origin: a bias and noise with a memory."""
    rng = np.random.default_rng(seed)
    bias = rng.normal(0.0, 10.0, 2)
    noise = rng.normal(0.0, 5.0, 2)
    kept = exp(-every_s / 60.0)
    made = []
    for k in range(count):
        noise = kept * noise + rng.normal(0.0, 5.0 * sqrt(1 - kept**2), 2)
        made.append(fix(k * every_s, *(bias + noise), claim_m=more.get("claim_m", 3.0)))
    return made


def test_thirty_near_copies_a_second_apart_add_almost_nothing():
    for at_m in (0.0, 40.0, 80.0, 120.0):
        copies = run(fix(k, at_m + 0.1 * (k % 3)) for k in range(30))
        zone = disc()
        once, often = copies[0].p_inside(zone), copies[-1].p_inside(zone)
        assert abs(once - often) < 0.03
        assert spread_m(copies[-1]) > 0.85 * spread_m(copies[0])


def test_fixes_within_the_fold_leave_the_belief_as_it_was():
    belief, _ = FILTER.step(None, fix(0, 0.0))
    same, posterior = FILTER.step(belief, fix(9.9, 300.0))
    assert same is belief
    assert mean(posterior)[0] > 200.0
    other, _ = FILTER.step(belief, fix(10, 300.0))
    assert other is not belief


@pytest.mark.parametrize("every_s", [1, 10, 60])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("claim_m", "least_m"), [(3.0, 7.5), (6.0, 13.0)])
def test_rest_never_takes_the_bias_out(seed, every_s, claim_m, least_m):
    # A claim as small as under open sky lets some of the belief take it for that.
    count = 1200 if every_s == 1 else 3 * 3600 // every_s
    assert spread_m(run(wander(seed, count, every_s, claim_m=claim_m))[-1]) > least_m


def test_without_fixes_certainty_fades():
    belief, _ = FILTER.step(None, fix(0, 0.0))
    widths = [spread_m(FILTER.step(belief, fix(s, 0.0, claim_m=1e5))[1]) for s in (60, 600, 6000)]
    assert widths == sorted(widths)
    assert widths[-1] > 100.0


@pytest.mark.parametrize(
    ("motion", "first_m", "later_m"),
    [(Motion.UNKNOWN, 30.0, 5.0), (Motion.MOVING, 10.0, 5.0), (Motion.STILL, 55.0, 35.0)],
)
def test_somebody_who_walks_off_is_followed_even_if_the_flag_denies_it(motion, first_m, later_m):
    # The first fix elsewhere of somebody flagged still may as well have jumped.
    walk = [
        fix(60 * k, 84.0 * max(0, k - 10), motion=motion if k > 10 else Motion.STILL)
        for k in range(20)
    ]
    for k, (one, posterior) in enumerate(zip(walk, run(walk), strict=True)):
        assert abs(mean(posterior)[0] - one.x_m) < (first_m if k == 11 else later_m)


def test_a_jump_of_one_fix_leaves_no_certainty_and_is_forgotten():
    stay = [fix(60 * k, 0.0, motion=Motion.STILL) for k in range(30)]
    there, back = run(
        [*stay, fix(1800, 150.0, motion=Motion.STILL), fix(1860, 0.0, motion=Motion.STILL)]
    )[-2:]
    assert 0.1 < there.p_inside(disc(200.0)) < 0.9
    assert back.p_inside(disc(200.0)) < 0.01


def test_a_place_that_sticks_beside_a_resting_person_is_not_believed():
    stay = [fix(60 * k, 0.0, motion=Motion.STILL) for k in range(60)]
    stuck = [fix(3600 + 60 * k, 60.0, motion=Motion.STILL) for k in range(25)]
    assert all(p.p_inside(disc(120.0)) < 0.99 for p in run([*stay, *stuck]))


def test_a_fix_that_nothing_explains_starts_anew():
    belief, _ = FILTER.step(None, fix(0, 0.0))
    anew, posterior = FILTER.step(belief, fix(60, 5e6))
    assert (anew, posterior.mixture()) == (
        FILTER.step(None, fix(60, 5e6))[0],
        FILTER.step(None, fix(60, 5e6))[1].mixture(),
    )
    assert sum(w for w, _, _, _ in posterior.mixture()) == pytest.approx(1.0)


def test_a_network_fix_repeated_adds_nothing():
    views = [fix(60 * k, 30.0, claim_m=19.0, source=Source.WIFI) for k in range(60)]
    found = run(views)
    assert spread_m(found[-1]) >= 0.99 * 1.45 * 19.0
    stay = [fix(60 * k, 0.0) for k in range(20)]
    beside = [fix(1200 + 60 * k, 50.0, claim_m=19.0, source=Source.WIFI) for k in range(20)]
    assert abs(mean(run([*stay, *beside])[-1])[0]) < 15.0


def test_a_vague_fix_of_unknown_source_is_taken_for_a_network_fix():
    vague, satellite = (
        run([fix(60 * k, 0.0, claim_m=200.0, source=source) for k in range(60)])
        for source in (Source.UNKNOWN, Source.GNSS)
    )
    assert spread_m(vague[-1]) >= 0.99 * 1.45 * 200.0 > spread_m(satellite[-1])
    close = [run([fix(0, 0.0, claim_m=50.0, source=s)])[0] for s in (Source.UNKNOWN, Source.GNSS)]
    assert close[0].mixture() == close[1].mixture()


def test_a_network_fix_alone_is_as_wide_as_its_source():
    wifi, cell, beacon = (
        run([fix(0, 0.0, claim_m=None, source=s)])[0] for s in (Source.WIFI, Source.LBS, Source.RF)
    )
    assert 80.0 < spread_m(wifi) < 200.0 < spread_m(cell) == spread_m(beacon)


@pytest.mark.parametrize("claim_m", [None, 0.0, -3.0, nan, inf])
def test_no_usable_claim_is_unknown_and_never_perfect(claim_m):
    unknown = run([fix(0, 0.0, claim_m=None)])[0]
    assert run([fix(0, 0.0, claim_m=claim_m)])[0].mixture() == unknown.mixture()
    assert spread_m(unknown) > 10.0


@given(
    claim_m=st.floats(0.1, 1e5),
    worse=st.floats(1.0, 100.0),
    at_m=st.floats(0.0, 400.0),
    surroundings=st.sampled_from(list(Surroundings)),
)
def test_one_fix_with_a_worse_claim_never_says_more(claim_m, worse, at_m, surroundings):
    zone = disc()
    better, vague = (
        run([fix(0, at_m, claim_m=c, surroundings=surroundings)])[0].p_inside(zone)
        for c in (claim_m, claim_m * worse)
    )
    if better < 0.99:
        assert vague < 0.99


@pytest.mark.parametrize("seed", range(12))
def test_worse_claims_never_make_a_stay_surer(seed):
    zone = disc(60.0 - 6.0 * seed)
    for factor in (2.0, 5.0, 20.0):
        sure = [
            [p.p_inside(zone) >= 0.99 for p in run(wander(seed, 40, 60.0, claim_m=c))]
            for c in (3.0, 3.0 * factor)
        ]
        assert sum(sure[1]) <= sum(sure[0])


@given(turn=st.floats(0.0, 2.0 * pi), dx=st.floats(-1e4, 1e4), dy=st.floats(-1e4, 1e4))
def test_turned_and_shifted_worlds_give_the_same(turn, dx, dy):
    fixes = wander(5, 12, 60.0)
    turned = [
        msgspec.structs.replace(
            one,
            x_m=dx + cos(turn) * one.x_m - sin(turn) * one.y_m,
            y_m=dy + sin(turn) * one.x_m + cos(turn) * one.y_m,
        )
        for one in fixes
    ]
    for here, there in zip(run(fixes), run(turned), strict=True):
        for (w, x, y, s), (w2, x2, y2, s2) in zip(here.mixture(), there.mixture(), strict=True):
            assert (w2, s2) == pytest.approx((w, s), rel=1e-6, abs=1e-6)
            assert x2 == pytest.approx(dx + cos(turn) * x - sin(turn) * y, abs=1e-4)
            assert y2 == pytest.approx(dy + sin(turn) * x + cos(turn) * y, abs=1e-4)


def test_a_steady_error_is_excluded_only_up_to_the_depth_shown():
    deep = run(fix(60 * k, 0.0) for k in range(10))[-1]
    shallow = run(fix(60 * k, 70.0) for k in range(10))[-1]
    outside = run(fix(60 * k, 130.0) for k in range(10))[-1]
    zone = disc()
    assert deep.steady_m(zone) > 50.0 > 30.0 > shallow.steady_m(zone)
    assert outside.steady_m(zone) == 0.0
    assert 0.9 < STEADY_SHARE < 1.0


def test_how_he_moved_is_told():
    still, _, _ = run(fix(60 * k, 0.0) for k in range(10))[-1].moved()
    _, foot, _ = run(fix(60 * k, 80.0 * k) for k in range(10))[-1].moved()
    _, _, vehicle = run(fix(60 * k, 700.0 * k) for k in range(10))[-1].moved()
    assert min(still, foot, vehicle) > 0.8


def test_open_sky_at_rest_becomes_sharp_and_known_surroundings_help():
    rng = np.random.default_rng(2)
    at_rest = [fix(60 * k, *rng.normal(0.0, 2.5, 2), claim_m=2.2) for k in range(20)]
    known = [msgspec.structs.replace(f, surroundings=Surroundings.OPEN) for f in at_rest]
    zone = disc(76.0)
    assert run(at_rest)[-1].p_inside(zone) >= 0.99
    assert spread_m(run(known)[-1]) < spread_m(run(at_rest)[-1]) < 8.0


def test_belief_is_small_and_travels():
    belief, _ = FILTER.step(None, fix(0, 12.0))
    wire = msgspec.msgpack.encode(belief)
    assert len(wire) < 1500
    assert msgspec.msgpack.decode(wire, type=Belief) == belief
    assert len(belief.parts) == 8 * SIZE


def test_a_belief_of_another_length_is_refused():
    belief, _ = FILTER.step(None, fix(0, 12.0))
    short = msgspec.structs.replace(belief, parts=belief.parts[:-8])
    with pytest.raises(ValueError, match="a belief of 1240 bytes, not 1248"):
        FILTER.step(short, fix(60, 12.0))


def test_settings_must_have_four_levels():
    settings = msgspec.structs.replace(FilterSettings(), open_sky=FilterSettings().open_sky[:3])
    with pytest.raises(ValueError, match="3 levels for OPEN, not 4"):
        numbers(settings, Surroundings.OPEN)


PROBE = """
import sys
from tests.core.test_filter import disc, fix, run
from tagwatch.core.fix import Motion, Source
import numpy as np
rng = np.random.default_rng(7)
fixes = [
    fix(37 * k, *rng.normal(0, 12, 2), claim_m=float(rng.uniform(1, 20)),
        source=Source.WIFI if k % 5 == 4 else Source.GNSS, motion=Motion(k % 3))
    for k in range(60)
]
print([p.p_inside(disc(70.0)) for p in run(fixes)])
"""


def test_without_numba_the_same_to_the_millionth():
    said = {
        plainly: subprocess.run(
            [sys.executable, "-c", PROBE],
            env={**os.environ, "NUMBA_DISABLE_JIT": plainly},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for plainly in ("0", "1")
    }
    assert said["0"] == said["1"]
    assert len(said["0"]) > 300


@pytest.mark.parametrize("every", [5, 50])
def test_a_drive_through_a_canyon_is_judged_right_where_it_is_sure(tagwatch_data, every):
    path = tagwatch_data / "gnss" / "berlin_potsdamer_platz_wls_vs_truth.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::every]
    plane = Plane.at(LonLat(lon_deg=float(rows[0]["lon"]), lat_deg=float(rows[0]["lat"])))
    rng = np.random.default_rng(1)
    sure, clear, belief = [], [], None
    for row in rows:
        x_m, y_m = plane.xy(float(row["lon"]), float(row["lat"]))
        true_x, true_y = plane.xy(float(row["truth_lon"]), float(row["truth_lat"]))
        claim_m = 0.5 * (float(row["sigma_e_m"]) + float(row["sigma_n_m"]))
        belief, posterior = FILTER.step(belief, fix(float(row["t_s"]), x_m, y_m, claim_m))
        for _ in range(every):
            depth_m, turn = rng.uniform(-80.0, 80.0), rng.uniform(0.0, 2.0 * pi)
            centre = true_x + (100 - depth_m) * cos(turn), true_y + (100 - depth_m) * sin(turn)
            p = posterior.p_inside(
                planar(Disc(centre=plane.lonlat(*centre), radius_m=100.0), plane)
            )
            if p >= 0.99:
                sure.append(depth_m > 0.0)
            elif p <= 0.01:
                clear.append(depth_m > 0.0)
    assert len(sure) > 60
    assert np.mean(sure) > 0.98
    assert np.mean(clear) < 0.02
