"""Traccar Client and everything that speaks OsmAnd's way: query, form, or JSON (version 9 on).

JSON comes in two kinds: `{"device_id", "location": {…}}`, and the parameters of the query as an
object or a list of objects, as Traccar's own client library sends them. The random id that names
the tag is also its only secret, so it is cut from what is journaled.
"""

import json
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from tagwatch.core.fix import Decoded, Mark, Motion, Source, TagEvent, TagEventKind
from tagwatch.core.units import Instant
from tagwatch.ingest.protocol.alarm import alarm_kinds
from tagwatch.ingest.protocol.message import (
    CUT,
    MAX_ITEMS,
    Claim,
    DecodeError,
    Family,
    Message,
    Part,
    join_items,
    no_batch_key,
    no_span,
    raw_items,
    text_of,
)
from tagwatch.ingest.protocol.rows import EARLIEST, Reading, block_of, usable_moment
from tagwatch.ingest.protocol.value import (
    Map,
    as_list,
    as_map,
    json_value,
    moment,
    number,
    switch,
    word,
)

KNOT_MPS: Final = 1852 / 3600
PHONE_CONFIDENCE: Final = 0.68
"""Android states a 68 % radius; iOS does not say, and is taken as the same."""
MAX_PARAMETERS: Final = 200
_ID_NAMES: Final = ("id", "deviceid", "device_id")
_JSON_ID_NAMES: Final = ("device_id", "id", "deviceid")
_HINT: Final = "see Traccar Client in docs/protocols.md"
_SAYING: Final = {
    *("lat", "lon", "location", "timestamp", "batt", "charge", "cell", "wifi", "alarm", "motion"),
    *("valid", "speed", "accuracy", "altitude", "hdop"),
}


def claim(message: Message, _authorization: str) -> Claim | None:
    """Return the id the message carries. Raises DecodeError for JSON that is none, or of several
    senders: their ids could not all be cut out."""
    if _is_json(message):
        secrets = {_secret_of(item) for item in _objects(json_value(message.body))} - {""}
        if len(secrets) > 1:
            raise DecodeError("one message names several tags", "send one message for each")
        secret = next(iter(secrets), "")
    else:
        fields = _fields(message)
        secret = next((fields[name] for name in _ID_NAMES if fields.get(name)), "")
    return Claim(secret) if secret else None


def _secret_of(item: Map) -> str:
    return next((found for name in _JSON_ID_NAMES if (found := word(item.get(name)))), "")


def _objects(value: Any) -> list[Map]:
    """Return a JSON object alone, or the elements of a list, what is no object as an empty one."""
    elements = as_list(value)
    if elements is None:
        elements = [value]
    if len(elements) > MAX_ITEMS:
        raise DecodeError(f"{len(elements)} positions in one message", f"send {MAX_ITEMS} at most")
    return [as_map(element) or {} for element in elements]


def cut(message: Message, claim: Claim) -> Message:
    """Return the message with every trace of the id replaced by `***`."""
    query = _cut_pairs(message.query, claim.secret)
    if _is_json(message):
        return message._replace(body=_cut_json(message.body, claim.secret), query=query)
    body = _cut_pairs(text_of(message.body), claim.secret).encode()
    return message._replace(body=body, query=query)


def _cut_pairs(text: str, secret: str) -> str:
    if not text:
        return text
    mark = CUT.decode()
    pairs = [
        f"{name}={mark}" if value and secret in unquote_plus(value) else name + equals + value
        for name, equals, value in (pair.partition("=") for pair in text.split("&"))
    ]
    return "&".join(pairs).replace(secret, mark)


def _cut_json(body: bytes, secret: str) -> bytes:
    kept = body.replace(secret.encode(), CUT)
    if b"\\" not in kept and b"%" not in kept:
        return kept
    value = json_value(kept)
    clean = _without(value, secret)
    return kept if clean == value else json.dumps(clean).encode()


