"""Tagwatch's own batches: JSON, or NDJSON with one fix, event or `batch` a line.

Built to be read fast: a batch of numbers goes from JSON to columns without a Python object per
value. Anything unusual in it (times as text, names for sources, values of the wrong type) takes
the slower way to the same rows.
"""

import json
import re
from collections.abc import Iterable, Sequence
from math import nan
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagwatch.core.fix import (
    Decoded,
    FixBlock,
    Mark,
    Motion,
    Source,
    TagEvent,
    TagEventKind,
    empty_block,
)
from tagwatch.core.units import Instant
from tagwatch.ingest.protocol.bearer import bearer_claim, cut_nothing
from tagwatch.ingest.protocol.message import (
    MAX_ITEMS,
    DecodeError,
    Family,
    Message,
    Part,
    Span,
)
from tagwatch.ingest.protocol.rows import (
    EARLIEST,
    Reading,
    block_of,
    block_of_columns,
    blocks_of_columns,
    usable_moment,
)
from tagwatch.ingest.protocol.value import (
    as_list,
    as_map,
    json_value,
    moment,
    number,
    switch,
    unix_moment,
    word,
)

_SOURCES: Final = {source.name.lower(): source for source in Source}
_MOTIONS: Final = {motion.name.lower(): motion for motion in Motion}
_SOURCE_OF: Final = {float(source): source for source in Source}
_MOTION_OF: Final = {float(motion): motion for motion in Motion}
_KINDS: Final = {kind.value: kind for kind in TagEventKind}
_UNKNOWN_FIELD: Final = "a batch has `fixes`, `events` or both; see docs/protocols.md"
_KEY_FIRST: Final = re.compile(rb'\s*\{\s*"batch"\s*:\s*"([^"\\\x00-\x1f]{1,200})"\s*[,}]')


class _Plain(msgspec.Struct, gc=False):
    """A fix in numbers only. The order of the fields is that of the columns."""

    time: float
    lon: float = nan
    lat: float = nan
    accuracy_m: float = nan
    confidence: float = nan
    hdop: float = nan
    altitude_m: float = nan
    speed_mps: float = nan
    bearing_deg: float = nan
    battery_pct: float = nan
    satellites: float = nan
    source: float = 0.0
    motion: float = 0.0
    charging: bool | None = None
    valid: bool | None = None
    mock: bool | None = None


class _PlainBatch(msgspec.Struct):
    fixes: list[_Plain]
    events: list[Any] = []


class _Apart(msgspec.Struct):
    """A batch whose elements are kept as the bytes they came in."""

    batch: msgspec.Raw = msgspec.Raw(b'""')
    fixes: list[msgspec.Raw] = []
    events: list[msgspec.Raw] = []


_COLUMNS_FROM: Final = 8
"""Below this many fixes the way by rows is the faster one."""
_FLOATS: Final = 13
_STRIDE: Final = 3 + 9 * _FLOATS + 3
_PACKED: Final = np.dtype(
    [
        ("head", "u1", (3,)),
        ("floats", [("mark", "u1"), ("value", ">f8")], (_FLOATS,)),
        ("switches", "u1", (3,)),
    ]
)
"""One `_Plain` in MessagePack: every number is nine bytes, so rows have one width."""
_NIL, _FALSE, _TRUE = 0xC0, 0xC2, 0xC3
_CHARGING: Final = np.full(256, -1, "i1")
_CHARGING[_FALSE], _CHARGING[_TRUE] = 0, 1

_read_batch: Final = msgspec.json.Decoder(_PlainBatch).decode
_read_lines: Final = msgspec.json.Decoder(list[_Plain]).decode
_astuple: Final = msgspec.structs.astuple
_pack: Final = msgspec.msgpack.Encoder().encode


def parse(message: Message, seq: int, received_at: Instant) -> Decoded:
    """Return what a batch says. Raises DecodeError."""
    try:
        plain, events = _plain_parts(message)
    except msgspec.DecodeError:
        return _parse_any(message, seq, received_at)
    _refuse_too_many(len(plain), len(events))
    block = _block(plain, seq, received_at) if plain else empty_block()
    return Decoded(block, _events(events, seq, received_at))


def parse_plain(frames: Sequence[tuple[Message, int, Instant]]) -> list[Decoded | None]:
    """Return what `parse` returns for each (message, seq, received_at), made at one go; None where
    a message is not a batch of several fixes in numbers alone."""
    found: list[Decoded | None] = [None] * len(frames)
    whole: list[tuple[int, int, Instant]] = []
    places: list[int] = []
    packed: list[bytes] = []
    for place, (message, seq, received_at) in enumerate(frames):
        try:
            plain, events = _plain_parts(message)
        except msgspec.DecodeError:
            continue
        if events or not _COLUMNS_FROM <= len(plain) <= MAX_ITEMS:
            continue
        said = _pack(list(map(_astuple, plain)))
        packed.append(said[len(said) - _STRIDE * len(plain) :])
        whole.append((len(plain), seq, received_at))
        places.append(place)
    if whole:
        rows = np.frombuffer(b"".join(packed), _PACKED)
        blocks = blocks_of_columns(*_columns(rows), whole)
        for place, block in zip(places, blocks, strict=True):
            found[place] = Decoded(block, ())
    return found


