"""An account checked: each statement against the fixes. Supports, contradicts, or cannot say.

Supports, where moments of the fixes show what is claimed. Contradicts, where it is excluded: at
every moment the way to the place was too long for the time. Nobody is cleared by silence: where
nothing was seen the answer is cannot say. docs/accounts.md says how often answers were right.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.alongside import Alongside
from tagwatch.core.followed import Following, following, habit_alongside
from tagwatch.core.geometry import Shape
from tagwatch.core.habit import Habit
from tagwatch.core.likelihood import (
    BETWEEN_MOST,
    MOSTLY,
    LikelihoodRatio,
    of_presence,
    presence_weight,
    weighed,
)
from tagwatch.core.meeting import Answer
from tagwatch.core.moved import moved_by
from tagwatch.core.pass_by import LONG, PassBy, Passed
from tagwatch.core.presence import DECISIVE, Presence
from tagwatch.core.statement import Allegation, Statement
from tagwatch.core.units import MINUTE, SECOND, Instant
from tagwatch.core.was_near import WasNear
from tagwatch.core.wearing import Wearing

SUPPORTS_FROM: Final = 10.0
"""A ratio of this or more supports, its inverse or less contradicts."""
SHORT: Final = 0.6
LONG_ENOUGH: Final = 0.8
"""Who waited is shown there, from the first fix of a stay to the last, for three fifths of the
time said, and can have stayed for four fifths of it: a tag at rest tells of a stay in few fixes."""
OFF_BY: Final = 20 * MINUTE
OFF_M: Final = 100.0
_SHOWN: Final = 0.5
_USUAL: Final = 0.5


class Bearing(StrEnum):
    """What the fixes say of a statement."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    CANNOT_SAY = "cannot say"


class Shifted(msgspec.Struct, frozen=True, kw_only=True):
    """What the answer would be if one thing were otherwise."""

    what: str
    verdict: Bearing
    ratio: float


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What the fixes say of one statement."""

    verdict: Bearing
    weight: LikelihoodRatio
    first: str
    """The proposition that is claimed."""
    second: str
    """The other one."""
    habit: Habit
    presence: Presence | None
    near: WasNear | None
    """The fixes used and what is left open; None where he is said to have followed her."""
    alongside: Alongside | None
    shifted: tuple[Shifted, ...]
    changes: tuple[str, ...]
    """What would change the answer."""


def judged(statement: Statement, him: Wearing) -> Judgement:
    """Return what his fixes say of a statement."""
    shape = statement.shape
    if statement.claim is Allegation.FOLLOWED or shape is None:
        return _followed(statement, him)
    habit = him.habit(shape, statement.window)
    held = _held(statement, shape, statement.window, him, habit)
    shifted = tuple(_shifted(statement, shape, him, habit))
    first, second = propositions(statement)
    near = him.near(shape, statement.window) if held.near is None else held.near
    return Judgement(
        verdict=held.verdict,
        weight=held.weight,
        first=first,
        second=second,
        habit=habit,
        presence=held.presence,
        near=near,
        alongside=None,
        shifted=shifted,
        changes=(*held.said, *_changes(held.verdict, near, shifted, habit)),
    )


class HeldClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim about one place and time held against the fixes."""

    verdict: Bearing
    weight: LikelihoodRatio
    presence: Presence | None
    """None where he is said to have followed her."""
    near: WasNear | None
    said: tuple[str, ...]
    """What the words of the claim leave to be said of the answer."""


def held_claim(statement: Statement, him: Wearing) -> HeldClaim:
    """Return the answer and the ratio alone, without what would change it."""
    shape = statement.shape
    if statement.claim is Allegation.FOLLOWED or shape is None:
        verdict, weight = _bearing_along(following(statement, him), habit_alongside(statement, him))
        return HeldClaim(verdict=verdict, weight=weight, presence=None, near=None, said=())
    habit = him.habit(shape, statement.window)
    return _held(statement, shape, statement.window, him, habit)


