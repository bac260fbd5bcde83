"""What changed, in sentences, each with how often his own past weeks did the same.

A sentence says what is known, and that it is only possible where gaps may account for it. Why
something changed is not said.
"""

from collections.abc import Iterator, Sequence
from math import log2
from typing import Final

from tagwatch.core.change import Change, ChangeKind, Changes
from tagwatch.core.episode import Episode
from tagwatch.core.ids import ConditionId
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.timetable import Interval
from tagwatch.core.units import Instant
from tagwatch.report.week.facts import WeekFacts
from tagwatch.report.week.overview import AlertWeek, Care, CurfewWeek, DaySeen, Night, Said
from tagwatch.report.week.words import counted, metres, share, span

NO_PAST: Final = 0.0
_HELD: Final = (Finding.CONFIRMED, Finding.POSSIBLE)
_RULES: Final = {
    RuleKind.ZONE: ("entry into", "entries into"),
    RuleKind.APPROACH: ("approach to", "approaches to"),
    RuleKind.CURFEW: ("absence from", "absences from"),
    RuleKind.ENCOUNTER: ("meeting under", "meetings under"),
}
_MOST: Final = 12


def changed(
    facts: WeekFacts, changes: Changes, episodes: Sequence[Episode], names: dict[int, str]
) -> tuple[Said, ...]:
    """Return what changed in sentences, the rarest first; `names` are of frequented places."""
    said = [_of_change(each, names) for each in changes.changes]
    said += _of_conditions(facts, episodes)
    ordered = sorted(said, key=lambda each: (-each.surprise, each.sentence))
    return tuple(ordered[:_MOST])


def surprise(as_often: int, weeks: int) -> float:
    """Return in bits how rare something is that happened in `as_often` of `weeks` past weeks.

    One is added to both, so that what never happened in a short past is no great surprise.
    """
    return round(-log2((as_often + 1) / (weeks + 2)), 3)


def _of_change(change: Change, names: dict[int, str]) -> Said:
    rate = _rate(change.as_large, change.of_weeks)
    perhaps = "Possibly: " if change.possible else ""
    what = _what(change, names)
    unsure = " What was not seen may account for it." if change.possible else ""
    return Said(
        sentence=f"{perhaps}{what}{rate}.{unsure}",
        surprise=surprise(change.as_large, change.of_weeks) * (0.5 if change.possible else 1.0),
    )


def _rate(as_often: int, weeks: int) -> str:
    if weeks < 1:
        return "; there is no past week to compare with"
    if as_often == 0:
        return f"; that happened in none of the last {counted(weeks, 'week')} seen"
    return f"; that happened in {as_often} of the last {counted(weeks, 'week')} seen"


def _what(change: Change, names: dict[int, str]) -> str:
    place = "" if change.place is None else names.get(change.place, f"place {change.place}")
    this, usual = change.this, change.usual
    usually = f", usually {usual:g}"
    match change.kind:
        case ChangeKind.NIGHTS_AWAY:
            where = counted(this, "night")
            return f"{where} not at the usual place{usually}"
        case ChangeKind.NIGHTS_HOME:
            return f"{counted(this, 'night')} at home{usually}"
        case ChangeKind.NEW_PLACE:
            return f"A place he was not seen at before: {place}, {_hours(this)}"
        case ChangeKind.PLACE_LEFT_OUT:
            return f"Not seen at {place} any more, usually {_hours(usual)} a week"
        case ChangeKind.HOURS_AT_PLACE:
            return f"{_hours(this)} at {place}, usually {_hours(usual)}"
        case ChangeKind.HOURS_OUT:
            return f"{_hours(this)} on the move or away from home, usually {_hours(usual)}"
        case ChangeKind.NIGHT_MOVES:
            many = f"{_hours(this)} on the move between 23:00 and 05:00"
            return f"{many}, usually {_hours(usual)}"
        case ChangeKind.DISTANCE_FOOT:
            return f"{_km(this)} on foot, usually {_km(usual)}"
        case ChangeKind.DISTANCE_WHEELS:
            return f"{_km(this)} by cycle, vehicle or rail, usually {_km(usual)}"
        case ChangeKind.TRIPS:
            return f"{counted(round(this), 'trip')}, usually {usual:.0f}"
        case _:
            return f"{_hours(this)} observed, usually {_hours(usual)}"


