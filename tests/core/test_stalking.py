"""Presence around a protected place against the wearer's own base rate."""

from functools import cache
from math import inf

import numpy as np
import pytest

from tagwatch.core.around import Around, Band, Errand, Pattern, around
from tagwatch.core.base_rate import as_many, rate_ratio
from tagwatch.core.contour import planar
from tagwatch.core.controls import NearArea
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import Disc
from tagwatch.core.movements import movements
from tagwatch.core.own_weeks import OwnWeeks, own_weeks
from tagwatch.core.person import TagMode
from tagwatch.core.route_wait import RoutePattern, When, drawn_route, her_route, route_waits
from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.settings import Settings
from tagwatch.core.shape import Polygon
from tagwatch.core.stalking import person_compared
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.sim.quality.trace import BEGINS, PLANE, fixes

HOME, WORK, HER = (0.0, 0.0), (4000.0, 0.0), (-2500.0, 1500.0)
SETTINGS = SettingsHistory.of(Settings())
WATCHED = (2, 5, 9, 13, 16, 20)
"""Days of the period on which he stops near her."""


def lived(visits: tuple[int, ...], weeks: int = 3, earlier: int = 1, cut: float = inf) -> FixBlock:
    """Fixes of plain weeks: at home, by car to work and back, and on some evenings to a street
    280 m from her; a fix in five minutes at rest, one a minute on the way."""
    legs: list[tuple[float, tuple[float, float]]] = []
    for day in range(7 * (weeks + earlier)):
        start = 24.0 * day
        legs += [(start, HOME), (start + 8.0, HOME)]
        if day % 7 < 5:
            legs += [(start + 8.3, WORK), (start + 16.0, WORK), (start + 16.3, HOME)]
        if day - 7 * earlier in visits:
            spot = (HER[0] + 280.0, HER[1])
            legs += [(start + 19.0, HOME), (start + 19.2, spot), (start + 19.7, spot)]
            legs += [(start + 19.9, HOME)]
        legs.append((start + 23.9, HOME))
    at = np.array([hour for hour, _ in legs])
    x, y = (np.array([spot[k] for _, spot in legs]) for k in (0, 1))
    every = np.arange(0.0, 24.0 * 7 * (weeks + earlier), 1 / 60)
    xs, ys = np.interp(every, at, x), np.interp(every, at, y)
    moving = np.hypot(np.gradient(xs), np.gradient(ys)) > 5.0
    due = (moving | (np.arange(len(every)) % 5 == 0)) & (every < cut)
    noise = np.random.default_rng(1).normal(0.0, 4.0, (2, len(every)))
    times = BEGINS + np.round(every[due] * HOUR).astype(np.int64)
    return fixes(times, (xs + noise[0])[due], (ys + noise[1])[due], np.full(due.sum(), 8.0))


@cache
def weeks_of(
    visits: tuple[int, ...], weeks: int = 3, earlier: int = 1, cut: float = inf
) -> OwnWeeks:
    block = lived(visits, weeks, earlier, cut)
    end = Instant(BEGINS + 7 * (weeks + earlier) * DAY)
    found = []
    for k in range(weeks + earlier):
        span = Instant(BEGINS + 7 * k * DAY), Instant(BEGINS + 7 * (k + 1) * DAY)
        near = (block["fixed_at"] >= span[0] - HOUR) & (block["fixed_at"] < span[1] + HOUR)
        part = TrailPart("a", "simulated", block[near])
        found.append(movements([part], [(BEGINS, end)], TagMode(), span, SETTINGS))
    start = Instant(BEGINS + 7 * earlier * DAY)
    her = PLANE.lonlat(*HER)
    made = own_weeks(found, [TrailPart("a", "simulated", block)], start, 600.0, SETTINGS,
                     ((her, 400.0),))  # fmt: skip
    assert made is not None
    return made


def near(weeks: OwnWeeks, spot: tuple[float, float] = HER, radius_m: float = 200.0) -> Around:
    shape = planar(Disc(centre=PLANE.lonlat(*spot), radius_m=radius_m), weeks.plane)
    return around(weeks, NearArea(shape, 200.0), 0.0, 30.0)


