"""The trail of a window: thinned so that nothing near a zone is lost, and no secret is told."""

import msgspec
import numpy as np
import pytest

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.core.fix import FIX_DTYPE, NO_INSTANT, UNKNOWN_COUNT, Source
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Curfew, ZoneKnowledge
from tagwatch.core.plane import LonLat
from tagwatch.core.recorded_register import ConditionRecorded
from tagwatch.core.shape import Disc
from tagwatch.core.timetable import OneOff
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.query import drawn, movement, trail_view
from tagwatch.query.trail_view import TooMany, trail, trail_to_print
from tagwatch.store import schema
from tagwatch.store.trail import block_row
from tests.web import sample

OWN = WearerId("w_own")
FIXES = 3000
FAR = 0.12
"""Degrees of longitude east of the zones: eight kilometres."""


@pytest.fixture
def walked(config, monkeypatch) -> tuple[Instant, Instant]:
    """A long trail, days old: far off, past the zones, far off again."""
    monkeypatch.setattr(drawn, "MOST", 500)
    end = Instant(now() - 2 * HOUR)
    start = Instant(end - FIXES * 20 * SECOND)
    block = np.zeros(FIXES, dtype=FIX_DTYPE)
    block["fixed_at"] = start + np.arange(FIXES) * 20 * SECOND
    block["received_at"] = block["fixed_at"] + SECOND
    block["seq"], block["index"] = 8, np.arange(FIXES)
    block["lon_deg"] = sample.HOME.lon_deg + FAR * np.abs(np.linspace(-1.0, 1.0, FIXES))
    block["lat_deg"], block["accuracy_m"] = sample.HOME.lat_deg, 12.0
    block["confidence"], block["source"] = 0.68, Source.GNSS
    for unknown in ("hdop", "altitude_m", "speed_mps", "bearing_deg", "battery_pct"):
        block[unknown] = np.nan
    block["sent_at"], block["satellites"] = NO_INSTANT, UNKNOWN_COUNT
    sample.put(config, (schema.trail_block, block_row(8, "w_own", "act_own", block)))
    return start, end


def _distances_m(found) -> np.ndarray:
    return np.abs(found.columns.block["lon_deg"] - sample.HOME.lon_deg) * 69_200.0


def test_every_fix_near_a_zone_is_drawn_and_the_ends(at, walked) -> None:
    found = trail_view.trail_view(at("officer"), OWN, *walked)
    assert len(found.columns.block) == FIXES
    assert found.is_thinned
    assert len(found.drawn) < 900
    reach_m = 400.0 + found.columns.radii_m  # the officer sees the secret one of 400 m too
    near = np.flatnonzero(_distances_m(found) < reach_m)
    assert len(near) > 20
    assert set(near) <= set(found.drawn)
    assert {0, FIXES - 1} <= set(found.drawn)
    given = trail(at("officer"), OWN, *walked)
    assert [fix.number - 1 for fix in given.fixes] == found.drawn.tolist()
    assert given.total == FIXES


def test_at_a_curfew_home_every_fix_of_its_hours_is_drawn(at, walked, centre) -> None:
    start = walked[0]
    told = sample.zone("c_told", ZoneKnowledge.TOLD, 250.0)
    hours = OneOff(start=Instant(start + 2 * HOUR), end=Instant(start + 4 * HOUR))
    home = msgspec.structs.replace(
        told,
        condition_id="c_home",
        terms=Curfew(
            label="home",
            address=LonLat(lon_deg=sample.HOME.lon_deg + FAR, lat_deg=sample.HOME.lat_deg),
            rows=(),
            radius_m=4500.0,
            appointments=(hours,),
        ),
        recorded_at=Instant(start - DAY),
    )
    centre.record(ConditionRecorded(condition=home, by=sample.BY), at=now())
    centre.apply()
    found = trail_view.trail_view(at("officer"), OWN, *walked)
    times = found.columns.times
    inside = (times >= hours.start) & (times < hours.end) & (_distances_m(found) > 4500.0)
    assert int(inside.sum()) > 200
    assert set(np.flatnonzero(inside)) <= set(found.drawn)
    assert found.is_thinned
    before = np.flatnonzero(times < hours.start)
    assert np.isin(before, found.drawn).mean() < 0.9


def test_where_a_secret_zone_lies_cannot_be_told_from_what_is_drawn(at, walked, config) -> None:
    found = trail_view.trail_view(at("colleague"), OWN, *walked)
    assert found.withheld
    assert {zone.condition_id for zone in found.zones} == {"c_told"}
    reach_m = 250.0 + found.columns.radii_m * 1.01 + 2.0
    between = (_distances_m(found) > reach_m) & (_distances_m(found) < 500.0)
    kept = np.isin(np.flatnonzero(between), found.drawn)
    assert int(between.sum()) > 0
    assert kept.mean() < 0.5, "the ring between both zones is thinned as any other street"
    own = trail_view.trail_view(at("officer"), OWN, *walked)
    assert np.isin(np.flatnonzero(between), own.drawn).any()


def test_zones_are_shown_in_the_version_then_in_force(at, centre) -> None:
    begun = now()
    old = sample.zone("c_told", ZoneKnowledge.TOLD, 250.0)
    wider = msgspec.structs.replace(
        old,
        version=2,
        terms=msgspec.structs.replace(
            old.terms, shape=Disc(centre=sample.HOME, radius_m=600.0), label="wider"
        ),
        valid_from=Instant(begun - 2 * HOUR),
        recorded_at=Instant(begun - 3 * HOUR),
    )
    centre.record(ConditionRecorded(condition=wider, by=sample.BY), at=begun)
    centre.apply()
    found = trail_view.trail_view(at("officer"), OWN, Instant(begun - 2 * DAY), Instant(begun))
    told = [zone for zone in found.zones if zone.condition_id == "c_told"]
    assert [zone.version.version for zone in told] == [1, 2]
    assert told[0].end == told[1].start
    first = told[0].version
    assert told[0].start == max(first.valid_from, first.recorded_at)


def test_what_is_still_to_come_is_no_gap(at, walked) -> None:
    ahead = Instant(now() + DAY)
    seen = trail_view.trail_view(at("officer"), OWN, walked[0], ahead)
    moved = movement.movements_of(at("officer"), OWN, walked[0], ahead)
    for found in (seen.movements, moved):
        assert found.gaps
        assert max(gap.end for gap in found.gaps) <= now() + MINUTE
    later = trail_view.trail_view(
        at("officer"), OWN, Instant(ahead + DAY), Instant(ahead + 2 * DAY)
    )
    assert sum(gap.end - gap.start for gap in later.movements.gaps) <= SECOND


def test_too_many_fixes_are_refused_before_they_fill_the_memory(at, walked, monkeypatch) -> None:
    monkeypatch.setattr(movement, "MOST_READ", FIXES - 1)
    with pytest.raises(TooMany, match="shorter"):
        trail_view.trail_view(at("officer"), OWN, *walked)


def test_the_audit_says_what_was_seen_and_what_goes_on_paper(at, walked, audited) -> None:
    trail_view.trail_view(at("officer"), OWN, *walked)
    trail_to_print(at("officer"), OWN, Instant(walked[1] - 10 * MINUTE), walked[1])
    seen, printed = audited()[-2:]
    assert (seen.act, printed.act) == (Act.CONSULTATION, Act.DISCLOSURE)
    assert f"{FIXES} fixes" in seen.detail
    assert printed.detail.endswith("to print")
    assert seen.ids == printed.ids == ("w_own",)