def _held(
    statement: Statement,
    shape: Shape,
    window: tuple[Instant, Instant],
    him: Wearing,
    habit: Habit,
) -> HeldClaim:
    found = him.presence(shape, window)
    weight = of_presence(found, habit.chance)
    verdict = bearing_of(found, weight)
    there = HeldClaim(verdict=verdict, weight=weight, presence=found, near=None, said=())
    if verdict is not Bearing.SUPPORTS:
        return there
    if statement.claim is Allegation.WAITED:
        stayed_s = him.pass_by(shape, window).stayed_s
        return _waited(statement, there, him.near(shape, window), stayed_s, habit)
    if statement.claim is Allegation.PASSED:
        return _passed(there, him.pass_by(shape, window), habit)
    return there


def bearing_of(found: Presence, held: LikelihoodRatio) -> Bearing:
    """Return what fixes say of presence. That he was there is supported also where he always is
    and the ratio says little; that he was not, only where the ratio says so."""
    shown = presence_weight(found) >= SUPPORTS_FROM and (
        found.lower >= _SHOWN or (found.probability or 0.0) >= DECISIVE
    )
    if found.lower >= DECISIVE or shown:
        return Bearing.SUPPORTS
    if held.ratio <= 1.0 / SUPPORTS_FROM:
        return Bearing.CONTRADICTS
    return Bearing.CANNOT_SAY


def is_ruled_out(found: Presence) -> bool:
    """Return whether the fixes contradict that he was there, whatever his routine, so long as it
    takes him there on no more than nine days of ten."""
    return bearing_of(found, of_presence(found, MOSTLY)) is Bearing.CONTRADICTS


