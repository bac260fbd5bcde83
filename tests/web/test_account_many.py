"""Which of these wearers could have been there: as each by himself, and nobody lost or looked at
whose order does not allow it."""

import msgspec

from tagwatch.access.audit import Act, Outcome
from tagwatch.access.role import Role
from tagwatch.core.ids import AccountId
from tagwatch.core.person import Activation, Tag
from tagwatch.core.recorded_register import ActivationStarted, TagRecorded
from tagwatch.core.shape import Disc
from tagwatch.core.units import DAY, MINUTE, Instant
from tagwatch.web.form import moment_values
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_api import bearer
from tests.web.test_enquiry import send
from tests.web.test_question import state_purpose, walk
from tests.web.test_routes import audit

PATH = "/account-search"


def tags(config, centre, at: Instant, *names: str) -> None:
    for name in names:
        tag = Tag(tag_id=f"t_{name}", serial=f"TW-{name}")
        worn = Activation(
            activation_id=f"act_{name}",
            tag_id=tag.tag_id,
            wearer_id=f"w_{name}",
            started_at=Instant(at - DAY),
        )
        by = AccountId("ac_administrator")
        centre.record(TagRecorded(tag=tag, by=by), ActivationStarted(activation=worn, by=by), at=at)
    centre.apply()


def world(config, centre) -> Instant:
    """Alder was at the place; Birch 7 km away; of Dogwood nothing came in the window."""
    hour = walk(config, 901, range(-60, 90), 0.0)
    tags(config, centre, hour, "team", "hidden")
    walk(config, 902, range(-60, 90), 0.1, who="team")
    walk(config, 903, range(-60, -40), 0.1, who="hidden")
    return hour


def typed(hour: Instant, **more: str) -> dict[str, str]:
    return {
        "claim": "was there",
        "place": "the gate",
        "profile": "stalking",
        "lat": str(sample.HOME.lat_deg),
        "lon": str(sample.HOME.lon_deg),
        "radius": "100",
        "vague": "50",
        "spread": "0",
        **moment_values("start", hour),
        **moment_values("end", Instant(hour + 30 * MINUTE)),
        **more,
    }


def sent(hour: Instant, **more: object) -> dict[str, object]:
    shape = Disc(centre=sample.HOME, radius_m=150.0)
    statement = {
        "claim": "was there",
        "place": "the gate",
        "shape": msgspec.to_builtins(shape),
        "start": hour,
        "end": hour + 30 * MINUTE,
    }
    return {"statement": statement, "profile": "stalking", **more}


def state(browser, purpose: str) -> None:
    send(browser, "/purpose", purpose=purpose, next="/")


def test_each_is_answered_as_by_himself_and_the_blind_are_not_excluded(
    enter: Enter, config, centre, app
) -> None:
    hour = world(config, centre)
    browser = enter("officer")
    state(browser, "victim_safety")
    page = send(browser, PATH, **typed(hour))
    assert page.status_code == 200, page.text
    assert (
        "Of 3 looked at, the fixes support it of 1; 1 could not be excluded; they contradict it "
        "of 1." in page.text
    )
    supported = page.text.index("Demo Alder")
    assert supported < page.text.index("Demo Dogwood") < page.text.index("Demo Birch")
    assert "No fix came in this time." in page.text
    line = next(each for each in reversed(audit(config, app)) if each.question == "account_many")
    assert (line.act, line.ids) == (Act.COMBINATION, ("w_hidden", "w_own", "w_team"))
    assert line.purpose == "victim_safety"
    assert str(sample.HOME.lat_deg) not in line.detail, "the audit holds no place"


def test_programs_get_of_each_what_a_check_of_him_alone_says(
    enter: Enter, app, client, config, centre
) -> None:
    hour = world(config, centre)
    headers = bearer(app, "officer", Role.PRACTITIONER) | {"x-purpose": "victim_safety"}
    said = client.post(f"/api/v1{PATH}", json=sent(hour), headers=headers)
    assert said.status_code == 200, said.text
    found = said.json()["answer"]
    lists = {"supported": "supports", "not_excluded": "cannot say", "contradicted": "contradicts"}
    assert [len(found[name]) for name in lists] == [1, 1, 1]
    for name, verdict in lists.items():
        for one in found[name]:
            path = f"/api/v1/wearers/{one['wearer_id']}/account-checks"
            body = {"statements": [sent(hour)["statement"]]}
            made = client.post(path, json=body, headers=headers).json()["made_id"]
            kept = client.get(f"/api/v1/account-checks/{made}", headers=headers).json()
            alone = kept["check"]["judgements"][0]
            assert (alone["verdict"], one["verdict"]) == (verdict, verdict)
            assert alone["presence"]["approach"] == one["approach"]
            for seen in ("observed_s", "unobserved_s", "off_s", "probability", "lower", "upper"):
                assert alone["presence"][seen] == one[seen], seen
            if one["in_full"]:
                assert alone["weight"]["ratio"] == one["ratio"]
            else:
                assert alone["weight"]["ratio"] <= one["ratio"]
    assert found["contradicted"][0]["approach"]["distance_m"] > 1000.0
    later = client.post(f"/api/v1{PATH}", json=sent(hour, profile="x"), headers=headers)
    assert (later.status_code, "profile must be one of" in later.text) == (422, True)


def test_the_order_and_the_purpose_say_who_may_be_looked_at(
    enter: Enter, config, centre, app
) -> None:
    hour = world(config, centre)
    browser = enter("officer")
    state_purpose(browser)
    refused = send(browser, PATH, **typed(hour))
    assert refused.status_code == 422
    assert "Many wearers are looked through only for this" in refused.text
    state(browser, "enforcement")
    barred = send(browser, PATH, **typed(hour, profile="knife-crime"))
    assert "Nobody was looked at" in barred.text
    assert "3 within your scope were not looked at" in barred.text
    assert "Demo Alder" not in barred.text
    other = send(browser, PATH, **typed(hour, wearers="w_own w_other"))
    assert "1 of those you named are unknown" in other.text
    assert "Demo Cedar" not in other.text
    lines = [each for each in audit(config, app) if each.question == "account_many"]
    refusals = [each.ids for each in lines if each.outcome is Outcome.REFUSED]
    assert refusals == [(), ("w_other",)]
    operator = enter("operator")
    assert operator.get(PATH).status_code == 403
