"""A zone, or whom somebody must not meet, tried before it is saved, in words: what it would have
raised, and what it touches."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from tagwatch.access.role import Verb
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import AlertClass
from tagwatch.core.rehearsal import NearHome, RehearsedAlert
from tagwatch.core.timetable import london
from tagwatch.query.rehearsal import Proposal, Rehearsal, Unrehearsed, rehearsal, window_of
from tagwatch.web.foundation import Asked, PurposeMissing, foundation, reader, who

KINDS: Final = tuple(AlertClass)


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """The section of the form that shows a rehearsal, or why there is none."""

    problem: str = ""
    asks_purpose: bool = False
    """The person must say first why she looks."""
    sentence: str = ""
    homes: tuple[str, ...] = ()
    days: tuple[tuple[str, ...], ...] = ()
    """Date and count of each class, for days with any."""
    landmarks: tuple[tuple[str, str], ...] = ()
    """Name, and metres inside or nothing."""
    notes: tuple[str, ...] = ()


def rehearsed(request: Asked, condition: ConditionVersion) -> Rehearsed:
    """Return what the condition would have done on the wearer's own past trail, and on that of
    whom he must not meet; on the audit."""
    if not who(request).actor.may(Verb.SEE_TRAIL):
        return Rehearsed(problem="Your role cannot look at past trails, and so cannot rehearse.")
    try:
        asking = reader(request)
    except PurposeMissing:
        return Rehearsed(asks_purpose=True)
    config = foundation(request).config
    try:
        start, end = window_of(asking.now(), config.rehearsal.days)
        proposal = Proposal(
            wearer_id=condition.wearer_id,
            start=start,
            end=end,
            condition=condition,
            geometry=tuple(str(path) for path in config.geometry_files),
        )
        found = rehearsal(asking, config.batch_socket, proposal)
    except Unrehearsed as error:
        return Rehearsed(problem=str(error))
    return in_words(found, config.rehearsal.days)


def in_words(found: Rehearsal, days: int) -> Rehearsed:
    """Return a rehearsal as the page says it."""
    return Rehearsed(
        sentence=_sentence(found, days),
        homes=tuple(_home(near) for near in found.homes),
        days=_days(found.after),
        landmarks=tuple(
            (mark.name, f"{mark.length_m:.0f} m" if mark.length_m else "")
            for mark in found.landmarks
        ),
        notes=found.notes,
    )


def _sentence(found: Rehearsal, days: int) -> str:
    if not found.fixes:
        return f"There is no fix of the last {days} days, so nothing can be said."
    if found.fixes_other is None:
        said = f"On the {found.fixes} fixes of the last {days} days this zone would have raised "
    elif found.fixes_other:
        said = f"On {found.fixes} fixes of his and {found.fixes_other} of the other wearer's, of "
        said += f"the last {days} days, this condition would have raised "
    else:
        return f"There is no fix of the other wearer of the last {days} days: nothing can be said."
    said += f"{_counts(found.after)}."
    if found.before:
        said += f" As it is recorded now: {_counts(found.before)}."
    return said


def _counts(alerts: Sequence[RehearsedAlert]) -> str:
    counts = Counter(alert.kind for alert in alerts)
    if not alerts:
        return "no alert"
    words = {
        AlertClass.CONFIRMED: "confirmed",
        AlertClass.POSSIBLE: "only possible",
        AlertClass.APPROACH: "of an approach",
    }
    parts = [f"{counts[kind]} {words[kind]}" for kind in KINDS if counts[kind]]
    return f"{len(alerts)} {'alert' if len(alerts) == 1 else 'alerts'} ({', '.join(parts)})"


def _days(alerts: Sequence[RehearsedAlert]) -> tuple[tuple[str, ...], ...]:
    counts = Counter((london(alert.at).date(), alert.kind) for alert in alerts)
    return tuple(
        (f"{day:%d.%m.%Y}", *(str(counts[day, kind]) for kind in KINDS))
        for day in sorted({day for day, _ in counts})
    )


def _home(near: NearHome) -> str:
    whose = f"He spent {near.home.nights} nights" if near.home.nights else "He has a curfew"
    side = "inside the zone, " if near.distance_m < 0 else ""
    return (
        f"{whose} at a place {side}{abs(near.distance_m):.0f} m from its edge. Fixes from there "
        "will fall to either side."
    )
