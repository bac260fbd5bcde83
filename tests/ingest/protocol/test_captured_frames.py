"""Frames as apps send them → exact fixes. The first three of osmand and owntracks are from the
test sources of traccar/traccar (Apache-2.0, see NOTICE); the rest are written here."""

import gzip
import json
from math import isnan
from urllib.parse import urlsplit

import pytest

from tagwatch.core.fix import Mark, Motion, Source, TagEventKind, fix_at
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.units import iso, parse_iso
from tagwatch.ingest.protocol import FAMILIES, DecodeError, Message, decode
from tagwatch.ingest.protocol.message import Part

RECEIVED = parse_iso("2026-03-01T12:00:00Z")
KNOT = 1852 / 3600


def frame(protocol: str, body: bytes = b"", query: str = "", content_type: str = ""):
    return FrameReceived(
        protocol=protocol,
        body=body,
        query=query,
        content_type=content_type,
        tag_id="t",
        activation_id="a",
        frame_sha256=b"",
    )


def decoded(protocol: str, body=b"", query: str = ""):
    whole = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/json" if whole else ""
    return decode(frame(protocol, whole, query, kind), 7, RECEIVED)


def only_fix(result):
    assert len(result.fixes) == 1
    return fix_at(result.fixes, 0, "a")


def test_traccar_client_json() -> None:
    body = (
        b'{"location":{"timestamp":"2025-06-15T13:45:12.862Z","coords":{"latitude":37.4219983,'
        b'"longitude":-122.084,"accuracy":5,"speed":0,"heading":-1,"altitude":5},"is_moving":false,'
        b'"odometer":0,"event":"motionchange","battery":{"level":1,"is_charging":false},'
        b'"activity":{"type":"still"},"extras":{},"_":"&id=48241179&lat=37.4219983&lon=-122.084'
        b'&timestamp=2025-06-15T13:45:12.862Z&"},"device_id":"48241179"}'
    )
    result = decoded("osmand", body)
    fix = only_fix(result)
    assert iso(fix.fixed_at) == "2025-06-15T13:45:12.862000Z"
    assert (fix.lat_deg, fix.lon_deg) == (37.4219983, -122.084)
    assert (fix.accuracy_m, fix.confidence, fix.altitude_m) == (5.0, 0.68, 5.0)
    assert (fix.speed_mps, fix.bearing_deg) == (0.0, None)
    assert fix.motion is Motion.STILL
    assert fix.fix_id == "7.0"
    row = result.fixes[0]
    assert (row["battery_pct"], row["charging"]) == (100.0, 0)
    assert result.events == ()


SDK_FIRST = (
    b'{"id":"48241179","lat":51.5,"lon":-0.1,"timestamp":1764000060,"accuracy":12.5,'
    b'"altitude":30.0,"speed":1.94,"bearing":10.0,"batt":80,"charge":true}'
)
SDK_ALARM = b'{"id":"48241179","timestamp":1764000030,"batt":79,"charge":false,"alarm":"sos"}'
SDK_LAST = b'{"id":"48241179","lat":51.6,"lon":-0.2,"timestamp":1764000000}'


def test_a_list_of_plain_positions_as_traccars_library_sends_it() -> None:
    body = b"[" + b",".join((SDK_FIRST, SDK_ALARM, SDK_LAST)) + b"]"
    result = decoded("osmand", body)
    assert result.fixes["index"].tolist() == [1, 0], "oldest first, index is the place"
    first = fix_at(result.fixes, 1, "a")
    assert iso(first.fixed_at) == "2025-11-24T16:01:00Z"
    assert (first.lat_deg, first.accuracy_m, first.confidence) == (51.5, 12.5, 0.68)
    assert first.speed_mps == pytest.approx(1.94 * KNOT)
    assert result.fixes["charging"].tolist() == [-1, 1]
    kinds = [event.kind for event in result.events]
    assert kinds == [TagEventKind.ALARM, TagEventKind.NO_POSITION]
    alone = decoded("osmand", SDK_FIRST)
    assert alone.fixes["lat_deg"].tolist() == [51.5]


