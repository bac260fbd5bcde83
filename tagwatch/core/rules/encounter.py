"""No contact between two wearers: pair after pair of their fixes, in event order, to episodes.

Each fix of either is held against the last one of the other. What the two say is P(nearer than the
condition allows); a breach needs independent witnesses, each with new fixes of both.
docs/rules/encounter.md says what that leaves out.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from tagwatch.core.episode import Episode, Evaluation, episode_id
from tagwatch.core.ids import FixId
from tagwatch.core.order import NoContact, Thresholds
from tagwatch.core.outcome import Compliance, Finding, Phase, RuleKind
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.nearness import Nearness, nearness
from tagwatch.core.rules.prepare import Piece, Track
from tagwatch.core.rules.stay import OPEN, TRANSITIONS, Signal, State
from tagwatch.core.rules.tally import with_fixes
from tagwatch.core.rules.worn import Worn
from tagwatch.core.settings import EncounterSettings, Settings
from tagwatch.core.units import SECOND, Instant

VERSION: Final = 1
"""Of this rule; named by every episode."""
_LIKELY: Final = 0.5


class Encounter(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What is remembered of an encounter. None is the floor: it leaves no trace."""

    state: State
    until: int
    """When the interval in which the condition applies ends."""
    episode: Episode
    near_last: int
    """Last pair with P at least *protect*."""
    left_at: int = 0
    sure_last: int | None = None
    clear_since: int | None = None
    """First of an unbroken run of pairs that show them certainly apart."""
    likely: bool = False
    witnesses: int = 0
    witness_at: int = 0
    witness_fixes: tuple[FixId, ...] = ()
    """Of the last witness: the next one has none of them."""


@dataclass(slots=True)
class Stepped:
    """What a fix did: the encounter after it, and the versions of episodes that it made."""

    going: Encounter | None
    apart_at: int
    """When a pair last showed them apart."""
    changed: list[Episode] = field(default_factory=list[Episode])
    evaluations: list[Evaluation] = field(default_factory=list[Evaluation])


def thresholds_of(piece: Piece, settings: EncounterSettings) -> Thresholds:
    """Return the condition's own thresholds, else those of its kind."""
    condition = piece.condition
    if condition.thresholds is not None:
        return condition.thresholds
    terms = condition.terms
    protects = isinstance(terms, NoContact) and bool(terms.protects)
    return settings.life_thresholds if protects else settings.thresholds


def step(
    going: Encounter | None,
    fix: PlacedFix,
    other: PlacedFix | None,
    track: Track,
    apart_at: int,
    worn: Worn,
    settings: Settings,
) -> Stepped:
    """Return what `fix` of one of the two does, held against the last one of the other.

    Fixes of both must come in event order; `other` is None where none has come. `worn` is the tag
    of him whom the condition binds.
    """
    done = Stepped(going, apart_at)
    if going is not None:
        _lapse(going, fix.at, track, settings.encounter, done)
    piece = track.piece_at(fix.at)
    interval = None if piece is None else piece.interval_at(fix.at)
    if piece is None or interval is None:
        return done
    rules = settings.encounter
    fresh = other is not None and fix.at - other.at <= rules.age_most_s * SECOND
    if other is not None and fresh and isinstance(piece.condition.terms, NoContact):
        held = nearness(fix, other, piece.condition.terms.distance_m, settings)
        limits = thresholds_of(piece, rules)
        case = _Case(fix, other, piece, interval, limits, held, worn, settings)
        case.go(done)
    _out_of_sight(fix.at, rules, done)
    return done


def _lapse(
    going: Encounter, at: int, track: Track, rules: EncounterSettings, done: Stepped
) -> None:
    """Let the passing of time alone act on the encounter."""
    if going.state not in OPEN and at > going.left_at + rules.same_stay_s * SECOND:
        done.going = _moved(going, Signal.FORGOTTEN)
        return
    if at < going.until:
        return
    until = track.runs_until(going.until, at)
    if until > at:
        done.going = msgspec.structs.replace(going, until=until)
        return
    if going.state in OPEN:
        latest = until if going.clear_since is None else going.clear_since
        done.changed.append(_ended(going, latest, "the condition stopped applying"))
    done.going = _moved(going, Signal.LAPSED)


