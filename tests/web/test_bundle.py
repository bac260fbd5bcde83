"""Evidence bundles on the pages: made after a second thought, handed out; who may, who may not."""

import asyncio
import re

import msgspec
import pytest
from sqlalchemy import select

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.core.ids import ActivationId, TagId
from tagwatch.core.recorded_delivery import AttemptRecorded, AttemptResult
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant, iso, parse_iso
from tagwatch.engine.bundles import Bundles
from tagwatch.notify.message import compose
from tagwatch.notify.route import Notification
from tagwatch.store import schema
from tagwatch.store.bundle_asks import put_ask, waiting_asks
from tagwatch.store.database import reading
from tagwatch.store.post import PostError
from tagwatch.verifier.verdict import State, check
from tests.walk.timeline import HOME, fix, frame
from tests.web.test_hold import send
from tests.web.test_rehearsal import purposeful, token
from tests.web.test_routes import audit

PATH = "/wearers/w_own/bundles"


def stated(enter, name: str, purpose: str):
    browser = enter(name)
    said = {"_csrf_token": token(browser.get("/purpose").text), "purpose": purpose, "next": "/"}
    browser.post("/purpose", data=said)
    return browser


@pytest.fixture
def day(centre) -> str:
    """A day of which the journal holds frames of his."""
    start = Instant(now() // DAY * DAY - 10 * DAY)
    fixes = [fix(HOME, Instant(start + 9 * HOUR + k * MINUTE)) for k in range(20)]
    said = frame(fixes)
    event = type(said)(
        **{
            **{name: getattr(said, name) for name in said.__struct_fields__},
            "tag_id": TagId("t_own"),
            "activation_id": ActivationId("act_own"),
            "wearer_id": "w_own",
        }
    )
    centre.record(event, at=Instant(start + 10 * HOUR))
    centre.apply()
    return iso(start)[:10]


def test_a_bundle_is_made_after_a_second_thought_and_handed_out(enter, app, config, day) -> None:
    browser = purposeful(enter, "officer")
    assert "None has been made." in browser.get(PATH).text
    typed = {"first": day, "last": day, "reason": "Crown Court, R v Nobody"}
    assert "Think again who may see this" in send(browser, PATH, **typed).text
    assert (
        "what the bundle is for" in send(browser, PATH, **typed | {"reason": " "}, sure="yes").text
    )
    assert "Write both days" in send(browser, PATH, **typed | {"first": "x"}, sure="yes").text
    assert "eb_" in send(browser, PATH, **typed, sure="yes").text
    text = browser.get(PATH).text
    name = re.search(r"eb_\w+", text)[0]
    assert "redacted:" in text
    give = f"{PATH}/{name}/give"
    assert "Write who receives it" in send(browser, give, to="", how="by hand").text
    handed = send(browser, give, to="Defence Ltd", how="by hand")
    checked = check(handed.content)
    assert (checked.state, checked.kind, checked.fixes) == (State.SAME, "redacted", 20)
    assert handed.headers["content-disposition"].endswith('-redacted.zip"')
    expert = send(browser, give, to="Expert Ltd", how="by hand", form="expert")
    assert check(expert.content).kind == "expert"
    assert "Expert Ltd, expert" in browser.get(PATH).text
    lines = [line for line in audit(config, app) if line.act is Act.DISCLOSURE]
    assert [line.question for line in lines] == ["make_bundle", "give_bundle", "give_bundle"]
    assert checked.bundle_id in lines[-1].ids


def test_closed_files_are_for_those_alone_who_may_see_the_place(enter, app, config, day) -> None:
    browser = purposeful(enter, "officer")
    typed = {"first": day, "last": day, "reason": "appeal", "sure": "yes"}
    assert "eb_" in send(browser, PATH, **typed).text
    name = re.search(r"eb_\w+", browser.get(PATH).text)[0]
    operator = stated(enter, "operator", "alert_response")
    give = f"{PATH}/{name}/give"
    assert "For the expert alone" not in operator.get(PATH).text
    assert send(operator, give, to="CPS", how="mail", form="expert").status_code == 403
    assert check(send(operator, give, to="CPS", how="mail").content).kind == "redacted"
    outsider = purposeful(enter, "outsider")
    assert outsider.get(PATH).status_code == 404
    assert send(outsider, give, to="x", how="y").status_code in (403, 404)
    operator = stated(enter, "operator", "alert_response")
    register = operator.get(f"/api/v1{PATH}", headers={"x-purpose": "alert_response"}).json()
    assert [one["to"] for one in register["lines"][0]["given"]] == ["CPS"]


def test_receivers_of_a_superseded_bundle_are_an_open_task_until_told(
    enter, app, config, centre, day
) -> None:
    browser = purposeful(enter, "officer")
    typed = {"first": day, "last": day, "reason": "R v Nobody", "sure": "yes"}
    send(browser, PATH, **typed)
    old = re.search(r"eb_\w+", browser.get(PATH).text)[0]
    give = f"{PATH}/{old}/give"
    wrong = {"to": "x", "how": "y", "contact": "k_none"}
    assert "takes no messages" in send(browser, give, **wrong).text
    send(browser, give, to="Defence Ltd", how="by hand", contact="k_liaison")
    send(browser, give, to="CPS", how="by mail")
    assert "Nobody within your scope" in browser.get("/bundles").text
    assert "to be told" not in browser.get("/wearers").text
    send(browser, PATH, **typed, replaces=old)
    assert "2 to be told" in browser.get("/wearers").text
    page = browser.get("/bundles").text
    assert "Defence Ltd" in page
    assert "made in its place" in page

    tell = f"{PATH}/{old}/told"
    assert "Write how he was told" in send(browser, tell, to="CPS", how=" ").text
    assert "No contact is recorded" in send(browser, tell, to="CPS", way="message").text
    assert send(browser, tell, to="Nobody", how="x").status_code == 404
    send(browser, tell, to="CPS", how="by telephone, Ms Example answered")
    send(browser, tell, to="Defence Ltd", way="message")
    assert "Nobody within your scope" in browser.get("/bundles").text
    with reading(centre.projections) as connection:
        column = schema.notification.c
        query = select(column.body).where(column.contact_id == "k_liaison")
        (body,) = [one for one in connection.scalars(query) if old in one]
    message = msgspec.json.decode(body, type=Notification)
    text = compose(message, "https://tagwatch.example").text
    assert old in text
    assert "https://tagwatch.example/bundles" in text
    for name in ("Demo", "w_own", "R v Nobody", "Defence Ltd"):
        assert name not in text
    register = browser.get(PATH).text
    assert "message of" in register
    assert "Ms Example answered" in register

    row = AttemptRecorded(
        notification_id=message.notification_id,
        attempt=1,
        at=now(),
        result=AttemptResult.FAILED,
        proof="550 no such user",
    )
    centre.record(row, at=now())
    centre.apply()
    assert "tell him another way" in browser.get("/bundles").text
    outsider = purposeful(enter, "outsider")
    assert "Defence Ltd" not in outsider.get("/bundles").text


def test_a_long_one_is_asked_for_and_made_by_batch_once(enter, config, centre, day) -> None:
    browser = purposeful(enter, "officer")
    first = iso(Instant(parse_iso(f"{day}T00:00:00Z") - 8 * DAY))[:10]
    typed = {"first": first, "last": day, "reason": "appeal", "sure": "yes"}
    assert "make several" in send(browser, PATH, **typed | {"first": "2020-01-01"}).text
    assert "being made" in send(browser, PATH, **typed).text
    assert "being made for this wearer already" in send(browser, PATH, **typed).text
    (ask,) = waiting_asks(config)
    recorded: list[object] = []

    async def record(events) -> None:
        if not recorded:
            recorded.append(None)
            raise PostError("the receiver is away")
        recorded.extend(events)
        centre.record(*events, at=now())
        centre.apply()

    batch = Bundles(config, centre.projections, record)
    assert asyncio.run(batch.step(asyncio.Event())) == 0
    assert waiting_asks(config) == [ask]
    assert asyncio.run(batch.step(asyncio.Event())) == 1
    assert [event.ask_id for event in recorded[1:]] == [ask.ask_id]
    put_ask(config, ask)  # as after a stop between the record and the end of the ask
    assert asyncio.run(batch.step(asyncio.Event())) == 0
    assert waiting_asks(config) == []
    page = browser.get(PATH).text
    assert "being made" not in page
    name = re.search(r"eb_\w+", page)[0]
    handed = send(browser, f"{PATH}/{name}/give", to="Defence Ltd", how="by hand")
    assert check(handed.content).state is State.SAME

    beyond = msgspec.structs.replace(ask, ask_id="ask_2", end=Instant(ask.end + 3650 * DAY))
    put_ask(config, beyond)
    assert asyncio.run(batch.step(asyncio.Event())) == 1
    assert waiting_asks(config) == []
    assert "at most 31 days: make several" in browser.get(PATH).text
    assert "being made" in send(browser, PATH, **typed).text
    assert "make several" not in browser.get(PATH).text
