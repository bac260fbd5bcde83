"""An account checked: each statement against the fixes. Supports, contradicts, or cannot say.

Supports, where moments of the fixes show what is claimed. Contradicts, where it is excluded: at
every moment the way to the place was too long for the time. Nobody is cleared by silence: where
nothing was seen the answer is cannot say. docs/accounts.md says how often answers were right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.alongside import Alongside, alongside
from tagwatch.core.geometry import Disc, LonLat, MultiPolygon, Plane, Polygon, Shape
from tagwatch.core.likelihood import LikelihoodRatio, of_presence, weight
from tagwatch.core.meeting import Answer, Followed
from tagwatch.core.presence import DECISIVE, Presence, presence
from tagwatch.core.rules.prepare import Prepared, SettingsHistory
from tagwatch.core.statement import Allegation, Statement
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import DAY, HOUR, MINUTE, SECOND, Instant
from tagwatch.core.was_near import WasNear, was_near

SUPPORTS_FROM: Final = 10.0
"""A ratio of this or more supports, its inverse or less contradicts."""
EXCLUDED: Final = 0.05
"""Contradicts only where no more than this is left open."""
DAYS: Final = 28
"""So many days before are looked at for his routine, at the same time of day."""
BESIDE: Final = HOUR
OFF_BY: Final = 20 * MINUTE
OFF_M: Final = 100.0
_HABIT: Final = 0.5
"""He was there on an occasion if the chance was at least this."""
_SEEN: Final = 0.5
"""An occasion counts if at least so much of it was observed."""


class Bearing(StrEnum):
    """What the fixes say of a statement."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    CANNOT_SAY = "cannot say"


class Habit(msgspec.Struct, frozen=True, kw_only=True):
    """How often he was there at this time of day before."""

    days: int
    """Days looked at: those before, in order back."""
    seen: int
    """On how many of them at least half of the time was observed."""
    there: int
    """On how many of those he was there."""

    @property
    def chance(self) -> float:
        """The chance by routine alone, before any fix of the day: never 0 or 1."""
        return (self.there + 0.5) / (self.seen + 1.0) if self.seen else 0.5


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


@dataclass(frozen=True, slots=True, eq=False)
class Wearing:
    """One wearer's fixes from `DAYS` before a statement to an hour after, and by what to judge."""

    trail: Sequence[TrailPart]
    worn: Sequence[tuple[Instant, Instant]]
    one: Followed
    settings: SettingsHistory
    prepared: Prepared
    days: int = DAYS
    """So many days before are looked at for his routine."""

    def around(self, window: tuple[Instant, Instant]) -> list[TrailPart]:
        """Return the fixes within an hour or so of a window."""
        low, high = window[0] - BESIDE, window[1] + BESIDE
        found: list[TrailPart] = []
        for part in self.trail:
            times = part.block["fixed_at"]
            block = part.block[(times >= low) & (times < high)]
            if len(block):
                found.append(TrailPart(part.activation_id, part.tag_model, block))
        return found

    def presence(self, shape: Shape, window: tuple[Instant, Instant]) -> Presence:
        """Return the chance that he was in the place in the window."""
        return presence(
            self.around(window), shape, window, self.worn, self.one.mode, self.settings,
            self.prepared,
        )  # fmt: skip

    def near(self, shape: Shape, window: tuple[Instant, Instant]) -> WasNear:
        """Return what the line's own rule says of it."""
        return was_near(
            self.around(window), shape, window, self.worn, self.one.mode, self.settings,
            self.prepared,
        )  # fmt: skip


def judged(statement: Statement, him: Wearing) -> Judgement:
    """Return what his fixes say of a statement."""
    shape = statement.shape
    if statement.claim is Allegation.FOLLOWED or shape is None:
        return _followed(statement, him)
    found = him.presence(shape, statement.window)
    habit = _habit(shape, statement.window, him)
    near = him.near(shape, statement.window)
    held = of_presence(found, habit.chance)
    verdict = bearing_of(found, held)
    if statement.claim is Allegation.WAITED:
        verdict, held = _waited(statement, near, verdict, held, habit)
    shifted = tuple(_shifted(statement, shape, him, habit))
    first, second = propositions(statement)
    return Judgement(
        verdict=verdict,
        weight=held,
        first=first,
        second=second,
        habit=habit,
        presence=found,
        near=near,
        alongside=None,
        shifted=shifted,
        changes=tuple(_changes(verdict, near, shifted, habit)),
    )


def bearing_of(found: Presence, held: LikelihoodRatio) -> Bearing:
    """Return what fixes say of presence, by the chance and its bounds and the ratio."""
    best = found.probability or 0.0
    reckoned = found.lower >= _HABIT or best >= DECISIVE
    if found.lower >= DECISIVE or (held.ratio >= SUPPORTS_FROM and reckoned):
        return Bearing.SUPPORTS
    if held.ratio <= 1.0 / SUPPORTS_FROM and found.upper <= EXCLUDED:
        return Bearing.CONTRADICTS
    return Bearing.CANNOT_SAY


