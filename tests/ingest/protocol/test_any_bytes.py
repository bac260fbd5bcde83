"""Any bytes to any decoder: a value or a DecodeError; and the two ways to rows agree."""

import json
from math import nan

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tagwatch.core.fix import Decoded
from tagwatch.core.units import parse_iso
from tagwatch.ingest.protocol import FAMILIES, DecodeError, Message
from tagwatch.ingest.protocol.message import Part
from tagwatch.ingest.protocol.tagwatch import parse as parse_own

RECEIVED = parse_iso("2026-03-01T12:00:00Z")
NAMES = [
    *("fixes", "events", "batch", "time", "lat", "lon", "kind", "_type", "location", "transition"),
    *("tst", "device_id", "coords", "latitude", "position", "device", "uniqueId", "event"),
    *(
        "attributes",
        "alarm",
        "timestamp",
        "battery",
        "source",
        "motion",
        "acc",
        "id",
        "batt",
        "status",
        "android",
    ),
]
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([*NAMES, "2026-02-30T00:00:00Z", "1e999", "\ud800"])
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=25,
)
BODIES = st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode())
QUERIES = st.text(max_size=50) | st.lists(
    st.tuples(st.sampled_from(["id", "lat", "lon", "timestamp", "batt", "x"]), st.text(max_size=9))
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))
KINDS = st.sampled_from(["", "application/json", "application/x-ndjson", "text/plain"])


@pytest.mark.parametrize("protocol", sorted(FAMILIES))
@given(body=BODIES, query=QUERIES, kind=KINDS, authorization=st.text(max_size=30))
@example(body=b"[" * 200_000, query="", kind="application/json", authorization="Basic !!")
@example(body=b"1" * 10_000, query="", kind="application/json", authorization="")
@example(body=b'"\\ud800"', query="", kind="application/json", authorization="Bearer x")
def test_any_bytes_give_a_value_or_a_decode_error(
    protocol, body, query, kind, authorization
) -> None:
    family = FAMILIES[protocol]
    message = Message(body, query, kind)
    try:
        claim = family.claim(message, authorization)
        if claim is not None:
            message = family.cut(message, claim)
        result = family.parse(message, 3, RECEIVED)
        part = Part(
            frozenset(result.fixes["index"].tolist()), frozenset(e.index for e in result.events)
        )
        again = family.parse(family.keep(message, part), 3, RECEIVED)
    except DecodeError:
        return
    finally:
        family.batch_key(message)
    assert isinstance(result, Decoded)
    span = family.span(message, RECEIVED)
    if span is not None:
        fixed_at = result.fixes["fixed_at"]
        assert span == (fixed_at[0], fixed_at[-1], len(fixed_at))
        assert not result.events
    msgspec.msgpack.encode(result.events)
    assert len(again.fixes) == len(result.fixes)
    assert [e.kind for e in again.events] == [e.kind for e in result.events]
    assert (np.diff(result.fixes["fixed_at"]) >= 0).all()


NUMBER = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-500, 500)
FIX = st.fixed_dictionaries(
    {"time": st.one_of(st.floats(1.7e9, 1.8e9), st.sampled_from([0, -1, 1.764e12, 1.764e15, 5e9]))},
    optional={
        **dict.fromkeys(("lat", "lon", "accuracy_m", "confidence", "hdop"), NUMBER),
        **dict.fromkeys(("altitude_m", "speed_mps", "bearing_deg", "battery_pct"), NUMBER),
        "satellites": st.integers(-3, 400),
        "source": st.integers(-1, 8),
        "motion": st.integers(-1, 4),
        "charging": st.booleans() | st.none(),
        "valid": st.booleans(),
        "mock": st.booleans(),
    },
)


@given(st.lists(FIX, min_size=8, max_size=12))
def test_columns_and_rows_agree(fixes) -> None:
    body = json.dumps({"fixes": fixes}).encode()
    # A word for a source sends the whole batch down the slower way.
    slow = json.dumps({"fixes": [*fixes, {"time": "x", "source": "gnss"}]}).encode()
    columns = parse_own(Message(body, "", ""), 5, RECEIVED).fixes
    span = FAMILIES["tagwatch"].span(Message(body), RECEIVED)
    if span is not None:
        assert span == (columns["fixed_at"][0], columns["fixed_at"][-1], len(fixes))
    rows = parse_own(Message(slow, "", ""), 5, RECEIVED).fixes
    rows = rows[rows["index"] < len(fixes)]
    for name in columns.dtype.names:
        np.testing.assert_array_equal(columns[name], rows[name], err_msg=name)


def test_sixty_fixes_decode_in_little_time() -> None:
    fix = {"time": 1764000000, "lat": 51.5, "lon": -0.1, "accuracy_m": 5.0, "hdop": nan}
    assert (
        len(parse_own(Message(json.dumps({"fixes": [fix] * 60}).encode()), 1, RECEIVED).fixes) == 60
    )