def span(message: Message, received_at: Instant) -> Span | None:
    """Return first and last time of a batch of plain fixes, else None; see `Family.span`."""
    try:
        plain, events = _plain_parts(message)
    except msgspec.DecodeError:
        return None
    if events or not plain or len(plain) > MAX_ITEMS:
        return None
    times = [fix.time for fix in plain]
    oldest_s, newest_s = min(times), max(times)
    if oldest_s < EARLIEST / 1e6 or newest_s > received_at / 1e6:
        return None
    return Span(Instant(round(oldest_s * 1e6)), Instant(round(newest_s * 1e6)), len(plain))


def _plain_parts(message: Message) -> tuple[list[_Plain], list[Any]]:
    """Return fixes and events of a batch in numbers. Raises msgspec.DecodeError for any other."""
    if not _is_ndjson(message):
        batch = _read_batch(message.body)
        return batch.fixes, batch.events
    lines = _lines(message.body)
    if lines and b'"batch"' in lines[0]:
        lines = lines[1:]
    if b'"kind"' in message.body or not lines:
        raise msgspec.DecodeError("events among the lines")
    return _read_lines(b"[" + b",".join(lines) + b"]"), []


def _block(fixes: list[_Plain], seq: int, received_at: Instant) -> FixBlock:
    if len(fixes) < _COLUMNS_FROM:
        return block_of([_plain_reading(fix) for fix in fixes], seq, received_at)
    packed = _pack([_astuple(fix) for fix in fixes])
    rows = np.frombuffer(packed, _PACKED, len(fixes), len(packed) - _STRIDE * len(fixes))
    return block_of_columns(*_columns(rows), seq, received_at)


def _columns(
    rows: NDArray[np.void],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8], NDArray[np.uint32] | None]:
    """Return times, numbers, charging and marks of fixes as MessagePack has them."""
    floats = rows["floats"]["value"].astype(np.float64)
    switches = rows["switches"]
    marks = _marks(switches) if (switches[:, 1:] != _NIL).any() else None
    return floats[:, 0], floats[:, 1:], _CHARGING[switches[:, 0]], marks


