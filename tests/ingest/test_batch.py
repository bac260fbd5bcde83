import json

import numpy as np
from hypothesis import given

from tagwatch.core.units import parse_iso
from tagwatch.ingest.batch import encode_batch
from tagwatch.ingest.protocol.message import Message
from tagwatch.ingest.protocol.tagwatch import batch_key, parse
from tests.ingest.protocol.test_any_bytes import FIX

RECEIVED = parse_iso("2027-03-01T12:00:00Z")
EVENTS = [{"time": 1764000000, "kind": "battery", "battery_pct": 9, "detail": "low"}]


@given(FIX)
def test_a_batch_written_is_the_batch_read(fix) -> None:
    first = json.dumps({"fixes": [fix] * 2, "events": EVENTS}).encode()
    read = parse(Message(first), 5, RECEIVED)
    body = encode_batch(read.fixes, "key-1", read.events)
    again = parse(Message(body), 5, RECEIVED)
    assert batch_key(Message(body)) == "key-1"
    assert again.events == read.events
    for name in read.fixes.dtype.names:
        np.testing.assert_array_equal(read.fixes[name], again.fixes[name], err_msg=name)
