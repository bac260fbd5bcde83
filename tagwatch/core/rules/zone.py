"""Exclusion zones and their buffer rings: one fix after another, in event order, to episodes.

What is asked of a fix is where the filter says he is, given it and all before: P(inside) by the
exact mass, and how deep inside lies the place that the fixes show. Errors that persist are the
filter's; a breach needs independent witnesses. docs/rules/zone.md says what that leaves out.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from tagwatch.core.episode import Episode, Evaluation, episode_id
from tagwatch.core.order import ConditionVersion, ExclusionZone, Thresholds
from tagwatch.core.outcome import Compliance, Finding, Phase, RuleKind
from tagwatch.core.rules.fix_error import REGION, PlacedFix
from tagwatch.core.rules.prepare import Piece, Track
from tagwatch.core.rules.stay import (
    NO_WITNESS,
    OPEN,
    TRANSITIONS,
    Signal,
    State,
    Stay,
    ended,
    move,
)
from tagwatch.core.rules.tally import (
    MORE_LIKELY,
    NETWORK,
    NOBODY,
    SATELLITE,
    SURE_LAST,
    UNTIL,
    close_fold,
    count_likely,
    count_place,
    count_witness,
    is_over,
    tally_of,
    with_fixes,
    with_tally,
    witnesses,
)
from tagwatch.core.rules.whereabouts import Held, Whereabouts
from tagwatch.core.rules.worn import Worn
from tagwatch.core.settings import Settings, ZoneSettings
from tagwatch.core.units import SECOND, Instant

VERSION: Final = 2
"""Of this rule; named by every episode."""

SLACK: Final = 2e-6
"""More than two quantised probabilities can differ by rounding."""


@dataclass(slots=True)
class Stepped:
    """What a fix did: the new stay, and the versions of episodes that it made."""

    stay: Stay | None
    changed: list[Episode]
    evaluations: list[Evaluation]


def thresholds_of(piece: Piece, settings: ZoneSettings) -> Thresholds:
    """Return the thresholds of the condition of a piece."""
    return limits_of(piece.condition, settings)


def limits_of(condition: ConditionVersion, settings: ZoneSettings) -> Thresholds:
    """Return the condition's own thresholds, else those of its kind of zone.

    None protects below the floor: such fixes leave no trace.
    """
    if condition.thresholds is not None:
        if condition.thresholds.protect >= settings.floor:
            return condition.thresholds
        return Thresholds(protect=settings.floor, accuse=condition.thresholds.accuse)
    terms = condition.terms
    if isinstance(terms, ExclusionZone) and terms.protects:
        return settings.life_thresholds
    return settings.thresholds


def is_near(track: Track, fix: PlacedFix) -> bool:
    """Return whether a fix lies so near the area in force that the filter must follow him. Where
    it does not, the area lies outside the region that holds 99 % of the fix's own error."""
    piece = track.piece_at(fix.at)
    if piece is None:
        return False
    return not piece.bound.is_beyond(fix.lon_deg, fix.lat_deg, fix.error.near_m)


def answer(held: Held, protect: float) -> tuple[float, Compliance]:
    """Return P(inside) and what is said by it: COMPLIANT or CANNOT_SAY, never a breach.

    COMPLIANT: the area lies outside the region that holds 99 % of where he may be, and P(inside)
    is below *protect*.
    """
    p = held.inside()
    if p < protect and held.reaching() <= 1.0 - REGION:
        return p, Compliance.COMPLIANT
    return p, Compliance.CANNOT_SAY


