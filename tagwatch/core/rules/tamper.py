"""Strap, case, wear, power and jamming reports of the tag: told at once, never cleared by itself.

A sensor's report is not proof, so its finding is POSSIBLE until a person has looked at the tag.
A closing report ends the episode and leaves the alert open.
"""

from typing import Final

import msgspec

from tagwatch.core.alert import AlertKind, ServiceFact
from tagwatch.core.fix import TagEvent, TagEventKind, fix_id
from tagwatch.core.ids import AlertId
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.rules.worn import Span, Worn, cause_of, fact_of
from tagwatch.core.settings import TamperSettings
from tagwatch.core.units import SECOND, Instant

OPENS: Final[dict[TagEventKind, tuple[AlertKind, str]]] = {
    TagEventKind.STRAP_CUT: (AlertKind.STRAP, "strap cut"),
    TagEventKind.STRAP_STRETCH: (AlertKind.STRAP, "strap stretched"),
    TagEventKind.CASE_OPEN: (AlertKind.CASE, "case open"),
    TagEventKind.NOT_WORN: (AlertKind.NOT_WORN, "not worn"),
    TagEventKind.POWER_OFF: (AlertKind.POWER_OFF, "switched off"),
    TagEventKind.JAMMING: (AlertKind.JAMMING_SIGNS, "jamming signs"),
    TagEventKind.ALARM: (AlertKind.ALARM, "button pressed"),
}
"""Reports that begin an episode: the alert's kind, and the words."""

CLOSES: Final[dict[TagEventKind, tuple[TagEventKind, ...]]] = {
    TagEventKind.STRAP_CLOSED: (TagEventKind.STRAP_CUT, TagEventKind.STRAP_STRETCH),
    TagEventKind.CASE_CLOSED: (TagEventKind.CASE_OPEN,),
    TagEventKind.WORN: (TagEventKind.NOT_WORN,),
    TagEventKind.POWER_ON: (TagEventKind.POWER_OFF,),
}
"""Reports that end the episodes which others began. Jamming and the button have none."""


class TamperMemory(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The latest episode of each opening report, by its kind."""

    spans: dict[TagEventKind, Span] = msgspec.field(default_factory=dict[TagEventKind, Span])


def observe(
    memory: TamperMemory,
    event: TagEvent,
    worn: Worn,
    settings: TamperSettings,
    flat: AlertId | None = None,
) -> tuple[TamperMemory, tuple[ServiceFact, ...]]:
    """Return the memory and the facts after a tag's report; other kinds of event change nothing.

    `flat` is the alert of an empty battery, if one is open: it explains that the tag goes off.
    """
    if event.kind in OPENS:
        return _opened(memory, event, worn, settings, flat)
    facts: list[ServiceFact] = []
    for kind in CLOSES.get(event.kind, ()):
        span = memory.spans.get(kind)
        if span is None or span.ended_at is not None or event.happened_at < span.last_at:
            continue  # an older closing says nothing about a newer report
        ended = _next(span, ended_at=event.happened_at)
        memory = _with(memory, kind, ended)
        reason = f"the tag reports {event.kind.replace('_', ' ')}"
        facts.append(fact_of(worn, RuleKind.TAMPER, ended, Finding.POSSIBLE, reason))
    return memory, tuple(facts)


def tag_removed(
    memory: TamperMemory, worn: Worn, at: Instant
) -> tuple[TamperMemory, tuple[ServiceFact, ...]]:
    """Return what the end of an activation does: open episodes end, their alerts stay open."""
    facts: list[ServiceFact] = []
    for span in memory.spans.values():
        if span.ended_at is None:
            ended = _next(span, ended_at=max(at, span.last_at))
            reason = "the tag was taken off or replaced"
            facts.append(fact_of(worn, RuleKind.TAMPER, ended, Finding.POSSIBLE, reason))
    return TamperMemory(), tuple(facts)


def _opened(
    memory: TamperMemory,
    event: TagEvent,
    worn: Worn,
    settings: TamperSettings,
    flat: AlertId | None,
) -> tuple[TamperMemory, tuple[ServiceFact, ...]]:
    span = memory.spans.get(event.kind)
    repeat = settings.repeat_s * SECOND
    if span is None or event.happened_at >= _until(span) + repeat:
        span = _began(event, worn, flat)
        fact = fact_of(worn, RuleKind.TAMPER, span, Finding.POSSIBLE)
        return _with(memory, event.kind, span), (fact,)
    if event.happened_at <= span.first_at - repeat:
        older = msgspec.structs.replace(_began(event, worn, flat), ended_at=span.first_at)
        reason = "an older report that arrived late; a newer one is known"
        return memory, (fact_of(worn, RuleKind.TAMPER, older, Finding.POSSIBLE, reason),)
    reported_at = span.last_at
    newer = span.ended_at is not None and event.happened_at > span.ended_at
    span = _next(
        span,
        first_at=min(span.first_at, event.happened_at),
        last_at=max(span.last_at, event.happened_at),
        ended_at=None if newer else span.ended_at,
        reports=span.reports + 1,
        sources=(*span.sources[:1], fix_id(event.seq, event.index)),
    )
    fact = fact_of(worn, RuleKind.TAMPER, span, Finding.POSSIBLE, "reported again")
    again = span.ended_at is None and event.happened_at >= reported_at + repeat
    return _with(memory, event.kind, span), (msgspec.structs.replace(fact, again=again),)


def _began(event: TagEvent, worn: Worn, flat: AlertId | None) -> Span:
    kind, words = OPENS[event.kind]
    source = fix_id(event.seq, event.index)
    return Span(
        cause=cause_of(worn, RuleKind.TAMPER, kind, source),
        kind=kind,
        activation_id=worn.activation_id,
        first_at=event.happened_at,
        last_at=event.happened_at,
        sources=(source,),
        detail=words,
        explained_by=flat if kind is AlertKind.POWER_OFF else None,
    )


def _until(span: Span) -> int:
    """Return up to when a span is known to have lasted; an open one with a closing lasts on."""
    if span.ended_at is not None:
        return span.ended_at
    return span.last_at if span.kind in _WITHOUT_END else _ENDLESS


def _next(span: Span, **changes: object) -> Span:
    return msgspec.structs.replace(span, version=span.version + 1, **changes)


def _with(memory: TamperMemory, kind: TagEventKind, span: Span) -> TamperMemory:
    return TamperMemory(spans={**memory.spans, kind: span})


_WITHOUT_END: Final = frozenset({AlertKind.JAMMING_SIGNS, AlertKind.ALARM})
_ENDLESS: Final = 2**62
