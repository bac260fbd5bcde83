"""What a stock Traccar forwards as JSON: positions (`position`, `device`) and events (`event`).

A gateway of many tags: its bearer token is the credential, and each message names its tag by the
device's `uniqueId`, which is the tag's serial here. Traccar writes 0 where a tag sent nothing for
accuracy, speed, course and altitude, so those zeros are taken as unknown.
"""

from math import nan
from typing import Any, Final

from tagwatch.core.fix import Decoded, Mark, Motion, Source, TagEvent, TagEventKind
from tagwatch.core.units import Instant
from tagwatch.ingest.protocol.alarm import alarm_kinds
from tagwatch.ingest.protocol.bearer import bearer_claim, cut_nothing
from tagwatch.ingest.protocol.message import (
    Claim,
    DecodeError,
    Family,
    Message,
    keep_whole,
    no_batch_key,
    no_span,
)
from tagwatch.ingest.protocol.osmand import KNOT_MPS, PHONE_CONFIDENCE
from tagwatch.ingest.protocol.rows import Reading, block_of, usable_moment
from tagwatch.ingest.protocol.value import Map, as_map, json_value, moment, number, switch, word

_HINT: Final = "set Traccar's forward.type and event.forward.type to json"
_EVENTS: Final = {
    "deviceOnline": TagEventKind.ALIVE,
    "deviceOffline": TagEventKind.OTHER,
}


def claim(message: Message, authorization: str) -> Claim | None:
    """Return the gateway's token and the serial it speaks for. Raises DecodeError."""
    found = bearer_claim(message, authorization)
    if found is None:
        return None
    device = as_map(_whole(message.body).get("device")) or {}
    return found._replace(serial=word(device.get("uniqueId")))


def parse(message: Message, seq: int, received_at: Instant) -> Decoded:
    """Return the fix of a position, or the event of an event. Raises DecodeError."""
    whole = _whole(message.body)
    event = as_map(whole.get("event"))
    position = as_map(whole.get("position"))
    if event is not None:
        said = _event(event)
        happened_at = moment(event.get("eventTime") or event.get("serverTime"))
        return Decoded(block_of([], seq, received_at), _events(said, happened_at, seq, received_at))
    if position is None:
        raise DecodeError("the JSON has neither `position` nor `event`", _HINT)
    attributes = as_map(position.get("attributes")) or {}
    reading = _reading(position, attributes)
    said = alarm_kinds(word(attributes.get("alarm")))
    return Decoded(
        block_of([reading], seq, received_at),
        _events(said, reading.fixed_at, seq, received_at, reading.battery_pct),
    )


def _whole(body: bytes) -> Map:
    whole = as_map(json_value(body))
    if whole is None:
        raise DecodeError("the body is no JSON object", _HINT)
    return whole


def _events(
    said: list[tuple[TagEventKind, str]],
    happened_at: Instant | None,
    seq: int,
    received_at: Instant,
    battery_pct: float = nan,
) -> tuple[TagEvent, ...]:
    return tuple(
        TagEvent(
            kind=kind,
            happened_at=usable_moment(happened_at, received_at),
            received_at=received_at,
            seq=seq,
            index=index,
            battery_pct=battery_pct if 0 <= battery_pct <= 100 else None,
            detail=detail,
        )
        for index, (kind, detail) in enumerate(said)
    )


def _event(event: Map) -> list[tuple[TagEventKind, str]]:
    name = word(event.get("type"))
    attributes = as_map(event.get("attributes")) or {}
    if name == "alarm":
        return alarm_kinds(word(attributes.get("alarm"))) or [(TagEventKind.OTHER, "alarm")]
    return [(_EVENTS.get(name, TagEventKind.OTHER), f"event {name}".strip())]


def _reading(position: Map, attributes: Map) -> Reading:
    speed = _sent(position.get("speed")) * KNOT_MPS
    return Reading(
        fixed_at=moment(position.get("fixTime")),
        lon_deg=number(position.get("longitude")),
        lat_deg=number(position.get("latitude")),
        accuracy_m=number(position.get("accuracy")),
        confidence=PHONE_CONFIDENCE,
        hdop=number(attributes.get("hdop")),
        altitude_m=_sent(position.get("altitude")),
        speed_mps=speed,
        bearing_deg=_sent(position.get("course")),
        battery_pct=number(attributes.get("batteryLevel")),
        satellites=number(attributes.get("sat")),
        source=_source(position, attributes),
        motion=_motion(attributes.get("motion")),
        charging=switch(attributes.get("charge")),
        sent_at=moment(position.get("deviceTime")),
        marks=_marks(position),
    )


def _sent(value: Any) -> float:
    read = number(value)
    return nan if read == 0 else read


def _marks(position: Map) -> Mark:
    stale = switch(position.get("outdated")) or switch(position.get("valid")) is False
    return Mark.NOT_VALID if stale else Mark.NONE


def _motion(value: Any) -> Motion:
    moving = switch(value)
    if moving is None:
        return Motion.UNKNOWN
    return Motion.MOVING if moving else Motion.STILL


def _source(position: Map, attributes: Map) -> Source:
    if not switch(attributes.get("approximate")):
        return Source.GNSS if switch(position.get("valid")) else Source.UNKNOWN
    network = as_map(position.get("network")) or {}
    return Source.WIFI if network.get("wifiAccessPoints") else Source.LBS


FAMILY: Final = Family(claim, cut_nothing, parse, keep_whole, no_batch_key, no_span)
