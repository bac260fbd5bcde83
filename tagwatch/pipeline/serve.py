"""Service facts: what tags report of themselves, what silence means, how the installation is.

They depend on arrival and are history: what was known when. Deadlines fire from ticks alone.
"""

from math import isnan
from typing import Final

import msgspec
import numpy as np

from tagwatch.core import derive, ledger
from tagwatch.core.alert import AlertId, AlertKind, ServiceFact, alert_id
from tagwatch.core.fix import Motion, TagEvent, fix_id
from tagwatch.core.ids import WearerId
from tagwatch.core.moves import inhibit
from tagwatch.core.outcome import Phase
from tagwatch.core.recorded_service import PartState
from tagwatch.core.rules import battery, comms, installation, tamper
from tagwatch.core.rules.battery import Reading
from tagwatch.core.rules.installation import LastSeen, Silent
from tagwatch.core.rules.worn import Worn
from tagwatch.core.units import Instant
from tagwatch.pipeline.excuse import clock_ran_out, recorded_anew
from tagwatch.pipeline.handover import hand_over
from tagwatch.pipeline.register import worn_of
from tagwatch.pipeline.rota import shifts
from tagwatch.pipeline.seen import seen_after
from tagwatch.pipeline.step import Frame, Step
from tagwatch.store import health, schema
from tagwatch.store.memory import WearerState
from tagwatch.store.state import LineState
from tagwatch.store.tag_moves import put_tag_move

_CHARGING: Final = {0: False, 1: True}
_MOTIONS: Final = {motion.value: motion for motion in Motion}


def serve(step: Step, state: LineState) -> None:
    """Find the service facts of one record."""
    event = step.event
    if step.frame is not None:
        _heard(step, step.frame, state)
    elif isinstance(event, ledger.Tick):
        _ticked(step, event, state)
    elif isinstance(event, ledger.HeartbeatMissed):
        _part(step, event, state)
    elif isinstance(event, ledger.ProcessStarted):
        health.put_started(step.writes, event, step.seq)
    elif isinstance(event, ledger.HandoverWritten | ledger.HandoverTaken):
        hand_over(step, state)
    elif isinstance(event, ledger.TagMoved):
        put_tag_move(step.writes, event, step.seq)
    elif isinstance(event, ledger.ExemptionRecorded):
        recorded_anew(step, event, state)
    elif isinstance(event, ledger.FrameQuarantined):
        step.writes.count("frames_quarantined")


# --- what a tag says ------------------------------------------------------------------------


def _heard(step: Step, frame: Frame, state: LineState) -> None:
    for event in frame.events:
        _note(step, frame, event)
    wearer, activation = frame.wearer, frame.activation
    if wearer is None or activation is None:
        return
    memory = state.of(wearer)
    worn = Worn(
        wearer_id=wearer,
        activation_id=activation,
        settings_version=state.settings_at(step.received_at).version,
    )
    if memory.worn == activation:
        memory = _listened(step, frame, memory, worn, state)
    elif frame.events:
        _report(step, frame, WearerState(), worn, state)
    state.keep(wearer, seen_after(memory, frame, state))
    if wearer not in state.silences:
        state.silences.plan(wearer, state.silence_deadline(wearer))


def _listened(
    step: Step, frame: Frame, memory: WearerState, worn: Worn, state: LineState
) -> WearerState:
    """Return the memory after a message of the tag that is on the wearer."""
    memory = _report(step, frame, memory, worn, state)
    if memory.comms is None:
        return memory
    if memory.unmonitored is not None:
        state.fittings.plan(worn.wearer_id, step.received_at)
    located_at, motion = _newest(frame)
    rules = state.settings_at(step.received_at).comms
    heard, facts = comms.heard(memory.comms, worn, step.received_at, located_at, motion, rules)
    step.facts += facts
    if facts and memory.comms.silence is not None:
        _heard_again(step, worn.wearer_id, state)
    moved = heard.motion is not memory.comms.motion
    memory = msgspec.structs.replace(memory, comms=heard)
    if moved or facts:
        state.keep(worn.wearer_id, memory)
        state.silences.plan(worn.wearer_id, state.silence_deadline(worn.wearer_id))
    return memory


