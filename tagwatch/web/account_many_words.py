"""Which wearers could have been there, in words: for the page and for programs."""

from typing import Final

from tagwatch.core.account import Bearing
from tagwatch.query.account_many import ManyView, PersonHeld
from tagwatch.web.question_words import metres
from tagwatch.web.render import clock, per_cent

WIDE_M: Final = 141.0
"""Wider 95 % circles cannot show presence in a place of 100 m (docs/matching.md)."""


def headline(view: ManyView) -> str:
    """Return the answer in a sentence."""
    if not view.asked:
        return "Nobody was looked at: no wearer within your scope has such an order in force then."
    return (
        f"Of {view.asked:,} looked at, the fixes support it of {len(view.supported):,}; "
        f"{len(view.not_excluded):,} could not be excluded; they contradict it of "
        f"{view.contradicted_in_all:,}."
    )


def limits(view: ManyView) -> tuple[str, ...]:
    """Return who was not looked at or not in full, and why."""
    found: list[str] = []
    if view.barred:
        found.append(
            f"{view.barred:,} within your scope were not looked at: no order of theirs then allows "
            "it for this kind of allegation"
        )
    if view.unknown:
        found.append(
            f"{view.unknown:,} of those you named are unknown, or outside your scope: nothing is "
            "said of them"
        )
    if view.not_in_full:
        found.append(
            f"{view.in_full:,} were checked in full, which is as many as one question allows. "
            f"{view.not_in_full:,} more could not be excluded and have no ratio: check them by "
            "themselves, or ask about fewer"
        )
    if view.contradicted_in_all > len(view.contradicted):
        found.append(
            f"Of those contradicted the {len(view.contradicted):,} who can have come nearest are "
            "listed; the others are counted"
        )
    return tuple(found)


def answer(one: PersonHeld) -> str:
    """Return the words of one wearer's answer."""
    if one.ratio is None:
        return "Could not be excluded. Not checked in full: no ratio."
    most = "" if one.in_full else "at most "
    size = f"likelihood ratio {most}{one.ratio:g}: {one.words}"
    if one.verdict is Bearing.SUPPORTS:
        return f"The fixes support it: {size}."
    if one.verdict is Bearing.CONTRADICTS:
        return f"The fixes contradict it: {size}."
    return f"Could not be excluded: {size}."


def why_open(one: PersonHeld) -> str:
    """Return why somebody could not be excluded."""
    if not one.has_tag:
        return "No tag was on record as on him then: nothing is known."
    found: list[str] = []
    if one.off_s:
        found.append(f"the tag was off for {_minutes(one.off_s)}")
    if not one.fixes:
        found.append("no fix came in this time")
    elif one.unobserved_s:
        found.append(f"nothing was seen for {_minutes(one.unobserved_s)}")
    if one.best_radius_m is not None and one.best_radius_m > WIDE_M:
        found.append(f"the sharpest circle is {metres(one.best_radius_m)} wide to each side")
    if not found:
        found.append("what was seen fits both: he was near enough to have been there")
    said = "; ".join(found)
    return f"{said[:1].upper()}{said[1:]}."


def nearest(one: PersonHeld) -> str:
    """Return the nearest he can have come, and when."""
    if one.approach is None:
        return "Nothing bounds it"
    if one.approach.distance_m <= 0.0:
        return f"In the place, from {clock(one.approach.start)} to {clock(one.approach.end)}"
    return f"{metres(one.approach.distance_m)}, at {clock(one.approach.start)}"


def chance(one: PersonHeld) -> str:
    """Return the chance of presence, and the one by routine."""
    if one.probability is None:
        return "not known"
    routine = "" if one.prior is None else f"; by routine alone {per_cent(one.prior)}"
    return f"{per_cent(one.probability)}{routine}"


def _minutes(seconds: int) -> str:
    return f"{max(1, seconds // 60)} min"