def _marks(switches: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the marks of columns charging, valid, mock (n, 3), as MessagePack writes them."""
    invalid = np.where(switches[:, 1] == _FALSE, int(Mark.NOT_VALID), 0)
    return (invalid | np.where(switches[:, 2] == _TRUE, int(Mark.MOCK), 0)).astype(np.uint32)


def _said_marks(valid: bool | None, mock: bool | None) -> Mark:
    marks = Mark.NOT_VALID if valid is False else Mark.NONE
    return marks | Mark.MOCK if mock else marks


def _plain_reading(fix: _Plain) -> Reading:
    time, *numbers, source, motion, charging, valid, mock = _astuple(fix)
    return Reading(
        unix_moment(time),
        *numbers,
        source=_SOURCE_OF.get(source, Source.UNKNOWN),
        motion=_MOTION_OF.get(motion, Motion.UNKNOWN),
        charging=charging,
        marks=_said_marks(valid, mock),
    )


def _parse_any(message: Message, seq: int, received_at: Instant) -> Decoded:
    fixes, events = _parts(message)
    _refuse_too_many(len(fixes), len(events))
    readings = [_reading(fix) for fix in fixes]
    return Decoded(block_of(readings, seq, received_at), _events(events, seq, received_at))


def _parts(message: Message) -> tuple[list[Any], list[Any]]:
    if _is_ndjson(message):
        values = [json_value(line) for line in _lines(message.body)]
        kept = [value for value in values if not _is_header(value)]
        return (
            [value for value in kept if not _is_event(value)],
            [value for value in kept if _is_event(value)],
        )
    batch = as_map(json_value(message.body))
    if batch is None or not batch.keys() & {"fixes", "events"}:
        raise DecodeError("the body is no batch", _UNKNOWN_FIELD)
    return _list(batch, "fixes"), _list(batch, "events")


def _list(batch: dict[str, Any], name: str) -> list[Any]:
    value = batch.get(name)
    values: list[Any] | None = [] if value is None else as_list(value)
    if values is None:
        raise DecodeError(f"`{name}` is not a list", _UNKNOWN_FIELD)
    return values


def _refuse_too_many(fixes: int, events: int) -> None:
    if fixes > MAX_ITEMS or events > MAX_ITEMS:
        raise DecodeError(
            f"{fixes} fixes and {events} events in one batch", f"send {MAX_ITEMS} at most"
        )


def _reading(value: Any) -> Reading:
    fix = as_map(value) or {}
    return Reading(
        fixed_at=moment(fix.get("time")),
        lon_deg=number(fix.get("lon")),
        lat_deg=number(fix.get("lat")),
        accuracy_m=number(fix.get("accuracy_m")),
        confidence=number(fix.get("confidence")),
        hdop=number(fix.get("hdop")),
        altitude_m=number(fix.get("altitude_m")),
        speed_mps=number(fix.get("speed_mps")),
        bearing_deg=number(fix.get("bearing_deg")),
        battery_pct=number(fix.get("battery_pct")),
        satellites=number(fix.get("satellites")),
        source=_named(fix.get("source"), _SOURCES, Source.UNKNOWN),
        motion=_named(fix.get("motion"), _MOTIONS, Motion.UNKNOWN),
        charging=switch(fix.get("charging")),
        marks=_said_marks(switch(fix.get("valid")), switch(fix.get("mock"))),
    )


def _named(value: Any, names: dict[str, Any], unknown: Any) -> Any:
    if isinstance(value, str):
        return names.get(value.lower(), unknown)
    read = number(value)
    return next((member for member in names.values() if member == read), unknown)


def _events(values: Iterable[Any], seq: int, received_at: Instant) -> tuple[TagEvent, ...]:
    return tuple(
        _event(as_map(value) or {}, seq, index, received_at) for index, value in enumerate(values)
    )


def _event(value: dict[str, Any], seq: int, index: int, received_at: Instant) -> TagEvent:
    name = word(value.get("kind"))
    kind = _KINDS.get(name, TagEventKind.OTHER)
    battery = number(value.get("battery_pct"))
    detail = word(value.get("detail"))
    if kind is TagEventKind.OTHER and name not in ("", "other"):
        detail = f"{name} {detail}".strip()
    return TagEvent(
        kind=kind,
        happened_at=usable_moment(moment(value.get("time")), received_at),
        received_at=received_at,
        seq=seq,
        index=index,
        battery_pct=battery if 0 <= battery <= 100 else None,
        detail=detail,
    )


def keep(message: Message, part: Part) -> Message:
    """Return the batch with these fixes and events only, each as the bytes it came in."""
    if _is_ndjson(message):
        return message._replace(body=_keep_lines(message.body, part))
    try:
        whole = msgspec.json.decode(message.body, type=_Apart)
        key, fixes, events = bytes(whole.batch), _all(whole.fixes), _all(whole.events)
    except msgspec.DecodeError:
        found_fixes, found_events = _parts(message)
        key = b'""'
        fixes = [json.dumps(value).encode() for value in found_fixes]
        events = [json.dumps(value).encode() for value in found_events]
    chosen_fixes = b",".join(fixes[at] for at in sorted(part.fixes))
    chosen_events = b",".join(events[at] for at in sorted(part.events))
    body = b'{"batch":%b,"fixes":[%b],"events":[%b]}' % (key, chosen_fixes, chosen_events)
    return message._replace(body=body)


def _all(values: list[msgspec.Raw]) -> list[bytes]:
    return [bytes(value) for value in values]


def _keep_lines(body: bytes, part: Part) -> bytes:
    lines = [(line, json_value(line)) for line in _lines(body)]
    kept = [(line, value) for line, value in lines if not _is_header(value)]
    fixes = [line for line, value in kept if not _is_event(value)]
    events = [line for line, value in kept if _is_event(value)]
    chosen = [fixes[at] for at in sorted(part.fixes)] + [events[at] for at in sorted(part.events)]
    return b"\n".join(chosen) + b"\n"


def batch_key(message: Message) -> str:
    """Return the batch's idempotency key, '' if it has none."""
    first = _KEY_FIRST.match(message.body)
    if first is not None:
        return first[1].decode(errors="replace")
    text = message.body
    if _is_ndjson(message):
        text = next(iter(_lines(text)), b"")
        if b'"batch"' not in text:
            return ""
    try:
        return word((as_map(json_value(text)) or {}).get("batch"))
    except DecodeError:
        return ""


def _is_ndjson(message: Message) -> bool:
    return "ndjson" in message.content_type or "jsonl" in message.content_type


def _lines(body: bytes) -> list[bytes]:
    return [line for line in body.split(b"\n") if line.strip()]


def _is_header(value: Any) -> bool:
    line = as_map(value) or {}
    return "batch" in line and "time" not in line


def _is_event(value: Any) -> bool:
    return "kind" in (as_map(value) or {})


FAMILY: Final = Family(bearer_claim, cut_nothing, parse, keep, batch_key, span)
