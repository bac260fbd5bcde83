"""The live map: everybody within scope and nobody else, each where few are, counted where many."""

from collections import Counter

import pytest

from tagwatch.core.outcome import Severity
from tagwatch.core.units import Instant
from tagwatch.query import live as page
from tagwatch.query.live import Box, live_map, live_rows
from tagwatch.store import schema
from tests.web import sample

TEAM = {"w_own", "w_team"}


def seen(wearer_id: str, lon_deg: float, fixed_at: int = 5) -> tuple[object, dict[str, object]]:
    columns = {column.name: None for column in schema.last_seen.columns}
    return schema.last_seen, columns | {
        "wearer_id": wearer_id,
        "activation_id": f"ac_{wearer_id}",
        "fixed_at": Instant(fixed_at),
        "lon_deg": lon_deg,
        "lat_deg": 51.5,
        "accuracy_m_95": 20.0,
    }


@pytest.fixture(autouse=True)
def places(config) -> None:
    found = {"w_own": (-0.1, 9), "w_team": (-0.1001, 3), "w_other": (0.4, 1), "w_hidden": (-0.1, 2)}
    sample.put(config, *(seen(name, lon, at) for name, (lon, at) in found.items()))


def test_the_longest_unseen_come_first_and_none_is_left_out(at, monkeypatch) -> None:
    whole = live_rows(at("colleague"))
    names = [place.wearer.wearer_id for place in whole.places]
    ages = [place.fixed_at or 0 for place in whole.places]
    assert ages == sorted(ages)
    assert {"w_other", "w_hidden"}.isdisjoint(names)
    assert whole.total == len(names)
    monkeypatch.setattr(page, "PAGE", 1)
    parts = [live_rows(at("colleague"), number + 1).places for number in range(whole.total)]
    assert [part[0].wearer.wearer_id for part in parts] == names


def test_who_was_never_seen_is_listed_only_while_a_tag_is_on_him(at, config) -> None:
    def names() -> set[str]:
        return {place.wearer.wearer_id for place in live_rows(at("outsider")).places}

    assert names() == {"w_other"}
    worn = {"activation_id": "act_bail", "wearer_id": "w_bail", "started_at": 1, "body": "{}"}
    sample.put(config, (schema.activation, {**worn, "tag_id": "t_own", "ended_at": None}))
    assert names() == {"w_other", "w_bail"}
    assert live_rows(at("outsider")).total == 2


def test_few_are_drawn_by_name_and_many_are_counted(at, monkeypatch) -> None:
    few = live_map(at("colleague"))
    assert {place.wearer.wearer_id for place in few.places} == TEAM
    assert (few.wearers, few.groups) == (2, ())
    monkeypatch.setattr(page, "MOST_DRAWN", 1)
    many = live_map(at("colleague"))
    assert (many.places, many.zones, many.box) == ((), (), few.box)
    assert sum(group.wearers for group in many.groups) == 2
    assert [(group.fresh, group.hour) for group in many.groups] == [(0, 0)] * len(many.groups)
    counted = Counter[Severity]()
    for group in many.groups:
        counted.update(group.alerts)
    assert counted == {Severity.LIFE: 1, Severity.URGENT: 1, Severity.ROUTINE: 0}
    assert counted.total() == sum(place.open_alerts for place in few.places)


def test_a_box_holds_who_is_in_it_borders_included(at, audited) -> None:
    box = Box(west_deg=-0.1, south_deg=51.5, east_deg=0.0, north_deg=51.6)
    assert [p.wearer.wearer_id for p in live_map(at("colleague"), box).places] == ["w_own"]
    line = audited()[-1]
    assert (line.question, line.ids) == ("live_map", ("w_own",))
    assert "1 wearers in -0.100 51.500" in line.detail
    none = live_map(at("colleague"), Box(west_deg=2, south_deg=1, east_deg=3, north_deg=2))
    assert (none.wearers, none.places, none.groups) == (0, (), ())


def test_a_secret_zone_is_drawn_for_those_alone_who_may_see_it(at) -> None:
    drawn = {
        name: {version.condition_id for version, _ in live_map(at(name)).zones}
        for name in ("operator", "zones")
    }
    assert drawn["operator"] < drawn["zones"]
