"""A file of fixes against one zone: the line's own findings, whatever the order of the rows."""

import numpy as np
import pytest

from tagwatch.core.assessment import assess
from tagwatch.core.belief import beliefs
from tagwatch.core.derive import SettingsHistory, TrailPart, WearerOrders, derive_findings
from tagwatch.core.fix import FIX_DTYPE, Mark, Source, fix_id
from tagwatch.core.geometry import Disc, LonLat, Plane
from tagwatch.core.order import ConditionVersion, ExclusionZone
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.rules.area import area
from tagwatch.core.rules.force import FOREVER
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.core.trail import event_order, stands_for
from tagwatch.core.units import SECOND, Instant, parse_iso

CENTRE = LonLat(lon_deg=-0.1, lat_deg=51.5)
PLANE = Plane.at(CENTRE)
ZONE = Disc(centre=CENTRE, radius_m=200.0)
BEGAN = parse_iso("2026-03-02T08:00:00Z")


def trail(places: list[float], every_s: int = 30, accuracy_m: float = 15.0) -> np.ndarray:
    """Fixes east of the centre by so many metres."""
    block = np.zeros(len(places), dtype=FIX_DTYPE)
    block["accuracy_m"], block["confidence"] = accuracy_m, 0.95
    block["hdop"] = block["speed_mps"] = np.nan
    block["satellites"], block["source"] = -1, Source.GNSS
    for k, x_m in enumerate(places):
        at = PLANE.lonlat(x_m, 0.0)
        block[k]["lon_deg"], block[k]["lat_deg"] = at.lon_deg, at.lat_deg
        block[k]["fixed_at"], block[k]["index"] = BEGAN + k * every_s * SECOND, k
    return block


VISIT = trail([900, 600, 300, 100, 0, 0, 100, 300, 600, 900, 900, 900])


def reordered(block: np.ndarray, rows: list[int]) -> np.ndarray:
    other = block[rows]
    other["index"] = np.arange(len(rows))
    return other


def test_a_visit_is_one_confirmed_stay_with_the_fixes_it_used() -> None:
    found = assess(VISIT, ZONE, DEFAULT_SETTINGS)
    assert found.p_inside[4] > 0.99 > 0.01 > found.p_inside[0]
    (stay,) = found.stays
    assert (stay.episode.finding, stay.episode.phase) == (Finding.CONFIRMED, Phase.ENDED)
    assert set(range(3, 7)) <= set(stay.rows.tolist())
    assert 0 not in stay.rows
    assert stay.episode.probability == pytest.approx(found.p_inside.max())


def test_the_order_of_rows_and_their_repetition_change_nothing_but_the_numbers() -> None:
    plain = assess(VISIT, ZONE, DEFAULT_SETTINGS)
    rows = [7, 3, 3, 0, 1, 2, 11, 10, 9, 8, 6, 5, 4, 3, 0]
    mixed = assess(reordered(VISIT, rows), ZONE, DEFAULT_SETTINGS)
    assert mixed.p_inside.tolist() == plain.p_inside[rows].tolist()
    (one,), (other,) = plain.stays, mixed.stays
    assert [rows[row] for row in other.rows.tolist()] == one.rows.tolist()
    for name in ("finding", "probability", "entered_latest", "left_latest", "witnesses"):
        assert getattr(one.episode, name) == getattr(other.episode, name)


def test_findings_are_those_of_derive_findings_and_long_stays_name_every_fix() -> None:
    places = [600.0] * 3 + [0.0] * 150 + [600.0] * 5 + [0.0] * 8 + [600.0] * 40
    block = trail(places, 20)
    found = assess(block, ZONE, DEFAULT_SETTINGS)
    always = Instant(-FOREVER)
    condition = ConditionVersion(
        condition_id="c_assessed",
        version=1,
        order_id="o_assessed",
        wearer_id="w_assessed",
        terms=ExclusionZone(label="the zone", shape=ZONE),
        valid_from=always,
        recorded_at=always,
        told_at=always,
    )
    derived = derive_findings(
        [TrailPart("act_assessed", "", block)],
        WearerOrders(wearer_id="w_assessed", conditions=(condition,)),
        SettingsHistory.of(DEFAULT_SETTINGS),
        (always, Instant(FOREVER)),
        Prepared(),
    )
    assert tuple(stay.episode for stay in found.stays) == derived
    (stay,) = found.stays
    rows = stay.rows.tolist()
    assert rows == sorted(set(rows))
    assert set(range(3, 153)) <= set(rows), "the episode itself names a hundred"
    assert set(range(158, 166)) <= set(rows), "he came back within the same stay"
    assert {int(fix.rpartition(".")[2]) for fix in stay.episode.fixes} <= set(rows)


def test_a_stay_that_goes_on_is_open_with_all_its_fixes() -> None:
    (stay,) = assess(trail([600, 600] + [0] * 5), ZONE, DEFAULT_SETTINGS).stays
    assert stay.episode.phase is Phase.OPEN
    assert stay.episode.left_latest is None
    assert stay.rows.tolist() == [2, 3, 4, 5, 6]


def test_no_fix_and_fixes_far_away() -> None:
    nothing = assess(trail([]), ZONE, DEFAULT_SETTINGS)
    assert (len(nothing.p_inside), nothing.stays) == (0, ())
    far = trail([0, 0, 0])
    far["lon_deg"], far["lat_deg"] = [179.0, -179.0, 0.0], [-51.0, 89.9, 0.0]
    far["accuracy_m"][1:] = 1e12
    found = assess(far, ZONE, DEFAULT_SETTINGS)
    assert np.all(np.isfinite(found.p_inside))
    assert found.p_inside.max() < 1e-4


def test_a_belief_is_the_error_of_the_fix_about_its_place() -> None:
    part = TrailPart("a", "", VISIT)
    ready = area(ZONE)
    rows = dict(beliefs(part, DEFAULT_SETTINGS, Prepared()))
    assert list(rows) == list(range(12))
    assert rows[0].p_inside(ready) < 0.01 < 0.99 < rows[4].p_inside(ready)
    assert rows[4].error_m(CENTRE) == pytest.approx(0.0, abs=0.01)


def test_each_row_has_another_that_stands_for_it() -> None:
    block = reordered(VISIT, [5, 2, 5, 2, 2, 1])
    assert stands_for(block).tolist() == [0, 1, 0, 1, 1, 5]
    assert sorted(set(stands_for(block).tolist())) == sorted(event_order(block).tolist())
    block["marks"][2] = Mark.MOCK
    assert stands_for(block).tolist() == [0, 1, 2, 1, 1, 5]
    assert fix_id(0, 5) == "0.5"
