"""A silent tag on the pages: as prominent as a breach, and with what may be the reason."""

import msgspec

from tagwatch.access.enrolment import now
from tagwatch.config import Config
from tagwatch.core.alert import AlertKind
from tagwatch.core.outcome import AlertState, Finding, RuleKind
from tagwatch.core.silence import silence_card
from tagwatch.core.silence_facts import Elsewhere, SilenceFacts
from tagwatch.core.units import HOUR
from tagwatch.store import schema
from tagwatch.web.silence import silence_words
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_alert import token


def fall_silent(
    config: Config, *, state: AlertState = AlertState.NOTIFIED, card: bool = True
) -> None:
    """The tag of `w_own` has been silent for an hour, its battery nearly empty."""
    since = now() - HOUR
    at_rest = sample.episode(
        episode_id="ep_silent",
        rule=RuleKind.COMMS,
        finding=Finding.UNDETERMINED,
        entered_earliest=since,
        entered_latest=since,
        fixes=(),
    )
    alert = sample.alert(
        "w_own",
        "al_silent",
        kind=AlertKind.NO_COMMS,
        episode_id="ep_silent",
        rule=RuleKind.COMMS,
        finding=Finding.UNDETERMINED,
        happened_at=since,
        state=state,
        sentence="The tag is silent.",
    )
    rows = [
        (schema.episode, sample.episode_row(at_rest)),
        (schema.alert, sample.alert_row(alert)),
    ]
    facts = SilenceFacts(
        kind=AlertKind.NO_COMMS,
        began_at=since,
        known_at=now(),
        battery_pct=6.0,
        battery_age_s=300.0,
        elsewhere=Elsewhere(others=7, near=4),
    )
    if card:
        body = msgspec.json.encode(silence_card(facts)).decode()
        row = {"alert_id": "al_silent", "version": 1, "body": body}
        rows.append((schema.circumstance, row))
    sample.put(config, *rows)


def test_the_alert_weighs_the_causes(config: Config, enter: Enter) -> None:
    fall_silent(config)
    text = enter("officer").get("/alerts/al_silent").text
    for said in (
        "Tag not heard from",
        "Cannot see, ongoing",
        "Likely: an empty battery.",
        "6 % at the last reading, 5 min before it",
        "all 4 other tags near it were heard of",
        "Not a probability",
        "Where he is: the last fix says where he was.",
    ):
        assert said in text, said
    assert "The card follows within seconds" not in text


def test_the_wearers_page_and_the_lists_say_that_he_cannot_be_seen(
    config: Config, enter: Enter
) -> None:
    fall_silent(config, state=AlertState.CLOSED)
    browser = enter("officer")
    stated = {"_csrf_token": token(browser, "/purpose"), "purpose": "supervision", "next": "/"}
    browser.post("/purpose", data=stated)
    page = browser.get("/wearers/w_own").text
    assert "Cannot currently see him, for 1 h" in page
    assert "neither compliance nor a breach" in page
    assert "Likely: an empty battery." in page
    assert "Cannot see, 1 h" in browser.get("/wearers").text
    assert "Cannot currently see" not in browser.get("/wearers/w_team").text


def test_the_open_alerts_name_it_as_strongly_as_a_breach(config: Config, enter: Enter) -> None:
    fall_silent(config, card=False)
    listed = enter("officer").get("/alerts").text
    assert '<strong class="govuk-tag tw-tag--unseen">Cannot see</strong>' in listed


def test_the_api_has_the_facts_and_the_causes(config: Config, enter: Enter) -> None:
    fall_silent(config)
    found = enter("officer").get("/api/v1/alerts/al_silent").json()
    assert found["circumstance"] is None
    battery = found["silence"]["causes"][0]
    assert (battery["cause"], battery["weight"]) == ("an empty battery", "likely")
    assert found["silence"]["facts"]["battery_pct"] == 6.0


def test_no_cause_is_named_for_which_nothing_speaks() -> None:
    facts = SilenceFacts(kind=AlertKind.NO_COMMS, began_at=now(), known_at=now())
    assert silence_words(None) == ""
    assert silence_words(silence_card(facts)) == "Why cannot be said from what is known."
    low = msgspec.structs.replace(facts, battery_pct=18.0)
    said = "Why cannot be said; possible: an empty battery."
    assert silence_words(silence_card(low)) == said