def _out_of_sight(at: int, rules: EncounterSettings, done: Stepped) -> None:
    """End an encounter of which nothing was seen for too long."""
    going = done.going
    if going is None or going.state not in OPEN or at - going.near_last < rules.lapse_s * SECOND:
        return
    how = f"nothing showed them near each other for {rules.lapse_s // 60} min"
    _leave(going, at, how, done)


def _leave(going: Encounter, latest: int, how: str, done: Stepped) -> None:
    episode = _ended(going, latest, how)
    done.changed.append(episode)
    after = msgspec.structs.replace(going, episode=episode, left_at=latest)
    done.going = _moved(after, Signal.LEFT)


def _moved(going: Encounter, signal: Signal) -> Encounter | None:
    state = TRANSITIONS[going.state, signal][1]
    return None if state is State.AWAY else msgspec.structs.replace(going, state=state)


def _ended(going: Encounter, latest: int, how: str) -> Episode:
    """Return the episode of an encounter that is over: what stays of a mere possibility is said."""
    episode = going.episode
    earliest = going.near_last if going.sure_last is None else going.sure_last
    finding, reason = episode.finding, how
    if finding is Finding.POSSIBLE:
        finding = Finding.UNDETERMINED if going.likely else Finding.WITHDRAWN
        reason = f"{how}; not confirmed by independent fixes of both"
    return msgspec.structs.replace(
        episode,
        version=episode.version + 1,
        phase=Phase.ENDED,
        finding=finding,
        left_earliest=Instant(min(earliest, latest)),
        left_latest=Instant(latest),
        reason=reason,
    )