def _waited(
    statement: Statement, near: WasNear, verdict: Bearing, held: LikelihoodRatio, habit: Habit
) -> tuple[Bearing, LikelihoodRatio]:
    """Judge for how long: by the longest stay that fixes show, and the longest that they allow."""
    longest_s = max((b - a for a, b in near.there), default=0) // SECOND
    open_s = near.left_open_s + sum(b - a for a, b in near.there) // SECOND
    if longest_s >= 0.8 * statement.waited_s:
        return verdict, held
    neutral = weight(0.0, habit.chance, 1.0, habit.chance, 0.0)
    if verdict is Bearing.SUPPORTS:
        if open_s < 0.5 * statement.waited_s:
            # He was there, and for so short a time that he cannot have waited.
            return Bearing.CONTRADICTS, weight(0.0, 0.0, EXCLUDED, habit.chance, 1.0)
        return Bearing.CANNOT_SAY, neutral
    return verdict, held


def _habit(shape: Shape, window: tuple[Instant, Instant], him: Wearing) -> Habit:
    seen = there = 0
    for back in range(1, him.days + 1):
        start, end = (Instant(each - back * DAY) for each in window)
        found = him.presence(shape, (start, end))
        whole_s = (end - start) // SECOND
        if found.observed_s < _SEEN * whole_s or found.probability is None:
            continue
        seen += 1
        there += found.probability >= _HABIT
    return Habit(days=him.days, seen=seen, there=there)


# --- if one thing were otherwise ------------------------------------------------------------------


def _shifted(statement: Statement, shape: Shape, him: Wearing, habit: Habit) -> Sequence[Shifted]:
    start, end = statement.window
    found = [
        _if(f"20 minutes {name}", shape, (Instant(start + by), Instant(end + by)), him, habit)
        for name, by in (("earlier", -OFF_BY), ("later", OFF_BY))
    ]
    for name, east_m, north_m in (
        ("north", 0.0, OFF_M), ("east", OFF_M, 0.0), ("south", 0.0, -OFF_M), ("west", -OFF_M, 0.0),
    ):  # fmt: skip
        moved = moved_by(shape, east_m, north_m)
        found.append(_if(f"100 m to the {name}", moved, statement.window, him, habit))
    return found


def _if(
    what: str, shape: Shape, window: tuple[Instant, Instant], him: Wearing, habit: Habit
) -> Shifted:
    found = him.presence(shape, window)
    held = of_presence(found, habit.chance)
    return Shifted(what=what, verdict=bearing_of(found, held), ratio=held.ratio)


def moved_by(shape: Shape, east_m: float, north_m: float) -> Shape:
    """Return the shape moved by so many metres."""
    if isinstance(shape, Disc):
        return Disc(centre=_moved(shape.centre, east_m, north_m), radius_m=shape.radius_m)
    if isinstance(shape, MultiPolygon):
        parts = tuple(_moved_part(part, east_m, north_m) for part in shape.parts)
        return MultiPolygon(parts=parts)
    return _moved_part(shape, east_m, north_m)


def _moved_part(part: Polygon, east_m: float, north_m: float) -> Polygon:
    rings = tuple(tuple(_moved(each, east_m, north_m) for each in ring) for ring in part.rings)
    return Polygon(rings=rings)


def _moved(place: LonLat, east_m: float, north_m: float) -> LonLat:
    kx_m, ky_m = Plane.at(place).scale_m
    return LonLat(lon_deg=place.lon_deg + east_m / kx_m, lat_deg=place.lat_deg + north_m / ky_m)


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
    if verdict is Bearing.SUPPORTS and habit.seen and habit.chance > _HABIT:
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
            "He was elsewhere, going about as he did at that time of day in the weeks before.",
        )
    did = {
        Allegation.THERE: "He was at",
        Allegation.PASSED: "He passed",
        Allegation.WAITED: f"He stayed for about {statement.waited_s // 60} minutes at",
    }[statement.claim]
    return (
        f"{did} {place} at some time in the window described.",
        (
            "He was not there in that window, going about as he did at that time of day in the "
            "weeks before."
        ),
    )


# --- that he followed her -------------------------------------------------------------------------


def _followed(statement: Statement, him: Wearing) -> Judgement:
    window = statement.window
    found = alongside(statement, him.around(window), him.one, window, him.settings, him.prepared)
    seen = there = 0
    for back in range(1, him.days + 1):
        start, end = (Instant(each - back * DAY) for each in window)
        before = alongside(
            statement, him.around((start, end)), him.one, (start, end), him.settings, him.prepared,
            back * DAY,
        )  # fmt: skip
        if before.meetings.both_seen_s * SECOND >= _SEEN * (end - start):
            seen += 1
            there += before.meetings.answer is Answer.YES
    habit = Habit(days=him.days, seen=seen, there=there)
    lower = found.p_near if found.along else 0.0
    upper = 0.0 if found.meetings.answer is Answer.NO else 1.0
    held = weight(lower, 0.0 if upper == 0.0 else lower or habit.chance, upper, habit.chance, 0.0)
    verdict = Bearing.CANNOT_SAY
    if found.along and lower >= DECISIVE:
        verdict = Bearing.SUPPORTS
    elif found.meetings.answer is Answer.NO:
        verdict = Bearing.CONTRADICTS
    first, second = propositions(statement)
    changes = ["More of her own track, or a sharper one"]
    if found.meetings.answer is Answer.YES and not found.along:
        changes.append(
            "Fixes of both at a second place: one meeting shows that he was near her, not that he "
            "followed"
        )
    return Judgement(
        verdict=verdict,
        weight=held,
        first=first,
        second=second,
        habit=habit,
        presence=None,
        near=None,
        alongside=found,
        shifted=(),
        changes=tuple(changes),
    )
