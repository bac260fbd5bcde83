"""From a wearer's fixes and orders to location findings: live, late, or all at once.

`advance` is the incremental form of `derive_findings`; `rederive` mends what late fixes or
corrected orders touch. Whatever the batches and the order of arrival, the findings are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.deadline import at_deadline, due, end_unseen, is_unseen
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FixBlock, joined
from tagwatch.core.ids import EpisodeId
from tagwatch.core.memory import (
    EMPTY,
    EVERYTHING,
    NEVER,
    SNAPSHOT_EVERY,
    Advanced,
    Answers,
    Memory,
    Rederived,
    Unseen,
    open_episodes,
    remembered_episodes,
    snapshot_due,
    with_episodes,
)
from tagwatch.core.order_span import differ_from
from tagwatch.core.outcome import RuleKind
from tagwatch.core.reconcile import Reconciled, as_begun, reconcile, set_apart
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, Tracks, WearerOrders
from tagwatch.core.rules.watch import anew as watch_anew
from tagwatch.core.rules.whereabouts import LastFix
from tagwatch.core.run import Heard, Run, placed
from tagwatch.core.screen import bounds, note, screened
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
    "derive_of_rule",
    "derive_screened",
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


def late_rows(memory: Memory, block: FixBlock) -> NDArray[np.bool_]:
    """Return, shape (n,), which fixes would decide and are not later than the memory.

    If any is, use `rederive` from the latest snapshot with `upto` before the earliest of them.
    """
    return decidable(block) & (block["fixed_at"] <= memory.upto)


def advance(
    memory: Memory,
    part: TrailPart,
    orders: WearerOrders,
    settings: SettingsHistory,
    prepared: Prepared,
    answers: Answers | None = None,
    heard: Heard | None = None,
) -> Advanced:
    """Return what fixes later than the memory do. `heard` is told each fix that is stepped.

    `answers`, shape (n,), is what the screen says of the rows of `part.block`; None steps every
    fix under every rule. Raises ValueError when a fix is not later than the memory: that is for
    `rederive`.
    """
    rows = part.rows
    if not len(rows):
        return Advanced(memory=memory)
    times = part.block["fixed_at"][rows]
    if times[0] <= memory.upto:
        raise ValueError(
            f"fix of {iso(Instant(int(times[0])))} is not later than {iso(memory.upto)}, up to "
            f"which {orders.wearer_id} was derived; use rederive from an earlier snapshot"
        )
    run = Run(memory, orders, settings, prepared, prepared.tracks(orders), heard=heard)
    run.begin(part.activation_id)
    said = np.full(len(rows), EVERYTHING, dtype=np.uint64) if answers is None else answers[rows]
    run.take_all(times, said, part, rows)
    return _advanced(run)


def quiet(
    memory: Memory,
    part: TrailPart,
    settings: SettingsHistory,
    prepared: Prepared,
    seen_at: int,
    likely_at: int,
) -> Memory:
    """Return the memory after a frame of which every fix was screened: what `advance` would say,
    without a look at the fixes. Only for a memory `at_rest` with nothing unseen, and a frame later
    than it; `seen_at` and `likely_at` are the last fixes that were SEEN and LIKELY, or NEVER."""
    rows, times = part.rows, part.block["fixed_at"]
    first_at, last_at = Instant(int(times[rows[0]])), Instant(int(times[rows[-1]]))
    seen_at, likely_at = max(seen_at, memory.skipped_at), max(likely_at, memory.likely_at)
    swapped = memory.activation_id not in (None, part.activation_id)
    watches = memory.watches
    return Memory(
        upto=last_at,
        first_at=first_at if memory.first_at is None else memory.first_at,
        skipped_at=seen_at,
        likely_at=likely_at if likely_at > seen_at else NEVER,
        activation_id=part.activation_id,
        clear_at=last_at,
        watches={k: watch_anew(watch) for k, watch in watches.items()} if swapped else watches,
        last=LastFix.of(placed(part, int(rows[-1]), settings.at(last_at), prepared)),
    )


def _advanced(run: Run) -> Advanced:
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
    tracks: Tracks,
    answers: Sequence[Answers] | None,
    heard: Heard | None = None,
) -> _Walked:
    """Return what all fixes of `trail` later than `start` make of it under `tracks`; `answers` is
    what the screen says of each part. Where it was not asked (None) they are taken one by one."""
    run = Run(start, orders, settings, prepared, tracks, heard=heard)
    snapshots: list[Memory] = []
    for (number, _), group in groupby(merged(trail, start.upto), _part_and_span):
        fixes, part = list(group), trail[number]
        crosses = fixes[0][0] // SNAPSHOT_EVERY != run.upto // SNAPSHOT_EVERY
        if crosses and run.upto != start.upto:
            snapshots.append(_copy(run))
        run.begin(part.activation_id)
        if answers is None:
            for at, _, row in fixes:
                run.take(at, EVERYTHING, part, row)
        else:
            rows = np.array([row for _, _, row in fixes])
            run.take_all(part.block["fixed_at"][rows], answers[number][rows], part, rows)
    memory = run.remembered()
    last = {episode.episode_id: episode for episode in remembered_episodes(start)}
    last |= {episode.episode_id: episode for episode in run.changed}
    last |= {episode.episode_id: episode for episode in remembered_episodes(memory)}
    return _Walked(memory, tuple(last.values()), tuple(snapshots))


def _part_and_span(placed: tuple[int, int, int]) -> tuple[int, int]:
    at, number, _row = placed
    return number, at // SNAPSHOT_EVERY


def _asked(
    start: Memory, trail: Sequence[TrailPart], tracks: Tracks, settings: SettingsHistory
) -> list[Answers] | None:
    """Return what the screen says of a trail; None where other settings come into force in it."""
    spans = [(p.block["fixed_at"].min(), p.block["fixed_at"].max()) for p in trail if len(p.block)]
    if not spans:
        return None
    first = max(int(min(low for low, _ in spans)), start.upto)
    _, until, rules = settings.around(Instant(first))
    if any(high >= until for _, high in spans):
        return None
    known, found = bounds([tracks]), list[Answers]()
    for model, group in groupby(trail, key=lambda part: part.tag_model):
        note(known, 0, tracks, start, model, rules, Instant(first))
        blocks = [part.block for part in group]
        together = joined(blocks)
        nobody = np.zeros(len(together), dtype=np.int64)
        answers = screened(together, nobody, known, rules)
        found += np.split(answers, np.cumsum([len(block) for block in blocks])[:-1])
    return found


def _copy(run: Run) -> Memory:
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
    heard: Heard | None = None,
) -> tuple[Episode, ...]:
    """Return the location findings of a whole trail that reach into [start, end) of `window`.

    The trail must begin far enough before the window for what began there. Oldest first. `heard`
    is told each fix that is stepped.
    """
    tracks = prepared.tracks(orders)
    walked = _walk(EMPTY, trail, orders, settings, prepared, tracks, None, heard)
    return _reaching(walked.episodes, window)


def derive_of_rule(
    rule: RuleKind,
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    settings: SettingsHistory,
    window: tuple[Instant, Instant],
    prepared: Prepared,
) -> tuple[Episode, ...]:
    """Return what `derive_findings` finds under one rule, without a look at what cannot matter.

    Zones and rings are walked together: the filter follows him while any of them is near.
    """
    tracks = prepared.tracks(orders).alike(rule)
    found = _screened(trail, orders, settings, window, prepared, tracks)
    return tuple(episode for episode in found if episode.rule is rule)


def derive_screened(
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    settings: SettingsHistory,
    window: tuple[Instant, Instant],
    prepared: Prepared,
) -> tuple[Episode, ...]:
    """Return what `derive_findings` finds, without a look at what certainly changes nothing."""
    return _screened(trail, orders, settings, window, prepared, prepared.tracks(orders))


def _screened(
    trail: Sequence[TrailPart],
    orders: WearerOrders,
    settings: SettingsHistory,
    window: tuple[Instant, Instant],
    prepared: Prepared,
    tracks: Tracks,
) -> tuple[Episode, ...]:
    asked = _asked(EMPTY, trail, tracks, settings)
    walked = _walk(EMPTY, trail, orders, settings, prepared, tracks, asked)
    return _reaching(walked.episodes, window)


def _reaching(episodes: Sequence[Episode], window: tuple[Instant, Instant]) -> tuple[Episode, ...]:
    start, end = window
    reaching = [
        episode
        for episode in episodes
        if episode.entered_earliest < end
        and (episode.left_latest is None or episode.left_latest > start)
    ]
    reaching.sort(key=lambda e: (e.entered_latest, e.rule, e.condition_id or "", e.episode_id))
    return tuple(reaching)


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
    tracks = prepared.tracks(orders)
    asked = _asked(begun, trail, tracks, settings)
    walked = _walk(begun, trail, orders, settings, prepared, tracks, asked)
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
    versions = set(before.conditions) ^ set(after.conditions)
    exemptions = set(before.exemptions) ^ set(after.exemptions)
    begins = [version.valid_from for version in versions]
    ends = differ_from(before.spans, after.spans)
    since = [*begins, *(each.starts_at for each in exemptions), *(() if ends is None else (ends,))]
    return min(since, default=None)
