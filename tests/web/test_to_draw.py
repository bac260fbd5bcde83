"""Places that orders name in words: listed within scope, and settled by the zone that is drawn."""

import json
import re
import shutil

from sqlalchemy import select

from tagwatch.access.enrolment import now
from tagwatch.access.role import Role
from tagwatch.config import Config
from tagwatch.core.geometry_need import GeometryNeed, NeedState, need_state
from tagwatch.core.ledger import GeometryNeeded
from tagwatch.core.units import DAY, Instant
from tagwatch.engine.installation import open_writer
from tagwatch.engine.rebuild import rebuild
from tagwatch.query.reader import open_projections
from tagwatch.store import schema
from tagwatch.store.database import reading
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_register import SQUARE, hidden, send, token
from tests.web.test_rehearsal import purposeful
from tests.web.test_zone_draft import decide, entering

ZONE = {
    "label": "Her street",
    "shape": json.dumps(SQUARE),
    "buffer": "0",
    "knowledge": "told",
}

ROW = ("settled_at", "settled_by", "words", "condition_id")


def needed(centre, need_id: str = "gn_1", wearer: str = "w_own", **changes) -> GeometryNeed:
    said = {"demand": "exclusion_zone", "words": "Her street and the park", **changes}
    need = GeometryNeed(need_id=need_id, order_id=f"o_{wearer}", wearer_id=wearer, **said)
    centre.record(GeometryNeeded(need=need, at=now(), by=sample.BY), at=now())
    centre.apply()
    return need


def settled(centre, need_id: str = "gn_1"):
    with reading(centre.projections) as connection:
        columns = schema.geometry_need.c
        return connection.execute(select(columns[*ROW]).where(columns.need_id == need_id)).one()


def test_a_place_is_overdue_from_when_it_applies_until_its_time_is_over() -> None:
    order, at = sample.order("w_own"), now()
    need = GeometryNeed(need_id="g", order_id="o", wearer_id="w", demand="curfew", words="x")
    assert need_state(need, order, Instant(order.starts_at - 1)) is NeedState.AHEAD
    assert need_state(need, order, order.starts_at) is NeedState.OVERDUE
    ends = GeometryNeed(
        need_id="g", order_id="o", wearer_id="w", demand="curfew", words="x", valid_until=at
    )
    assert need_state(ends, order, Instant(at - 1)) is NeedState.OVERDUE
    assert need_state(ends, order, at) is NeedState.OVER


def test_the_list_shows_overdue_places_first_and_only_those_within_scope(
    enter: Enter, centre
) -> None:
    officer = purposeful(enter, "officer")
    assert "Every place of every order in your scope is drawn" in officer.get("/to-draw").text
    needed(centre, "gn_2", words="Later", valid_from=Instant(now() + 9 * DAY))
    needed(centre, words="Her street")
    needed(centre, "gn_3", "w_other", words="Elsewhere")
    page = officer.get("/to-draw").text
    assert page.index("Her street") < page.index("Later")
    assert "Elsewhere" not in page
    assert "1 overdue" in officer.get("/wearers").text
    assert "Elsewhere" in enter("administrator").get("/to-draw").text
    assert enter("police").get("/to-draw").status_code == 403


def test_a_zone_drawn_for_a_place_settles_it_with_who_and_when(enter: Enter, centre, app) -> None:
    officer = purposeful(enter, "officer")
    needed(centre, valid_from=Instant(sample.order("w_own").starts_at))
    link = re.search(r'href="(/wearers/w_own/zones/new\?need=gn_1)"', officer.get("/to-draw").text)
    assert link
    form = officer.get(link[1]).text
    assert "Her street and the park" in form, "the words stand beside the map"
    assert hidden(form)["need"] == "gn_1"
    fields = {**hidden(form), **ZONE, **filled(form), "order": "o_w_own"}
    more = officer.post("/wearers/w_own/zones/new", data={**fields, "more": "check"}).text
    assert "Her street and the park" in more, "also after a check"
    done = officer.post("/wearers/w_own/zones/new", data=fields, follow_redirects=False)
    assert done.status_code == 303, re.findall(r'href="#[^<]+<', done.text)
    found = settled(centre)
    assert found.settled_by == "ac_officer"
    assert found.condition_id == fields["record_id"]
    page = officer.get("/to-draw").text
    assert "Settled last" in page
    assert "drawn, " in page
    assert "Demo Officer" in page
    again = {**fields, "record_id": "c_0123456789abcdef", "label": "Twice"}
    late = officer.post("/wearers/w_own/zones/new", data=again)
    assert (late.status_code, "Somebody settled this place already" in late.text) == (422, True)
    foreign = officer.get("/wearers/w_team/zones/new?need=gn_1")
    assert foreign.status_code == 404


