"""Fixes and orders → location findings: forward for new fixes, anew where late ones cut in."""

import msgspec

from tagwatch.core import derive
from tagwatch.core.derive import NEVER, Memory, TrailPart, decidable
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FixBlock, fix_id
from tagwatch.core.ids import ActivationId, WearerId
from tagwatch.core.memory import ANSWER, LIKELY, SEEN, Answers
from tagwatch.core.units import Instant
from tagwatch.pipeline.staged import ready
from tagwatch.pipeline.step import Frame, Step, Usable
from tagwatch.store import schema, trail
from tagwatch.store.staging import Purpose, Want
from tagwatch.store.state import LineState

_END = Instant(2**62)


def decide(step: Step, state: LineState) -> None:
    """Put the frame's fixes into the trail and take them into the wearer's findings."""
    frame = step.frame
    if frame is None or not len(frame.block):
        return
    wearer, activation, usable = frame.wearer, frame.activation, frame.usable
    ends = (usable.first_at, usable.last_at) if usable is not None and usable.in_order else None
    row = trail.block_row(step.seq, wearer, activation, frame.block, ends)
    step.writes.put(schema.trail_block, row)
    if wearer is None or activation is None:
        return
    state.trails.arrived(wearer, activation, frame.block)
    if frame.waits:
        state.trails.wait(wearer, frame.block)
        return
    waited = state.trails.waited(wearer)
    if waited or (usable is not None and usable.first_at <= state.of(wearer).findings.upto):
        late_from = _late_from(frame.block, state.of(wearer).findings, waited)
        if late_from is not None:
            anew(step, wearer, late_from, "a late fix", state, late_from)
    elif usable is not None:
        _forward(step, frame, usable, wearer, activation, state)


def anew(
    step: Step,
    wearer: WearerId,
    since: Instant,
    cause: str,
    state: LineState,
    late_at: Instant | None,
) -> None:
    """Derive the wearer's findings again from the last snapshot before `since`; where that needs
    archived fixes, ask for them. `late_at` is the time of the late fix that made it due, if one
    did."""
    snapshot = state.snapshot_before(wearer, since)
    want = Want(
        purpose=Purpose.FINDINGS,
        wearer=wearer,
        wearers=(wearer,),
        start=Instant(snapshot.upto + 1),
        since=since,
        cause=cause,
        late=late_at is not None,
    )
    if not ready(step, want, state):
        return
    memory = state.of(wearer)
    done = derive.rederive(
        snapshot,
        state.trail(wearer, Instant(snapshot.upto + 1), _END),
        state.orders(wearer),
        state.settings,
        state.prepared,
        state.episodes(wearer),
        memory.findings,
        cause,
    )
    state.keep(wearer, msgspec.structs.replace(memory, findings=done.memory))
    state.replace_snapshots(wearer, snapshot.upto, done.snapshots, step.writes)
    for episode in done.changed:
        _changed(step, episode, late_at, state)
    state.curfews.plan(wearer, state.curfew_deadline(wearer))
    state.screened.stale(wearer)
    step.writes.count("rederived")


def _late_from(block: FixBlock, memory: Memory, waited: list[FixBlock]) -> Instant | None:
    """Return the time of the earliest fix that is not later than the memory; None if none is."""
    found: list[int] = []
    for each in (*waited, block):
        times = each["fixed_at"][decidable(each) if waited else derive.late_rows(memory, each)]
        if len(times):
            found.append(int(times.min()))
    return Instant(min(found)) if found else None


def _forward(
    step: Step,
    frame: Frame,
    usable: Usable,
    wearer: WearerId,
    activation: ActivationId,
    state: LineState,
) -> None:
    memory = state.of(wearer)
    before = memory.findings
    answers = frame.alone if before.stays else frame.answers
    part = TrailPart(activation, frame.tag_model, frame.block, usable.in_order)
    if (
        answers is not None
        and frame.screened
        and before.at_rest
        and not before.unseen
        and answers[usable.newest] <= ANSWER
    ):
        seen_at, likely_at = _seen_at(frame.block, answers, usable)
        after = derive.quiet(
            before,
            part,
            state.settings,
            state.prepared,
            seen_at,
            likely_at,
        )
    else:
        done = derive.advance(
            before,
            part,
            state.orders(wearer),
            state.settings,
            state.prepared,
            answers,
        )
        after = done.memory
        state.screened.stale(wearer)
        for episode in done.changed:
            _changed(step, episode, _cause_at(step, frame.block, episode), state)
        for episode in done.progressed:
            state.put_progress(episode, step.writes)
        for said in done.evaluations:
            step.writes.add(
                schema.evaluation,
                {
                    "seq": step.seq,
                    "wearer_id": wearer,
                    "condition_id": said.condition_id,
                    "at": said.at,
                    "body": msgspec.json.encode(said).decode(),
                },
            )
    state.keep(wearer, msgspec.structs.replace(memory, findings=after))
    if derive.snapshot_due(before, after):
        kept = msgspec.structs.replace(after, unseen={})
        state.put_snapshot(wearer, before.upto, kept, step.writes)
    if before.first_at is None:
        state.curfews.plan(wearer, state.curfew_deadline(wearer))


def _seen_at(block: FixBlock, answers: Answers, usable: Usable) -> tuple[int, int]:
    """Return the times of the last usable fixes of a screened frame that are SEEN and LIKELY."""
    if not answers.any():
        return usable.last_at, NEVER
    rows, times = decidable(block), block["fixed_at"]
    said = answers & ANSWER
    seen, likely = times[rows & (said == SEEN)], times[rows & (said == LIKELY)]
    return int(seen.max(initial=NEVER)), int(likely.max(initial=NEVER))


def _changed(step: Step, episode: Episode, at: Instant | None, state: LineState) -> None:
    state.put_episode(episode, step.seq, step.writes)
    step.changes.append((episode, at))


def _cause_at(step: Step, block: FixBlock, episode: Episode) -> Instant:
    """Return the event time of the fix that made this version: its last one, else the newest."""
    if episode.fixes:
        for row in block:
            if fix_id(step.seq, int(row["index"])) == episode.fixes[-1]:
                return Instant(int(row["fixed_at"]))
    return Instant(int(block["fixed_at"].max()))
