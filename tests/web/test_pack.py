"""The breach pack: the same bytes twice, what it must say, and what it must never say."""

from hashlib import sha256

import msgspec
import pytest
from litestar import Litestar

from tagwatch.access.audit import Act
from tagwatch.config import Config
from tagwatch.core.alert import AlertKind
from tagwatch.core.order import ZoneKnowledge
from tagwatch.core.outcome import RuleKind
from tagwatch.store import schema
from tagwatch.store.database import Access, open_tables
from tests.core.test_circumstance import full_card
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_case import WHOLE, decision_in, opened, sent
from tests.web.test_document import LETTER, attached, text_of
from tests.web.test_routes import audit

NAMED = "Demo Person wrote from 14 Mallow Street, N1 9GU: he stood at 51.53905, -0.14161"


def decided(enter: Enter) -> str:
    page = opened(enter)
    words = f"third entry in a week. {NAMED}"
    sent(enter("officer"), page, "decide", **{**WHOLE, "words": words})
    other = enter("colleague")
    decision = decision_in(other.get(page).text)
    sent(other, page, "sign", decision=decision, agreement="agrees", words="as I read it")
    attached(enter("officer"), page, LETTER)
    return page


def test_a_report_of_the_tag_has_no_probability(enter: Enter, config: Config) -> None:
    strap = sample.alert(
        "w_own",
        "al_strap",
        kind=AlertKind.STRAP,
        rule=RuleKind.TAMPER,
        probability=1.0,
        episode_id=None,
    )
    sample.put(config, (schema.alert, sample.alert_row(strap)))
    page = opened(enter, "al_strap")
    shown = sent(enter("officer"), page, "decide", kind="no_action", words="he stumbled").text
    assert "Reported, ongoing" in shown
    assert "Possible, ongoing" not in shown
    text = text_of(enter("officer").get(f"{page}/breach-pack").content)
    assert "Reported, ongoing: a report of the tag or the centre" in text
    for wrong in ("99.9", "highest of any one fix", "Independent fixes", "Possible violation"):
        assert wrong not in text, wrong


def test_nearness_to_a_zone_is_a_warning_and_nowhere_a_violation(
    enter: Enter, config: Config
) -> None:
    near = sample.alert("w_own", "al_near", kind=AlertKind.ZONE_APPROACH, rule=RuleKind.APPROACH)
    near = msgspec.structs.replace(near, episode_id=None)
    sample.put(config, (schema.alert, sample.alert_row(near)))
    text = text_of(enter("officer").get(f"{opened(enter, 'al_near')}/breach-pack").content)
    assert "Possibly near the zone, ongoing: a warning, no violation" in text
    assert "Possible violation" not in text


def test_the_pack_says_it_all_and_is_the_same_twice(
    enter: Enter, app: Litestar, config: Config
) -> None:
    page = decided(enter)
    browser = enter("officer")
    answer = browser.get(f"{page}/breach-pack")
    assert answer.status_code == 200, answer.text
    line = audit(config, app)[-1]
    assert (line.act, line.question, line.by) == (Act.DISCLOSURE, "breach_pack", "ac_officer")
    assert answer.headers["content-disposition"].startswith('attachment; filename="breach-pack-')
    assert browser.get(f"{page}/breach-pack").content == answer.content
    assert enter("colleague").get(f"{page}/breach-pack").content == answer.content
    text = text_of(answer.content)
    for said in (
        "Demo Alder", "the third time", "REF-w_own", "Criminal Justice Act 2003, s.254",
        "told zone", "He was told", "Possible violation, ongoing", "41 %",
        "Request recall stands", "third entry in a week", "a diverted bus",
        "the police officer thought him lost", "Demo Colleague agrees",
        "Deepest point: 60 m", "he was at the clinic", "The wearer's own words",
        "What this cannot say", "says nothing about intent", "London time", "Latitude, longitude",
        "1 of ", "SHA-256",
    ):  # fmt: skip
        assert said in text, f"{said!r} is not in {text}"
    for hidden in ("Demo Person", "Mallow", "N1 9GU", "51.53905, -0.14161", "secret zone"):
        assert hidden not in text, hidden
    assert b"pdfuaid" in answer.content, "tagged"
    assert b"pdfaid" in answer.content


def test_of_a_place_he_was_not_told_of_nothing_is_in_it(enter: Enter, config: Config) -> None:
    page = decided(enter)
    secret = msgspec.structs.replace(sample.episode(), condition_id="c_secret")
    engine = open_tables(config, Access.WRITE)
    with engine.begin() as connection:
        values = sample.episode_row(secret)
        connection.execute(schema.episode.update().values(**values))
    engine.dispose()
    text = text_of(enter("officer").get(f"{page}/breach-pack").content)
    assert "about a place the wearer was not told of" in text
    for hidden in (
        ZoneKnowledge.SECRET.value + " zone", "third entry", "Deepest point", "diverted bus",
        "thought him lost", "the third time", "41 %", "Latitude", "Began", "clinic",
        "Breach identified",
    ):  # fmt: skip
        assert hidden not in text, hidden
    assert "Request recall stands" in text


def test_the_card_in_it_is_the_one_that_was_frozen(enter: Enter, config: Config) -> None:
    body = msgspec.json.encode(full_card()).decode()
    sample.put(config, (schema.circumstance, {"alert_id": "al_w_own", "version": 1, "body": body}))
    page = decided(enter)
    later = msgspec.structs.replace(full_card(), earlier_30_days=77)
    row = {"alert_id": "al_w_own", "version": 2, "body": sample.body(later)}
    sample.put(config, (schema.circumstance, row))
    text = text_of(enter("officer").get(f"{page}/breach-pack").content)
    for said in (
        "Circumstances, card version 1", sha256(body.encode()).hexdigest(),
        "Passing or staying", "Another explanation:", "Not known: why he was there",
        "What is known tells of other people",
    ):  # fmt: skip
        assert said in text, f"{said!r} is not in {text}"
    assert "card version 2" not in text
    assert "77 in 30 days" not in text


@pytest.mark.parametrize(("name", "sees"), [("police", 404), ("liaison", 403), ("operator", 200)])
def test_who_gets_it(enter: Enter, name: str, sees: int) -> None:
    page = opened(enter)
    assert enter(name).get(f"{page}/breach-pack").status_code == sees