def test_of_a_list_each_owner_keeps_the_bytes_of_his_own_positions() -> None:
    family = FAMILIES["osmand"]
    message = Message(b"[" + b", ".join((SDK_FIRST, SDK_ALARM, SDK_LAST)) + b"]")
    assert family.claim(message, "").secret == "48241179"
    last = family.keep(message, Part({1}, set()))
    assert last.body == b"[" + SDK_LAST + b"]"
    others = family.keep(message, Part({0}, {0, 1}))
    assert others.body == b"[" + SDK_FIRST + b"," + SDK_ALARM + b"]"


def test_a_message_of_two_senders_is_refused_because_one_secret_would_stay_in_it() -> None:
    body = b"[" + SDK_FIRST + b"," + SDK_LAST.replace(b"48241179", b"5550000") + b"]"
    with pytest.raises(DecodeError, match="several tags"):
        FAMILIES["osmand"].claim(Message(body), "")


def test_a_compressed_body_is_told_so_in_plain_words() -> None:
    for protocol in sorted(FAMILIES):
        with pytest.raises(DecodeError, match="compressed with gzip"):
            decoded(protocol, gzip.compress(SDK_FIRST))


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("id=902064&lat=42.06288&lon=-88.23412&timestamp=2016-01-27T18%3A55%3A47Z&hdop=6.0",
         "2016-01-27T18:55:47Z"),
        ("id=902064&lat=42.06288&lon=-88.23412&timestamp=1442068686579&hdop=6.0",
         "2015-09-12T14:38:06.579000Z"),
        ("lat=42.06288&lon=-88.23412&timestamp=2014-06-04+09%3A10%3A11&hdop=6.0&id=3538",
         "2014-06-04T09:10:11Z"),
        ("location=42.06288,-88.23412&timestamp=1442068686&hdop=6", "2015-09-12T14:38:06Z"),
    ],
)  # fmt: skip
def test_osmand_query_in_its_forms(query, at) -> None:
    for result in (decoded("osmand", query=query), decoded_form(query)):
        fix = only_fix(result)
        assert iso(fix.fixed_at) == at
        assert (fix.lat_deg, fix.lon_deg, fix.hdop) == (42.06288, -88.23412, 6.0)
        assert fix.accuracy_m is None
        assert fix.confidence is None


def decoded_form(query: str):
    kind = "application/x-www-form-urlencoded"
    return decode(frame("osmand", query.encode(), "", kind), 7, RECEIVED)


def test_osmand_units_and_switches() -> None:
    query = (
        "lat=51.5&lon=-0.1&timestamp=1764000000&speed=10&bearing=45&accuracy=12&batt=87"
        "&charge=true&valid=false&alarm=sos,jamming,strange&mock=1"
    )
    result = decoded("osmand", query=query)
    fix = only_fix(result)
    assert fix.speed_mps == pytest.approx(10 * KNOT)
    assert fix.marks == Mark.NOT_VALID | Mark.MOCK
    assert result.fixes[0]["charging"] == 1
    kinds = [event.kind for event in result.events]
    assert kinds == [TagEventKind.ALARM, TagEventKind.JAMMING, TagEventKind.OTHER]
    assert {event.battery_pct for event in result.events} == {87.0}


def test_osmand_without_a_position_says_so() -> None:
    query = "id=1&timestamp=1377177267&cell=257,02,16,2224&wifi=00-14-22-01-23-45,-80&batt=30"
    result = decoded("osmand", query=query)
    assert len(result.fixes) == 0
    [event] = result.events
    assert (event.kind, event.battery_pct) == (TagEventKind.NO_POSITION, 30.0)
    assert event.detail == "no position cell wifi"


