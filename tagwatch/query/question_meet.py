"""Do these two meet? When, with which probability, about where; and whether they must not."""

from typing import Final

import msgspec
from sqlalchemy import Connection

from tagwatch.core.carried import OffBody
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.meeting import Followed, Meetings, meetings
from tagwatch.core.order import NoContact
from tagwatch.core.rules.prepare import Prepared
from tagwatch.core.units import DAY
from tagwatch.query.coverage import versions_of_wearer
from tagwatch.query.question import (
    CACHED,
    Known,
    Method,
    QuestionError,
    Window,
    audit_detail,
    known,
    method,
)
from tagwatch.query.reader import Reader

LONGEST: Final = 31 * DAY
WITHIN_M: Final = (10.0, 1_000.0)
HOW: Final = (
    "Each fix of the one is held against the last and the next of the other, with the errors and "
    "the ages of both. Yes: independent pairs of fixes show them within the distance. No: both "
    "were seen all the time and were certainly apart. It is no finding under a condition of no "
    "contact: that is judged by its own rule, for the time in which it binds."
)


class ForbiddenContact(msgspec.Struct, frozen=True, kw_only=True):
    """A condition of no contact between the two."""

    condition_id: ConditionId
    version: int
    whose: WearerId
    """Whom it binds."""
    distance_m: float


class MeetView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, with all it depends on."""

    wearer_id: WearerId
    other_id: WearerId
    other_name: str
    window: Window
    found: Meetings
    forbidden: tuple[ForbiddenContact, ...]
    """The newest version of each condition of no contact that names the other."""
    off_body: tuple[OffBody, ...]
    """Of either: in these times a tag said that it was off its wearer."""
    method: Method


def meet(
    reader: Reader, wearer_id: WearerId, other_id: WearerId, within_m: float, window: Window
) -> MeetView:
    """Return whether the two met. Raises NotFound where either is outside scope, QuestionError;
    each is on the audit."""
    low, high = WITHIN_M
    if not low <= within_m <= high:
        raise QuestionError("within", f"The distance must be from {low:g} to {high:g} metres")
    if wearer_id == other_id:
        raise QuestionError("other", "Choose another wearer")
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "question_meet")
        other = reader.wearer(connection, other_id, "question_meet")
        one_known = known(connection, wearer_id, window)
        other_known = known(connection, other_id, window)
        forbidden = (
            *_forbidden(connection, wearer_id, other_id, window),
            *_forbidden(connection, other_id, wearer_id, window),
        )
    found = meetings(
        _followed(one_known),
        _followed(other_known),
        within_m,
        window.span,
        one_known.settings,
        Prepared(most=CACHED),
    )
    detail = audit_detail(window, f"within {within_m:g} m", found.answer.value)
    reader.combined("question_meet", [wearer_id, other_id], detail)
    rules = one_known.settings.at(window.start).encounter
    return MeetView(
        wearer_id=wearer_id,
        other_id=other_id,
        other_name=other.name,
        window=window,
        found=found,
        forbidden=forbidden,
        off_body=(*one_known.off_body(window), *other_known.off_body(window)),
        method=method(
            HOW,
            one_known.settings,
            window.start,
            witnesses=rules.confirm_fixes,
            witnesses_apart_s=rules.independent_s,
            a_fix_tells_for_s=rules.age_most_s,
        ),
    )


def _followed(of_him: Known) -> Followed:
    return Followed(trail=of_him.trail, worn=of_him.tags.worn, mode=of_him.tags.mode)


def _forbidden(
    connection: Connection, whose: WearerId, other: WearerId, window: Window
) -> list[ForbiddenContact]:
    found: dict[ConditionId, ForbiddenContact] = {}
    for version in sorted(versions_of_wearer(connection, whose), key=lambda v: v.version):
        terms = version.terms
        recorded = version.recorded_at <= window.known_at
        if isinstance(terms, NoContact) and terms.other == other and recorded:
            found[version.condition_id] = ForbiddenContact(
                condition_id=version.condition_id,
                version=version.version,
                whose=whose,
                distance_m=terms.distance_m,
            )
    return list(found.values())
