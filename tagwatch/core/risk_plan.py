"""The risk management plan of one wearer: who is at risk, what to do, and when to look again.

It is a record of its own, apart from the wearer's. Recorded persons are named by id alone, so
that erasing one of them takes her name with it, and no field has room for where anybody lives.
"""

import re
from typing import Final

import msgspec

from tagwatch.core.ids import PersonId, WearerId
from tagwatch.core.units import Instant

MOST_LINES: Final = 20
MOST_LETTERS: Final = 300
MOST_AT_RISK: Final = 20
_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]?\s?[0-9][A-Z]{2}\b", re.IGNORECASE)
_DEGREES: Final = re.compile(r"-?\d{1,3}\.\d{3,}\s*[, ]\s*-?\d{1,3}\.\d{3,}")


class AtRisk(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Somebody the wearer may harm, while valid_from <= t < valid_until.

    A recorded protected person by id; else in words ("any future partner", "her two children").
    """

    person_id: PersonId | None = None
    who: str = ""
    relation: str = ""
    valid_from: Instant | None = None
    valid_until: Instant | None = None

    def is_valid(self, at: Instant) -> bool:
        """Say whether this holds at `at`."""
        begun = self.valid_from is None or self.valid_from <= at
        return begun and (self.valid_until is None or at < self.valid_until)


class RiskPlan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One version of the plan; each list is in the order in which it is to be read."""

    wearer_id: WearerId
    version: int
    """1 is the first; the next is one more than the version it was made from."""
    review_at: Instant
    """Somebody must have looked at it again by then."""
    at_risk: tuple[AtRisk, ...] = ()
    contingency: tuple[str, ...] = ()
    """What to do if: "If he comes near at night, ring the night desk, then her advocate"."""
    warnings: tuple[str, ...] = ()
    """What whoever meets him must know first."""
    contacts: tuple[str, ...] = ()
    """Whom to ring, in this order."""
    safety: tuple[str, ...] = ()
    """Measures in place."""
    triggers: tuple[str, ...] = ()
    """What has led to harm before, or would."""


LISTS: Final = {
    "contingency": "Contingency",
    "warnings": "Warnings",
    "contacts": "Contacts",
    "safety": "Safety measures",
    "triggers": "Triggers",
}
"""The lists of lines of a plan, with their words, in the order in which they are read."""


class PlanWrong(ValueError):
    """A plan that cannot be recorded: `field` is which part, the text says what would do."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def check(plan: RiskPlan) -> None:
    """Raise PlanWrong unless the plan is within its limits and names no place."""
    for field, words in LISTS.items():
        lines: tuple[str, ...] = getattr(plan, field)
        if len(lines) > MOST_LINES:
            raise PlanWrong(field, f"{words}: at most {MOST_LINES} lines")
        for line in lines:
            check_words(field, line, MOST_LETTERS)
    if len(plan.at_risk) > MOST_AT_RISK:
        raise PlanWrong("at_risk", f"At most {MOST_AT_RISK} entries of who is at risk")
    for number, one in enumerate(plan.at_risk, 1):
        if one.person_id is None and not one.who.strip():
            raise PlanWrong("at_risk", f"Who is at risk, row {number}: choose or write who it is")
        ends_first = None not in (one.valid_from, one.valid_until)
        if ends_first and (one.valid_from or 0) >= (one.valid_until or 0):
            raise PlanWrong("at_risk", f"Who is at risk, row {number}: until must be after from")
        check_words("at_risk", f"{one.who} {one.relation}", MOST_LETTERS)


def check_words(field: str, words: str, most: int) -> None:
    """Raise PlanWrong for words that are too long, or that hold a postcode or coordinates."""
    if len(words) > most:
        raise PlanWrong(field, f"Write at most {most} letters in a line")
    if _POSTCODE.search(words) or _DEGREES.search(words):
        raise PlanWrong(
            field,
            "Leave out postcodes and coordinates: the plan is read by people who may not know "
            "where anybody lives",
        )


def is_overdue(plan: RiskPlan, at: Instant) -> bool:
    """Say whether the review date has come and nobody has reviewed the plan."""
    return at >= plan.review_at


def changes(before: RiskPlan, after: RiskPlan) -> tuple[str, ...]:
    """Return, a sentence each, what the later version says otherwise; empty if nothing."""
    found: list[str] = []
    for field, words in LISTS.items():
        old: tuple[str, ...] = getattr(before, field)
        new: tuple[str, ...] = getattr(after, field)
        found += [f"{words}: added “{line}”" for line in new if line not in old]
        found += [f"{words}: took out “{line}”" for line in old if line not in new]
        if sorted(old) == sorted(new) and old != new:
            found.append(f"{words}: in another order")
    if before.at_risk != after.at_risk:
        added = sum(one not in before.at_risk for one in after.at_risk)
        gone = sum(one not in after.at_risk for one in before.at_risk)
        found.append(f"Who is at risk: {added} new or changed, {gone} taken out or changed")
    if before.review_at != after.review_at:
        found.append("The review date is another")
    return tuple(found)