def test_owntracks_location() -> None:
    body = (
        b'{"cog":271,"lon":2.29513,"acc":5,"vel":61,"vac":21,"lat":48.85833,"tst":1497349316,'
        b'"alt":167,"_type":"location","tid":"JJ","t":"u","batt":67}'
    )
    result = decoded("owntracks", body)
    fix = only_fix(result)
    assert iso(fix.fixed_at) == "2017-06-13T10:21:56Z"
    assert (fix.lat_deg, fix.lon_deg, fix.accuracy_m, fix.confidence) == (
        48.85833, 2.29513, 5.0, 0.68,
    )  # fmt: skip
    assert fix.speed_mps == pytest.approx(61 / 3.6)
    assert (fix.bearing_deg, fix.altitude_m) == (271.0, 167.0)
    assert result.fixes[0]["battery_pct"] == 67.0
    assert result.fixes[0]["charging"] == -1


def test_owntracks_array_of_everything() -> None:
    body = [
        {"_type": "location", "lat": 1.5, "lon": 2.5, "tst": 1764000060, "bs": 2,
         "created_at": 1764000100},
        {"_type": "transition", "event": "leave", "lat": 1.4, "lon": 2.4, "tst": 1764000000},
        {"_type": "waypoints", "waypoints": []},
        {"_type": "lwt", "tst": 1764000000},
        {"_type": "status", "android": {"loc": -4}},
        {"_type": "encrypted", "data": "AAAA"},
    ]  # fmt: skip
    result = decoded("owntracks", body)
    assert result.fixes["index"].tolist() == [1, 0], "oldest first, index is the place"
    assert result.fixes["charging"].tolist() == [-1, 1]
    assert result.fixes["sent_at"][1] == 1764000100 * 10**6
    kinds = [event.kind for event in result.events]
    assert kinds == [TagEventKind.OTHER] * 3 + [TagEventKind.NO_POSITION, TagEventKind.OTHER]
    assert [event.index for event in result.events] == [0, 1, 2, 3, 4]


def test_traccar_position_and_event() -> None:
    position = {
        "id": 1, "deviceId": 2, "protocol": "gt06", "deviceTime": "2026-03-01T11:59:00.000+00:00",
        "fixTime": "2026-03-01T11:58:59.000+00:00", "outdated": False, "valid": True,
        "latitude": 51.5, "longitude": -0.1, "altitude": 0.0, "speed": 5.0, "course": 90.0,
        "accuracy": 0.0, "attributes": {"sat": 9, "hdop": 1.1, "batteryLevel": 55, "motion": True,
        "charge": False, "alarm": "tampering"},
    }  # fmt: skip
    result = decoded("traccar_forward", {"position": position, "device": {"uniqueId": "S1"}})
    fix = only_fix(result)
    assert iso(fix.fixed_at) == "2026-03-01T11:58:59Z"
    assert fix.speed_mps == pytest.approx(5 * KNOT)
    assert (fix.accuracy_m, fix.altitude_m, fix.hdop, fix.satellites) == (None, None, 1.1, 9)
    assert (fix.source, fix.motion) == (Source.GNSS, Motion.MOVING)
    assert [event.kind for event in result.events] == [TagEventKind.CASE_OPEN]
    event = {
        "type": "alarm",
        "eventTime": "2026-03-01T11:00:00Z",
        "attributes": {"alarm": "powerCut"},
    }
    [said] = decoded("traccar_forward", {"event": event, "position": position}).events
    assert (said.kind, iso(said.happened_at)) == (TagEventKind.CHARGE_OFF, "2026-03-01T11:00:00Z")


OWN = {"time": 1764000000.5, "lat": 51.5, "lon": -0.1, "accuracy_m": 8, "confidence": 0.95,
       "hdop": 1.5, "satellites": 7, "source": 6, "speed_mps": 1.5, "bearing_deg": 10,
       "altitude_m": 20, "battery_pct": 40, "charging": True, "motion": 2}  # fmt: skip


