"""The tag's battery: low, critical, charged again. 'Could not' is not 'would not'.

A battery never makes a wearer not compliant: its findings are UNDETERMINED. A critical one
explains the silence and the switching-off that follow (`explains`).
"""

from typing import Final

import msgspec

from tagwatch.core.alert import AlertKind, ServiceFact, alert_id
from tagwatch.core.fix import TagEvent, TagEventKind, fix_id
from tagwatch.core.ids import AlertId, FixId
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.rules.worn import Span, Worn, cause_of, fact_of
from tagwatch.core.settings import BatterySettings
from tagwatch.core.units import HOUR, SECOND, Instant


class BatteryMemory(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The last reading by the tag's own clock, and the warnings that are open."""

    read_at: Instant | None = None
    battery_pct: float | None = None
    charging: bool | None = None
    low: Span | None = None
    critical: Span | None = None
    anchor_at: Instant | None = None
    """Where the stretch without charging began over which its use is being learned."""
    anchor_pct: float | None = None
    use_pct_per_h: float | None = None
    """Its usual use, learned."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a fix or a tag event says of the battery; None is unknown."""

    read_at: Instant
    source: FixId
    battery_pct: float | None = None
    charging: bool | None = None


_CHARGING: Final = {TagEventKind.CHARGE_ON: True, TagEventKind.CHARGE_OFF: False}


def reading_of(event: TagEvent) -> Reading | None:
    """Return what a tag event says of the battery, or None if nothing."""
    charging = _CHARGING.get(event.kind)
    if event.battery_pct is None and charging is None:
        return None
    return Reading(
        read_at=event.happened_at,
        source=fix_id(event.seq, event.index),
        battery_pct=event.battery_pct,
        charging=charging,
    )


def observe(
    memory: BatteryMemory, reading: Reading, worn: Worn, settings: BatterySettings
) -> tuple[BatteryMemory, tuple[ServiceFact, ...]]:
    """Return the memory and the facts after a reading; one older than the last changes nothing."""
    if memory.read_at is not None and reading.read_at < memory.read_at:
        return memory, ()
    known = reading.battery_pct is not None
    memory = msgspec.structs.replace(
        memory,
        read_at=reading.read_at,
        battery_pct=reading.battery_pct if known else memory.battery_pct,
        charging=memory.charging if reading.charging is None else reading.charging,
    )
    pct = memory.battery_pct
    if pct is None:
        return memory, ()
    if known:
        memory = _learned(memory, reading.read_at, pct, settings)
    if pct >= settings.rearm_pct:
        return _recovered(memory, reading, worn)
    facts: list[ServiceFact] = []
    if memory.charging is not True:
        empty_at = predicted_empty_at(memory)
        soon = empty_at is not None and (
            empty_at - reading.read_at <= settings.empty_within_s * SECOND
        )
        if memory.low is None and (pct <= settings.low_pct or soon):
            span = _began(AlertKind.BATTERY_LOW, reading, worn, pct, empty_at)
            memory = msgspec.structs.replace(memory, low=span)
            facts.append(fact_of(worn, RuleKind.BATTERY, span, Finding.UNDETERMINED))
        if memory.critical is None and pct <= settings.critical_pct:
            span = _began(AlertKind.BATTERY_CRITICAL, reading, worn, pct)
            memory = msgspec.structs.replace(memory, critical=span)
            facts.append(fact_of(worn, RuleKind.BATTERY, span, Finding.UNDETERMINED))
    return memory, tuple(facts)


def explains(memory: BatteryMemory, settings: BatterySettings) -> AlertId | None:
    """Return the alert of the empty battery that explains why the tag falls silent, if any.

    Only while the last reading was critical and the tag was not known to charge.
    """
    if memory.critical is None or memory.battery_pct is None or memory.charging is True:
        return None
    if memory.battery_pct > settings.critical_pct:
        return None
    return alert_id(AlertKind.BATTERY_CRITICAL, memory.critical.cause)


def tag_removed(
    memory: BatteryMemory, worn: Worn, at: Instant
) -> tuple[BatteryMemory, tuple[ServiceFact, ...]]:
    """Return what the end of an activation does: its warnings end, the next tag starts anew."""
    spans = [span for span in (memory.low, memory.critical) if span is not None]
    reason = "the tag was taken off or replaced"
    facts = tuple(_ended(span, worn, max(at, span.last_at), reason) for span in spans)
    return BatteryMemory(), facts


def predicted_empty_at(memory: BatteryMemory) -> Instant | None:
    """Return when the battery will be empty at its usual use; None while that is not known, or
    while the tag charges."""
    if not memory.use_pct_per_h or memory.charging is True:
        return None
    if memory.battery_pct is None or memory.read_at is None:
        return None
    return Instant(memory.read_at + round(memory.battery_pct / memory.use_pct_per_h * HOUR))


def _learned(
    memory: BatteryMemory, at: Instant, pct: float, settings: BatterySettings
) -> BatteryMemory:
    """Return the memory with the use of a stretch without charging learned, if it is over."""
    began, from_pct = memory.anchor_at, memory.anchor_pct
    if memory.charging is True or began is None or from_pct is None or pct > from_pct:
        return msgspec.structs.replace(memory, anchor_at=at, anchor_pct=pct)
    if at - began < settings.learn_after_s * SECOND or pct == from_pct:
        return memory
    use = (from_pct - pct) / ((at - began) / HOUR)
    usual, share = memory.use_pct_per_h, settings.learn_share
    use = use if usual is None else usual + share * (use - usual)
    return msgspec.structs.replace(memory, anchor_at=at, anchor_pct=pct, use_pct_per_h=use)


def _began(
    kind: AlertKind, reading: Reading, worn: Worn, pct: float, empty_at: Instant | None = None
) -> Span:
    detail = f"{pct:g} % left"
    if empty_at is not None:
        hours = max(0.0, (empty_at - reading.read_at) / HOUR)
        detail += f", at its usual use enough for about {hours:.1f} h"
    return Span(
        cause=cause_of(worn, RuleKind.BATTERY, kind, reading.source),
        kind=kind,
        activation_id=worn.activation_id,
        first_at=reading.read_at,
        last_at=reading.read_at,
        sources=(reading.source,),
        detail=detail,
    )


def _recovered(
    memory: BatteryMemory, reading: Reading, worn: Worn
) -> tuple[BatteryMemory, tuple[ServiceFact, ...]]:
    spans = [span for span in (memory.low, memory.critical) if span is not None]
    reason = f"charged to {memory.battery_pct:g} %"
    facts = tuple(_ended(span, worn, reading.read_at, reason) for span in spans)
    return msgspec.structs.replace(memory, low=None, critical=None), facts


def _ended(span: Span, worn: Worn, at: Instant, reason: str) -> ServiceFact:
    ended = msgspec.structs.replace(span, ended_at=at, version=span.version + 1)
    return fact_of(worn, RuleKind.BATTERY, ended, Finding.UNDETERMINED, reason)