def _hours(hours: float) -> str:
    return span(hours * 3600.0)


def _km(kilometres: float) -> str:
    return metres(kilometres * 1000.0)


def _of_conditions(facts: WeekFacts, episodes: Sequence[Episode]) -> Iterator[Said]:
    """Yield findings under a condition, against how many weeks before had as many."""
    start, end = facts.window
    long = end - start
    labels = {c.condition_id: c.terms.label for c in facts.orders.conditions}
    keys = sorted(
        {(e.rule, e.condition_id) for e in episodes if e.rule in _RULES} - {None}, key=str
    )
    for rule, condition in keys:
        his = [e for e in episodes if (e.rule, e.condition_id) == (rule, condition)]
        his = [e for e in his if e.finding in _HELD]
        now = _begun(his, (start, end))
        if not now or condition is None:
            continue
        weeks = len(facts.past)
        before = [
            len(_begun(his, (Instant(start - n * long), Instant(end - n * long))))
            for n in range(1, weeks + 1)
        ]
        as_often = sum(many >= len(now) for many in before)
        yield _finding(rule, condition, labels.get(condition, "a place"), now, (as_often, weeks))


def _begun(episodes: Sequence[Episode], window: Interval) -> list[Episode]:
    return [e for e in episodes if window[0] <= e.entered_earliest < window[1]]


def _finding(
    rule: RuleKind,
    condition: ConditionId,
    label: str,
    now: Sequence[Episode],
    past: tuple[int, int],
) -> Said:
    one, more = _RULES[rule]
    sure = sum(e.finding is Finding.CONFIRMED for e in now)
    how = (
        f"{sure} confirmed, {len(now) - sure} possible"
        if 0 < sure < len(now)
        else ("confirmed" if sure else "possible")
    )
    said = f"{counted(len(now), one, more)} {label} ({how})"
    warning = ", a warning and no breach" if rule is RuleKind.APPROACH else ""
    return Said(
        sentence=f"{said}{warning}{_rate(*past)}.",
        # A confirmed finding leads the list, however often it happened before.
        surprise=surprise(*past) + (4.0 if sure and rule is not RuleKind.APPROACH else 0.5),
        about=condition,
    )


def praise(
    curfews: Sequence[CurfewWeek],
    alerts: Sequence[AlertWeek],
    care: Care,
    days: Sequence[DaySeen],
    nights: Sequence[Night],
) -> tuple[Said, ...]:
    """Return facts of the week that are worth praise; what could not be seen is never one."""
    return tuple(_praise(curfews, alerts, care, days, nights))


def _praise(
    curfews: Sequence[CurfewWeek],
    alerts: Sequence[AlertWeek],
    care: Care,
    days: Sequence[DaySeen],
    nights: Sequence[Night],
) -> Iterator[Said]:
    for one in curfews:
        asked_s = one.kept_s + one.out_s + one.cannot_say_s
        if one.kept_s and not one.out_s and one.kept_s >= 0.8 * asked_s:
            said = f"Of {span(asked_s)} at {one.label} he was seen to keep {span(one.kept_s)}"
            none = f"{said}, and never seen away; of {span(one.cannot_say_s)} nobody can say."
            yield Said(sentence=none, surprise=NO_PAST, about=one.condition_id)
    on_s = sum(day.observed_s + day.unobserved_s for day in days)
    seen_s = sum(day.observed_s for day in days)
    if on_s and seen_s >= 0.95 * on_s:
        yield Said(
            sentence=f"The tag was observed for {share(seen_s, on_s)} of the time it was on.",
            surprise=NO_PAST,
        )
    if seen_s and care.charges >= len(days) - 1 and not care.low and not care.critical:
        lowest = "" if care.lowest_pct is None else f", never below {care.lowest_pct:.0f} %"
        yield Said(
            sentence=f"The tag was charged {counted(care.charges, 'time')}{lowest}, with no "
            "warning of a low battery.",
            surprise=NO_PAST,
        )
    if seen_s and not any(each.rule in _RULES for each in alerts):
        yield Said(sentence="No alert about a place or a person.", surprise=NO_PAST)
    home = sum(night.answer == "home" for night in nights)
    if len(nights) > 1 and home == len(nights):
        yield Said(sentence=f"All {home} nights at home.", surprise=NO_PAST)
