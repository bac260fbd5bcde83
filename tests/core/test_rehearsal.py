"""Rehearsed: the findings of the rules on past trails, and homes at the edge."""

import msgspec
import numpy as np
import pytest

from tagwatch.core.derive import (
    Prepared,
    SettingsHistory,
    TrailPart,
    WearerOrders,
    derive_findings,
    derive_screened,
)
from tagwatch.core.fix import FIX_DTYPE, Mark, Source
from tagwatch.core.geometry import Disc, LonLat, Plane
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, NoContact
from tagwatch.core.outcome import AlertClass
from tagwatch.core.rehearsal import (
    HomeOrigin,
    as_always,
    counted,
    differ,
    homes,
    near_homes,
    rehearse,
    rehearse_encounters,
)
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant, parse_iso
from tagwatch.desk.weekly_row import row_of

CENTRE = LonLat(lon_deg=-0.1, lat_deg=51.5)
PLANE = Plane.at(CENTRE)
START = parse_iso("2026-03-26T00:00:00Z")
"""Thursday; London's clocks change on Sunday the 29th."""
END = Instant(START + 7 * DAY)


def part(days: int = 7, home=(500.0, 0.0), every: int = 5 * MINUTE) -> TrailPart:
    """At home; each day from 12:00 to 13:00 at the centre, for the first half at 150 m from it."""
    count = days * DAY // every
    block = np.zeros(count, dtype=FIX_DTYPE)
    block["accuracy_m"], block["confidence"] = 10.0, 0.95
    block["hdop"], block["satellites"], block["source"] = np.nan, -1, Source.GNSS
    for k, row in enumerate(block):
        at = START + k * every
        noon = at % DAY - 12 * HOUR
        x_m, y_m = home
        if 0 <= noon < HOUR:
            x_m, y_m = (150.0, 0.0) if noon < HOUR // 2 else (0.0, 0.0)
        place = PLANE.lonlat(x_m, y_m)
        row["fixed_at"], row["index"] = at, k
        row["lon_deg"], row["lat_deg"] = place.lon_deg, place.lat_deg
    return TrailPart("act", "", block)


def condition(terms) -> ConditionVersion:
    return as_always(
        ConditionVersion(
            condition_id="c_new",
            version=3,
            order_id="o",
            wearer_id="w",
            terms=terms,
            valid_from=END,
            recorded_at=END,
        )
    )


def tried(terms, days: int = 7) -> list[tuple[AlertClass, str]]:
    orders = WearerOrders(wearer_id="w", conditions=(condition(terms),))
    found = rehearse(
        [part(days)], orders, SettingsHistory.of(DEFAULT_SETTINGS), (START, END), Prepared()
    )
    assert all(START <= alert.at < END for alert in found)
    return [(alert.kind, alert.rule.value) for alert in found]


def test_each_visit_is_an_alert_of_its_class() -> None:
    zone = ExclusionZone(label="z", shape=Disc(centre=CENTRE, radius_m=80.0))
    assert tried(zone) == [(AlertClass.CONFIRMED, "zone")] * 7
    ringed = ExclusionZone(label="z", shape=zone.shape, buffer_m=120.0)
    assert (
        sorted(tried(ringed))
        == [(AlertClass.APPROACH, "approach")] * 7 + [(AlertClass.CONFIRMED, "zone")] * 7
    )


def test_a_schedule_that_misses_the_visits_raises_nothing() -> None:
    shape = Disc(centre=CENTRE, radius_m=80.0)
    night = ExclusionZone(label="z", shape=shape, schedule=(row_of("Mo 20:00-Mo 23:00"),))
    assert tried(night) == []
    noon = tuple(row_of(f"{day.value} 11:00-{day.value} 15:00") for day in (Weekday.MO, Weekday.TU))
    assert len(tried(ExclusionZone(label="z", shape=shape, schedule=noon))) == 2


def test_a_stay_that_reaches_into_the_days_is_not_one_of_them() -> None:
    zone = ExclusionZone(label="z", shape=Disc(centre=CENTRE, radius_m=80.0))
    orders = WearerOrders(wearer_id="w", conditions=(condition(zone),))
    inside = Instant(START + 12 * HOUR + 45 * MINUTE)
    found = rehearse(
        [part(1)], orders, SettingsHistory.of(DEFAULT_SETTINGS), (inside, END), Prepared()
    )
    assert found == ()