def _without(value: Any, secret: str) -> Any:
    """Return a JSON value in which no text spells the secret, escaped or not."""
    if isinstance(value, str):
        return CUT.decode() if secret in value or secret in unquote_plus(value) else value
    items, elements = as_map(value), as_list(value)
    if items is not None:
        return {_without(name, secret): _without(item, secret) for name, item in items.items()}
    if elements is not None:
        return [_without(item, secret) for item in elements]
    return value


class _Statement(NamedTuple):
    """What one object of a message says; a message without a position has only its time."""

    reading: Reading
    located: bool
    events: list[tuple[TagEventKind, str]]


def parse(message: Message, seq: int, received_at: Instant) -> Decoded:
    """Return the fix, or the fixes of a JSON list, that the message says. Raises DecodeError."""
    statements = _statements(message)
    readings = [said.reading for said in statements if said.located]
    events: list[TagEvent] = []
    for reading, _, said in statements:
        battery = reading.battery_pct
        for kind, detail in said:
            events.append(
                TagEvent(
                    kind=kind,
                    happened_at=usable_moment(reading.fixed_at, received_at),
                    received_at=received_at,
                    seq=seq,
                    index=len(events),
                    battery_pct=battery if 0 <= battery <= 100 else None,
                    detail=detail,
                )
            )
    return Decoded(block_of(readings, seq, received_at), tuple(events))


def _statements(message: Message) -> list[_Statement]:
    if not _is_json(message):
        return [_of_fields(_fields(message))]
    value = json_value(message.body)
    items = _objects(value)
    if as_list(value) is None and _has_locations(items[0]):
        return [_of_location(location) for location in _locations(items[0])]
    return [
        _of_location(as_map(item["location"]) or {})
        if _has_locations(item)
        else _of_fields(_flat(item))
        for item in items
    ]


def _has_locations(item: Map) -> bool:
    """Return whether an object has the form of version 9, not the parameters of the query."""
    return "location" in item and not isinstance(item["location"], str)


def _of_location(location: Map) -> _Statement:
    return _Statement(_location(location), True, _location_events(location))


def _of_fields(fields: dict[str, str]) -> _Statement:
    if not fields.keys() & _SAYING:
        raise DecodeError("no position, time or state among the parameters", _HINT)
    return _Statement(_reading(fields), _has_position(fields), _field_events(fields))


def _flat(item: Map) -> dict[str, str]:
    """Return an object of plain values as the parameters it stands for."""
    return {
        name: str(value).lower() if isinstance(value, bool) else word(value)
        for name, value in item.items()
        if value is not None
    }


def _fields(message: Message) -> dict[str, str]:
    """Return the parameters of query and form, the first of each name. Raises DecodeError."""
    text = message.query
    if message.body:
        text = f"{text}&{text_of(message.body)}" if text else text_of(message.body)
    try:
        pairs = parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise DecodeError(f"more than {MAX_PARAMETERS} parameters", _HINT) from error
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def _has_position(fields: dict[str, str]) -> bool:
    return bool(fields.keys() & {"lat", "lon", "location"})


def _reading(fields: dict[str, str]) -> Reading:
    lat, lon = fields.get("lat"), fields.get("lon")
    if lat is None and lon is None:
        lat, _, lon = fields.get("location", "").partition(",")
    valid = fields.get("valid")
    marks = Mark.NOT_VALID if valid is not None and not _is_valid(valid) else Mark.NONE
    if switch(fields.get("mock")):
        marks |= Mark.MOCK
    moving = switch(fields.get("motion"))
    return Reading(
        fixed_at=moment(fields.get("timestamp")),
        lon_deg=number(lon),
        lat_deg=number(lat),
        accuracy_m=number(fields.get("accuracy")),
        confidence=PHONE_CONFIDENCE,
        hdop=number(fields.get("hdop")),
        altitude_m=number(fields.get("altitude")),
        speed_mps=number(fields.get("speed")) * KNOT_MPS,
        bearing_deg=number(fields.get("bearing", fields.get("heading"))),
        battery_pct=number(fields.get("batt")),
        satellites=number(fields.get("sat")),
        motion=_motion(moving),
        charging=switch(fields.get("charge")),
        marks=marks,
    )


