"""The Monday list: the gravest change first, a plain line for each, nothing about intent."""

import re

import pytest

from tagwatch.access.enrolment import now
from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.scope import scope
from tagwatch.core.alert import AlertKind
from tagwatch.core.case import Case, Contest, Decision, DecisionKind, Task
from tagwatch.core.exemption import Exemption, ExemptionCause
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import CaseOpened, PlanRecorded
from tagwatch.core.outcome import Finding, Phase, RuleKind
from tagwatch.core.recorded_register import ExemptionRecorded
from tagwatch.core.risk_plan import RiskPlan
from tagwatch.core.units import DAY, HOUR, Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.query.monday import WEEK, Change, ChangeKind, MondayList, monday_list
from tagwatch.web.monday import line_of, link_of
from tests.access.test_scope import actor
from tests.web import sample
from tests.web.conftest import Enter
from tests.web.test_leave import away

BY = AccountId("ac_officer")


def ask(app, name: str = "officer", at: int | None = None) -> MondayList:
    base = app.state.foundation
    within = scope(actor(name), Purpose.SUPERVISION)
    clock = now if at is None else (lambda: Instant(at))
    return monday_list(Reader(base.projections, within, base.audit, clock))


def kinds(found: MondayList) -> dict[str, list[str]]:
    return {row.wearer.wearer_id: [c.kind.value for c in row.changes] for row in found.rows}


def put_episode(config, name: str, wearer: str, at: int, **changes) -> None:
    made = sample.episode(
        episode_id=name, wearer_id=wearer, entered_earliest=Instant(at), **changes
    )
    sample.put(config, (sample.schema.episode, sample.episode_row(made)))


def a_case(at: Instant) -> Case:
    return Case(
        case_id="ca_one", wearer_id="w_own", title="third night", opened_at=at, opened_by=BY,
        alerts=("al_w_own",),
        tasks=(
            Task(task_id="ta_1", words="ring the landlord", due_at=Instant(at - 1), set_by=BY),
            Task(task_id="ta_2", words="visit", due_at=Instant(at + 2 * DAY), set_by=BY),
            Task(task_id="ta_3", words="far off", due_at=Instant(at + 9 * DAY), set_by=BY),
        ),
        contests=(
            Contest(contest_id="co_1", alert_id="al_w_own", words="not me", how="letter", at=at,
                    by=BY),
        ),
        decisions=(
            Decision(decision_id="de_1", kind=DecisionKind.WARNING, at=at, by=BY, words="x"),
            Decision(decision_id="de_2", kind=DecisionKind.RECALL_REQUEST, at=at, by=BY,
                     words="x"),
        ),
    )  # fmt: skip


def test_what_changed_is_listed_the_gravest_first(app, centre: InProcessCentre, config) -> None:
    at = now()
    put_episode(config, "ep_sure", "w_own", at - DAY, finding=Finding.CONFIRMED)
    put_episode(config, "ep_ring", "w_own", at - DAY, rule=RuleKind.APPROACH)
    put_episode(config, "ep_early", "w_own", at - DAY, before_told=True)
    put_episode(config, "ep_gone", "w_own", at - DAY, merged_into="ep_sure")
    strap = sample.alert("w_own", "al_strap", kind=AlertKind.STRAP)
    sample.put(config, (sample.schema.alert, sample.alert_row(strap)))
    exemption = Exemption(
        exemption_id="x_1", version=1, wearer_id="w_own", cause=ExemptionCause.HOSPITAL,
        starts_at=Instant(at - 9 * DAY), ends_at=Instant(at + DAY),
    )  # fmt: skip
    plan = RiskPlan(wearer_id="w_own", version=1, review_at=Instant(at - HOUR))
    centre.record(
        CaseOpened(case=a_case(at)),
        ExemptionRecorded(exemption=exemption, by=BY),
        PlanRecorded(plan=plan, at=at, by=BY),
        at=at,
    )
    centre.apply()
    found = ask(app)
    own = kinds(found)["w_own"]
    assert own == [
        "confirmed", "tag_report", "task_overdue", "contest", "unsigned", "review_overdue",
        "possible", "approach", "before_told", "decided", "task_due", "exemption_ends", "order",
        "condition", "condition", "unseen",
    ]  # fmt: skip
    assert [row.wearer.wearer_id for row in found.rows] == ["w_own", "w_hidden"]
    lines = [line_of(change) for change in found.rows[0].changes]
    for said in ("1 confirmed violation", "Task overdue", "contests a finding", "recall: waits",
                 "which is no breach", "not held against him", "In hospital ends",
                 "Exclusion zone recorded", "No fix came in"):  # fmt: skip
        assert any(said in line for line in lines), (said, lines)
    assert not re.search(r"intent|tried|want|deliberate|meant|evad", " ".join(lines))
    links = [link_of("w_own", change) for change in found.rows[0].changes]
    assert {"/cases/ca_one", "/alerts/al_w_own", "/alerts/al_strap", "/wearers/w_own/plan",
            "/wearers/w_own/exemptions/x_1"} <= set(links)  # fmt: skip


@pytest.mark.parametrize(("before", "seen"), [(WEEK, True), (WEEK + 1, False)])
def test_the_week_begins_seven_days_ago_to_the_instant(
    app, config, before: int, seen: bool
) -> None:
    at = now() + 30 * DAY
    put_episode(
        config, "ep_x", "w_hidden", at - before, finding=Finding.CONFIRMED, phase=Phase.ENDED
    )
    found = ask(app, at=at)
    assert kinds(found)["w_hidden"] == (["confirmed"] if seen else [])


def test_a_wearer_without_change_comes_last_and_says_so(app, enter: Enter, config) -> None:
    found = ask(app, at=now() + 30 * DAY)
    assert [row.wearer.wearer_id for row in found.rows] == ["w_own", "w_hidden"]
    assert found.rows[1].changes == ()
    text = enter("officer").get("/monday").text
    assert "Demo Alder" in text
    assert "Demo Birch" not in text, "his colleague's"


def test_the_deputy_has_the_covered_caseload_for_that_time(
    app, centre: InProcessCentre, enter: Enter
) -> None:
    made = away(centre, DAY, 2 * DAY)
    assert set(kinds(ask(app, "colleague"))) == {"w_team"}
    assert set(kinds(ask(app, "colleague", made.starts_at))) == {"w_own", "w_team", "w_hidden"}
    assert set(kinds(ask(app, "colleague", made.ends_at))) == {"w_team"}
    rows = enter("officer").get("/api/v1/monday").json()["rows"]
    assert [row["is_covered"] for row in rows] == [False, False]
    assert {change["kind"] for row in rows for change in row["changes"]} <= set(ChangeKind)
    assert enter("operator").get("/monday").status_code == 403


def test_every_kind_of_change_has_its_line() -> None:
    for kind in ChangeKind:
        words = {"tag_report": "strap", "silent": "no_comms", "unsigned": "breach",
                 "decided": "breach", "exemption": "custody ended", "stands_overdue": "hold",
                 "exemption_ends": "custody"}.get(kind.value, "")  # fmt: skip
        change = Change(kind=kind, at=Instant(0), words=words)
        assert len(line_of(change)) > 10
        assert link_of("w_own", change).startswith("/wearers/w_own")
