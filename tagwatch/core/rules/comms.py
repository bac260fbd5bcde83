"""Silence of one tag, measured against what its mode lets expect. Silence is not a breach.

What is measured is when the tag was *heard* (received_at), for that is what silence is; for "no
location" it is the event time of the last usable fix. Time in which the installation itself did
not listen counts for nobody: `listening_since` is the end of its last blind interval.
"""

from typing import Final

import msgspec

from tagwatch.core.alert import AlertKind, ServiceFact
from tagwatch.core.fix import Motion
from tagwatch.core.ids import AlertId
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.person import TagMode
from tagwatch.core.rules.worn import Span, Worn, cause_of, fact_of
from tagwatch.core.settings import CommsSettings
from tagwatch.core.units import SECOND, Instant

_FIRST_GAP_S: Final = 60.0
"""Learning starts no higher: the first gap began when the tag was fitted, not with a message."""


class CommsMemory(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When the tag was last heard of and located, and the silences that are open."""

    heard_at: Instant
    """received_at of the last message; the activation's start before any."""
    located_at: Instant
    """Event time of the newest usable fix; the activation's start before any."""
    motion: Motion = Motion.UNKNOWN
    usual_gap_s: float | None = None
    """Its usual longest gap between messages, learned; None before the second message."""
    silence: Span | None = None
    no_location: Span | None = None
    awake_at: Instant | None = None
    """received_at of the message that ended the last silence: a silent tag has no location either,
    and that is not held against it again."""


def started(at: Instant) -> CommsMemory:
    """Return the memory of a tag fitted at `at`."""
    return CommsMemory(heard_at=at, located_at=at)


def silent_after_s(
    mode: TagMode, motion: Motion, settings: CommsSettings, usual_gap_s: float | None = None
) -> float:
    """Return seconds without a message after which a tag of this mode is silent.

    An unknown motion is taken as rest, whose interval is the longer one. `usual_gap_s`, learned
    of this tag, counts where it is the longer one, up to `learn_most` of what its mode says.
    """
    fixes_s = mode.moving_interval_s if motion is Motion.MOVING else mode.resting_interval_s
    expected_s = float(max(fixes_s, mode.report_interval_s))
    if usual_gap_s is not None:
        expected_s = max(expected_s, min(usual_gap_s, settings.learn_most * expected_s))
    return max(float(settings.silent_least_s), settings.silent_factor * expected_s)


def heard(
    memory: CommsMemory,
    worn: Worn,
    received_at: Instant,
    located_at: Instant | None = None,
    motion: Motion = Motion.UNKNOWN,
    settings: CommsSettings | None = None,
) -> tuple[CommsMemory, tuple[ServiceFact, ...]]:
    """Return the memory and the facts after a message: silence ends; a fresh usable fix, if
    `located_at` names the event time of the newest in it, ends 'no location' too.
    """
    facts: list[ServiceFact] = []
    fresh = located_at is not None and located_at > memory.located_at
    memory = msgspec.structs.replace(
        memory,
        heard_at=max(memory.heard_at, received_at),
        usual_gap_s=_usual_gap_s(memory, received_at, settings or CommsSettings()),
        located_at=located_at if fresh else memory.located_at,
        motion=memory.motion if motion is Motion.UNKNOWN else motion,
    )
    if memory.silence is not None:
        facts.append(_ended(memory.silence, worn, received_at, "heard again"))
        memory = msgspec.structs.replace(memory, silence=None, awake_at=received_at)
    missing = memory.no_location
    if missing is not None and fresh and memory.located_at > missing.last_at:
        facts.append(_ended(missing, worn, memory.located_at, "located again"))
        memory = msgspec.structs.replace(memory, no_location=None)
    return memory, tuple(facts)


def next_deadline(
    memory: CommsMemory, mode: TagMode, settings: CommsSettings, listening_since: Instant
) -> Instant | None:
    """Return the instant from which `at_deadline` has something to say if nothing is heard."""
    due = [
        _silence_due(memory, mode, settings, listening_since) if memory.silence is None else None,
        _no_location_due(memory, settings, listening_since)
        if memory.no_location is None and memory.silence is None
        else None,
    ]
    known = [at for at in due if at is not None]
    return min(known) if known else None


def at_deadline(
    memory: CommsMemory,
    now: Instant,
    worn: Worn,
    mode: TagMode,
    settings: CommsSettings,
    listening_since: Instant,
    flat: AlertId | None = None,
) -> tuple[CommsMemory, tuple[ServiceFact, ...]]:
    """Return the memory and the facts of a tick at `now`: from the deadline on, not before it.

    `flat` is the alert of an empty battery that explains the silence (`battery.explains`). A
    silent tag has no location either; that is not said twice.
    """
    if memory.silence is None and now >= _silence_due(memory, mode, settings, listening_since):
        span = _began(AlertKind.NO_COMMS, worn, memory.heard_at, now, flat)
        memory = msgspec.structs.replace(memory, silence=span)
        return memory, (fact_of(worn, RuleKind.COMMS, span, Finding.UNDETERMINED),)
    if memory.silence is not None or memory.no_location is not None:
        return memory, ()
    if now >= _no_location_due(memory, settings, listening_since):
        span = _began(AlertKind.NO_LOCATION, worn, memory.located_at, now, None)
        memory = msgspec.structs.replace(memory, no_location=span)
        return memory, (fact_of(worn, RuleKind.COMMS, span, Finding.UNDETERMINED),)
    return memory, ()


def tag_removed(memory: CommsMemory, worn: Worn, at: Instant) -> tuple[ServiceFact, ...]:
    """Return what the end of an activation does: open silences end. Drop the memory after it."""
    spans = [span for span in (memory.silence, memory.no_location) if span is not None]
    reason = "the tag was taken off or replaced"
    return tuple(_ended(span, worn, max(at, span.last_at), reason) for span in spans)


def _usual_gap_s(memory: CommsMemory, received_at: Instant, settings: CommsSettings) -> float:
    """Return the running quantile of the gaps, the one that ends now taken in.

    Stochastic approximation (Robbins and Monro 1951): a step up by the quantile's share when the
    gap was longer, a small one down when it was not; the steps are shares of the value itself.
    """
    gap_s = max(0.0, (received_at - memory.heard_at) / SECOND)
    usual_s = memory.usual_gap_s
    if usual_s is None or usual_s <= 0.0:
        return min(max(gap_s, 1.0), _FIRST_GAP_S)
    if gap_s > usual_s:
        return usual_s * (1.0 + settings.learn_share * settings.learn_quantile)
    less_s = usual_s * settings.learn_share * (1.0 - settings.learn_quantile)
    # Never so much that the deadline moves back: it is looked at again only when it has come.
    return max(1.0, usual_s - min(less_s, gap_s / (2.0 * settings.silent_factor)))


def _silence_due(
    memory: CommsMemory, mode: TagMode, settings: CommsSettings, listening_since: Instant
) -> Instant:
    after_s = silent_after_s(mode, memory.motion, settings, memory.usual_gap_s)
    return Instant(max(memory.heard_at, listening_since) + round(after_s * SECOND))


def _no_location_due(
    memory: CommsMemory, settings: CommsSettings, listening_since: Instant
) -> Instant:
    since = max(memory.located_at, listening_since, memory.awake_at or listening_since)
    return Instant(since + settings.no_location_s * SECOND)


def _began(kind: AlertKind, worn: Worn, since: Instant, now: Instant, flat: AlertId | None) -> Span:
    minutes = (now - since) // (60 * SECOND)
    return Span(
        cause=cause_of(worn, RuleKind.COMMS, kind, since),
        kind=kind,
        activation_id=worn.activation_id,
        first_at=since,
        last_at=since,
        detail=f"for {minutes} min when it was noticed",
        explained_by=flat,
    )


def _ended(span: Span, worn: Worn, at: Instant, reason: str) -> ServiceFact:
    ended = msgspec.structs.replace(span, ended_at=at, version=span.version + 1)
    return fact_of(worn, RuleKind.COMMS, ended, Finding.UNDETERMINED, reason)
