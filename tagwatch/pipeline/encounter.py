"""Fixes of two wearers who must not meet → findings; of all others it takes a look in a table."""

import msgspec

from tagwatch.core import encounters
from tagwatch.core.encounters import EncounterMemory, Trails, Walked
from tagwatch.core.fix import FixBlock, fix_id
from tagwatch.core.ids import ConditionId, WearerId
from tagwatch.core.memory import NEVER
from tagwatch.core.order import ConditionVersion, NoContact
from tagwatch.core.units import HOUR, Instant
from tagwatch.pipeline.step import Step
from tagwatch.store import schema
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
            _anew(step, name, since, cause, state)


def _take(step: Step, name: ConditionId, since: Instant, block: FixBlock, state: LineState) -> None:
    memory = state.encounters.now(name)
    if since <= memory.upto:
        _anew(step, name, since, "a fix that came later", state)
        return
    versions = state.register.conditions[name]
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


def _anew(step: Step, name: ConditionId, since: Instant, cause: str, state: LineState) -> None:
    versions = state.register.conditions[name]
    wearer = versions[0].wearer_id
    snapshot = state.encounters.before(name, since)
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
        step.changes.append((episode, None if step.frame is None else since))


def _trails(
    versions: tuple[ConditionVersion, ...], memory: EncounterMemory, state: LineState
) -> Trails:
    """Return the fixes of both later than the memory; of none, from before it came into force."""
    terms = versions[0].terms
    if not isinstance(terms, NoContact):
        raise ValueError(f"condition {versions[0].condition_id} names nobody not to be met")
    begins = min(version.valid_from for version in versions) - HOUR
    start = Instant(begins if memory.upto == NEVER else memory.upto + 1)
    wearer = versions[0].wearer_id
    return state.trail(wearer, start, _END), state.trail(terms.other, start, _END)


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
