"""The JSON API on a real temporary installation: the same verbs, and never a 500."""

from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.enrolment import now
from tagwatch.access.role import MATRIX, Role, Verb
from tagwatch.core.ids import AccountId, ConditionId, OrderId, WearerId
from tagwatch.core.order import ConditionVersion, ExclusionZone
from tagwatch.core.plane import LonLat
from tagwatch.core.shape import Disc
from tagwatch.core.units import HOUR
from tagwatch.web.api_verbs import ENDPOINTS
from tagwatch.web.openapi import document

Browser = TestClient[Litestar]
SCHEMA = schemathesis.openapi.from_dict(document(ENDPOINTS))
EXAMPLES, MORE_EXAMPLES = 3, 12
HERE = LonLat(lon_deg=-0.1, lat_deg=51.5)


def bearer(app: Litestar, name: str, role: Role, verbs: tuple[Verb, ...] = ()) -> dict[str, str]:
    sign_in = app.state.foundation.sign_in
    secret = sign_in.issue_token(
        AccountId(f"ac_{name}"), "test", verbs or tuple(MATRIX[role]), now() + HOUR
    )
    return {"authorization": f"Bearer {secret}", "x-purpose": "supervision"}


def test_reads_and_writes_with_a_token(app: Litestar, client: Browser) -> None:
    headers = bearer(app, "officer", Role.PRACTITIONER)
    alerts = client.get("/api/v1/alerts", headers=headers).json()
    assert {row["wearer"]["name"] for row in alerts["rows"]} >= {"Demo Alder"}
    done = client.post("/api/v1/alerts/al_w_own/acknowledge", json={}, headers=headers)
    assert done.json()["applied"] in ("applied", "recorded"), done.text
    tag = {"tag": {"tag_id": "t_api", "serial": "API-1"}}
    assert client.post("/api/v1/tags", json=tag, headers=headers).status_code == 200
    again = client.post("/api/v1/tags", json=tag, headers=headers)
    assert again.status_code == 409
    issued = client.post(
        "/api/v1/credentials", json={"scheme": "tagwatch", "tag_id": "t_api"}, headers=headers
    ).json()
    assert len(issued["secret"]) == 32
    trail = client.get("/api/v1/wearers/w_own/trail", headers=headers)
    assert trail.json()["wearer_id"] == "w_own"


@pytest.mark.parametrize(("middle", "code"), [([-0.1, 51.5], 200), ([51.5, -0.1], 422)])
def test_a_zone_with_its_numbers_swapped_is_refused(
    app: Litestar, client: Browser, middle: list[float], code: int
) -> None:
    condition = ConditionVersion(
        condition_id=ConditionId(f"c_api_{code}"),
        version=1,
        order_id=OrderId("o_w_own"),
        wearer_id=WearerId("w_own"),
        terms=ExclusionZone(label="Z", shape=Disc(centre=HERE, radius_m=100.0)),
        valid_from=now(),
        recorded_at=now(),
    )
    body = msgspec.to_builtins({"condition": condition, "seen_version": 0, "reason": "test"})
    body["condition"]["terms"]["shape"]["centre"] = middle
    headers = bearer(app, "officer", Role.PRACTITIONER)
    answer = client.post("/api/v1/conditions", json=body, headers=headers)
    assert answer.status_code == code, answer.text
    assert ("outside the United Kingdom" in answer.text) == (code != 200)


def test_a_token_does_what_its_verbs_say_and_no_more(app: Litestar, client: Browser) -> None:
    headers = bearer(app, "officer", Role.PRACTITIONER, (Verb.SEE_WEARERS,))
    assert client.get("/api/v1/wearers", headers=headers).status_code == 200
    assert client.get("/api/v1/alerts", headers=headers).status_code == 403
    other = bearer(app, "officer", Role.PRACTITIONER)
    hidden = client.get("/api/v1/wearers/w_other", headers=other)
    assert hidden.status_code == 404
    assert "Cedar" not in hidden.text
    without = {"authorization": other["authorization"]}
    refused = client.get("/api/v1/wearers/w_own/trail", headers=without)
    assert (refused.status_code, refused.json()["error"]) == (403, "State a purpose")


def test_a_session_may_read_and_not_write(enter: Any) -> None:
    browser = enter("officer")
    assert browser.get("/api/v1/alerts").status_code == 200
    answer = browser.post("/api/v1/alerts/al_w_own/acknowledge", json={})
    assert answer.status_code == 403


def test_every_endpoint_is_described(enter: Any) -> None:
    described = enter("officer").get("/api/openapi.json").json()
    assert sum(len(path) for path in described["paths"].values()) == len(ENDPOINTS)
    assert "list_alerts" in str(described)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_whatever_is_sent_the_answer_is_a_value_or_a_clean_refusal(
    app: Litestar, client: Browser, endpoint: Any
) -> None:
    send_whatever(app, client, endpoint, EXAMPLES)


@pytest.mark.soak
def test_whatever_is_sent_to_one_installation_its_answers_stay_clean(
    app: Litestar, client: Browser
) -> None:
    for endpoint in ENDPOINTS:
        send_whatever(app, client, endpoint, MORE_EXAMPLES)


def send_whatever(app: Litestar, client: Browser, endpoint: Any, examples: int) -> None:
    role = Role.ADMINISTRATOR if endpoint.verb in MATRIX[Role.ADMINISTRATOR] else Role.PRACTITIONER
    name = "administrator" if role is Role.ADMINISTRATOR else "officer"
    purpose = "upkeep" if role is Role.ADMINISTRATOR else "supervision"
    headers = {**bearer(app, name, role), "x-purpose": purpose}
    path = "/api/v1" + endpoint.path.replace(":str}", "}")
    operation = SCHEMA[path][endpoint.method]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), junk=st.binary(max_size=40))
    def sent(case: Any, junk: bytes) -> None:
        query = {str(k): str(v) for k, v in (case.query or {}).items()}
        body = None if isinstance(case.body, schemathesis.core.NotSet) else case.body
        address = case.formatted_path
        answers = [
            client.request(endpoint.method, address, params=query, json=body, headers=headers)
        ]
        if endpoint.takes is not None:
            answers.append(client.post(address, content=junk, headers=headers))
        for answer in answers:
            assert answer.status_code in (200, 400, 403, 404, 405, 409, 413, 422), answer.text
            assert answer.json() is not None

    sent()
