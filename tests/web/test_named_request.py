"""A partner asks about a person it names, and learns of him only by what is released."""

import re
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tagwatch.access.audit import Outcome
from tagwatch.core.ids import WearerId
from tagwatch.core.ledger import WearerRecorded
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_data_request import approve, asked, window
from tests.web.test_enquiry import send
from tests.web.test_refusal import main_of
from tests.web.test_routes import audit

Browser = TestClient[Litestar]
NEW = "/requests/named/new"
BORN = {"w_own": "1989-04-27", "w_hidden": "1990-01-31"}


@pytest.fixture
def known(centre, app: Litestar) -> None:
    """He and a restricted one have a day of birth on record."""
    for wearer_id, born in BORN.items():
        him = msgspec.structs.replace(
            sample.wearer(wearer_id, list(sample.WEARERS).index(wearer_id)),
            date_of_birth=born,
        )
        centre.record(WearerRecorded(wearer=him, by=sample.BY), at=sample.now())
    centre.apply()


def about(person: str, **fields: Any) -> dict[str, Any]:
    return asked(
        person=person,
        born=BORN["w_hidden" if person == "Demo Dogwood" else "w_own"],
        kind="stac",
        role="caseworker",
        ground="safeguarding",
        cited="SG 7",
        wanted=["presence", "alerts"],
        **fields,
    )


def named(enter: Enter, person: str) -> str:
    answer = send(enter("partner"), NEW, **about(person))
    assert answer.status_code == 200, answer.text
    return answer.url.path


def plain(browser: Browser, path: str) -> str:
    """The page without what the asker himself gave, or chance."""
    page = main_of(browser.get(path).text)
    page = re.sub(r"Demo \w+|nr_\w+|dr_\w+|\d\d:\d\d(:\d\d)?", "", page)
    return re.sub(r'name="_csrf_token" value="[^"]*"', "", page)


def match(enter: Enter, path: str, wearer: str = "w_own", name: str = "officer") -> Any:
    return send(enter(name), f"{path}/match", wearer=wearer, seen="1")


def nothing(enter: Enter, path: str, seen: str = "1", **fields: str) -> Any:
    given = {"reason": "not_held", "words": "no such person here", **fields}
    return send(enter("operator"), f"{path}/nothing", seen=seen, **given)


@pytest.mark.usefixtures("known")
def test_until_something_is_released_known_and_unknown_are_answered_alike(enter: Enter) -> None:
    here, nowhere = named(enter, "Demo Alder"), named(enter, "Demo Nobody")
    partner = enter("partner")
    assert plain(partner, here) == plain(partner, nowhere)
    done = match(enter, here)
    assert done.status_code == 200, done.text
    request = done.url.path
    partner = enter("partner")
    assert plain(partner, here) == plain(partner, nowhere), "somebody said whom it is about"
    assert partner.get(request).status_code == 404, "that there is one would tell"
    assert "Demo Alder" not in main_of(partner.get("/requests").text)
    refused = send(enter("operator"), f"{request}/return", seen="2", return_words="which day?")
    assert "he is on the register" in refused.text, "no question that would tell"
    words = {"refusal": "harm", "refusal_words": "it would harm an investigation"}
    assert send(enter("operator"), f"{request}/refuse", seen="2", **words).status_code == 200
    assert nothing(enter, nowhere).status_code == 200
    partner = enter("partner")
    assert plain(partner, here) == plain(partner, nowhere)
    assert "Nothing is released" in partner.get(here).text
    assert "harm" not in main_of(partner.get(here).text)
    late = [send(partner, f"{path}/withdraw", words="x") for path in (here, nowhere)]
    assert [each.status_code for each in late] == [422, 422]


@pytest.mark.usefixtures("known")
def test_it_goes_on_as_a_data_request_in_the_name_of_the_agency(enter: Enter) -> None:
    path = named(enter, "Demo Alder")
    assert "1 of the wearers" in enter("officer").get("/requests/named").text
    request = match(enter, path).url.path
    given = window(request, enter("operator")) | {"approved": ["presence", "alerts"]}
    again = approve(enter("officer"), request, **given)
    assert "somebody else must decide" in again.text, "whoever said whom it is about"
    done = approve(enter("operator"), request, **given)
    assert done.status_code == 200, done.text
    page = send(enter("operator"), f"{request}/release", seen="3").text
    assert "Signed in here as Demo Partner of STAC" in page
    partner = enter("partner")
    assert f'href="{request}"' in partner.get(path).text
    assert send(partner, f"{request}/fetch", file="alerts.csv").status_code == 200


@pytest.mark.usefixtures("known")
def test_who_decides_sees_what_may_be_his_to_decide(enter: Enter, config, app) -> None:
    hidden = named(enter, "Demo Dogwood")
    centre = enter("operator").get(hidden).text
    assert "none has this number" in centre
    assert "w_hidden" not in centre
    assert enter("outsider").get(hidden).status_code == 404, "of nobody he may see"
    nothing(enter, hidden)
    officer = enter("officer")
    assert "Demo Dogwood" in officer.get("/requests/named").text, "his own restricted case"
    assert send(officer, f"{hidden}/match", wearer="w_hidden", seen="2").status_code == 200
    assert enter("operator").get(hidden).status_code == 404
    other = named(enter, "Demo Alder")
    refused = send(enter("officer"), f"{other}/match", wearer="w_other", seen="1")
    assert refused.status_code == 404
    assert audit(config, app)[-1].outcome is Outcome.REFUSED
    assert send(enter("colleague"), f"{other}/match", wearer="", seen="1").status_code == 422
    assert match(enter, other).status_code == 200
    assert "Somebody was faster" in match(enter, other, name="colleague").text
    assert enter("police").get(other).status_code == 404, "another agency's"


def test_what_cannot_be_asked_so_is_said(enter: Enter) -> None:
    partner = enter("partner")
    for fields, words in (
        ({"born": ""}, "a name alone is not enough"),
        ({"born": "27/4/1989"}, "as 1989-04-27"),
        ({"kind": "court"}, "cannot ask on behalf of these"),
        ({"wanted": []}, "Choose which data"),
    ):
        answer = send(partner, NEW, **(about("Demo Nobody") | fields))
        assert (answer.status_code, words in answer.text) == (422, True), words
    path = named(enter, "Demo Nobody")
    assert nothing(enter, path, words=" ").status_code == 422
    assert nothing(enter, path, reason="").status_code == 422
    gone = send(enter("partner"), f"{path}/withdraw", words="found elsewhere")
    assert gone.status_code == 200
    assert "It was taken back" in enter("partner").get(path).text
    assert "Somebody was faster" in nothing(enter, path).text
    assert WearerId("w_own") not in enter("partner").get(path).text
    assert enter("officer").get(NEW).status_code == 403
