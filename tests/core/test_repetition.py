"""The same hour of other weeks, base rates that are never made of few, and many tags at once."""

import numpy as np
import pytest

from tagwatch.core.alternatives import Cause, OtherTags, Weighed, alternatives
from tagwatch.core.derive import Prepared
from tagwatch.core.fix import Source
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.repetition import Found, base_rate, hour_of_weeks, same_hour
from tagwatch.core.settings import CardSettings
from tagwatch.core.timetable import london
from tagwatch.core.units import HOUR, parse_iso
from tests.core.worlds import SETTINGS, SHARP, curfew, fixes, found, part, zone

RULES = CardSettings()


def test_the_hour_is_that_of_londons_clocks() -> None:
    at = parse_iso("2026-11-03T08:00:00Z")  # clocks changed on 25 October
    hours = hour_of_weeks(at, RULES)
    assert len(hours) == RULES.weeks
    assert [london(start).strftime("%a %H:%M") for start, _ in hours] == ["Tue 07:30"] * 4
    assert all(end - start == HOUR for start, end in hours)
    assert at - hours[1][1] > 0
    assert hours[0][0] > hours[1][0]


@pytest.mark.parametrize(
    ("x_m", "near", "inside"), [(0.0, 1, 1), (600.0, 1, 0), (700.1, 0, 0), (9000.0, 0, 0)]
)
def test_each_week_is_inside_near_or_neither(x_m: float, near: int, inside: int) -> None:
    trail = [part(fixes((0, x_m, 0, SHARP)))]
    made = same_hour([trail, []], zone(200.0), RuleKind.ZONE, SETTINGS, Prepared(), RULES)
    assert (made.weeks, made.seen, made.near, made.inside) == (2, 1, near, inside)


def test_of_a_curfew_the_wrong_side_is_outside() -> None:
    trail = [part(fixes((0, 5000.0, 0, SHARP)))]
    part_of_it = same_hour([trail], zone(200.0), RuleKind.ZONE, SETTINGS, Prepared(), RULES, 3)
    assert (part_of_it.weeks, part_of_it.archived) == (1, 3)
    made = same_hour([trail], curfew(), RuleKind.CURFEW, SETTINGS, Prepared(), RULES)
    assert (made.seen, made.inside) == (1, 1)


def test_a_mast_three_streets_away_puts_nobody_inside() -> None:
    vague = [part(fixes((0, 0.0, 0, 1600.0, Source.LBS)))]
    made = same_hour([vague], zone(100.0), RuleKind.ZONE, SETTINGS, Prepared(), RULES)
    assert (made.seen, made.near, made.inside) == (0, 0, 0)
    home = same_hour([vague], curfew(), RuleKind.CURFEW, SETTINGS, Prepared(), RULES)
    assert (home.seen, home.inside) == (0, 0)


def test_an_hour_of_many_fixes_is_looked_at_throughout() -> None:
    block = fixes(*((k, 0.0 if k == 3590 else 5000.0, 0.0, SHARP) for k in range(0, 3600, 10)))
    ends = np.flatnonzero(block["lon_deg"] == block["lon_deg"][359])
    assert len(ends) == 1
    made = same_hour([[part(block)]], zone(200.0), RuleKind.ZONE, SETTINGS, Prepared(), RULES)
    assert made.seen == 1


def others(count: int, people: int) -> list[Found]:
    kinds = (Finding.CONFIRMED, Finding.WITHDRAWN, Finding.UNDETERMINED, Finding.POSSIBLE)
    return [Found(wearer=f"w{k % people}", finding=kinds[k % 4]) for k in range(count)]


@pytest.mark.parametrize(("count", "people"), [(0, 1), (9, 9), (10, 2), (400, 2)])
def test_no_rate_from_few(count: int, people: int) -> None:
    made = base_rate(others(count, people), RULES)
    assert (made.found, made.confirmed, made.not_borne_out) == (None, None, None)
    assert (made.radius_m, made.days, made.least) == (500.0, 90, 10)


def test_a_rate_from_the_least_that_will_do() -> None:
    made = base_rate(others(10, 3), RULES)
    assert (made.found, made.confirmed, made.not_borne_out) == (10, 3, 5)


def batch(worn: int, of_model: int, at_place: int):
    block = fixes((0, 0, 0, SHARP), (60, 0, 0, SHARP))
    (episode,) = found(block, zone())
    tags = OtherTags(
        window_s=600, model="m", worn=worn, of_model=of_model, at_place=at_place, radius_m=500.0
    )
    made = alternatives(episode, [], [], Weighed(others=tags))
    return next(each for each in made if each.cause is Cause.BATCH)


def test_many_tags_at_once_speak_for_a_batch_fault_and_none_against() -> None:
    many = batch(40, 7, 0)
    (said,) = many.speaks_for
    assert said.startswith("7 of 40 other people with a tag of this model had a finding that began")
    assert said.endswith("within 10 minutes of this one")
    assert many.speaks_against[0].startswith("nobody else within 500 m")
    none = batch(40, 0, 0)
    assert not none.speaks_for
    assert len(none.speaks_against) == 2
    assert len(batch(0, 0, 1).speaks_for) == 1
    assert not batch(0, 0, 1).speaks_against


def test_a_tag_that_shows_its_faults_speaks_for_one() -> None:
    (episode,) = found(fixes((0, 0, 0, SHARP), (60, 0, 0, SHARP)), zone())
    faulty = alternatives(episode, [], [], Weighed(odd=(3, 20)))
    sound = alternatives(episode, [], [], Weighed(odd=(0, 20)))
    assert faulty[4].cause is sound[4].cause is Cause.FAULT
    assert faulty[4].speaks_for == ("3 of 20 fixes of the route marked as a fault of the tag",)
    assert sound[4].speaks_against == ("0 of 20 fixes of the route marked as a fault of the tag",)
    assert not alternatives(episode, [], [], Weighed())[4].speaks_for
