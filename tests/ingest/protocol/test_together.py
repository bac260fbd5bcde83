"""Frames decoded together are the very rows that each gives by itself."""

import json
from hashlib import sha256

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.fix import Decoded
from tagwatch.core.ids import TagId
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.units import SECOND, Instant
from tagwatch.ingest.protocol import DecodeError, decode, decode_all

AT = Instant(1_795_000_000 * SECOND)
numbers = st.one_of(
    st.floats(-200, 400, allow_nan=False), st.just(0), st.just(-1), st.just(1e9), st.none()
)
times = st.one_of(
    st.integers(1_794_990_000, 1_794_999_999),
    st.sampled_from([0, 1_795_000_500, 1_799_000_000, 1_794_999_000_000, "2026-11-16T10:00:00Z"]),
)
fix = st.fixed_dictionaries(
    {"time": times, "lon": st.floats(-0.2, 0.2), "lat": st.floats(51.4, 51.6)},
    optional={
        "accuracy_m": numbers,
        "confidence": numbers,
        "speed_mps": numbers,
        "satellites": st.integers(-1, 30),
        "source": st.sampled_from([0, 1, 6, 9, "wifi"]),
        "charging": st.sampled_from([True, False, None]),
        "valid": st.sampled_from([True, False]),
        "mock": st.sampled_from([True, False]),
    },
)
plain = st.builds(
    lambda first, count: [
        {"time": first + 60 * n, "lon": 0.1 * n / 60, "lat": 51.5, "accuracy_m": 5.0, "source": 1}
        for n in range(count)
    ],
    st.integers(1_794_990_000, 1_794_995_000),
    st.integers(1, 60),
)
batches = st.one_of(plain, st.lists(fix, max_size=20))
bodies = st.one_of(
    batches.map(lambda fixes: json.dumps({"fixes": fixes})),
    batches.map(lambda fixes: json.dumps({"fixes": fixes, "events": [{"kind": "alarm"}]})),
    st.sampled_from(["", "{", "[]", '{"fixes": 7}']),
)


def frame(body: str) -> FrameReceived:
    return FrameReceived(
        protocol="tagwatch",
        body=body.encode(),
        content_type="application/json",
        tag_id=TagId("t1"),
        activation_id=None,
        frame_sha256=sha256(body.encode()).digest(),
    )


@given(st.lists(bodies, max_size=6))
def test_together_is_one_by_one(said: list[str]) -> None:
    frames = [(frame(body), 10 + n, Instant(AT + n * SECOND)) for n, body in enumerate(said)]
    for one, alone in zip(decode_all(frames), map(alone_of, frames), strict=True):
        if isinstance(alone, DecodeError):
            assert isinstance(one, DecodeError)
            assert str(one) == str(alone)
            continue
        assert not isinstance(one, DecodeError)
        assert one.events == alone.events
        assert one.fixes.dtype == alone.fixes.dtype
        for name in one.fixes.dtype.names or ():
            np.testing.assert_array_equal(one.fixes[name], alone.fixes[name], err_msg=name)


def alone_of(one: tuple[FrameReceived, int, Instant]) -> Decoded | DecodeError:
    try:
        return decode(*one)
    except DecodeError as error:
        return error


def test_a_protocol_nobody_knows_is_an_answer_of_its_own() -> None:
    strange = frame("{}")
    (found,) = decode_all([(type(strange)(**_fields(strange) | {"protocol": "none"}), 1, AT)])
    assert isinstance(found, DecodeError)
    assert decode_all([]) == []


def _fields(event: FrameReceived) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__struct_fields__}
