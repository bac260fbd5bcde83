"""OwnTracks over HTTP: location, transition, waypoint(s), lwt, status, alone or in an array."""

import json
from typing import Any, Final

import msgspec

from tagwatch.core.fix import Decoded, Mark, Motion, TagEvent, TagEventKind
from tagwatch.core.units import Instant
from tagwatch.ingest.protocol.bearer import bearer_claim, cut_nothing
from tagwatch.ingest.protocol.message import (
    MAX_ITEMS,
    DecodeError,
    Family,
    Message,
    Part,
    join_items,
    no_batch_key,
    no_span,
    raw_items,
)
from tagwatch.ingest.protocol.osmand import PHONE_CONFIDENCE
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

KMH_MPS: Final = 1 / 3.6
_HINT: Final = "OwnTracks sends objects with `_type`; see docs/protocols.md"
_UNPLUGGED, _CHARGING, _FULL = 1, 2, 3
_POSITIONS: Final = ("location", "transition")
_MOTIONS: Final = {0: Motion.STILL, 1: Motion.MOVING}
_DENIED_ANDROID: Final = -4
_DENIED_IOS: Final = ("kCLAuthorizationStatusDenied", "kCLAuthorizationStatusRestricted")


def parse(message: Message, seq: int, received_at: Instant) -> Decoded:
    """Return what one object, or an array of them, says. Raises DecodeError."""
    readings: list[Reading] = []
    events: list[TagEvent] = []
    for item in _items(message.body):
        if item["_type"] in _POSITIONS:
            readings.append(_reading(item))
        said = _event(item)
        if said is not None:
            kind, detail = said
            events.append(
                TagEvent(
                    kind=kind,
                    happened_at=usable_moment(moment(item.get("tst")), received_at),
                    received_at=received_at,
                    seq=seq,
                    index=len(events),
                    battery_pct=_battery(item),
                    detail=detail,
                )
            )
    return Decoded(block_of(readings, seq, received_at), tuple(events))


def _items(body: bytes) -> list[Map]:
    value = json_value(body)
    values = as_list(value)
    if values is None:
        values = [value]
    if len(values) > MAX_ITEMS:
        raise DecodeError(f"{len(values)} objects in one array", f"send {MAX_ITEMS} at most")
    items: list[Map] = []
    for number_, element in enumerate(values):
        item = as_map(element)
        if item is None or not isinstance(item.get("_type"), str):
            raise DecodeError(f"element {number_} has no `_type`", _HINT)
        items.append(item)
    return items


def _reading(item: Map) -> Reading:
    return Reading(
        fixed_at=moment(item.get("tst")),
        lon_deg=number(item.get("lon")),
        lat_deg=number(item.get("lat")),
        accuracy_m=number(item.get("acc")),
        confidence=PHONE_CONFIDENCE,
        altitude_m=number(item.get("alt")),
        speed_mps=number(item.get("vel")) * KMH_MPS,
        bearing_deg=number(item.get("cog")),
        battery_pct=number(item.get("batt")),
        motion=_MOTIONS.get(item["motion"], Motion.UNKNOWN)
        if isinstance(item.get("motion"), int)
        else Motion.UNKNOWN,
        charging=_charging(item.get("bs")),
        sent_at=_plausible(moment(item.get("created_at"))),
        marks=Mark.MOCK if switch(item.get("mock")) else Mark.NONE,
    )


def _plausible(at: Instant | None) -> Instant | None:
    return at if at is not None and at >= EARLIEST else None


def _charging(status: Any) -> bool | None:
    read = number(status)
    if read == _UNPLUGGED:
        return False
    return True if read in (_CHARGING, _FULL) else None


def _battery(item: Map) -> float | None:
    read = number(item.get("batt"))
    return read if 0 <= read <= 100 else None


def _event(item: Map) -> tuple[TagEventKind, str] | None:
    kind = word(item["_type"])
    if kind == "location":
        # Triggers `p` and `b` are timers and beacons; none of them is news of the tag itself.
        return None
    if kind == "transition":
        return TagEventKind.OTHER, f"region {word(item.get('event'))}"
    if kind == "lwt":
        return TagEventKind.OTHER, "lwt: the broker lost the phone"
    if kind == "status":
        return _status(item)
    if kind == "encrypted":
        return TagEventKind.OTHER, "encrypted: this installation has no key for it"
    return TagEventKind.OTHER, kind


def _status(item: Map) -> tuple[TagEventKind, str]:
    android = as_map(item.get("android")) or {}
    ios = as_map(item.get("iOS")) or {}
    loc = number(android.get("loc"))
    permission = word(ios.get("locationManagerAuthorizationStatus"))
    if loc == _DENIED_ANDROID or permission in _DENIED_IOS:
        return TagEventKind.NO_POSITION, "status: location is not permitted"
    return TagEventKind.ALIVE, "status"


def keep(message: Message, part: Part) -> Message:
    """Return the array with these fixes and events only, each as the bytes it came in."""
    items = _items(message.body)
    chosen: list[int] = []
    fixes = events = 0
    for at, item in enumerate(items):
        is_fix, is_event = item["_type"] in _POSITIONS, _event(item) is not None
        # A transition is both; it goes with its fix.
        wanted = fixes in part.fixes if is_fix else events in part.events
        if wanted:
            chosen.append(at)
        fixes += is_fix
        events += is_event
    try:
        raw = [bytes(item) for item in raw_items(message.body)]
    except msgspec.DecodeError:
        raw = [json.dumps(item).encode() for item in items]
    return message._replace(body=join_items([raw[at] for at in chosen]))


FAMILY: Final = Family(bearer_claim, cut_nothing, parse, keep, no_batch_key, no_span)