def test_the_screen_takes_nothing_from_what_is_rehearsed() -> None:
    shape = Disc(centre=CENTRE, radius_m=80.0)
    conditions = (
        condition(ExclusionZone(label="z", shape=shape, buffer_m=120.0)),
        msgspec.structs.replace(
            condition(Curfew(label="h", address=CENTRE, rows=(row_of("Mo 19:00-Tu 07:00"),))),
            condition_id="c_curfew",
        ),
    )
    orders = WearerOrders(wearer_id="w", conditions=conditions)
    asked = ([part()], orders, SettingsHistory.of(DEFAULT_SETTINGS), (START, END))
    whole = derive_findings(*asked, Prepared())
    assert {episode.rule.value for episode in whole} == {"zone", "approach", "curfew"}
    assert derive_screened(*asked, Prepared()) == whole


def test_encounters_there_would_have_been() -> None:
    apart = condition(NoContact(label="other", other="w2", distance_m=100.0))
    orders = WearerOrders(wearer_id="w", conditions=(apart,))
    settings = SettingsHistory.of(DEFAULT_SETTINGS)
    his, others = part(2), part(2, home=(5_000.0, 0.0))

    def met(distance_m: float, start: Instant = START) -> list[tuple[AlertClass, str]]:
        terms = msgspec.structs.replace(apart.terms, distance_m=distance_m)
        tried = WearerOrders(
            wearer_id="w", conditions=(msgspec.structs.replace(apart, terms=terms),)
        )
        window = (start, END)
        found = rehearse_encounters(([his], [others]), tried, "c_new", settings, window, Prepared())
        return [(alert.kind, alert.rule.value) for alert in found]

    assert orders.conditions
    assert met(100.0) == [(AlertClass.CONFIRMED, "encounter")] * 2, "each noon at one place"
    assert met(100.0, Instant(START + DAY)) == [(AlertClass.CONFIRMED, "encounter")]


def test_counts_and_who_differs() -> None:
    zone = ExclusionZone(label="z", shape=Disc(centre=CENTRE, radius_m=80.0))
    orders = WearerOrders(wearer_id="w", conditions=(condition(zone),))

    def alerts(settings: Settings):
        history = SettingsHistory.of(settings)
        return rehearse([part(2)], orders, history, (START, END), Prepared())

    strict = msgspec.structs.replace(
        DEFAULT_SETTINGS,
        zone=msgspec.structs.replace(DEFAULT_SETTINGS.zone, confirm_fixes=99),
        version=2,
    )
    before, after = alerts(DEFAULT_SETTINGS), alerts(strict)
    assert [msgspec.structs.astuple(count) for count in counted(before, after)] == [
        ("zone", "confirmed", 2, 0),
        ("zone", "possible", 0, 2),
    ]
    assert differ(before, after)
    assert not differ(before, before)
    assert counted((), ()) == ()


def test_a_home_is_where_the_nights_are_spent() -> None:
    curfew = Curfew(
        label="home",
        address=CENTRE,
        rows=(
            CurfewRow(
                from_day=Weekday.MO,
                from_time=row_of("Mo 19:00-Tu 07:00").from_time,
                until_day=Weekday.TU,
                until_time=row_of("Mo 19:00-Tu 07:00").until_time,
            ),
        ),
    )
    found = homes([part()], [condition(curfew)], (START, END))
    assert [home.origin for home in found] == [HomeOrigin.CURFEW, HomeOrigin.NIGHTS]
    assert found[0].place == CENTRE
    assert found[1].nights == 7
    x_m, y_m = PLANE.xy(found[1].place.lon_deg, found[1].place.lat_deg)
    assert (x_m, y_m) == pytest.approx((500.0, 0.0), abs=1.0)


def test_no_home_without_nights_that_agree() -> None:
    assert homes([], [], (START, END)) == ()
    assert homes([part(1)], [], (START, END)) == (), "one night is a visit"
    mock = part()
    mock.block["marks"] = Mark.MOCK
    assert homes([mock], [], (START, END)) == ()
    about = part(every=30 * MINUTE)
    about.block["lon_deg"] += np.arange(len(about.block)) % 9 * 0.01
    assert homes([about], [], (START, END)) == (), "a night about town"


@pytest.mark.parametrize(
    ("radius_m", "distance_m"), [(399.0, None), (401.0, 99.0), (500.0, 0.0), (700.0, -200.0)]
)
def test_homes_inside_or_near_the_edge_are_told(radius_m, distance_m) -> None:
    found = homes([part()], [], (START, END))
    near = near_homes("w", found, Disc(centre=CENTRE, radius_m=radius_m))
    if distance_m is None:
        assert near == ()
    else:
        assert near[0].distance_m == pytest.approx(distance_m, abs=0.5)
