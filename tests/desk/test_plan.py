"""A risk management plan at the desk: who may, what is refused, and two officers at once."""

import msgspec
import pytest

from tagwatch.access.audit import Act, Outcome
from tagwatch.access.refusal import NotFound, Refused
from tagwatch.access.role import Role
from tagwatch.core.ids import AlertId
from tagwatch.core.ledger import PlanRecorded
from tagwatch.core.risk_plan import MOST_LINES, AtRisk, PlanWrong, RiskPlan, changes
from tagwatch.core.units import DAY
from tagwatch.desk.clerk import Clerk, Conflict
from tagwatch.desk.plan import note_risk, record_plan, review_plan
from tagwatch.query.disclosure import disclosed
from tagwatch.query.plan import risk_plan
from tagwatch.store.drafts import wearer_owner
from tests.web.conftest import CentreJournal

SAID = "Ring the night desk, then the advocate"


def plan(at, version: int = 1, **more: object) -> RiskPlan:
    found = RiskPlan(
        wearer_id="w_own",
        version=version,
        review_at=at("officer").now() + 30 * DAY,
        at_risk=(AtRisk(person_id="p_one", relation="former partner"), AtRisk(who="her children")),
        contingency=(SAID,),
        triggers=("the court date",),
        warnings=("may carry a knife",),
    )
    return msgspec.structs.replace(found, **more)


def test_each_role_sees_what_it_needs(clerk, at, audited) -> None:
    officer = at("officer")
    record_plan(clerk, officer, plan(at))
    note_risk(clerk, officer, "w_own", "first view")
    note_risk(clerk, officer, "w_own", "second view")
    whole = risk_plan(officer, "w_own")
    assert [one.name for one in whole.at_risk] == ["Demo Person", "her children"]
    assert [one.words for one in whole.notes] == ["second view", "first view"]
    short = risk_plan(at("operator"), "w_own")
    assert short.plan is not None
    assert short.plan.contingency == (SAID,)
    assert (short.plan.triggers, short.notes) == ((), ())
    line = audited()[-1]
    assert (line.question, line.ids, line.outcome) == ("risk_plan", ("w_own",), Outcome.ANSWERED)
    for name in ("outsider", "police", "liaison", "evaluator", "administrator"):
        if name != "evaluator":
            with pytest.raises(NotFound):
                risk_plan(at(name), "w_own")
            assert audited()[-1].outcome is Outcome.REFUSED


def test_police_see_the_last_note_alone(clerk, at) -> None:
    outsider = at("outsider")
    mine = msgspec.structs.replace(plan(at), wearer_id="w_bail", at_risk=())
    record_plan(clerk, outsider, mine)
    for words in ("first view", "second view"):
        note_risk(clerk, outsider, "w_bail", words)
    seen = risk_plan(at("police"), "w_bail")
    assert at("police").actor.role is Role.POLICE
    assert [one.words for one in seen.notes] == ["second view"]
    assert len(seen.versions) == 1


def test_the_second_of_two_officers_is_told_what_changed(clerk, at) -> None:
    record_plan(clerk, at("officer"), plan(at))
    first = plan(at, 2, warnings=("may carry a knife", "a large dog"))
    record_plan(clerk, at("colleague"), first)
    with pytest.raises(Conflict, match="added “a large dog”"):
        record_plan(clerk, at("officer"), plan(at, 2, contingency=("nothing",)))
    kept = risk_plan(at("officer"), "w_own").plan
    assert kept is not None
    assert kept.contingency == (SAID,)
    assert kept.version == 2


def test_a_rival_between_look_and_act_is_told_as_well(centre, at) -> None:
    class Rival(CentreJournal):
        raced = False

        def record(self, event, owner=None) -> int:
            if not self.raced:
                self.raced = True
                rival = plan(at, 1, safety=("a panic button",))
                by = at("colleague").actor.account_id
                other = PlanRecorded(plan=rival, at=rival.review_at, by=by)
                super().record(other, wearer_owner("w_own"))
            return super().record(event, owner)

    with pytest.raises(Conflict, match="nothing of yours was recorded"):
        record_plan(Clerk(Rival(centre), centre.projections), at("officer"), plan(at))
    kept = risk_plan(at("officer"), "w_own").plan
    assert kept is not None
    assert kept.safety == ("a panic button",)


def test_a_review_needs_words_and_the_version_read(clerk, at) -> None:
    officer = at("officer")
    record_plan(clerk, officer, plan(at))
    later = officer.now() + 60 * DAY
    with pytest.raises(PlanWrong, match="why the plan stays"):
        review_plan(clerk, officer, "w_own", 1, later, " ")
    review_plan(clerk, officer, "w_own", 1, later, "looked at with her advocate")
    with pytest.raises(Conflict, match="The review date is another"):
        review_plan(clerk, officer, "w_own", 1, later, "again")
    view = risk_plan(officer, "w_own")
    assert [one.words for one in view.versions] == ["looked at with her advocate", ""]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"contingency": ("go to 12 Some Road, SW1A 1AA",)}, "postcodes"),
        ({"safety": ("she lives at 51.50123, -0.12345",)}, "coordinates"),
        ({"warnings": ("x",) * (MOST_LINES + 1)}, "at most 20 lines"),
        ({"triggers": ("x" * 301,)}, "at most 300 letters"),
        ({"at_risk": (AtRisk(relation="sister"),)}, "choose or write who"),
        ({"at_risk": (AtRisk(who="her", valid_from=5, valid_until=5),)}, "after from"),
        ({"at_risk": (AtRisk(person_id="p_else"),)}, "recorded as protected"),
        ({"review_at": 0}, "within a year"),
    ],
)
def test_what_cannot_be_a_plan_is_refused(clerk, at, change: dict, words: str) -> None:
    with pytest.raises(PlanWrong, match=words):
        record_plan(clerk, at("officer"), plan(at, **change))


@pytest.mark.parametrize("name", ["operator", "police", "liaison", "administrator", "outsider"])
def test_others_write_no_plan_and_are_on_the_audit(clerk, at, audited, name: str) -> None:
    refused = NotFound if name == "outsider" else Refused
    with pytest.raises(refused):
        record_plan(clerk, at(name), plan(at))
    assert audited()[-1].outcome is Outcome.REFUSED
    with pytest.raises(refused):
        note_risk(clerk, at(name), "w_own", "x")


def test_recording_is_on_the_audit_before_it_is_done(clerk, at, audited) -> None:
    record_plan(clerk, at("officer"), plan(at))
    line = audited()[-1]
    assert (line.act, line.question) == (Act.ALTERATION, "record_plan")
    assert line.ids == ("w_own", "p_one")


def test_nothing_of_it_is_in_what_the_defence_is_handed(clerk, at) -> None:
    record_plan(clerk, at("officer"), plan(at))
    note_risk(clerk, at("officer"), "w_own", "a view of the risk")
    handed = disclosed(at("officer"), AlertId("al_w_own"))
    text = msgspec.json.encode(handed).decode()
    for words in (SAID, "her children", "the court date", "knife", "a view of the risk"):
        assert words not in text


def test_what_changed_is_said_in_sentences(at) -> None:
    before = plan(at, contingency=("a", "b"))
    after = msgspec.structs.replace(before, contingency=("b", "a"), at_risk=before.at_risk[:1])
    assert changes(before, after) == (
        "Contingency: in another order",
        "Who is at risk: 0 new or changed, 1 taken out or changed",
    )
    assert changes(before, before) == ()
