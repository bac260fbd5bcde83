"""Field-monitoring orders: the order and its places in words, or every mistake and nothing."""

import copy
import json
from typing import Any

import pytest

from tagwatch.access.refusal import NotFound
from tagwatch.core.geometry_need import GeometryNeed
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.ledger import GeometryNeeded
from tagwatch.core.order import LegalBasis
from tagwatch.core.recorded_register import OrderRecorded, WearerRecorded
from tagwatch.core.units import parse_iso
from tagwatch.desk.clerk import Conflict
from tagwatch.desk.geometry_need import settle_need
from tagwatch.desk.import_file import ImportRefused
from tagwatch.desk.import_orders import is_orders, plan_orders
from tagwatch.query.wearer import wearer as wearer_view
from tagwatch.store.writes import Writes
from tests.desk.recorded import Recorded
from tests.web import sample

AT = parse_iso("2026-11-20T12:00:00Z")
BY = AccountId("tester")
ORDER: dict[str, Any] = {
    "device_wearer": {
        "delius_id": "X000007",
        "mappa": "MAPPA 2",
        "mappa_category": "Category 1",
        "address_1": "1 Demo Road",
        "address_post_code": "ZZ1 1ZZ",
    },
    "monitoring_order": {
        "case_id": "CEMO-1",
        "condition_type": "License Condition of a Custodial Order",
        "order_start": "2026-07-01 00:00:00",
        "order_end": "2026-12-01 00:00:00",
        "notifying_organization": "Prison",
        "responsible_organization": "Probation",
        "pdu_responsible": "Ealing and Hillingdom",
        "enforceable_condition": [
            {"condition": "Curfew with EM", "start_date": "2026-07-02 00:00:00", "end_date": ""}
        ],
        "curfew_duration": [
            {
                "location": "primary",
                "allday": "",
                "schedule": [
                    {"day": "Mo", "start": "19:00:00", "end": "07:00:00"},
                    {"day": "Sa", "start": "08:00:00", "end": "12:00:00"},
                ],
            }
        ],
        "exclusion_zones": [
            {
                "description": "Her street and the park",
                "duration": "always",
                "start": "2026-07-01 00:00:00",
                "end": "",
            }
        ],
        "inclusion_zones": [],
    },
}


@pytest.fixture
def register() -> Recorded:
    found = Recorded()
    found.apply(WearerRecorded(wearer=sample.wearer("w_own", 7), by=BY), AT, Writes())
    return found


def planned(document: object, register: Recorded) -> list:
    data = json.dumps(document).encode()
    assert is_orders(data)
    return plan_orders(data, register.known, AT, BY)


def test_an_order_is_taken_over_with_its_places_in_words_and_once(register: Recorded) -> None:
    events = planned(ORDER, register)
    order = next(e.order for e in events if isinstance(e, OrderRecorded))
    assert order.legal_basis is LegalBasis.LICENCE
    assert order.starts_at == parse_iso("2026-06-30T23:00:00Z"), "London is an hour ahead in July"
    assert order.ends_at == parse_iso("2026-12-01T00:00:00Z")
    assert (order.supervision.mappa_level, order.supervision.mappa_category) == (2, 1)
    assert order.supervision.unit == "Ealing and Hillingdon"
    zone, curfew = [e.need for e in events if isinstance(e, GeometryNeeded)]
    assert zone.words == "Her street and the park. always"
    assert curfew.rows == ("Mo 19:00-Tu 07:00", "Sa 08:00-Sa 12:00")
    assert curfew.valid_from == parse_iso("2026-07-01T23:00:00Z")
    assert curfew.words == "primary: 1 Demo Road, ZZ1 1ZZ"
    for event in events:
        register.apply(event, AT, Writes())
    assert planned(ORDER, register) == []


def test_every_mistake_is_named_and_nothing_is_planned(register: Recorded) -> None:
    wrong = copy.deepcopy(ORDER)
    wrong["device_wearer"]["delius_id"] = "X999999"
    wrong["monitoring_order"]["order_start"] = "soon"
    second = copy.deepcopy(ORDER)
    second["monitoring_order"]["curfew_duration"][0]["schedule"][0]["day"] = "Xx"
    with pytest.raises(ImportRefused) as refused:
        planned([wrong, second], register)
    text = "\n".join(refused.value.errors)
    for words in ("[0]", "no wearer is recorded", "no London time", "[1]", "day 'Xx'"):
        assert words in text, text


def test_a_place_is_listed_until_somebody_says_that_it_is_drawn(clerk, at, centre) -> None:
    officer = at("officer")
    need = GeometryNeed(
        need_id="gn_1", order_id="o_w_own", wearer_id="w_own", demand="curfew", words="a house"
    )
    centre.record(GeometryNeeded(need=need, at=officer.now(), by=BY), at=officer.now())
    centre.apply()
    wearer_id = WearerId("w_own")
    assert wearer_view(officer, wearer_id).needs == (need,)
    with pytest.raises(Conflict, match="which zone"):
        settle_need(clerk, officer, wearer_id, "gn_1", " ")
    with pytest.raises(NotFound):
        settle_need(clerk, at("outsider"), wearer_id, "gn_1", "drawn")
    settle_need(clerk, officer, wearer_id, "gn_1", "drawn as zone A")
    assert wearer_view(officer, wearer_id).needs == ()
    with pytest.raises(Conflict, match="already"):
        settle_need(clerk, officer, wearer_id, "gn_1", "again")
