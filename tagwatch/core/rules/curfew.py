"""Curfews judged by location fixes: presence, absence, and what cannot be said.

What is asked of a fix is in `presence`: P(inside), P(outside), and how far off lies the place that
the fixes show. Silence is neither presence nor absence; `due` and `at_deadline` say when somebody
must be told of it.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from tagwatch.core.episode import Episode, Evaluation, episode_id
from tagwatch.core.order import Curfew, Thresholds
from tagwatch.core.outcome import Compliance, Finding, Phase, RuleKind
from tagwatch.core.rules.fix_error import PlacedFix
from tagwatch.core.rules.prepare import Piece, Track
from tagwatch.core.rules.presence import Doubt, Presence, is_surely_there, presence
from tagwatch.core.rules.tally import with_fixes
from tagwatch.core.rules.watch import BACK, OPEN, TRANSITIONS, Absence, Signal, State, Watch
from tagwatch.core.rules.worn import Worn
from tagwatch.core.settings import CurfewSettings, Settings
from tagwatch.core.units import SECOND, Instant

VERSION: Final = 2
"""Of this rule; named by every episode."""

_SHOWN: Final = "a fix shows him there"
_LIKELY: Final = "fixes over the confirming time make it likely that he is there"


@dataclass(slots=True)
class Stepped:
    """What a fix did: the new watch, and the versions of episodes that it made."""

    watch: Watch | None
    changed: list[Episode]
    evaluations: list[Evaluation]


def thresholds_of(piece: Piece, settings: CurfewSettings) -> Thresholds:
    """Return the condition's own thresholds, else the published ones."""
    return piece.condition.thresholds or settings.thresholds


