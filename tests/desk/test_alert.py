"""Acknowledging, noting and closing, below the pages."""

import pytest

from tagwatch.access.audit import Act, Outcome
from tagwatch.access.refusal import NotFound, Refused
from tagwatch.core.ids import AlertId
from tagwatch.core.outcome import AlertState, Disposition
from tagwatch.desk.alert import WordsMissing, acknowledge, close, note
from tagwatch.desk.clerk import Applied, Clerk, Conflict, NotRecorded, Posts
from tagwatch.store.alerts import alert

OWN = AlertId("al_w_own")


def test_an_act_is_applied_when_it_returns_and_stands_on_the_audit(clerk, at, audited) -> None:
    officer = at("officer")
    done = acknowledge(clerk, officer, OWN)
    assert done.applied is Applied.APPLIED
    with officer.connection() as connection:
        found = alert(connection, OWN)
    assert found is not None
    assert (found.state, found.acknowledged_by) == (AlertState.ACKNOWLEDGED, "ac_officer")
    line = audited()[-1]
    assert (line.act, line.question, line.ids) == (Act.ALTERATION, "acknowledge", (OWN, "w_own"))


def test_who_comes_second_is_told_who_was_first(clerk, at) -> None:
    acknowledge(clerk, at("officer"), OWN)
    with pytest.raises(Conflict, match="ac_officer"):
        acknowledge(clerk, at("colleague"), OWN)


def test_closing_needs_the_version_seen_words_and_an_open_alert(clerk, at) -> None:
    officer = at("officer")
    with pytest.raises(Conflict, match="changed after"):
        close(clerk, officer, OWN, 7, Disposition.TECHNICAL, "words")
    with pytest.raises(WordsMissing):
        close(clerk, officer, OWN, 1, Disposition.TECHNICAL, "   ")
    assert close(clerk, officer, OWN, 1, Disposition.TECHNICAL, "words").seq > 0
    with pytest.raises(Conflict, match="closed meanwhile"):
        close(clerk, officer, OWN, 1, Disposition.TECHNICAL, "words")
    with pytest.raises(Conflict, match="closed meanwhile"):
        acknowledge(clerk, officer, OWN)


@pytest.mark.parametrize("name", ["outsider", "liaison", "administrator"])
def test_others_cannot_act_and_are_on_the_audit(clerk, at, audited, name: str) -> None:
    with pytest.raises((NotFound, Refused)):
        note(clerk, at(name), OWN, "words")
    assert audited()[-1].outcome is Outcome.REFUSED


def test_what_is_recorded_and_not_yet_applied_is_said_so(centre, at) -> None:
    class Slow:
        def record(self, event, owner=None) -> int:
            return int(centre.record(event, at=at("officer").now(), owner=owner)[0])

    slow = Clerk(Slow(), centre.projections, wait_s=0.02)
    assert note(slow, at("officer"), OWN, "words").applied is Applied.RECORDED


def test_without_a_receiver_nothing_is_recorded_and_it_is_said(config, centre, at) -> None:
    alone = Clerk(Posts(config), centre.projections)
    with pytest.raises(NotRecorded, match="Do it again"):
        note(alone, at("officer"), OWN, "words")