@dataclass(slots=True, frozen=True)
class _Case:
    """A pair of fixes, while the condition applies."""

    fix: PlacedFix
    other: PlacedFix
    piece: Piece
    interval: tuple[int, int]
    limits: Thresholds
    held: Nearness
    worn: Worn
    settings: Settings

    def go(self, done: Stepped) -> None:
        going, near = done.going, self.held.near >= self.limits.protect
        if self._shows_apart():
            done.apart_at = self.fix.at
        if going is None:
            if near:
                self._open(done)
        elif going.state not in OPEN:
            if near:
                self._again(going, done)
        else:
            self._go_on(going, done)

    def _shows_apart(self) -> bool:
        """Return whether the pair could tell if they were near, and says that they are not."""
        if self.held.near >= self.limits.protect:
            return False
        return self.held.clear or self.held.most >= self.limits.accuse

    def _told(self) -> bool:
        told_at = self.piece.condition.told_at
        return told_at is not None and told_at <= self.fix.at

    def _ids(self) -> tuple[FixId, FixId]:
        older, newer = sorted((self.fix, self.other), key=lambda fix: (fix.at, fix.fix_id))
        return older.fix_id, newer.fix_id

    def _said(self, compliance: Compliance, done: Stepped) -> None:
        condition = self.piece.condition
        done.evaluations.append(
            Evaluation(
                rule=RuleKind.ENCOUNTER,
                condition_id=condition.condition_id,
                condition_version=condition.version,
                settings_version=self.settings.version,
                at=Instant(self.fix.at),
                compliance=compliance,
                probability=self.held.near,
                fixes=self._ids(),
            )
        )

    def _open(self, done: Stepped) -> None:
        """Open an encounter (A)."""
        condition, at = self.piece.condition, self.fix.at
        episode = Episode(
            episode_id=episode_id(
                self.worn.wearer_id, RuleKind.ENCOUNTER, condition.condition_id, self.fix.fix_id
            ),
            wearer_id=self.worn.wearer_id,
            activation_id=self.worn.activation_id,
            rule=RuleKind.ENCOUNTER,
            condition_id=condition.condition_id,
            condition_version=condition.version,
            rule_version=VERSION,
            settings_version=self.settings.version,
            phase=Phase.OPEN,
            finding=Finding.POSSIBLE,
            probability=self.held.near,
            entered_earliest=Instant(max(done.apart_at, self.interval[0])),
            entered_latest=Instant(at),
            fixes=(),
            witnesses=0,
            reason="fixes of the two that may be too near each other",
            before_told=not self._told(),
        )
        going = Encounter(
            state=TRANSITIONS[State.AWAY, Signal.NEAR][1],
            until=self.interval[1],
            episode=episode,
            near_last=at,
        )
        self._told_anew(self._weigh(going), done)

    def _again(self, going: Encounter, done: Stepped) -> None:
        """Take an encounter up again (E, F)."""
        state = TRANSITIONS[going.state, Signal.NEAR][1]
        episode = msgspec.structs.replace(
            going.episode,
            version=going.episode.version + 1,
            phase=Phase.OPEN,
            finding=Finding.CONFIRMED if state is State.CONFIRMED else Finding.POSSIBLE,
            left_earliest=None,
            left_latest=None,
            reason="near each other again within the time that makes it the same encounter",
        )
        after = msgspec.structs.replace(going, state=state, episode=episode, clear_since=None)
        self._told_anew(self._weigh(after), done)

    def _told_anew(self, going: Encounter, done: Stepped) -> None:
        done.going = going
        done.changed.append(going.episode)
        self._said(Compliance.CANNOT_SAY, done)
        self._confirm(going, done)

    def _go_on(self, going: Encounter, done: Stepped) -> None:
        going = self._weigh(going)
        done.going = going
        since, leave = going.clear_since, self.settings.encounter.leave_after_s * SECOND
        if since is not None and self.fix.at - since >= leave:
            _leave(going, since, "fixes of both show them certainly apart since", done)
            self._said(Compliance.COMPLIANT, done)
            return
        self._confirm(going, done)

    def _weigh(self, going: Encounter) -> Encounter:
        """Return the encounter with this pair counted, and in its episode, the same version."""
        at, held = self.fix.at, self.held
        near, sure = held.near >= self.limits.protect, held.sure >= self.limits.accuse
        clear = held.answer(self.limits.protect) is Compliance.COMPLIANT
        since = going.clear_since if clear else None
        after = msgspec.structs.replace(
            going,
            near_last=at if near else going.near_last,
            sure_last=at if sure else going.sure_last,
            clear_since=at if clear and since is None else since,
            likely=going.likely or held.near >= _LIKELY,
            witnesses=0 if self._shows_apart() else going.witnesses,
        )
        if sure and self._told() and self._is_witness(after):
            after = msgspec.structs.replace(
                after,
                witnesses=after.witnesses + 1,
                witness_at=at,
                witness_fixes=(self.fix.fix_id, self.other.fix_id),
            )
        return msgspec.structs.replace(after, episode=self._counted(after, near=near))

    def _counted(self, going: Encounter, *, near: bool) -> Episode:
        episode = going.episode
        if not near:
            return episode
        fixes = tuple(fix for fix in self._ids() if fix not in episode.fixes[-2:])
        return msgspec.structs.replace(
            episode,
            probability=max(episode.probability, self.held.near),
            steady_m=self.settings.encounter.steady_m if going.witnesses else episode.steady_m,
            witnesses=max(1, episode.witnesses, going.witnesses),
            fixes=with_fixes(episode.fixes, fixes),
        )

    def _is_witness(self, going: Encounter) -> bool:
        """Return whether the pair is independent of the last witness: later, and new on both
        sides."""
        if not going.witnesses:
            return True
        apart = self.settings.encounter.independent_s * SECOND
        new = not {self.fix.fix_id, self.other.fix_id} & set(going.witness_fixes)
        return new and self.fix.at - going.witness_at >= apart

    def _confirm(self, going: Encounter, done: Stepped) -> None:
        """Confirm the encounter (B) when enough independent witnesses hold."""
        needed = self.settings.encounter.confirm_fixes
        if going.state is not State.POSSIBLE or going.witnesses < needed:
            return
        episode = msgspec.structs.replace(
            going.episode,
            version=going.episode.version + 1,
            finding=Finding.CONFIRMED,
            confirmed_at=Instant(self.fix.at),
            condition_version=self.piece.condition.version,
            settings_version=self.settings.version,
            before_told=False,
            reason=f"confirmed by {going.witnesses} independent pairs of fixes of the two",
        )
        done.going = _moved(msgspec.structs.replace(going, episode=episode), Signal.HELD)
        done.changed.append(episode)
        self._said(Compliance.NOT_COMPLIANT, done)
