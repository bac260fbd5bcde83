"""Fixes of two wearers who must not meet → findings; of all others it takes a look in a table."""

import msgspec

from tagwatch.core import encounters
from tagwatch.core.encounters import EncounterMemory, Trails, Walked
from tagwatch.core.fix import FixBlock, fix_id
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.memory import NEVER
from tagwatch.core.order import ConditionVersion, NoContact
from tagwatch.core.units import HOUR, Instant
from tagwatch.pipeline.staged import ready
from tagwatch.pipeline.step import Step
from tagwatch.store import schema
from tagwatch.store.staging import Purpose, StageRequest, Want
from tagwatch.store.state import LineState

_END = Instant(2**62)


def encounter(step: Step, state: LineState) -> None:
    """Hold a frame's fixes against those of everybody whom its wearer must not meet, or who must
    not meet him."""
    frame = step.frame
    if frame is None or frame.wearer not in state.register.pairs:
        return
    usable, wearer = frame.usable, frame.wearer
    if usable is None or wearer is None or frame.activation is None:
        return
    since = Instant(usable.first_at)
    if frame.waits:
        state.encounters.wait(wearer, since)
        return
    since = state.encounters.waited(wearer, since)
    for name in state.register.pairs.of(wearer):
        _take(step, name, since, frame.block, state)


def encounters_anew(
    step: Step, wearer: WearerId, since: Instant, cause: str, state: LineState
) -> None:
    """Derive what is found under a wearer's own conditions again: they changed from `since` on."""
    for name in state.register.pairs.of(wearer):
        if state.register.conditions[name][0].wearer_id == wearer:
            _anew(step, name, since, cause, state, None)


def encounter_anew(step: Step, request: StageRequest, state: LineState) -> None:
    """Derive again what waited for archived fixes of the two."""
    late_at = request.since if request.late else None
    _anew(step, ConditionId(request.about), request.since, request.cause, state, late_at)


def _take(step: Step, name: ConditionId, since: Instant, block: FixBlock, state: LineState) -> None:
    memory = state.encounters.now(name)
    if since <= memory.upto:
        _anew(step, name, since, "a fix that came later", state, since)
        return
    versions = state.register.conditions[name]
    if not ready(step, _want(versions, memory, since, "fixes of both", since), state):
        return
    wearer = versions[0].wearer_id
    walked = encounters.advance(
        memory,
        _trails(versions, memory, state),
        wearer,
        state.tracks(wearer).encounter(name),
        state.settings,
        state.prepared,
    )
    state.encounters.put(name, walked.slots, step.writes)
    for episode in walked.changed:
        state.put_episode(episode, step.seq, step.writes)
        step.changes.append((episode, _made_at(step, block, episode.fixes, since)))
    for episode in walked.progressed:
        state.put_progress(episode, step.writes)
    _say(step, wearer, walked)


def _anew(
    step: Step,
    name: ConditionId,
    since: Instant,
    cause: str,
    state: LineState,
    late_at: Instant | None,
) -> None:
    versions = state.register.conditions[name]
    wearer = versions[0].wearer_id
    snapshot = state.encounters.before(name, since)
    if not ready(step, _want(versions, snapshot, since, cause, late_at), state):
        return
    known = [e for e in state.all_episodes(wearer) if e.condition_id == name]
    walked = encounters.rederive(
        snapshot,
        _trails(versions, snapshot, state),
        wearer,
        state.tracks(wearer).encounter(name),
        state.settings,
        state.prepared,
        known,
        cause,
    )
    state.encounters.put(name, walked.slots, step.writes)
    for episode in walked.changed:
        state.put_episode(episode, step.seq, step.writes)
        step.changes.append((episode, late_at))


def _want(
    versions: tuple[ConditionVersion, ...],
    memory: EncounterMemory,
    since: Instant,
    cause: str,
    late_at: Instant | None,
) -> Want:
    return Want(
        purpose=Purpose.ENCOUNTER,
        wearer=versions[0].wearer_id,
        about=versions[0].condition_id,
        wearers=(versions[0].wearer_id, _other(versions)),
        start=_start(versions, memory),
        since=since,
        cause=cause,
        late=late_at is not None,
    )


def _trails(
    versions: tuple[ConditionVersion, ...], memory: EncounterMemory, state: LineState
) -> Trails:
    """Return the fixes of both later than the memory."""
    start = _start(versions, memory)
    wearer = versions[0].wearer_id
    return state.trail(wearer, start, _END), state.trail(_other(versions), start, _END)


def _start(versions: tuple[ConditionVersion, ...], memory: EncounterMemory) -> Instant:
    """Return from when on fixes matter: later than the memory; of none, from before it came into
    force."""
    begins = min(version.valid_from for version in versions) - HOUR
    return Instant(begins if memory.upto == NEVER else memory.upto + 1)


def _other(versions: tuple[ConditionVersion, ...]) -> WearerId:
    terms = versions[0].terms
    if not isinstance(terms, NoContact):
        raise ValueError(f"condition {versions[0].condition_id} names nobody not to be met")
    return terms.other


def _made_at(step: Step, block: FixBlock, fixes: tuple[str, ...], since: Instant) -> Instant:
    """Return the event time of the frame's fix that is the last of an episode, else `since`."""
    for row in block:
        if fixes and fix_id(step.seq, int(row["index"])) in fixes[-2:]:
            return Instant(int(row["fixed_at"]))
    return since


def _say(step: Step, wearer: WearerId, walked: Walked) -> None:
    for said in walked.evaluations:
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