def _waited(
    statement: Statement, there: HeldClaim, near: WasNear, stayed_s: int, habit: Habit
) -> HeldClaim:
    """Judge for how long: by the longest stay that fixes show, and the longest that they allow."""
    longest_s = max(stayed_s, *((b - a) // SECOND for a, b in near.there), 0)
    open_s = near.left_open_s + sum(b - a for a, b in near.there) // SECOND
    if longest_s >= SHORT * statement.waited_s and open_s >= LONG_ENOUGH * statement.waited_s:
        if longest_s >= LONG_ENOUGH * statement.waited_s:
            return msgspec.structs.replace(there, near=near)
        most = BETWEEN_MOST if there.presence is None else presence_weight(there.presence)
        weight = weighed(min(most, BETWEEN_MOST), habit.chance)
        said = (_shown_for(longest_s),)
        return msgspec.structs.replace(there, weight=weight, near=near, said=said)
    if open_s < SHORT * statement.waited_s:
        # He was there, and for so short a time that he cannot have waited.
        verdict, presence = Bearing.CONTRADICTS, 1.0 / SUPPORTS_FROM
        said = f"He was there, and for no more than {_minutes(open_s)}: too short to have waited"
    else:
        verdict, presence = Bearing.CANNOT_SAY, 1.0
        said = _shown_for(longest_s)
    weight = weighed(presence, habit.chance)
    return msgspec.structs.replace(there, verdict=verdict, weight=weight, near=near, said=(said,))


def _shown_for(longest_s: int) -> str:
    return f"Fixes show him there, at one stay for {_minutes(longest_s)} at the least"


def _passed(there: HeldClaim, found: PassBy, habit: Habit) -> HeldClaim:
    """Judge that he came and went: a stay is no passage, and is not held against who saw him."""
    if found.passed is Passed.CAME_AND_WENT:
        if found.stayed_s * SECOND <= LONG:
            return there
        said = f"He stayed for {_minutes(found.stayed_s)} at the least: more than to pass"
        return msgspec.structs.replace(there, said=(said,))
    if found.passed is Passed.THROUGHOUT:
        said = (
            "He was in the place from the first fix of this time to the last: that is a stay and "
            "no passage. Asked as \u201cwas there\u201d, the fixes support it"
        )
    else:
        said = (
            "Fixes show him in the place, and not both that he came and that he went in this time: "
            "a longer time may show it. Asked as \u201cwas there\u201d, they support it"
        )
    weight = weighed(1.0, habit.chance)
    return msgspec.structs.replace(there, verdict=Bearing.CANNOT_SAY, weight=weight, said=(said,))


def _minutes(seconds: int) -> str:
    whole = round(seconds / 60)
    return "1 minute" if whole == 1 else f"{whole} minutes"


# --- if one thing were otherwise ------------------------------------------------------------------


def _shifted(statement: Statement, shape: Shape, him: Wearing, habit: Habit) -> Sequence[Shifted]:
    start, end = statement.window
    asked = [
        (f"20 minutes {name}", shape, (Instant(start + by), Instant(end + by)))
        for name, by in (("earlier", -OFF_BY), ("later", OFF_BY))
    ]
    for name, east_m, north_m in (
        ("north", 0.0, OFF_M), ("east", OFF_M, 0.0), ("south", 0.0, -OFF_M), ("west", -OFF_M, 0.0),
    ):  # fmt: skip
        asked.append((f"100 m to the {name}", moved_by(shape, east_m, north_m), statement.window))
    found: list[Shifted] = []
    for what, where, window in asked:
        held = _held(statement, where, window, him, habit)
        found.append(Shifted(what=what, verdict=held.verdict, ratio=held.weight.ratio))
    return found


def _changes(
    verdict: Bearing, near: WasNear, shifted: Sequence[Shifted], habit: Habit
) -> Sequence[str]:
    found: list[str] = []
    for each in shifted:
        if each.verdict is not verdict:
            found.append(f"If it was {each.what}: {each.verdict.value}")
    if verdict is Bearing.CANNOT_SAY and near.left_open:
        found.append(
            "A narrower time: he can have been there unseen only in the stretches listed as open"
        )
    if verdict is Bearing.CANNOT_SAY and near.unobserved_s + near.off_s:
        found.append(
            "Anything that says where he was while no fix came: a witness, a ticket, a camera"
        )
    if verdict is Bearing.SUPPORTS and habit.seen and habit.chance > _USUAL:
        found.append(
            "That he is usually there at this time: his being there says little of why he was"
        )
    if verdict is not Bearing.CANNOT_SAY:
        found.append(
            "Proof that the tag was not on him, that its clock was wrong, or that the place is "
            "another than the one marked"
        )
    return found


def propositions(statement: Statement) -> tuple[str, str]:
    """Return the two propositions in words, the claimed one first."""
    place = statement.place or "the place described"
    if statement.claim is Allegation.FOLLOWED:
        return (
            f"He kept within {statement.within_m:g} m of her along the way she describes.",
            "He went about as on other days at that hour, whether or not that took him near her.",
        )
    did = {
        Allegation.THERE: "He was at",
        Allegation.PASSED: "He came into and went out of",
        Allegation.WAITED: f"He stayed for about {statement.waited_s // 60} minutes at",
    }[statement.claim]
    return (
        f"{did} {place} at some time in the window described.",
        "He went about as on other days at that hour, whether or not that took him there.",
    )


# --- that he followed her -------------------------------------------------------------------------


def _followed(statement: Statement, him: Wearing) -> Judgement:
    found = following(statement, him)
    habit = habit_alongside(statement, him)
    verdict, weight = _bearing_along(found, habit)
    first, second = propositions(statement)
    shifted: list[Shifted] = []
    changes: list[str] = []
    for name, by in (("earlier", -OFF_BY), ("later", OFF_BY)):
        bearing, held = _bearing_along(following(statement, him, by), habit)
        what = f"20 minutes {name}"
        shifted.append(Shifted(what=what, verdict=bearing, ratio=held.ratio))
        if bearing is not verdict:
            changes.append(f"If it was {what}: {bearing.value}")
    changes.append("More of her own track, or a sharper one")
    if found.alongside.meetings.answer is Answer.YES and not found.alongside.along:
        changes.append(
            "Fixes of both at a second place: one meeting shows that he was near her, not that he "
            "followed"
        )
    return Judgement(
        verdict=verdict,
        weight=weight,
        first=first,
        second=second,
        habit=habit,
        presence=None,
        near=None,
        alongside=found.alongside,
        shifted=tuple(shifted),
        changes=tuple(changes),
    )


def _bearing_along(found: Following, habit: Habit) -> tuple[Bearing, LikelihoodRatio]:
    verdict = Bearing.CANNOT_SAY
    if found.alongside.along and found.alongside.p_near >= DECISIVE:
        verdict = Bearing.SUPPORTS
    weight = weighed(found.presence, habit.chance)
    if found.alongside.meetings.answer is Answer.NO or weight.ratio <= 1.0 / SUPPORTS_FROM:
        verdict = Bearing.CONTRADICTS
    return verdict, weight