def test_six_evenings_near_her_are_more_than_at_comparable_places() -> None:
    found = near(weeks_of(WATCHED))
    assert (found.days_near, found.days_apart, found.days_waited) == (6, 6, 6)
    assert found.by_errand[Errand.WAIT] == found.counted == 6
    assert found.presence is found.waiting is Pattern.MORE
    assert found.base is not None
    assert found.base.apart.low > 2.0
    assert found.base.apart_as_many <= 0.1
    assert found.earlier is not None
    assert found.earlier.expected == 0.0
    first = found.visits[0]
    assert first.band is Band.RING
    assert 60 <= first.nearest_m <= 90
    assert first.came.sector == first.left.sector == "E"
    assert 1500 <= first.stopped_s_least <= first.stopped_s_most <= 2400
    assert found.hours[24 * 2 + 19] == 3, "Wednesdays, 19:00: days 2, 9 and 16, in winter"
    assert found.hours[24 * 2 + 20] == found.hours[24 * 2 + 18] == 0


def test_a_period_without_a_visit_is_not_more_and_says_so_only_when_seen() -> None:
    found = near(weeks_of(()))
    assert (found.counted, found.days_near) == (0, 0)
    assert found.presence is found.waiting is Pattern.NOT_MORE
    assert found.observed_share > 0.95
    blind = near(weeks_of((), 3, 1, 24.0 * 10))
    assert blind.observed_share < 0.5
    assert blind.presence is Pattern.CANNOT_SAY
    assert blind.left_open_s == 0, "after the last fix there is no way back to be reckoned"


def test_his_home_next_door_explains_his_presence() -> None:
    found = near(weeks_of(()), (250.0, 150.0))
    assert found.days_near >= 20
    assert found.days_apart == 0
    assert found.presence is Pattern.NOT_MORE
    assert found.base is not None
    assert found.base.near.ratio == pytest.approx(1.0, abs=0.1)


def test_his_way_to_work_explains_his_passing() -> None:
    found = near(weeks_of(()), (2000.0, 100.0))
    assert found.by_errand[Errand.ON_THE_WAY] == found.counted >= 25
    assert found.days_apart == 0
    assert found.presence is Pattern.NOT_MORE


def test_an_outline_counts_as_a_disc_of_its_size() -> None:
    weeks = weeks_of(WATCHED)
    side = 200.0
    corners = [(-side, -side), (side, -side), (side, side), (-side, side), (-side, -side)]
    ring = tuple(PLANE.lonlat(HER[0] + x, HER[1] + y) for x, y in corners)
    shape = planar(Polygon(rings=(ring[:-1],)), weeks.plane)
    found = around(weeks, NearArea(shape, 200.0), 100.0, 30.0)
    assert found.days_waited == 6
    assert {each.band for each in found.visits} == {Band.BUFFER}
    assert all(60 <= each.nearest_m <= 95 for each in found.visits)


def test_the_ratio_of_two_counts_has_exact_bounds() -> None:
    found = rate_ratio(6, 3, 1.0)
    # Clopper-Pearson of 6 of 9: 0.2993 to 0.9251.
    assert found.low == pytest.approx(0.2993 / 0.7007, abs=0.01)
    assert found.high == pytest.approx(0.9251 / 0.0749, abs=0.1)
    assert found.ratio == 2.0
    none = rate_ratio(0, 0, 4.0)
    assert (none.ratio, none.low, none.high) == (None, 0.0, None)
    assert rate_ratio(3, 0.0, 10.0).low == pytest.approx(0.2924 / 0.7076 * 10, abs=0.05)
    assert rate_ratio(4, 2.5, 1.0).low == rate_ratio(4, 3.0, 1.0).low
    for wrong in ((-1, 0.0, 1.0), (1, -1.0, 1.0), (1, 1.0, 0.0)):
        with pytest.raises(ValueError, match="no comparison"):
            rate_ratio(*wrong)


