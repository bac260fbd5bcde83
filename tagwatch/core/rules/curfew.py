"""Curfews judged by location fixes: presence, absence, and what cannot be said.

P(outside) is the confidence of the largest circle round a fix that does not touch the place. It
is never more than 1 - P(inside), and 0 for a vague fix at the door: a small P(inside) is not
absence. Silence is neither; `due` and `at_deadline` say when somebody must be told of it.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from tagwatch.core.episode import Episode, Evaluation, episode_id
from tagwatch.core.geometry import distance_to_shape_m
from tagwatch.core.order import Curfew, Thresholds
from tagwatch.core.outcome import Compliance, Finding, Phase, RuleKind
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.prepare import Piece, Track
from tagwatch.core.rules.tally import with_fixes
from tagwatch.core.rules.watch import BACK, OPEN, TRANSITIONS, Absence, Signal, State, Watch
from tagwatch.core.rules.worn import Worn
from tagwatch.core.rules.zone import SLACK
from tagwatch.core.settings import CurfewSettings, Settings
from tagwatch.core.uncertainty import p_inside, quantised
from tagwatch.core.units import SECOND, Instant

VERSION: Final = 1
"""Of this rule; named by every episode."""


@dataclass(slots=True)
class Stepped:
    """What a fix did: the new watch, and the versions of episodes that it made."""

    watch: Watch | None
    changed: list[Episode]
    evaluations: list[Evaluation]


def thresholds_of(piece: Piece, settings: CurfewSettings) -> Thresholds:
    """Return the condition's own thresholds, else the published ones."""
    return piece.condition.thresholds or settings.thresholds


def answer(piece: Piece, fix: PlacedFix, settings: Settings) -> tuple[float, float, Compliance]:
    """Return P(inside), P(outside) and what the fix alone says: COMPLIANT or CANNOT_SAY."""
    shape = piece.area.shape
    x_m, y_m = shape.plane.xy(fix.lon_deg, fix.lat_deg)
    gap_m = distance_to_shape_m(shape, x_m, y_m)
    outside = quantised(1.0 - fix.error.beyond(gap_m))
    inside = p_inside(shape, x_m, y_m, fix.error.mixture)
    if inside >= settings.curfew.present:
        return inside, outside, Compliance.COMPLIANT
    return inside, outside, Compliance.CANNOT_SAY


def step(
    watch: Watch | None,
    fix: PlacedFix,
    track: Track,
    screened_at: tuple[int, int],
    worn: Worn,
    settings: Settings,
) -> tuple[Watch | None, Stepped | None]:
    """Return the watch after `fix`, and what changed, if any. Fixes must come in event order.

    `screened_at`: the last fix that the screen skipped as certainly inside within the window, and
    the last that it skipped as likely inside.
    """
    done = Stepped(None, [], [])
    if watch is not None and fix.at >= watch.until:
        watch = close(watch, fix.at, track, done)
    piece = track.piece_at(fix.at)
    window = piece.interval_at(fix.at) if piece is not None else None
    if piece is None or window is None:
        return watch, done if done.changed else None
    if watch is None:
        watch = Watch(start=window[0], until=window[1])
    seen_at, likely_at = screened_at
    if seen_at >= watch.start and (watch.present_at is None or seen_at > watch.present_at):
        watch = msgspec.structs.replace(watch, present_at=seen_at, answered_at=seen_at)
    if likely_at >= watch.start and (watch.answered_at is None or likely_at > watch.answered_at):
        watch = msgspec.structs.replace(watch, answered_at=likely_at)
    if watch.at_rest and _is_surely_there(piece, fix, settings):
        watch = msgspec.structs.replace(watch, present_at=fix.at, answered_at=fix.at)
        return watch, done if done.changed else None
    after = _Case(fix, piece, thresholds_of(piece, settings.curfew), worn, settings).go(watch)
    done.changed += after.changed
    done.evaluations += after.evaluations
    return after.watch, done if done.changed else None


def _is_surely_there(piece: Piece, fix: PlacedFix, settings: Settings) -> bool:
    """Return True only for fixes that `answer` finds COMPLIANT, without the exact P(inside)."""
    shape = piece.area.shape
    x_m, y_m = shape.plane.xy(fix.lon_deg, fix.lat_deg)
    depth_m = -distance_to_shape_m(shape, x_m, y_m)
    return fix.error.beyond(depth_m) < 1.0 - settings.curfew.present - SLACK


def close(watch: Watch, at: int, track: Track, done: Stepped) -> Watch | None:
    """Return the watch run on into a window that follows without a pause, else None (window over),
    having put the ended absence, if any, into `done`."""
    until = track.runs_until(watch.until, at)
    if until > at:
        return msgspec.structs.replace(watch, until=until)
    if watch.state in OPEN and watch.episode is not None:
        kind = Absence.OUT_AT_END if watch.present_at is not None else Absence.OUT_THROUGHOUT
        done.changed.append(_ended(watch, watch.episode, until, kind, "the curfew ended"))
    after = TRANSITIONS[watch.state, Signal.OVER][1]
    return None if after is State.UNSEEN else watch