def step(
    watch: Watch | None,
    fix: PlacedFix,
    track: Track,
    screened_at: tuple[int, int],
    worn: Worn,
    settings: Settings,
    doubt: Doubt,
) -> tuple[Watch | None, Stepped | None]:
    """Return the watch after `fix`, and what changed, if any. Fixes must come in event order.

    `screened_at`: the last fix that the screen skipped as certainly inside within the window, and
    the last that it skipped as likely inside. `doubt` is the filter, asked if need be.
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
    if watch.at_rest and is_surely_there(piece, fix, settings):
        watch = msgspec.structs.replace(watch, present_at=fix.at, answered_at=fix.at)
        return watch, done if done.changed else None
    limits = thresholds_of(piece, settings.curfew)
    # At rest the screen skips what by itself does not speak against him: nothing may come of it.
    found = presence(piece, fix, settings, doubt, limits.protect if watch.at_rest else None)
    after = _Case(fix, piece, limits, worn, settings, found).go(watch)
    done.changed += after.changed
    done.evaluations += after.evaluations
    return after.watch, done if done.changed else None


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


@dataclass(slots=True, eq=False)
class _Case:
    """One fix within one window."""

    fix: PlacedFix
    piece: Piece
    limits: Thresholds
    worn: Worn
    settings: Settings
    found: Presence

    def go(self, watch: Watch) -> Stepped:
        if self.found.inside >= self.settings.curfew.present:
            return self._present(watch, Compliance.COMPLIANT)
        watch = self._weigh(watch)
        if self._is_likely_for_long(watch):
            return self._present(watch, Compliance.CANNOT_SAY)
        if self.found.outside < self.limits.protect:
            return Stepped(watch, [], [])
        if watch.state in OPEN:
            return self._hold(watch, Stepped(watch, [], []))
        if self.fix.at < watch.start + self._grace_s() * SECOND or not self._is_borne_out(watch):
            return Stepped(watch, [], [])
        return self._hold(*self._out(watch))

    def _is_likely_for_long(self, watch: Watch) -> bool:
        """Return whether fixes of the confirming time all make it likely that he is there: in a
        place hardly larger than their error none of them shows it."""
        since, lasting = watch.likely_since, self.settings.curfew.confirm_s * SECOND
        return since is not None and self.fix.at - since >= lasting

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

    def _evaluation(self, compliance: Compliance) -> Evaluation:
        condition = self.piece.condition
        return Evaluation(
            rule=RuleKind.CURFEW,
            condition_id=condition.condition_id,
            condition_version=condition.version,
            settings_version=self.settings.version,
            at=Instant(self.fix.at),
            compliance=compliance,
            probability=self.found.outside,
            fixes=(self.fix.fix_id,),
        )

    def _present(self, watch: Watch, said: Compliance) -> Stepped:
        """Return the watch after a fix that says: he is there (A, E, F, I, J)."""
        at = self.fix.at
        changed: list[Episode] = []
        evaluations: list[Evaluation] = []
        state, episode, back_at = watch.state, watch.episode, watch.back_at
        if state in OPEN and episode is not None:
            kind = Absence.LATE if watch.present_at is None else Absence.LEFT
            if episode.detail == Absence.LEFT:
                kind = Absence.LEFT
            how = _SHOWN if said is Compliance.COMPLIANT else _LIKELY
            episode = _ended(watch, _with(episode, self.fix), at, kind, how)
            changed, back_at = [episode], at
            evaluations = [self._evaluation(said)]
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
            likely_since=None,
            doubted=False,
        )
        return Stepped(after, changed, evaluations)

    def _accuses(self) -> bool:
        """Return whether the fix is a witness: sure, told, and no steady error would explain it."""
        sure = self.found.outside >= self.limits.accuse
        return sure and self.found.steady_m >= self.settings.curfew.steady_m and self._told()

    def _weigh(self, watch: Watch) -> Watch:
        """Return the watch with a fix that does not show him there counted.

        One that makes presence likely, without showing it, is no answer; yet he was seen.
        """
        at, outside, accuses = self.fix.at, self.found.outside, self._accuses()
        seen = self.found.inside >= self.settings.curfew.seen
        against = seen or self.found.lies_in
        out = outside >= self.limits.protect
        doubted = watch.doubted or self.found.by_filter
        likely_since = watch.likely_since
        if not seen:
            likely_since = None
        elif likely_since is None and (doubted or watch.state is not State.PRESENT):
            likely_since = at
        sure_first, by_satellite = watch.sure_first, watch.sure_satellite
        if against:
            sure_first, by_satellite = None, False
        elif accuses:
            sure_first = at if sure_first is None else sure_first
            by_satellite = by_satellite or self._is_by_satellite()
        episode = watch.episode
        if episode is not None and watch.state in OPEN:
            episode = msgspec.structs.replace(
                _with(episode, self.fix),
                probability=max(episode.probability, outside),
                steady_m=max(episode.steady_m, self._steady_m()),
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
            sure_first=sure_first,
            sure_satellite=by_satellite,
            sure_ever=at if outside >= self.limits.accuse else watch.sure_ever,
            episode=episode,
            likely_since=likely_since,
            doubted=doubted,
        )

    def _is_by_satellite(self) -> bool:
        return self.fix.error.claim2 == 0.0

    def _steady_m(self) -> float:
        """Return what the episode says of steady errors: a witness by satellite rules them out."""
        return self.found.steady_m if self._accuses() and self._is_by_satellite() else 0.0

    def _witnesses(self, episode: Episode) -> int:
        """Return how many fixes independent of each other show the absence, this one counted.

        Never more than the time since the first allows at one in each independent_s, and network
        fixes of a stay are one.
        """
        if not self._is_by_satellite() and episode.witnesses > 0:
            return episode.witnesses
        apart = self.settings.zone.independent_s * SECOND
        most = 1 + max(0, self.fix.at - episode.entered_latest) // apart
        return max(episode.witnesses, min(episode.witnesses + 1, most))

    def _out(self, watch: Watch) -> tuple[Watch, Stepped]:
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
            probability=self.found.outside,
            steady_m=self._steady_m(),
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
        evaluation = self._evaluation(Compliance.CANNOT_SAY)
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

    def _hold(self, watch: Watch, done: Stepped) -> Stepped:
        """Return the watch with the absence confirmed (D) when it is held for long enough, and not
        by network fixes alone: those of a stay repeat one entry of a register, right or wrong."""
        done.watch = watch
        first, episode = watch.sure_first, watch.episode
        if (
            watch.state is not State.POSSIBLE
            or episode is None
            or first is None
            or not watch.sure_satellite
            or not self._accuses()
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
            reason=(
                "confirmed by fixes outside over the confirming time: no steady error below "
                f"{episode.steady_m:.0f} m towards the place explains them"
            ),
        )
        done.watch = msgspec.structs.replace(
            watch, state=TRANSITIONS[watch.state, Signal.HELD][1], episode=episode
        )
        done.changed.append(episode)
        done.evaluations.append(self._evaluation(Compliance.NOT_COMPLIANT))
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
