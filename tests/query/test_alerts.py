"""Open alerts, one alert, the trail: within scope, in order, on the audit before the answer."""

import msgspec
import pytest

from tagwatch.access.audit import AuditClosed, AuditTrail, Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader, open_projections
from tagwatch.access.refusal import NotFound
from tagwatch.access.scope import scope
from tagwatch.core.ids import AlertId, WearerId
from tagwatch.core.outcome import AlertState, Severity
from tagwatch.core.units import HOUR, MINUTE, Instant
from tagwatch.query import open_alerts as page
from tagwatch.query.alert import alert
from tagwatch.query.happenings import news_after, same_scope
from tagwatch.query.open_alerts import open_alerts
from tagwatch.query.trail_view import trail
from tagwatch.query.wallboard import wallboard
from tagwatch.store import schema
from tests.access.test_scope import actor
from tests.web import sample

OWN = AlertId("al_w_own")


def test_the_most_urgent_unanswered_alert_comes_first(at, config) -> None:
    at_now = now()
    sample.put(
        config,
        *(
            (schema.alert, sample.alert_row(found))
            for found in (
                sample.alert("w_own", "al_answered", acknowledged_at=at_now),
                sample.alert("w_own", "al_overdue", acknowledge_by=at_now - HOUR),
                sample.alert("w_own", "al_routine", severity=Severity.ROUTINE),
                sample.alert("w_own", "al_closed", state=AlertState.CLOSED),
            )
        ),
    )
    found = open_alerts(at("officer"))
    ids = [row.alert.alert_id for row in found.rows]
    assert ids[:4] == ["al_overdue", "al_w_own", "al_routine", "al_answered"]
    assert {row.group for row in found.rows[:4]} == {"w_own"}, "his alerts stand together"
    assert "al_closed" not in ids
    assert (found.page, found.pages, found.ends) == (1, 1, "")


def test_what_does_not_fit_a_page_stands_on_the_next(at, config, monkeypatch) -> None:
    whole = [row.alert.alert_id for row in open_alerts(at("officer")).rows]
    monkeypatch.setattr(page, "MOST", 2)
    first, second, beyond = (open_alerts(at("officer"), number) for number in (1, 2, 9))
    assert [row.alert.alert_id for row in (*first.rows, *second.rows)] == whole
    assert (first.total, first.pages, beyond.rows) == (len(whole), -(-len(whole) // 2), ())
    assert first.rows[0].alert.severity is Severity.LIFE
    assert (first.begins, second.ends) == ("", "")
    assert first.ends == second.begins != ""
    assert all(row.order < first.ends for row in first.rows)


def test_the_wall_counts_what_is_on_every_page(at, config, monkeypatch) -> None:
    whole = wallboard(at("operator"))
    monkeypatch.setattr(page, "MOST", 1)
    assert msgspec.structs.replace(wallboard(at("operator")), at=whole.at) == whole
    assert sum(whole.unanswered.values()) + whole.answered > 1


def test_alerts_about_the_installation_are_the_operators(at, config) -> None:
    sample.put(config, (schema.alert, sample.alert_row(sample.alert(None, "al_blind"))))
    assert "al_blind" in {row.alert.alert_id for row in open_alerts(at("operator")).rows}
    assert "al_blind" not in {row.alert.alert_id for row in open_alerts(at("officer")).rows}
    assert alert(at("operator"), AlertId("al_blind")).wearer is None
    with pytest.raises(NotFound):
        alert(at("police"), AlertId("al_blind"))


def test_a_withheld_alert_gives_no_way_to_its_wearer(at) -> None:
    row = next(row for row in open_alerts(at("operator")).rows if row.withheld)
    assert (row.wearer, row.alert.wearer_id, row.alert.episode_id) == (None, None, None)
    with pytest.raises(NotFound):
        alert(at("operator"), row.alert.alert_id)


def test_a_refusal_looks_like_nothing_and_is_on_the_audit(at, audited) -> None:
    texts = set()
    for alert_id in ("al_w_other", "al_w_hidden", "al_none"):
        with pytest.raises(NotFound) as refused:
            alert(at("colleague"), AlertId(alert_id))
        texts.add(str(refused.value))
        line = audited()[-1]
        assert (line.outcome, line.ids[0]) == (Outcome.REFUSED, alert_id)
    assert len(texts) == 1, "who may not see it is not told whether it exists"


def test_an_answer_is_on_the_audit_with_its_purpose(at, audited) -> None:
    alert(at("officer"), OWN)
    line = audited()[-1]
    assert (line.question, line.by, line.purpose) == ("alert", "ac_officer", "supervision")
    assert line.ids == (OWN, "w_own")


def test_without_the_audit_there_is_no_answer(config, centre) -> None:
    audit = AuditTrail.open(config, "elsewhere")
    audit.close()
    engine = open_projections(config)
    reader = Reader(engine, page_scope(), audit, now)
    with pytest.raises(AuditClosed):
        open_alerts(reader)
    with pytest.raises(AuditClosed):
        alert(reader, AlertId("al_none"))
    engine.dispose()


def page_scope():
    return scope(actor("officer"), Purpose.ALERT_RESPONSE)


def test_the_trail_is_in_order_with_honest_radii_and_half_open(at) -> None:
    officer = at("officer")
    whole = trail(officer, WearerId("w_own"), Instant(now() - HOUR), Instant(now() + HOUR))
    assert [fix.number for fix in whole.fixes] == list(range(1, 21))
    assert all(fix.accuracy_m_95 > 12 for fix in whole.fixes if fix.accuracy_m_95)
    assert whole.fixes[0].speed_mps is None, "unknown is not 0"
    first, last = whole.fixes[0].fixed_at, whole.fixes[-1].fixed_at
    part = trail(officer, WearerId("w_own"), first, last)
    assert len(part.fixes) == 19, "the end is no part of it"
    with pytest.raises(NotFound):
        trail(officer, WearerId("w_other"), first, last)


def test_people_of_the_same_scope_are_asked_for_once() -> None:
    actors = [actor(name) for name in ("officer", "colleague", "operator", "zones", "police")]
    twin = msgspec.structs.replace(actor("operator"), account_id="ac_twin")
    groups = same_scope([*actors, twin], {"ac_officer", None})
    sizes = sorted(len(group) for group in groups.values())
    assert sizes == [1, 1, 1, 3], "a responsible officer sees more; operators see the same"
    groups = same_scope([*actors, twin], {None})
    sizes = sorted(len(group) for group in groups.values())
    assert sizes == [1, 2, 3], "colleagues of one agency see the same of others' wearers"


def test_news_comes_in_order_after_the_number_given(at, config) -> None:
    engine = open_projections(config)
    news = news_after(engine, 0)
    assert [item.event_id for item in news] == [1, 2, 3, 4, 5]
    assert {item.alert.wearer_id: item.officer for item in news}["w_own"] == "ac_officer"
    assert news_after(engine, news[-1].event_id) == []
    assert news[0].at > now() - HOUR - MINUTE
    engine.dispose()