def _ended(watch: Watch, episode: Episode, latest: int, kind: Absence, how: str) -> Episode:
    """Return the absence ended: a mere possibility says what became of it."""
    finding, reason = episode.finding, how
    if finding is Finding.POSSIBLE:
        finding = Finding.WITHDRAWN if watch.sure_ever is None else Finding.UNDETERMINED
        reason = f"{how}; the absence was not held by fixes over the confirming time"
    last = watch.out_last if watch.sure_ever is None else watch.sure_ever
    return msgspec.structs.replace(
        episode,
        version=episode.version + 1,
        phase=Phase.ENDED,
        finding=finding,
        left_earliest=Instant(latest if last is None else min(last, latest)),
        left_latest=Instant(latest),
        detail=kind,
        reason=reason,
    )


@dataclass(slots=True, frozen=True)
class _Case:
    """One fix within one window."""

    fix: PlacedFix
    piece: Piece
    limits: Thresholds
    worn: Worn
    settings: Settings

    def go(self, watch: Watch) -> Stepped:
        inside, outside, said = answer(self.piece, self.fix, self.settings)
        if said is Compliance.COMPLIANT:
            return self._present(watch, inside)
        watch = self._weigh(watch, inside, outside)
        if outside < self.limits.protect:
            return Stepped(watch, [], [])
        if watch.state in OPEN:
            return self._hold(watch, Stepped(watch, [], []), outside)
        if self.fix.at < watch.start + self._grace_s() * SECOND or not self._is_borne_out(watch):
            return Stepped(watch, [], [])
        return self._hold(*self._out(watch, outside), outside)

    def _is_borne_out(self, watch: Watch) -> bool:
        """Return whether an earlier fix, with an error of its own, was outside too.

        One wild fix a night is what a tag at rest gives; nobody is rung up for it.
        """
        apart = self.settings.curfew.borne_out_s * SECOND
        return watch.out_first is not None and self.fix.at - watch.out_first >= apart

    def _grace_s(self) -> int:
        terms = self.piece.condition.terms
        return terms.grace_s if isinstance(terms, Curfew) else 0

    def _has_settled(self, watch: Watch) -> bool:
        if watch.state not in BACK or watch.back_at is None:
            return False
        return self.fix.at - watch.back_at >= self.settings.curfew.confirm_s * SECOND

    def _told(self) -> bool:
        told_at = self.piece.condition.told_at
        return told_at is not None and told_at <= self.fix.at

    def _evaluation(self, compliance: Compliance, outside: float) -> Evaluation:
        condition = self.piece.condition
        return Evaluation(
            rule=RuleKind.CURFEW,
            condition_id=condition.condition_id,
            condition_version=condition.version,
            settings_version=self.settings.version,
            at=Instant(self.fix.at),
            compliance=compliance,
            probability=outside,
            fixes=(self.fix.fix_id,),
        )

    def _present(self, watch: Watch, inside: float) -> Stepped:
        """Return the watch after a fix that says: he is there (A, E, F, I, J)."""
        at = self.fix.at
        changed: list[Episode] = []
        evaluations: list[Evaluation] = []
        state, episode, back_at = watch.state, watch.episode, watch.back_at
        if state in OPEN and episode is not None:
            kind = Absence.LATE if watch.present_at is None else Absence.LEFT
            if episode.detail == Absence.LEFT:
                kind = Absence.LEFT
            episode = _ended(watch, _with(episode, self.fix), at, kind, "a fix shows him there")
            changed, back_at = [episode], at
            evaluations = [self._evaluation(Compliance.COMPLIANT, quantised(1.0 - inside))]
            state = TRANSITIONS[state, Signal.PRESENT][1]
        elif state is State.UNSEEN:
            state = TRANSITIONS[state, Signal.PRESENT][1]
        elif self._has_settled(watch):
            state, episode, back_at = TRANSITIONS[state, Signal.SETTLED][1], None, None
        after = msgspec.structs.replace(
            watch,
            state=state,
            answered_at=at,
            present_at=at,
            out_first=None,
            out_last=None,
            sure_first=None,
            sure_ever=None if episode is None else watch.sure_ever,
            back_at=back_at,
            episode=episode,
        )
        return Stepped(after, changed, evaluations)

    def _weigh(self, watch: Watch, inside: float, outside: float) -> Watch:
        """Return the watch with a fix that does not show him there counted.

        One that makes presence likely, without showing it, is no answer; yet he was seen.
        """
        at = self.fix.at
        seen = inside >= self.settings.curfew.seen
        against = outside <= 0.0
        out = outside >= self.limits.protect
        sure = outside >= self.limits.accuse
        accusing = sure and self._told()
        if against:
            first_sure = None
        else:
            first_sure = at if accusing and watch.sure_first is None else watch.sure_first
        episode = watch.episode
        if episode is not None and watch.state in OPEN:
            episode = msgspec.structs.replace(
                _with(episode, self.fix),
                probability=max(episode.probability, outside),
                witnesses=self._witnesses(episode) if out else episode.witnesses,
            )
        if against:
            out_first = None
        else:
            out_first = at if out and watch.out_first is None else watch.out_first
        return msgspec.structs.replace(
            watch,
            answered_at=at if out or seen else watch.answered_at,
            out_first=out_first,
            out_last=at if out else watch.out_last,
            sure_first=first_sure,
            sure_ever=at if sure else watch.sure_ever,
            episode=episode,
        )

    def _witnesses(self, episode: Episode) -> int:
        """Return how many fixes independent of each other show the absence, this one counted.

        Never more than the time since the first allows at one in each independent_s.
        """
        apart = self.settings.zone.independent_s * SECOND
        most = 1 + max(0, self.fix.at - episode.entered_latest) // apart
        return max(episode.witnesses, min(episode.witnesses + 1, most))

    def _out(self, watch: Watch, outside: float) -> tuple[Watch, Stepped]:
        """Return the watch with an absence opened (B, C) or taken up again (G, H)."""
        at = self.fix.at
        if watch.state in BACK and watch.episode is not None:
            if not self._has_settled(watch):
                return self._again(watch, watch.episode)
            watch = _settled(watch)
        condition = self.piece.condition
        first = watch.start if watch.present_at is None else watch.present_at
        episode = Episode(
            episode_id=episode_id(
                self.worn.wearer_id, RuleKind.CURFEW, condition.condition_id, self.fix.fix_id
            ),
            wearer_id=self.worn.wearer_id,
            activation_id=self.worn.activation_id,
            rule=RuleKind.CURFEW,
            condition_id=condition.condition_id,
            condition_version=condition.version,
            rule_version=VERSION,
            settings_version=self.settings.version,
            phase=Phase.OPEN,
            finding=Finding.POSSIBLE,
            probability=outside,
            entered_earliest=Instant(first),
            entered_latest=Instant(at if watch.out_first is None else watch.out_first),
            fixes=(self.fix.fix_id,),
            reason="a fix that may lie outside",
            detail=Absence.LATE if watch.present_at is None else Absence.LEFT,
            before_told=not self._told(),
        )
        after = msgspec.structs.replace(
            watch, state=TRANSITIONS[watch.state, Signal.OUT][1], episode=episode
        )
        evaluation = self._evaluation(Compliance.CANNOT_SAY, outside)
        return after, Stepped(after, [episode], [evaluation])

    def _again(self, watch: Watch, episode: Episode) -> tuple[Watch, Stepped]:
        state = TRANSITIONS[watch.state, Signal.OUT][1]
        episode = msgspec.structs.replace(
            _with(episode, self.fix),
            version=episode.version + 1,
            phase=Phase.OPEN,
            finding=Finding.CONFIRMED if state is State.CONFIRMED else Finding.POSSIBLE,
            left_earliest=None,
            left_latest=None,
            reason="out again before he had settled: the same absence",
        )
        after = msgspec.structs.replace(watch, state=state, episode=episode, back_at=None)
        return after, Stepped(after, [episode], [])

    def _hold(self, watch: Watch, done: Stepped, outside: float) -> Stepped:
        """Return the watch with the absence confirmed (D) when it is held for long enough."""
        done.watch = watch
        first, episode = watch.sure_first, watch.episode
        if (
            watch.state is not State.POSSIBLE
            or episode is None
            or first is None
            or outside < self.limits.accuse
            or self.fix.at - first < self.settings.curfew.confirm_s * SECOND
        ):
            return done
        episode = msgspec.structs.replace(
            episode,
            version=episode.version + 1,
            finding=Finding.CONFIRMED,
            confirmed_at=Instant(self.fix.at),
            entered_latest=Instant(first),
            condition_version=self.piece.condition.version,
            settings_version=self.settings.version,
            before_told=False,
            reason="confirmed by fixes outside over the confirming time",
        )
        done.watch = msgspec.structs.replace(
            watch, state=TRANSITIONS[watch.state, Signal.HELD][1], episode=episode
        )
        done.changed.append(episode)
        done.evaluations.append(self._evaluation(Compliance.NOT_COMPLIANT, outside))
        return done


def _settled(watch: Watch) -> Watch:
    """Return the watch with the absence before forgotten, and the fixes that showed it."""
    state = TRANSITIONS[watch.state, Signal.SETTLED][1]
    sure, since = watch.sure_ever, watch.present_at
    if sure is not None and since is not None and sure < since:
        sure = None
    return msgspec.structs.replace(watch, state=state, episode=None, back_at=None, sure_ever=sure)


def _with(episode: Episode, fix: PlacedFix) -> Episode:
    return msgspec.structs.replace(episode, fixes=with_fixes(episode.fixes, (fix.fix_id,)))


def unseen_at(watch: Watch, seen_at: int, unseen_after_s: int) -> int:
    """Return when a wearer not seen since must be looked at: the instant of the deadline."""
    answered = watch.start if watch.answered_at is None else watch.answered_at
    if seen_at >= watch.start:
        answered = max(answered, seen_at)
    return answered + unseen_after_s * SECOND