def step(
    stay: Stay | None,
    fix: PlacedFix,
    track: Track,
    clear_at: int,
    worn: Worn,
    settings: Settings,
    where: Whereabouts | None,
) -> tuple[Stay | None, int, Stepped | None]:
    """Return the stay after `fix`, when he was last clear of the area, and what changed, if any.

    `clear_at` is the last fix clear of the area, or the first fix of all. `where` is what the
    filter makes of the fix, None where neither this area nor another is near and no stay goes on.
    Without a stay (None), P(inside) below *protect* returns None again. Fixes must come in event
    order.
    """
    done: Stepped | None = None
    if stay is not None:
        lapsed = _lapse(stay, fix.at, track, settings.zone)
        if lapsed is not None:
            done, stay = lapsed, lapsed.stay
    piece = track.piece_at(fix.at)
    if piece is None:
        return stay, clear_at, done
    if where is None or (stay is None and not is_near(track, fix)):
        return stay, fix.at, done
    interval = piece.interval_at(fix.at)
    if interval is None:
        return stay, clear_at, done
    limits = thresholds_of(piece, settings.zone)
    if stay is None:  # most who pass by need no more: the exact area is dear to make ready
        most = where.reaching(piece.bound)
        if most < limits.protect - SLACK and most <= 1.0 - REGION:
            return None, fix.at, done
    held = where.against(piece.area)
    if stay is None or stay.state not in OPEN:
        most = held.reaching()
        if most < limits.protect - SLACK:
            return stay, fix.at if most <= 1.0 - REGION else clear_at, done
    p, said = answer(held, limits.protect)
    clear = said is Compliance.COMPLIANT
    if stay is None and p < limits.protect:
        return None, fix.at if clear else clear_at, done
    sure = track.rule is RuleKind.ZONE and p >= limits.accuse
    case = _Case(
        fix, piece, interval, limits, p, held.steady_m() if sure else 0.0, clear,
        held, worn, settings, clear_at, track.rule,
    )  # fmt: skip
    after = case.open() if stay is None else case.go_on(stay)
    if done is not None:
        after.changed = done.changed + after.changed
        after.evaluations = done.evaluations + after.evaluations
    return after.stay, fix.at if clear else clear_at, after


def _lapse(stay: Stay, at: int, track: Track, settings: ZoneSettings) -> Stepped | None:
    """Return what the passing of time alone did to the stay until `at`, or None for nothing."""
    if stay.state not in OPEN and at > stay.left_at + settings.same_stay_s * SECOND:
        return Stepped(move(stay, Signal.FORGOTTEN), [], [])
    if at < stay.until:
        return None
    until = track.runs_until(stay.until, at)
    if until > at:
        return Stepped(msgspec.structs.replace(stay, until=until), [], [])
    if stay.state not in OPEN:
        return Stepped(move(stay, Signal.LAPSED), [], [])
    latest = until if stay.clear_since is None else stay.clear_since
    over = ended(stay, latest, "the condition stopped applying")
    return Stepped(move(stay, Signal.LAPSED), [over], [])


