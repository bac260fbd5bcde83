"""From a wearer's fixes and orders to location findings: live, late, or all at once.

`advance` is the incremental form of `derive_findings`; `rederive` mends what late fixes or
corrected orders touch. Whatever the batches and the order of arrival, the findings are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.deadline import at_deadline, due, end_unseen, is_unseen
from tagwatch.core.episode import Episode, Evaluation
from tagwatch.core.fix import FIX_DTYPE, FixBlock, fix_id
from tagwatch.core.ids import ActivationId, EpisodeId
from tagwatch.core.memory import (
    EMPTY,
    LIKELY,
    NEVER,
    SNAPSHOT_EVERY,
    STEPPED,
    Advanced,
    Memory,
    Rederived,
    Unseen,
    open_episodes,
    remembered_episodes,
    snapshot_due,
    with_episodes,
)
from tagwatch.core.reconcile import Reconciled, as_begun, reconcile, set_apart
from tagwatch.core.rules import curfew, zone
from tagwatch.core.rules.prepare import PlacedFix, Prepared, SettingsHistory, WearerOrders
from tagwatch.core.rules.stay import Stay
from tagwatch.core.rules.stay import anew as stay_anew
from tagwatch.core.rules.watch import Watch
from tagwatch.core.rules.watch import anew as watch_anew
from tagwatch.core.rules.worn import Worn
from tagwatch.core.trail import TrailPart, decidable, duplicates, event_order, merged
from tagwatch.core.units import Instant, iso

__all__ = [
    "EMPTY",
    "NEVER",
    "Advanced",
    "Memory",
    "Prepared",
    "Rederived",
    "SettingsHistory",
    "TrailPart",
    "Unseen",
    "WearerOrders",
    "advance",
    "at_deadline",
    "changed_from",
    "decidable",
    "derive_findings",
    "due",
    "duplicates",
    "event_order",
    "is_unseen",
    "late_rows",
    "open_episodes",
    "quiet",
    "rederive",
    "snapshot_due",
]

_S = TypeVar("_S")


def late_rows(memory: Memory, block: FixBlock) -> NDArray[np.bool_]:
    """Return, shape (n,), which fixes would decide and are not later than the memory.

    If any is, use `rederive` from the latest snapshot with `upto` before the earliest of them.
    """
    return decidable(block) & (block["fixed_at"] <= memory.upto)


@dataclass(slots=True)
class _Run:
    """A memory being carried forward fix by fix."""

    memory: Memory
    orders: WearerOrders
    settings: SettingsHistory
    prepared: Prepared
    clear: dict[str, int] = field(init=False)
    stays: dict[str, Stay] = field(init=False)
    watches: dict[str, Watch] = field(init=False)
    changed: list[Episode] = field(default_factory=list[Episode])
    evaluations: list[Evaluation] = field(default_factory=list[Evaluation])
    upto: int = field(init=False)
    first_at: int | None = field(init=False)
    skipped_at: int = field(init=False)
    likely_at: int = field(init=False)
    activation_id: ActivationId | None = field(init=False)

    def __post_init__(self) -> None:
        memory = self.memory
        self.clear = dict(memory.clear)
        self.stays = dict(memory.stays)
        self.watches = dict(memory.watches)
        self.upto, self.first_at = memory.upto, memory.first_at
        self.skipped_at, self.likely_at = memory.skipped_at, memory.likely_at
        self.activation_id = memory.activation_id

    def at_rest(self) -> bool:
        return not self.stays and all(watch.at_rest for watch in self.watches.values())

    def begin(self, activation_id: ActivationId) -> None:
        """Take note of the tag in use: after a swap the filters start anew."""
        if self.activation_id is not None and self.activation_id != activation_id:
            self.stays = {key: stay_anew(stay) for key, stay in self.stays.items()}
            self.watches = {key: watch_anew(watch) for key, watch in self.watches.items()}
        self.activation_id = activation_id

    def step(self, row: tuple[float, ...], part: TrailPart) -> None:
        """Take in one decidable fix, later than or beside the last in event order."""
        (at, _sent, _received, seq, lon, lat, accuracy, confidence, hdop, *_rest) = row
        settings = self.settings.at(Instant(int(at)))
        error = self.prepared.fix_error(
            accuracy, confidence, hdop, int(row[_SATELLITES]), int(row[_SOURCE]), part.tag_model,
            settings,
        )  # fmt: skip
        if self.first_at is None:
            self.first_at = int(at)
        fix = PlacedFix(int(at), lon, lat, fix_id(int(seq), int(row[_INDEX])), error)
        self.upto = fix.at
        tracks = self.prepared.tracks(self.orders)
        worn = Worn(wearer_id=self.orders.wearer_id, activation_id=part.activation_id)
        screened_at = max(self.skipped_at, self.likely_at)
        for track in tracks.zones:
            key = track.key
            stay = self.stays.get(key)
            since = max(self.clear.get(key, self.first_at), screened_at)
            after, clear_at, done = zone.step(stay, fix, track, since, worn, settings)
            if clear_at != since:
                self.clear[key] = clear_at
            if after is not stay:
                _put(self.stays, key, after)
            if done is not None:
                self.changed += done.changed
                self.evaluations += done.evaluations
        for track in tracks.curfews:
            watch = self.watches.get(track.key)
            seen_at = (self.skipped_at, self.likely_at)
            seen, out = curfew.step(watch, fix, track, seen_at, worn, settings)
            if seen is not watch:
                _put(self.watches, track.key, seen)
            if out is not None:
                self.changed += out.changed
                self.evaluations += out.evaluations

    def skip(self, at: int, answer: int) -> None:
        """Take note of a screened fix."""
        if self.first_at is None:
            self.first_at = at
        self.upto = at
        if answer == LIKELY:
            self.likely_at = at
        else:
            self.skipped_at = at

    def remembered(self) -> Memory:
        screened_at = max(self.skipped_at, self.likely_at)
        return Memory(
            upto=Instant(self.upto),
            first_at=None if self.first_at is None else Instant(self.first_at),
            skipped_at=self.skipped_at,
            likely_at=self.likely_at if self.likely_at > self.skipped_at else NEVER,
            activation_id=self.activation_id,
            clear={key: at for key, at in self.clear.items() if at > screened_at},
            stays=self.stays,
            watches=self.watches,
            unseen=self.memory.unseen,
        )


def _put(states: dict[str, _S], key: str, state: _S | None) -> None:
    if state is None:
        states.pop(key, None)
    else:
        states[key] = state


_INDEX, _SATELLITES, _SOURCE = (
    list(FIX_DTYPE.names or ()).index(name) for name in ("index", "satellites", "source")
)


def advance(
    memory: Memory,
    part: TrailPart,
    orders: WearerOrders,
    settings: SettingsHistory,
    prepared: Prepared,
    answers: NDArray[np.uint8] | None = None,
) -> Advanced:
    """Return what fixes later than the memory do.

    `answers`, shape (n,), is what the screen says of the rows of `part.block`; None steps every
    fix. Raises ValueError when a fix is not later than the memory: that is for `rederive`.
    """
    rows = event_order(part.block)
    if not len(rows):
        return Advanced(memory=memory)
    times = part.block["fixed_at"][rows].tolist()
    if times[0] <= memory.upto:
        raise ValueError(
            f"fix of {iso(Instant(times[0]))} is not later than {iso(memory.upto)}, up to which "
            f"{orders.wearer_id} was derived; use rederive from an earlier snapshot"
        )
    run = _Run(memory, orders, settings, prepared)
    run.begin(part.activation_id)
    said = None if answers is None else answers[rows].tolist()
    resting = run.at_rest()
    for k, row in enumerate(rows.tolist()):
        if resting and said is not None and said[k] != STEPPED:
            run.skip(times[k], said[k])
        else:
            run.step(part.block[row].item(), part)
            resting = run.at_rest()
    return _advanced(run)


def quiet(
    memory: Memory, activation_id: ActivationId, first_at: int, last_at: int, seen_at: int
) -> Memory:
    """Return the memory after a frame of which every fix was screened: what `advance` would say,
    without a look at the fixes. Only for a memory `at_rest` with nothing unseen, and a frame
    later than it whose first and last decidable fix are at `first_at` and `last_at`; `seen_at`
    is the last one that was not LIKELY, or NEVER."""
    return Memory(
        upto=Instant(last_at),
        first_at=Instant(first_at) if memory.first_at is None else memory.first_at,
        skipped_at=max(seen_at, memory.skipped_at),
        likely_at=NEVER if seen_at == last_at else last_at,
        activation_id=activation_id,
        watches=memory.watches
        if memory.activation_id in (None, activation_id)
        else {key: watch_anew(watch) for key, watch in memory.watches.items()},
    )


def _advanced(run: _Run) -> Advanced:
    before = open_episodes(run.memory)
    memory = run.remembered()
    memory, facts = end_unseen(memory)
    made = {id(episode) for episode in run.changed}
    was = {id(episode) for episode in before}
    return Advanced(
        memory=memory,
        changed=(*run.changed, *facts),
        progressed=tuple(
            episode
            for episode in open_episodes(memory)
            if id(episode) not in made and id(episode) not in was
        ),
        evaluations=tuple(run.evaluations),
    )


@dataclass(frozen=True, slots=True)
class _Walked:
    memory: Memory
    episodes: tuple[Episode, ...]
    snapshots: tuple[Memory, ...]


def _walk(
    start: Memory,
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    settings: SettingsHistory,
    prepared: Prepared,
) -> _Walked:
    """Return what all fixes of `trail` later than `start` make of it, one by one."""
    run = _Run(start, orders, settings, prepared)
    snapshots: list[Memory] = []
    for number, row in merged(trail, start.upto):
        part = trail[number]
        at = int(part.block["fixed_at"][row])
        crosses = at // SNAPSHOT_EVERY != run.upto // SNAPSHOT_EVERY
        if crosses and run.upto != start.upto:
            snapshots.append(_copy(run))
        run.begin(part.activation_id)
        run.step(part.block[row].item(), part)
    memory = run.remembered()
    last = {episode.episode_id: episode for episode in remembered_episodes(start)}
    last |= {episode.episode_id: episode for episode in run.changed}
    last |= {episode.episode_id: episode for episode in remembered_episodes(memory)}
    return _Walked(memory, tuple(last.values()), tuple(snapshots))


def _copy(run: _Run) -> Memory:
    memory = run.remembered()
    return msgspec.structs.replace(
        memory, stays=dict(run.stays), watches=dict(run.watches), unseen={}
    )


def derive_findings(
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    settings: SettingsHistory,
    window: tuple[Instant, Instant],
    prepared: Prepared,
) -> tuple[Episode, ...]:
    """Return the location findings of a whole trail that reach into [start, end) of `window`.

    The trail must begin far enough before the window for what began there. Oldest first.
    """
    walked = _walk(EMPTY, trail, orders, settings, prepared)
    start, end = window
    return tuple(
        sorted(
            (
                episode
                for episode in walked.episodes
                if episode.entered_earliest < end
                and (episode.left_latest is None or episode.left_latest > start)
            ),
            key=lambda e: (e.entered_latest, e.rule, e.condition_id or "", e.episode_id),
        )
    )


def rederive(
    snapshot: Memory,
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    settings: SettingsHistory,
    prepared: Prepared,
    known: Sequence[Episode],
    current: Memory,
    cause: str,
) -> Rederived:
    """Return the findings anew from `snapshot` (EMPTY for all), reconciled with what was known.

    `trail`: all fixes later than the snapshot, late ones among them. `known`: the wearer's
    episodes as stored, all of them. `current`: the memory in use,
    whose service facts go on. `cause`, e.g. `a late fix`, becomes part of each reason.
    """
    begun = with_episodes(snapshot, set_apart(known))
    walked = _walk(begun, trail, orders, settings, prepared)
    remembered = {e.episode_id for e in remembered_episodes(begun)}
    before = [e for e in known if _touched(e, begun.upto, remembered) and not is_unseen(e)]
    reserved = frozenset(e.episode_id for e in known)
    outcome: Reconciled = reconcile(before, walked.episodes, cause, reserved)
    memory = msgspec.structs.replace(walked.memory, unseen=current.unseen)
    memory, facts = end_unseen(_renamed(memory, outcome.final))
    return Rederived(
        memory=memory,
        changed=(*outcome.changed, *facts),
        snapshots=tuple(_renamed(each, outcome.final) for each in walked.snapshots),
    )


def _touched(episode: Episode, upto: Instant, remembered: set[EpisodeId]) -> bool:
    """Return whether a derivation from there finds the episode again: what had ended by then and
    is not remembered any more stands, also where another begins at the instant it ended."""
    still = episode.left_latest is None or episode.left_latest > upto
    return still or as_begun(episode.episode_id) in remembered


def _renamed(memory: Memory, final: dict[EpisodeId, Episode]) -> Memory:
    """Return the memory with ids and versions of its episodes as they were reconciled."""

    def named(episode: Episode) -> Episode:
        to = final[episode.episode_id]
        return msgspec.structs.replace(
            episode, episode_id=to.episode_id, version=to.version, split_from=to.split_from
        )

    return with_episodes(memory, named)


def changed_from(before: WearerOrders, after: WearerOrders) -> Instant | None:
    """Return the earliest event time at which the two orders can decide differently, or None."""
    old, new = set(before.conditions), set(after.conditions)
    touched = old ^ new
    return min((version.valid_from for version in touched), default=None)
