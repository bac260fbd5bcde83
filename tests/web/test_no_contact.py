"""A person he must not meet: entered, changed, and never named or placed for who may not know."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from tagwatch.access.enrolment import now
from tagwatch.core.alert import AlertKind
from tagwatch.core.encounter_card import EncounterCard, PairSeen
from tagwatch.core.ids import ConditionId, OrderId, WearerId
from tagwatch.core.order import ConditionVersion, NoContact
from tagwatch.core.outcome import Finding, Phase, RuleKind
from tagwatch.core.recorded_register import ConditionRecorded
from tagwatch.core.units import DAY
from tests.query.test_rehearsal import batch
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_register import hidden, moment, send, token
from tests.web.test_rehearsal import purposeful
from tests.web.test_routes import audit

Browser = TestClient[Litestar]
NEW = "/wearers/w_own/no-contact/new"
FORM = {"order": "o_w_own", "label": "Co-defendant", "distance": "150", **moment("valid_from")}


def condition(other: str) -> ConditionVersion:
    return ConditionVersion(
        condition_id=ConditionId("c_apart"),
        version=1,
        order_id=OrderId("o_w_own"),
        wearer_id=WearerId("w_own"),
        terms=NoContact(label="Cedars brother", other=WearerId(other)),
        valid_from=now() - DAY,
        recorded_at=now() - DAY,
        told_at=now() - DAY,
    )


def routine(enter: Enter) -> Browser:
    browser = enter("operator")
    state = {"_csrf_token": token(browser.get("/purpose").text), "purpose": "alert_response"}
    browser.post("/purpose", data={**state, "next": "/"})
    return browser


def recorded(centre, other: str) -> None:
    centre.record(ConditionRecorded(condition=condition(other), by=sample.BY), at=now())
    centre.apply()


def test_entered_by_number_and_changed_without_losing_whom_it_is_about(enter: Enter) -> None:
    officer = purposeful(enter, "officer")
    page = send(officer, NEW, {**FORM, "other": "x000001"}).split("?")[0]
    shown = officer.get(page).text
    assert "Not to come within 150 m of Demo Birch, always" in shown
    change = shown.split('href="/no-contact/')[1].split('"')[0]
    send(officer, f"/no-contact/{change}", {**FORM, "distance": "200"})
    assert "Not to come within 200 m of Demo Birch, always" in officer.get(page).text


def test_rehearsed_on_the_trails_of_both_before_it_is_saved(
    enter: Enter, app, centre, config
) -> None:
    officer = purposeful(enter, "officer")
    state = hidden(officer.get(NEW).text)
    fields = {**state, **FORM, "other": "X000001", "more": "rehearse"}
    with batch(config):
        alone = officer.post(NEW, data=fields)
        block = sample.schema.trail_block
        with centre.projections.connect() as connection:
            his = connection.execute(select(block)).mappings().one()
        sample.put(config, (block, {**his, "seq": 900_000, "wearer_id": "w_team"}))
        both = officer.post(NEW, data=fields)
    assert "There is no fix of the other wearer of the last 28 days" in alone.text
    assert "On 20 fixes of his and 20 of the other wearer&#39;s" in both.text
    assert "1 alert (1 confirmed)" in both.text
    assert 'value="Co-defendant"' in both.text, "what was typed is kept"
    assert "150 m of Demo Birch" not in officer.get("/wearers/w_own").text
    asked = [line for line in audit(config, app) if line.question == "rehearsal"]
    assert asked[-1].ids == ("w_own", "w_team")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"other": ""}, "Enter the other wearer&#39;s CRN"),
        ({"other": "X000002"}, "Nobody within your reach has this number"),
        ({"other": "X000000"}, "This is the wearer himself"),
        ({"other": "X000001", "distance": "1"}, "The distance in metres must be"),
        ({"other": "X000001", "label": " "}, "Enter what the condition is called"),
    ],
)
def test_what_is_wrong_is_said(enter: Enter, fields: dict[str, str], words: str) -> None:
    assert words in send(purposeful(enter, "officer"), NEW, {**FORM, **fields}, 422)


def test_who_may_not_see_the_other_reads_neither_name_nor_number(enter: Enter, centre) -> None:
    recorded(centre, "w_other")
    officer = purposeful(enter, "officer")
    page = officer.get("/wearers/w_own").text
    assert "Not to come within 100 m of another person, always" in page
    assert "/no-contact/c_apart" not in page
    assert officer.get("/no-contact/c_apart").status_code == 404
    told = officer.get("/api/v1/wearers/w_own", headers={"x-purpose": "supervision"})
    assert told.status_code == 200
    for said in (page, told.text):
        assert not any(word in said for word in ("Cedar", "w_other"))
    centred = routine(enter).get("/wearers/w_own").text
    assert "Demo Cedar" in centred


def card_of_pair(at: int) -> EncounterCard:
    pair = PairSeen(
        at=at,
        age_s=20.0,
        measured_m=33.0,
        least_m=4.0,
        most_m=61.0,
        reach_m=900.0,
        probability=0.9,
        fixes=("7.0", "8.0"),
    )
    return EncounterCard(
        episode_id="ep_met",
        episode_version=1,
        finding=Finding.POSSIBLE,
        phase=Phase.OPEN,
        limit_m=100.0,
        probability=0.9,
        witnesses=1,
        pairs=2,
        nearest=pair,
        together_s_least=60,
        together_s_most=None,
        longest_gap_s=30,
        earlier_30_days=0,
        earlier_90_days=0,
        earlier_confirmed=0,
        order_reference="REF-w_own",
        legal_basis="licence",
        condition_version=1,
        told_at=at - DAY,
        before_told=False,
        rule_version=1,
        settings_version=1,
        unknown=("where either was in the 20 s between the two fixes",),
        would_not_have_fired_if=("the two fixes had erred towards each other",),
    )


@pytest.mark.parametrize(("other", "sees"), [("w_team", True), ("w_other", False)])
def test_the_card_says_how_near_only_to_who_may_see_the_other(
    enter: Enter, centre, config, other: str, sees: bool
) -> None:
    recorded(centre, other)
    at = now()
    found = sample.episode(
        episode_id="ep_met", rule=RuleKind.ENCOUNTER, condition_id="c_apart", fixes=("7.0",)
    )
    raised = sample.alert(
        "w_own",
        "al_met",
        episode_id="ep_met",
        kind=AlertKind.ENCOUNTER,
        rule=RuleKind.ENCOUNTER,
    )
    card = card_of_pair(at)
    sample.put(
        config,
        (sample.schema.episode, sample.episode_row(found)),
        (sample.schema.alert, sample.alert_row(raised)),
        (
            sample.schema.circumstance,
            {"alert_id": "al_met", "version": 1, "body": sample.body(card)},
        ),
    )
    officer = purposeful(enter, "officer")
    page = officer.get("/alerts/al_met").text
    assert ("between 4 and 61 m apart (95 %)" in page) is sees
    assert ("Demo Birch" in page) is sees
    assert ("distances, which would tell where the other person was" in page) is not sees
    told = officer.get("/api/v1/alerts/al_met", headers={"x-purpose": "supervision"})
    assert told.status_code == 200
    assert ("33.0" in told.text) is sees
    assert ("Cedar" in page + told.text) is sees, "the label may say who it is"
    assert "w_other" not in page + told.text
    disclosed = officer.get("/alerts/al_met/disclosable").text
    assert "m apart" not in disclosed
