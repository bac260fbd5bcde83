"""The days before the demonstration begins: the same door and the same line, on simulated time.

Tags' posts go through the receiver's own `Door`, are journaled with the time they would have
arrived, and are decided by the line in this process; simulated officers answer the alerts.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.random import Generator

from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import (
    AlertAcknowledged,
    AlertClosed,
    AttemptRecorded,
    Event,
    ProcessStarted,
    Tick,
)
from tagwatch.core.outcome import AlertState, Disposition, Phase
from tagwatch.core.recorded_delivery import AttemptResult
from tagwatch.core.timetable import TZDATA_VERSION
from tagwatch.core.units import HOUR, MINUTE, SECOND, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.ingest.door import Admission, Door, Request
from tagwatch.ingest.register import Register
from tagwatch.sim.earlier import earlier_frames
from tagwatch.sim.former import former_register
from tagwatch.sim.officer import open_alerts, pending
from tagwatch.sim.send import request_of
from tagwatch.sim.world import World
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Draft

STEP: Final = 10 * MINUTE
TICK: Final = 20 * SECOND
"""Shorter than the settings' blind_after_s, so that simulated history has no blind interval."""
CLOSE: Final = 3 * SECOND
"""History ends this close to the present, and the receiver's own ticks follow."""

WORDS: Final = {
    AlertKind.ZONE_ENTRY: (Disposition.TRUE_BREACH, "Rang the wearer; seen inside. Simulated."),
    AlertKind.ZONE_APPROACH: (Disposition.EXPLAINED, "Waited for a bus, he says. Simulated."),
    AlertKind.CURFEW_ABSENCE: (Disposition.TRUE_BREACH, "Not at the address. Simulated."),
    AlertKind.ENCOUNTER: (Disposition.EXPLAINED, "Met by chance. Simulated."),
    AlertKind.CURFEW_UNSEEN: (Disposition.TECHNICAL, "Indoors, poor reception. Simulated."),
    AlertKind.BATTERY_LOW: (Disposition.EXPLAINED, "Asked to charge. Simulated."),
    AlertKind.NO_COMMS: (Disposition.TECHNICAL, "Network came back. Simulated."),
}


def make_history(
    centre: InProcessCentre,
    world: World,
    until: Callable[[], Instant],
    progress: Callable[[float], None],
    boot: Instant = Instant(0),
) -> None:
    """Fill `centre` with the world's register and its days up to `until()`, which may move on.

    `progress` is told the share done, 0 to 1. `boot` is when the monotonic clock of the machine
    showed zero, so that simulated ticks go over into real ones without a step.
    """
    register = Register()
    door = Door(register)
    events = [*former_register(world.seed, world.begins), *world.register()]
    for event in events:
        register.apply(event)
    began = ProcessStarted(
        process="receiver", at=world.begins, code_version="sim", tzdata_version=TZDATA_VERSION
    )
    centre.record(began, *events, at=world.begins)
    centre.append([draft_of(frame, world.begins) for frame in earlier_frames(world)])
    centre.apply()
    rng = np.random.default_rng([world.seed, 1])
    at: int = world.begins
    while (end := until()) - at > CLOSE:
        step_end = min(at + STEP, end)
        centre.append(list(_arrivals(door, world, at, step_end, boot)))
        centre.apply()
        _officers(centre, rng, Instant(step_end))
        at = step_end
        progress((at - world.begins) / (end - world.begins))
    centre.apply()


def _arrivals(door: Door, world: World, since: int, until: int, boot: int) -> Iterator[Draft]:
    """Yield what reaches the journal in [since, until), by time of arrival, with the ticks."""
    posts = [post for sim in world.wearers for post in sim.tag.posts_until(until)]
    arrivals: list[tuple[int, Request | None]] = [
        (max(post.sent_at, since), request_of(post)) for post in posts
    ]
    arrivals += [(at, None) for at in range(since, until, TICK)]
    arrivals.sort(key=lambda arrival: arrival[0])
    for when, request in arrivals:
        at = Instant(when)
        if request is None:
            yield draft_of(Tick(at=at, monotonic_us=at - boot), at)
            continue
        outcome = door.admit(request, at)
        if not isinstance(outcome, Admission):
            raise RuntimeError(f"the door refused a simulated tag: {outcome.body.decode()}")
        door.stored(outcome)
        yield from outcome.drafts


def _officers(centre: InProcessCentre, rng: Generator, now: Instant) -> None:
    """Deliver what waits in the outbox, acknowledge and close alerts as a shift would."""
    acts: list[Event] = [
        AttemptRecorded(
            notification_id=waiting.notification_id,
            attempt=waiting.attempts + 1,
            at=now,
            result=AttemptResult.DELIVERED,
            proof="shown in the list (simulated history)",
        )
        for waiting in pending(centre.projections)
    ]
    for alert in open_alerts(centre.projections):
        acts += _answers(alert, rng, now)
    if acts:
        centre.record(*acts, at=now)


def _answers(alert: Alert, rng: Generator, now: Instant) -> list[Event]:
    age = now - alert.raised_at
    operator = AccountId("demo-operator")
    if alert.state is not AlertState.ACKNOWLEDGED:
        if age < rng.uniform(2, 14) * MINUTE:
            return []
        return [AlertAcknowledged(alert_id=alert.alert_id, at=now, by=operator)]
    ended = alert.phase is Phase.ENDED
    if age < (rng.uniform(0.5, 2) if ended else rng.uniform(4, 9)) * HOUR:
        return []
    disposition, words = WORDS.get(alert.kind, (Disposition.UNKNOWN, "Looked into. Simulated."))
    return [
        AlertClosed(
            alert_id=alert.alert_id, at=now, by=operator, disposition=disposition, words=words
        )
    ]