def _report(
    step: Step, frame: Frame, memory: WearerState, worn: Worn, state: LineState
) -> WearerState:
    """Return the memory after what the message says of battery, strap, case and power."""
    settings = state.settings_at(step.received_at)
    cells, sensors = memory.battery, memory.tamper
    for event in frame.events:
        if (reading := battery.reading_of(event)) is not None:
            cells, facts = battery.observe(cells, reading, worn, settings.battery)
            step.facts += facts
        flat = battery.explains(cells, settings.battery)
        sensors, facts = tamper.observe(sensors, event, worn, settings.tamper, flat)
        step.facts += facts
    if (reading := _reading(frame)) is not None:
        cells, facts = battery.observe(cells, reading, worn, settings.battery)
        step.facts += facts
    return msgspec.structs.replace(memory, battery=cells, tamper=sensors)


def _note(step: Step, frame: Frame, event: TagEvent) -> None:
    step.writes.put(
        schema.tag_event,
        {
            "seq": event.seq,
            "index": event.index,
            "wearer_id": frame.wearer,
            "activation_id": frame.activation,
            "happened_at": event.happened_at,
            "kind": event.kind.value,
            "body": msgspec.json.encode(event).decode(),
        },
    )
    step.writes.count("tag_events")


def _newest(frame: Frame) -> tuple[Instant | None, Motion]:
    """Return the event time of the newest usable fix and its motion."""
    if frame.usable is None:
        return None, Motion.UNKNOWN
    motion = _MOTIONS[int(frame.block["motion"][frame.usable.newest])]
    return Instant(frame.usable.last_at), motion


def _reading(frame: Frame) -> Reading | None:
    """Return the newest thing a frame's fixes say of the battery."""
    block = frame.block
    if not len(block):
        return None
    if frame.usable is not None and not isnan(block["battery_pct"][frame.usable.newest]):
        row = frame.usable.newest
    else:
        rows = np.flatnonzero(~np.isnan(block["battery_pct"]) | (block["charging"] >= 0))
        if not len(rows):
            return None
        row = int(rows[block["fixed_at"][rows].argmax()])
    known = float(block["battery_pct"][row])
    return Reading(
        read_at=Instant(int(block["fixed_at"][row])),
        source=fix_id(int(block["seq"][row]), int(block["index"][row])),
        battery_pct=None if isnan(known) else known,
        charging=_CHARGING.get(int(block["charging"][row])),
    )


def _heard_again(step: Step, wearer: WearerId, state: LineState) -> None:
    """Tell the open outage, if there is one, that a tag is back."""
    before = state.installation
    change = installation.heard_again(before.mass, [wearer], step.received_at)
    step.facts += change.facts
    state.keep_installation(msgspec.structs.replace(before, mass=change.memory))


# --- what a tick fires ----------------------------------------------------------------------


def _ticked(step: Step, tick: ledger.Tick, state: LineState) -> None:
    now = tick.at
    last = state.installation.last_tick
    if last is not None:
        _gap(step, last, tick, state)
    state.keep_installation(msgspec.structs.replace(state.installation, last_tick=tick))
    _silences(step, now, state)
    _curfews(step, now, state)
    shifts(step, last, now, state)
    for alert in state.book.due(now):
        step.moves += clock_ran_out(alert, now, state)