def filled(form: str) -> dict[str, str]:
    """The date fields as the form shows them."""
    values = re.findall(r'name="(valid_from-\w+)"[^>]*value="([^"]*)"', form)
    return dict(values)


def test_a_curfew_begins_with_the_hours_of_its_place(enter: Enter, centre) -> None:
    officer = purposeful(enter, "officer")
    rows = ("Mo 19:00-Tu 07:00",)
    needed(centre, demand="restriction_zone", words="primary: 1 Demo Road", rows=rows)
    path = "/wearers/w_own/curfews/new?need=gn_1"
    form = officer.get(path).text
    assert 'value="restriction_zone" checked' in form
    assert 'value="19:00"' in form
    place = {"order": "o_w_own", "label": "Home", "lat": "51.5", "lon": "-0.1", "radius": "100"}
    row = {f"row-0-{k}": v for k, v in zip(
        ("from_day", "from_time", "until_day", "until_time"), ("Mo", "19:00", "Tu", "07:00"),
        strict=True)}  # fmt: skip
    more = {"grace": "5", "demand": "restriction_zone", **filled(form)}
    send(officer, path, {**place, **row, **more})
    assert settled(centre).condition_id.startswith("c_")


def test_a_secret_zone_settles_its_place_when_it_is_published(
    enter: Enter, centre, config, tmp_path
) -> None:
    officer = purposeful(enter, "officer")
    needed(centre)
    form = officer.get("/wearers/w_own/zones/new?need=gn_1").text
    fields = {**hidden(form), **ZONE, **filled(form), "order": "o_w_own", "knowledge": "secret"}
    answer = officer.post("/wearers/w_own/zones/new", data=fields, follow_redirects=False)
    assert answer.headers["location"].startswith("/zone-drafts")
    assert settled(centre).settled_at is None, "nobody has published it"
    found = re.search(r'action="/zone-drafts/(zd_\w+)"', officer.get("/zone-drafts").text)
    assert found
    assert decide(entering(enter, "zones"), found[1], "approved").status_code == 303
    after = settled(centre)
    assert (after.settled_by, after.condition_id) == ("ac_zones", fields["record_id"])
    copy = Config(data=tmp_path / "copy")
    shutil.copytree(config.data, copy.data)
    writer = open_writer(copy)
    rebuild(copy, writer, writer.head().seq)
    writer.close()
    engine = open_projections(copy)
    with reading(engine) as connection:
        assert connection.execute(select(schema.geometry_need.c[*ROW])).one() == after
    engine.dispose()


def test_one_that_need_not_be_drawn_says_why(enter: Enter, centre) -> None:
    officer = purposeful(enter, "officer")
    needed(centre)
    state = {"_csrf_token": token(officer.get("/to-draw").text), "next": "/to-draw"}
    path = "/wearers/w_own/needs/gn_1/settle"
    assert officer.post(path, data=state).status_code == 422
    words = {**state, "words": "the order was varied"}
    done = officer.post(path, data=words, follow_redirects=False)
    assert done.headers["location"] == "/to-draw?done=saved"
    assert "the order was varied" in officer.get("/to-draw").text


def test_the_api_lists_them_and_a_condition_settles_one(app, client, centre) -> None:
    headers = bearer(app, "officer", Role.PRACTITIONER)
    needed(centre)
    needed(centre, "gn_2", words="Need not")
    found = client.get("/api/v1/places-to-draw", headers=headers).json()
    assert [row["need"]["need_id"] for row in found["rows"]] == ["gn_1", "gn_2"]
    assert found["rows"][0]["state"] == "overdue"
    wearer = client.get("/api/v1/wearers/w_own", headers=headers).json()
    told = next(one for one in wearer["conditions"] if one["condition_id"] == "c_told")
    newest = told["versions"][0]
    condition = {**newest, "condition_id": "c_api_need", "version": 1}
    body = {"condition": condition, "need_id": "gn_1"}
    done = client.post("/api/v1/conditions", json=body, headers=headers)
    assert done.status_code == 200, done.text
    path = "/api/v1/wearers/w_own/places-to-draw/gn_2/settle"
    assert client.post(path, json={"words": " "}, headers=headers).status_code == 409
    assert client.post(path, json={"words": "varied"}, headers=headers).status_code == 200
    assert client.get("/api/v1/places-to-draw", headers=headers).json()["rows"] == []