def test_own_batch_in_each_of_its_forms() -> None:
    named = OWN | {"time": "2025-11-24T16:00:00.5Z", "source": "wifi", "motion": "moving"}
    event = {"time": 1764000000, "kind": "strap_cut", "detail": "x"}
    lines = b"\n".join(json.dumps(item).encode() for item in ({"batch": "k"}, OWN, event))
    ndjson = decode(frame("tagwatch", lines, "", "application/x-ndjson"), 7, RECEIVED)
    results = [
        decoded("tagwatch", {"batch": "k", "fixes": [OWN], "events": [event]}),
        decoded("tagwatch", {"batch": "k", "fixes": [named], "events": [event]}),
        ndjson,
    ]
    for result in results:
        fix = only_fix(result)
        assert iso(fix.fixed_at) == "2025-11-24T16:00:00.500000Z"
        assert (fix.accuracy_m, fix.confidence, fix.source) == (8.0, 0.95, Source.WIFI)
        assert (fix.satellites, fix.motion) == (7, Motion.MOVING)
        assert result.fixes[0]["charging"] == 1
        assert [event.kind for event in result.events] == [TagEventKind.STRAP_CUT]


def test_unknown_is_not_zero_and_bad_values_are_marked() -> None:
    odd = [
        OWN | {"speed_mps": -1, "accuracy_m": 0, "hdop": 0, "satellites": -1, "battery_pct": 101},
        OWN | {"lat": 91},
        OWN | {"lon": None},
        OWN | {"lat": 0, "lon": 0},
        OWN | {"time": 0},
        OWN | {"time": "2099-01-01T00:00:00Z"},
        {"lat": 51.5, "lon": -0.1},
        OWN | {"time": RECEIVED / 1e6 + 300},
        "rubbish",
    ]
    rows = {int(row["index"]): row for row in decoded("tagwatch", {"fixes": odd}).fixes}
    assert len(rows) == len(odd)
    first = rows[0]
    for name in ("speed_mps", "accuracy_m", "confidence", "hdop", "battery_pct"):
        assert isnan(first[name]), name
    assert first["satellites"] == -1
    marks = [Mark(int(rows[at]["marks"])) for at in range(len(odd))]
    assert marks == [
        Mark.NONE, Mark.BAD_POSITION, Mark.BAD_POSITION, Mark.BAD_POSITION, Mark.BAD_TIME,
        Mark.BAD_TIME, Mark.BAD_TIME, Mark.CLOCK_AHEAD, Mark.BAD_TIME | Mark.BAD_POSITION,
    ]  # fmt: skip
    assert {int(rows[at]["fixed_at"]) for at in (4, 5, 6, 8)} == {RECEIVED}


def test_nan_in_json_is_a_value_and_not_an_error() -> None:
    body = b'{"fixes":[{"time":1764000000,"lat":NaN,"lon":-0.1,"speed_mps":-Infinity}]}'
    assert Mark(int(decoded("tagwatch", body).fixes[0]["marks"])) == Mark.BAD_POSITION


@pytest.mark.parametrize(
    ("protocol", "body"),
    [
        ("tagwatch", b"{"), ("tagwatch", b"[]"), ("tagwatch", b'{"fixes":3}'),
        ("tagwatch", b'{"fixes":[' + b"{}," * 10_001 + b"{}]}"),
        ("owntracks", b'{"lat":1}'), ("osmand", b'{"device_id":"x"}'), ("osmand", b"id=1"),
        ("traccar_forward", b"{}"), ("nobody", b""),
    ],
)  # fmt: skip
def test_what_is_no_message_says_so(protocol, body) -> None:
    with pytest.raises(DecodeError) as error:
        decoded(protocol, body)
    assert error.value.hint


@pytest.mark.parametrize("protocol", ["osmand", "owntracks"])
def test_every_captured_frame_decodes(protocol, tagwatch_data) -> None:
    lines = (tagwatch_data / f"frames/traccar/{protocol}.jsonl").read_text().splitlines()
    for line in lines:
        target, *rest = json.loads(line)["request"]["strings"]
        body = rest[-1].encode() if rest else b""
        result = decoded(protocol, body, urlsplit(target).query)
        assert len(result.fixes) + len(result.events) >= 1