def _gap(step: Step, last: ledger.Tick, tick: ledger.Tick, state: LineState) -> None:
    settings = state.settings_at(tick.at).comms
    blind, stepped = installation.between_ticks(last, tick, settings)
    if stepped is not None:
        step.facts.append(installation.clock_fact(stepped))
    if blind is None:
        return
    seen = [
        LastSeen(
            wearer_id=wearer,
            fixed_at=memory.seen.fixed_at,
            lon_deg=memory.seen.lon_deg,
            lat_deg=memory.seen.lat_deg,
        )
        for wearer, memory in sorted(state.wearers.items())
        if memory.worn is not None
        and memory.seen is not None
        and memory.seen.fixed_at is not None
        and memory.seen.lon_deg is not None
        and memory.seen.lat_deg is not None
    ]
    calls = installation.call_list(seen, state.register.in_force(tick.at), settings)
    health.put_blind(step.writes, blind, calls)
    step.facts.append(installation.blind_fact(blind, calls))
    since = max(state.installation.listening_since, blind.to_at)
    state.keep_installation(msgspec.structs.replace(state.installation, listening_since=since))


def _silences(step: Step, now: Instant, state: LineState) -> None:
    """Find the tags that fell silent, and whether they fell silent together."""
    rules = state.settings_at(now)
    settings = rules.comms
    silent: list[Silent] = []
    found: list[ServiceFact] = []
    for wearer in state.silences.take_due(now):
        memory = state.of(wearer)
        if memory.comms is None or memory.worn is None:
            continue
        heard, facts = comms.at_deadline(
            memory.comms,
            now,
            worn_of(wearer, memory, now, state),
            state.register.mode_of(memory.worn),
            settings,
            state.installation.listening_since,
            battery.explains(memory.battery, rules.battery),
        )
        if facts:
            state.keep(wearer, msgspec.structs.replace(memory, comms=heard))
        for fact in facts:
            found.append(fact)
            if fact.kind is AlertKind.NO_COMMS and fact.phase is Phase.OPEN:
                silent.append(
                    Silent(wearer_id=wearer, alert=alert_id(fact.kind, fact.cause), at=now)
                )
        state.silences.plan(wearer, state.silence_deadline(wearer))
    if silent:
        found = _together(step, found, silent, now, state)
    step.facts += found


def _together(
    step: Step, found: list[ServiceFact], silent: list[Silent], now: Instant, state: LineState
) -> list[ServiceFact]:
    """Return the facts of this tick, those of one outage explained by it."""
    before = state.installation
    settings = state.settings_at(now)
    change = installation.silent_together(before.mass, silent, now, state.monitored, settings.comms)
    state.keep_installation(msgspec.structs.replace(before, mass=change.memory))
    step.facts += change.facts
    outage = installation.mass_alert(change.memory)
    if outage is None:
        return found
    explained: set[AlertId] = set(change.explained)
    for name in sorted(explained):
        stored = state.book.alert(name)
        if stored is not None:
            words = "many tags fell silent together"
            step.moves += inhibit(stored, outage, now, settings.alert, words)
    return [
        msgspec.structs.replace(fact, explained_by=outage)
        if alert_id(fact.kind, fact.cause) in explained
        else fact
        for fact in found
    ]


def _curfews(step: Step, now: Instant, state: LineState) -> None:
    """Find the curfews in which nobody can say where he is."""
    for wearer in state.curfews.take_due(now):
        memory = state.of(wearer)
        if memory.worn is None:
            continue
        done = derive.at_deadline(
            memory.findings,
            now,
            state.orders(wearer),
            state.settings,
            state.prepared,
            state.watched_since(memory.worn),
        )
        if done.changed:
            state.keep(wearer, msgspec.structs.replace(memory, findings=done.memory))
            state.screened.stale(wearer)
        for episode in done.changed:
            state.put_episode(episode, step.seq, step.writes)
            step.changes.append((episode, None))
        state.curfews.plan(wearer, state.curfew_deadline(wearer))


def _part(step: Step, event: ledger.HeartbeatMissed, state: LineState) -> None:
    since = state.ailing_since.get(event.part)
    ailing = event.state is PartState.AILING
    if (fact := installation.part_fact(event, since)) is not None:
        step.facts.append(fact)
    if ailing:
        state.ailing_since[event.part] = event.at if since is None else since
        kept = msgspec.structs.replace(event, at=state.ailing_since[event.part])
        health.put_part(step.writes, kept)
    else:
        state.ailing_since.pop(event.part, None)
        health.put_part(step.writes, event)