def test_as_many_counts_the_place_itself() -> None:
    assert as_many(5, [0] * 19) == 0.05
    assert as_many(0, [0, 1, 2]) == 1.0


def test_a_visit_takes_in_what_ten_minutes_leave_out() -> None:
    weeks = weeks_of(WATCHED)
    for each in near(weeks).visits:
        assert each.earliest is not None
        assert each.latest is not None
        assert each.earliest < each.start <= each.best_at <= each.end < each.latest
        assert each.latest - each.end <= 10 * MINUTE
        assert each.end - each.start < HOUR
        assert (each.end - each.start) // SECOND >= 1500


def along(
    weeks: OwnWeeks, hours: tuple[float, float] | None, within_m: float = 100.0
) -> RoutePattern:
    """His stops along a street past the spot where he waits; she passes on any day in the hours."""
    spot = (HER[0] + 280.0, HER[1])
    ends = [PLANE.lonlat(spot[0] + 40.0, spot[1] + y) for y in (-300.0, 0.0, 300.0)]
    times = []
    if hours is not None:
        days = range((weeks.end - weeks.start) // DAY)
        low, high = (round(hour * HOUR) for hour in hours)
        times = [(weeks.start + d * DAY + low, weeks.start + d * DAY + high) for d in days]
    route = drawn_route(weeks, [(p.lon_deg, p.lat_deg) for p in ends], times)
    return route_waits(weeks, route, within_m, 1.0)


def test_stops_near_her_route_are_told_by_when_she_would_pass() -> None:
    weeks = weeks_of(WATCHED)
    while_ = along(weeks, (19.3, 19.6))
    assert [each.when for each in while_.waits] == [When.WHILE] * 6
    assert while_.days == 6
    assert while_.length_m == pytest.approx(600, abs=2)
    assert {each.off_m // 10 for each in while_.waits} <= {3, 4}
    assert while_.pattern is Pattern.MORE
    assert while_.expected is not None
    assert while_.expected.low > 2.0
    before = along(weeks, (20.2, 20.4))
    assert [each.when for each in before.waits] == [When.BEFORE] * 6
    assert before.waits[0].passes_at is not None
    assert before.waits[0].passes_at > before.waits[0].last_seen
    other = along(weeks, (7.0, 8.0))
    assert [each.when for each in other.waits] == [When.OTHER] * 6
    assert other.days == 0
    assert other.pattern is Pattern.NOT_MORE
    untimed = along(weeks, None)
    assert {each.when for each in untimed.waits} == {When.UNTIMED}
    assert untimed.days == 6
    assert along(weeks, None, 25.0).days == 0


def test_his_own_places_are_no_waiting() -> None:
    weeks = weeks_of(())
    work = PLANE.lonlat(*WORK)
    line = [(work.lon_deg - 0.01, work.lat_deg), (work.lon_deg + 0.01, work.lat_deg)]
    found = route_waits(weeks, drawn_route(weeks, line, []), 100.0, 1.0)
    assert (found.days, found.waits) == (0, ())


def test_her_own_device_says_her_way_and_when() -> None:
    weeks = weeks_of(WATCHED)
    route = her_route(weeks, weeks)
    assert route is not None
    assert route.own_times is not None
    spot = (HER[0] + 280.0, HER[1])
    assert float(route.off_m(*spot).min()) < 100.0
    assert len(route.own_times) == len(route.pieces)


def test_days_near_her_are_held_against_her_trail_moved_by_weeks() -> None:
    ratio, said = person_compared(6, (0, 1, 0, 0), 1.0)
    assert said is Pattern.MORE
    assert ratio is not None
    assert ratio.expected == 0.25
    assert person_compared(6, (5, 6, 5, 6), 1.0)[1] is Pattern.NOT_MORE
    assert person_compared(0, (0, 0), 0.2)[1] is Pattern.CANNOT_SAY
    assert person_compared(3, (), 1.0) == (None, Pattern.CANNOT_SAY)
