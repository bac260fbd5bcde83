"""Who was told of an alert and what was done about it, in lines a person reads."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from tagwatch.core.alert import AlertEvent
from tagwatch.core.outcome import Disposition, Stage
from tagwatch.core.recorded_act import CallOutcome, Party
from tagwatch.core.recorded_police import Sighting
from tagwatch.core.units import Instant
from tagwatch.query.alert import Happening
from tagwatch.query.told import Delivery, Told
from tagwatch.web.render import clock
from tagwatch.web.words import word

_CLOSED_AS: Final = ": "
"""Stands between the codes of a closing or a call and the words that go with it."""


class Recipient(NamedTuple):
    """One person or desk on one channel, with every message sent there."""

    label: str
    channel: str
    state: str
    reasons: tuple[str, ...]
    messages: tuple[str, ...]
    """In a line each: when, why now, how it went."""


class Moment(NamedTuple):
    """One line of the timeline."""

    at: Instant
    text: str
    by: str
    words: str


def recipients(told: Sequence[Told]) -> list[Recipient]:
    """Return those who were told, each once, in the order they were first told."""
    groups: dict[tuple[str, str], list[Told]] = {}
    for one in told:
        groups.setdefault((one.label, one.channel), []).append(one)
    return [
        Recipient(
            label=label,
            channel=word(channel).lower(),
            state=_summary(group),
            reasons=tuple(dict.fromkeys(one.why for one in group if one.why)),
            messages=tuple(message_line(one) for one in group),
        )
        for (label, channel), group in groups.items()
    ]


def timeline(log: Sequence[Happening]) -> list[Moment]:
    """Return the alert's history; messages sent in a row are one line."""
    found: list[Moment] = []
    for kind, group in groupby(log, key=lambda one: one.kind):
        entries = list(group)
        if kind == AlertEvent.NOTIFIED and len(entries) > 1:
            text = f"{len(entries)} messages delivered"
            found.append(Moment(at=entries[0].at, text=text, by="", words=""))
        else:
            found += [_moment(entry) for entry in entries]
    return found


def _moment(entry: Happening) -> Moment:
    try:
        text = word(AlertEvent(entry.kind))
    except ValueError:
        text = word(entry.kind)
    words = "" if entry.kind == AlertEvent.CIRCUMSTANCES else entry.words
    code, colon, rest = words.partition(_CLOSED_AS)
    if entry.kind == AlertEvent.CLOSED and colon and code in list(Disposition):
        text, words = f"{text}: {word(Disposition(code)).lower()}", rest
    if entry.kind == AlertEvent.CALLED:
        party, outcome, *said = words.split(_CLOSED_AS, 2)
        text = f"{text}: {word(Party(party)).lower()}, {word(CallOutcome(outcome)).lower()}"
        words = said[0] if said else ""
    if entry.kind == AlertEvent.POLICE_REPORTED and code in list(Sighting):
        text, words = f"{text}: {word(Sighting(code)).lower()}", rest
    return Moment(at=entry.at, text=text, by=entry.by or "", words=words)


def _summary(group: Sequence[Told]) -> str:
    many = "1 message" if len(group) == 1 else f"{len(group)} messages"
    attempts = [
        a for one in group for a in (*one.attempts, *one.receipts) if a.result == "delivered"
    ]
    if attempts:
        return f"{many}, first delivered {clock(attempts[0].at)}"
    return f"{many}, {group[-1].state}"


def message_line(one: Told) -> str:
    """Return one message as a line: when, why then, each attempt, what its carrier said later."""
    stage = word(Stage(one.stage)) if one.stage in list(Stage) else word(one.stage)
    said = f"{clock(one.created_at)} {stage}: "
    parts = [_delivery(attempt) for attempt in one.attempts]
    parts += [f"receipt: {_delivery(receipt)}" for receipt in one.receipts]
    if not one.attempts and one.not_before is not None and one.state == "pending":
        parts.append(f"waits for the end of quiet hours at {clock(one.not_before)}")
    if one.answered_at is not None:
        parts.append(f"answered by the link at {clock(one.answered_at)}")
    return said + ("; ".join(parts) or one.state)


def _delivery(one: Delivery) -> str:
    again = f" at attempt {one.attempt}" if one.attempt > 1 else ""
    return f"{one.result} {clock(one.at)}{again}" + (f" ({one.proof})" if one.proof else "")
