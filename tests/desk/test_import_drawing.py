"""Zones drawn elsewhere: GeoJSON and KML become zones of one order, or every mistake is named."""

import json
from typing import Any

import pytest

from tagwatch.core.geometry import Disc, MultiPolygon, Polygon
from tagwatch.core.ids import AccountId
from tagwatch.core.order import ExclusionZone, ZoneKnowledge
from tagwatch.core.recorded_register import ConditionRecorded, OrderRecorded, WearerRecorded
from tagwatch.core.units import parse_iso
from tagwatch.desk.import_file import ImportRefused
from tagwatch.desk.import_reading import Source, SourceKind, plan_file
from tagwatch.store.writes import Writes
from tests.desk.recorded import Recorded
from tests.web import sample

AT = parse_iso("2026-11-20T12:00:00Z")
BY = AccountId("tester")
SQUARE = [[-0.14, 51.53], [-0.13, 51.53], [-0.13, 51.536], [-0.14, 51.536], [-0.14, 51.53]]
HOLE = [[-0.138, 51.532], [-0.134, 51.532], [-0.134, 51.534], [-0.138, 51.532]]
BOW = [[-0.14, 51.53], [-0.13, 51.536], [-0.13, 51.53], [-0.14, 51.536], [-0.14, 51.53]]


@pytest.fixture
def register() -> Recorded:
    found = Recorded()
    found.apply(WearerRecorded(wearer=sample.wearer("w_own", 7), by=BY), AT, Writes())
    found.apply(OrderRecorded(order=sample.order("w_own"), by=BY), AT, Writes())
    return found


def zones(data: bytes, register: Recorded, knowledge: str = "told") -> list[ConditionRecorded]:
    source = Source(data, register.orders["o_w_own"].reference.lower(), knowledge)
    plan = plan_file(source, register.known, {}, AT, BY)
    return [e for one in plan.planned if isinstance(e := one.event, ConditionRecorded)]


def feature(geometry: Any, **said: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": said}


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def collection(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def kml(inside: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>{inside}</Document></kml>"
    ).encode()


def ring(corners: list[list[float]], which: str = "outerBoundaryIs") -> str:
    text = " ".join(f"{lon},{lat},0" for lon, lat in corners)
    return f"<{which}><LinearRing><coordinates>{text}</coordinates></LinearRing></{which}>"


def test_each_feature_becomes_a_zone_of_the_order_and_only_once(register: Recorded) -> None:
    data = collection(
        feature(polygon(SQUARE, HOLE), name="School", buffer_m=200, schedule="Mo 08:00-16:00"),
        feature({"type": "Point", "coordinates": [-0.1, 51.5]}, title="Shop", radius_m=150),
    )
    first, second = (event.condition for event in zones(data, register))
    assert isinstance(first.terms, ExclusionZone)
    assert isinstance(first.terms.shape, Polygon)
    assert (first.terms.label, len(first.terms.shape.rings)) == ("School", 2)
    assert (first.terms.buffer_m, len(first.terms.schedule)) == (200, 1)
    assert isinstance(second.terms, ExclusionZone)
    assert isinstance(second.terms.shape, Disc)
    assert second.order_id == "o_w_own"
    for event in zones(data, register):
        register.apply(event, AT, Writes())
    assert zones(data, register) == []


def test_a_drawing_in_kml_is_the_same_zone_as_in_geojson(register: Recorded) -> None:
    rings = ring(HOLE, "innerBoundaryIs") + ring(SQUARE)
    parts = (f"<Polygon>{ring(SQUARE)}</Polygon>", f"<Polygon>{ring(HOLE)}</Polygon>")
    both = f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"
    said = '<ExtendedData><Data name="knowledge"><value>Secret</value></Data></ExtendedData>'
    data = kml(
        f"<Placemark><name>School</name>{said}<Polygon>{rings}</Polygon></Placemark>"
        f"<Placemark><name>Two</name>{both}</Placemark>"
    )
    first, second = (event.condition.terms for event in zones(data, register))
    (same,) = zones(collection(feature(polygon(SQUARE, HOLE), name="School")), register)
    assert isinstance(first, ExclusionZone)
    assert isinstance(same.condition.terms, ExclusionZone)
    assert first.shape == same.condition.terms.shape
    assert first.knowledge is ZoneKnowledge.SECRET
    assert isinstance(second, ExclusionZone)
    assert isinstance(second.shape, MultiPolygon)


BOMB = '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
LINE = {"type": "LineString", "coordinates": SQUARE}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            collection(feature(polygon(BOW), name="Bow")),
            "(Bow), geojson: the outer ring crosses",
        ),
        (collection(feature(polygon([c[::-1] for c in SQUARE]))), "its two numbers are swapped"),
        (collection(feature(polygon(), name="A")), "is empty"),
        (collection(feature(LINE, name="A")), "zone 1: LineString is no area"),
        (collection(feature(None, name="A")), "it has no outline"),
        (
            collection(feature({"type": "Point", "coordinates": [0, 51]})),
            "give it the property",
        ),
        (collection(), "there is no zone in it"),
        (collection(*[feature(polygon(SQUARE))] * 201), "201 zones are more than 200"),
        (collection(feature(polygon(SQUARE * 11_000))), "corners are more than 50000"),
        (collection(*[feature(polygon(SQUARE), name="A")] * 2), "has the same name"),
        (collection(feature(polygon(SQUARE), name="A", knowledge="maybe")), "none of told, secret"),
        (collection(feature(polygon(SQUARE), name="A", buffer_m="far")), "buffer_m: expected"),
        (kml("<Placemark/>"), "it has no outline"),
        (kml("<Placemark/>", BOMB), "a document type (DTD) is not taken"),
        (kml("<NetworkLink/>"), "nothing is fetched"),
        (kml("<a>" * 50), "nested deeper"),
        (kml("<Placemark><Point><coordinates>x,y</coordinates></Point></Placemark>"), "no corner"),
        (b"<html></html>", "XML and no KML"),
        (b"<kml", "no whole XML"),
    ],
)
def test_what_is_no_zone_is_refused_with_a_sentence(
    data: bytes, says: str, register: Recorded
) -> None:
    with pytest.raises(ImportRefused) as refused:
        zones(data, register)
    assert any(says in error for error in refused.value.errors), refused.value.errors


def test_the_order_and_whether_he_knows_must_be_said(register: Recorded) -> None:
    data = collection(feature(polygon(SQUARE), name="A"))
    with pytest.raises(ImportRefused, match="say whether the wearer knows"):
        zones(data, register, knowledge="")
    for order, says in (("", "say to which order"), ("CC/404", "no order 'CC/404' is recorded")):
        with pytest.raises(ImportRefused, match=says):
            plan_file(Source(data, order, "told"), register.known, {}, AT, BY)
    assert plan_file(Source(data, "o_w_own", "told"), register.known, {}, AT, BY).kind is (
        SourceKind.GEOJSON
    )