def _is_valid(text: str) -> bool:
    return switch(text) is True or text.upper() == "A"


def _motion(moving: bool | None) -> Motion:
    if moving is None:
        return Motion.UNKNOWN
    return Motion.MOVING if moving else Motion.STILL


def _field_events(fields: dict[str, str]) -> list[tuple[TagEventKind, str]]:
    said = alarm_kinds(fields.get("alarm", ""))
    if not _has_position(fields):
        seen = [name for name in ("cell", "wifi") if name in fields]
        said.append((TagEventKind.NO_POSITION, " ".join(["no position", *seen])))
    return said


def _locations(whole: Map) -> list[Map]:
    return _objects(whole["location"])


def _location(location: Map) -> Reading:
    coords = as_map(location.get("coords")) or {}
    battery = as_map(location.get("battery")) or {}
    return Reading(
        fixed_at=moment(location.get("timestamp")),
        lon_deg=number(coords.get("longitude")),
        lat_deg=number(coords.get("latitude")),
        accuracy_m=number(coords.get("accuracy")),
        confidence=PHONE_CONFIDENCE,
        altitude_m=number(coords.get("altitude")),
        speed_mps=number(coords.get("speed")),
        bearing_deg=number(coords.get("heading")),
        battery_pct=number(battery.get("level")) * 100,
        source=Source.UNKNOWN,
        motion=_motion(switch(location.get("is_moving"))),
        charging=switch(battery.get("is_charging")),
        sent_at=_plausible(moment(location.get("recorded_at"))),
        marks=Mark.MOCK if switch(location.get("mock")) else Mark.NONE,
    )


def _plausible(at: Instant | None) -> Instant | None:
    return at if at is not None and at >= EARLIEST else None


def _location_events(location: Map) -> list[tuple[TagEventKind, str]]:
    extras = as_map(location.get("extras")) or {}
    said = alarm_kinds(word(location.get("alarm") or extras.get("alarm")))
    name = word(location.get("event"))
    if name == "heartbeat":
        said.append((TagEventKind.ALIVE, name))
    elif name not in ("", "motionchange"):
        said.append((TagEventKind.OTHER, f"event {name}"))
    return said


def keep(message: Message, part: Part) -> Message:
    """Return the message with these fixes and events only; only a JSON list has several."""
    if not _is_json(message):
        return message
    value = json_value(message.body)
    if as_list(value) is not None:
        return message._replace(body=_chosen(message.body, value, _wanted(message, part)))
    whole = as_map(value) or {}
    if not _has_locations(whole):
        return message
    try:
        raw = msgspec.json.decode(message.body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        raw = {name: msgspec.Raw(json.dumps(item).encode()) for name, item in whole.items()}
    kept = _chosen(bytes(raw["location"]), whole["location"], sorted(part.fixes))
    return message._replace(body=msgspec.json.encode({**raw, "location": msgspec.Raw(kept)}))


def _wanted(message: Message, part: Part) -> list[int]:
    """Return the places of a list whose fix, or else whose events, are in the part."""
    places: list[int] = []
    fixes = events = 0
    for place, said in enumerate(_statements(message)):
        own_events = range(events, events + len(said.events))
        if (
            fixes in part.fixes
            if said.located
            else any(event in part.events for event in own_events)
        ):
            places.append(place)
        fixes += said.located
        events = own_events.stop
    return places


def _chosen(body: bytes, value: Any, places: list[int]) -> bytes:
    """Return a JSON list of some elements of a list, or of the one value: their own bytes."""
    try:
        items = [bytes(item) for item in raw_items(body)]
    except msgspec.DecodeError:
        items = [json.dumps(item).encode() for item in as_list(value) or [value]]
    return join_items([items[place] for place in places])


def _is_json(message: Message) -> bool:
    kind = message.content_type
    return "json" in kind or ("form" not in kind and message.body.lstrip()[:1] in (b"{", b"["))


FAMILY: Final = Family(claim, cut, parse, keep, no_batch_key, no_span)
