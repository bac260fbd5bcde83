"""Any bytes give records or mistakes in words, never a failure."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tagwatch.core.ids import AccountId
from tagwatch.core.recorded_register import OrderRecorded, WearerRecorded
from tagwatch.core.units import parse_iso
from tagwatch.desk.import_csv import FITTED, WEARER_MORE
from tagwatch.desk.import_file import ImportRefused
from tagwatch.desk.import_reading import FilePlan, Source, plan_file
from tagwatch.store.writes import Writes
from tests.desk.recorded import Recorded
from tests.desk.test_import_drawing import SQUARE, collection, feature, kml, polygon
from tests.web import sample

AT = parse_iso("2026-11-20T12:00:00Z")
BY = AccountId("tester")
ROOT = Path(__file__).parents[2]
RECORDS = json.loads((ROOT / "scenarios" / "example-import.json").read_text(encoding="utf-8"))
ORDER = json.loads(
    (ROOT / "scenarios" / "example-field-monitoring-order.json").read_text(encoding="utf-8")
)
DRAWING = json.loads(collection(feature(polygon(SQUARE), name="School", buffer_m=50)))
MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    found = Recorded()
    for event in (
        WearerRecorded(wearer=sample.wearer("w_own", 1), by=BY),
        OrderRecorded(order=sample.order("w_own"), by=BY),
    ):
        found.apply(event, AT, Writes())
    return found


def read(data: bytes, recorded: Recorded) -> FilePlan | list[str]:
    """What the file would record, else every mistake as a sentence with its place."""
    try:
        return plan_file(Source(data, "o_w_own", "told"), recorded.known, {}, AT, BY)
    except ImportRefused as refused:
        found = refused.errors
    assert found
    assert all(": " in error for error in found), found
    return found


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-11-02", "23:59:00", "Mo", "https://[", "id:", "\x00", "0001-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


def places(document: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a document."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        inside = list(document.items())
    elif isinstance(document, list):
        inside = list(enumerate(document))
    return [at, *(path for key, one in inside for path in places(one, (*at, key)))]


@st.composite
def spoiled(draw: st.DrawFn, document: Any) -> bytes:
    """A good document with some of its values replaced by anything."""
    found = copy.deepcopy(document)
    for path in draw(st.lists(st.sampled_from(places(document)[1:]), min_size=1, max_size=3)):
        held = found
        try:
            for key in path[:-1]:
                held = held[key]
            held[path[-1]] = draw(JSON)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    return json.dumps(found).encode("utf-8", "surrogatepass")


@MANY
@given(data=st.binary(max_size=200))
@example(data=b'{"type": "Feature"' + b"[" * 5_000)
@example(data=b'{"monitoring_order": NaN}')
@example(data=b"<kml")
@example(data=b'{"type": ' + b"9" * 5_000 + b"}")
def test_any_bytes(recorded: Recorded, data: bytes) -> None:
    read(data, recorded)


@MANY
@given(data=st.one_of(spoiled(RECORDS), spoiled(ORDER), spoiled(DRAWING)))
def test_good_json_spoiled(recorded: Recorded, data: bytes) -> None:
    read(data, recorded)


CELL = st.text(max_size=8) | st.sampled_from(["1", "2026-11-02", "31/02/1990", "TW-9", '"', "=1+1"])
HEADS = st.sampled_from(
    [
        ["ref", "name", "programme", "borough", "agency", *WEARER_MORE],
        ["wearer", *FITTED],
    ]
)


@MANY
@given(
    head=HEADS, rows=st.lists(st.lists(CELL, max_size=20), max_size=3), mark=st.sampled_from(",;\t")
)
def test_any_cells(recorded: Recorded, head: list[str], rows: list[list[str]], mark: str) -> None:
    text = "\n".join(mark.join(row) for row in [head, *rows])
    read(text.encode("utf-8", "surrogatepass"), recorded)


@MANY
@given(inside=st.text(alphabet="<>/PlacemrkoygnCdits0123456789,. -&;\"'", max_size=120))
@example(inside="<Placemark><name>x</name><Point><coordinates>,,</coordinates></Point></Placemark>")
@example(inside="<Placemark><Polygon><coordinates>1e999,51</coordinates></Polygon></Placemark>")
def test_any_kml(recorded: Recorded, inside: str) -> None:
    read(kml(inside), recorded)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["wearers"][0].update(name="\ud800"), "half a character"),
        (lambda d: d["contacts"][1].update(channel="webhook", address="https://["), "https://"),
    ],
)
def test_what_could_not_be_kept_is_a_mistake(recorded: Recorded, change, says: str) -> None:
    document = copy.deepcopy(RECORDS)
    change(document)
    found = read(json.dumps(document).encode(), recorded)
    assert isinstance(found, list)
    assert any(says in error for error in found), found


def test_the_shipped_order_is_read_field_by_field(recorded: Recorded) -> None:
    document = copy.deepcopy(ORDER)
    document["device_wearer"]["delius_id"] = sample.wearer("w_own", 1).crn
    found = read(json.dumps(document).encode(), recorded)
    assert isinstance(found, FilePlan), found
    order, *needs = (one.event for one in found.planned)
    assert order.order.reference == "demo-case-1"
    assert order.order.ends_at == parse_iso("2027-11-02T23:59:00Z")
    assert order.order.supervision.unit == "Camden and Islington"
    zone, curfew = (event.need for event in needs)
    assert zone.words == "Demo Street and the park beside it. At all times"
    assert zone.valid_until == parse_iso("2027-11-03T00:00:00Z"), "its last day included"
    assert curfew.rows == ("Mo 00:00-Mo 07:00", "Mo 19:00-Tu 00:00"), "no minute between"
    assert curfew.words.startswith("primary: 1 Demo Road, London, ZZ1 1ZZ")
    assert curfew.words.endswith("On the day of release, 2026-11-02 from 16:00 to 07:00")
    document["monitoring_order"]["revocation_date"] = "2027-01-31"
    revoked = read(json.dumps(document).encode(), recorded)
    assert isinstance(revoked, FilePlan)
    assert revoked.planned[0].event.order.ends_at == parse_iso("2027-02-01T00:00:00Z")
