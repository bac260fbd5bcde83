"""What of a change can be tried, and the sums over wearers."""

import msgspec

from tagwatch.core.outcome import AlertClass, RuleKind
from tagwatch.core.settings import DEFAULT_SETTINGS, BatterySettings, CurfewSettings
from tagwatch.core.settings_trial import (
    RuleCount,
    WearerTrial,
    can_be_tried,
    most_first,
    sections_changed,
    summed,
)
from tagwatch.core.units import Instant


def trial(name: str, fixes: int, before: int, after: int, *, differs: bool) -> WearerTrial:
    count = RuleCount(rule=RuleKind.ZONE, kind=AlertClass.POSSIBLE, before=before, after=after)
    return WearerTrial(wearer_id=name, fixes=fixes, counts=(count,), differs=differs)


def test_only_what_decides_of_places_can_be_tried() -> None:
    replace = msgspec.structs.replace
    battery = replace(DEFAULT_SETTINGS, version=9, battery=BatterySettings(low_pct=30.0))
    assert sections_changed(DEFAULT_SETTINGS, battery) == ("battery",)
    assert not can_be_tried(DEFAULT_SETTINGS, battery)
    both = replace(battery, curfew=CurfewSettings(confirm_s=60))
    assert sections_changed(DEFAULT_SETTINGS, both) == ("curfew", "battery")
    assert can_be_tried(DEFAULT_SETTINGS, both)
    assert not sections_changed(both, replace(both, version=10))


def test_sums_tell_of_nobody_and_the_most_moved_stand_first() -> None:
    trials = [
        trial("w1", 0, 0, 0, differs=False),
        trial("w2", 10, 1, 2, differs=True),
        trial("w3", 20, 5, 1, differs=True),
        trial("w4", 5, 1, 1, differs=True),
    ]
    found = summed(trials, ["too many fixes"], 3, Instant(7), 1500)
    assert (found.tried, found.without_fixes, found.fixes) == (3, 1, 35)
    assert (found.differing, found.unreached, found.failed) == (3, 3, ("too many fixes",))
    assert [(c.before, c.after) for c in found.counts] == [(7, 4)]
    assert [t.wearer_id for t in most_first(trials)] == ["w3", "w2", "w4"]