@dataclass(slots=True, eq=False)
class _Case:
    """One fix against one area, when it matters."""

    fix: PlacedFix
    piece: Piece
    interval: tuple[int, int]
    limits: Thresholds
    p: float
    steady_m: float
    """How deep inside lies the place that the fixes show; 0 where P is below *accuse*."""
    clear: bool
    held: Held
    worn: Worn
    settings: Settings
    clear_at: int
    rule: RuleKind
    tally: list[int] = field(default_factory=list[int])
    """Of the stay with this fix in it."""

    def evaluation(self, compliance: Compliance) -> Evaluation:
        condition = self.piece.condition
        return Evaluation(
            rule=self.rule,
            condition_id=condition.condition_id,
            condition_version=condition.version,
            settings_version=self.settings.version,
            at=Instant(self.fix.at),
            compliance=compliance,
            probability=self.p,
            fixes=(self.fix.fix_id,),
        )

    def told(self) -> bool:
        told_at = self.piece.condition.told_at
        return told_at is not None and told_at <= self.fix.at

    def open(self) -> Stepped:
        """Return a new stay that this fix opens (A), perhaps confirmed at once (B)."""
        condition, fix = self.piece.condition, self.fix
        episode = Episode(
            episode_id=episode_id(
                self.worn.wearer_id, self.rule, condition.condition_id, fix.fix_id
            ),
            wearer_id=self.worn.wearer_id,
            activation_id=self.worn.activation_id,
            rule=self.rule,
            condition_id=condition.condition_id,
            condition_version=condition.version,
            rule_version=VERSION,
            settings_version=self.settings.version,
            phase=Phase.OPEN,
            finding=Finding.POSSIBLE,
            probability=self.p,
            entered_earliest=Instant(max(self.clear_at, self.interval[0])),
            entered_latest=Instant(fix.at),
            fixes=(),
            witnesses=0,
            reason="a fix that may lie inside",
            before_told=not self.told(),
        )
        stay = Stay(
            state=TRANSITIONS[State.AWAY, Signal.NEAR][1],
            until=self.interval[1],
            episode=episode,
            near_last=fix.at,
            near_witness_at=NO_WITNESS,
            witness_at=NO_WITNESS,
            fold_at=fix.at,
        )
        stay = self._weigh(stay)
        done = Stepped(stay, [stay.episode], [self.evaluation(Compliance.CANNOT_SAY)])
        return self._confirm(stay, done)

    def go_on(self, stay: Stay) -> Stepped:
        """Return what this fix makes of a stay that is going on or was just left."""
        if stay.state not in OPEN:
            if self.p < self.limits.protect:
                return Stepped(stay, [], [])
            return self._return(stay)
        stay = self._weigh(stay)
        done = Stepped(stay, [], [])
        if is_over(self.tally, self.fix.at, self.settings.zone.leave_after_s * SECOND):
            return self._leave(stay)
        return self._confirm(stay, done)

    def _return(self, stay: Stay) -> Stepped:
        """Return the stay taken up again (E, F)."""
        state = TRANSITIONS[stay.state, Signal.NEAR][1]
        confirmed = state is State.CONFIRMED
        episode = msgspec.structs.replace(
            stay.episode,
            version=stay.episode.version + 1,
            phase=Phase.OPEN,
            finding=Finding.CONFIRMED if confirmed else Finding.POSSIBLE,
            left_earliest=None,
            left_latest=None,
            reason="came back within the time that makes it the same stay",
        )
        stay = self._weigh(msgspec.structs.replace(stay, state=state, episode=episode))
        done = Stepped(stay, [stay.episode], [self.evaluation(Compliance.CANNOT_SAY)])
        return self._confirm(stay, done)

    def _leave(self, stay: Stay) -> Stepped:
        """Return the stay ended (C, D)."""
        latest = self.fix.at if stay.clear_since is None else stay.clear_since
        episode = ended(stay, latest, "the zone lies outside the region of the fixes since")
        left = move(msgspec.structs.replace(stay, episode=episode, left_at=latest), Signal.LEFT)
        return Stepped(left, [episode], [self.evaluation(Compliance.COMPLIANT)])

    def _confirm(self, stay: Stay, done: Stepped) -> Stepped:
        """Return the stay confirmed (B) when enough independent fixes hold."""
        zone = self.settings.zone
        apart = zone.independent_s * SECOND
        if stay.state is not State.POSSIBLE or self.rule is not RuleKind.ZONE:
            return done
        held = witnesses(self.tally, apart)
        if held < zone.confirm_fixes or self.tally[SURE_LAST] != self.fix.at:
            return done
        episode = msgspec.structs.replace(
            stay.episode,
            version=stay.episode.version + 1,
            finding=Finding.CONFIRMED,
            confirmed_at=Instant(self.fix.at),
            condition_version=self.piece.condition.version,
            settings_version=self.settings.version,
            before_told=False,
            reason=(
                f"confirmed by {held} independent fixes: no steady error below "
                f"{stay.episode.steady_m:.0f} m towards the zone explains them"
            ),
        )
        after = move(msgspec.structs.replace(stay, episode=episode), Signal.HELD)
        evaluations = [*done.evaluations, self.evaluation(Compliance.NOT_COMPLIANT)]
        return Stepped(after, [*done.changed, episode], evaluations)

    def _weigh(self, stay: Stay) -> Stay:
        """Return the stay with this fix counted, and in its episode, the same version."""
        counts, figures = tally_of(stay)
        zone, at, p = self.settings.zone, self.fix.at, self.p
        apart = zone.independent_s * SECOND
        witness = NOBODY
        if p >= self.limits.accuse and self.steady_m >= zone.steady_m and self.told():
            witness = SATELLITE if self.fix.error.claim2 == 0.0 else NETWORK
        close_fold(counts, at, zone.fold_s * SECOND, apart)
        count_witness(counts, at, p, witness, int(self.clear or self._can_tell()))
        protect, accuse = self.limits.protect, self.limits.accuse
        count_place(counts, figures, at, p, protect, accuse, int(self.clear), apart)
        if p >= min(protect, MORE_LIKELY):
            count_likely(counts, p, self.held.at_most())
        counts[UNTIL] = max(counts[UNTIL], self.interval[1])
        # Of a router or mast the register itself may err by any distance.
        if self.fix.error.claim2 == 0.0:
            figures[1] = max(figures[1], self.steady_m)
        fixes = with_fixes(stay.episode.fixes, (self.fix.fix_id,))
        self.tally = counts
        return with_tally(stay, counts, figures, fixes)

    def _can_tell(self) -> bool:
        """Return whether the fix can tell inside from outside: the 99 % region of where he may be
        does not hold the whole area."""
        return self.held.beyond() <= 1.0 - REGION
