"""The API's endpoints of risk management plans."""

from collections.abc import Callable
from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.core.risk_plan import PlanWrong, RiskPlan
from tagwatch.core.units import Instant
from tagwatch.desk import plan
from tagwatch.desk.clerk import Done
from tagwatch.query.plan import PlanView, risk_plan
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Wrong


class PlanRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next version of a plan: `plan.version` is one more than the version that was read."""

    plan: RiskPlan


class PlanReview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plan of `seen_version` was looked at and stays as it is until `review_at`."""

    seen_version: int
    review_at: Instant
    words: str


class RiskWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An officer's view of the risk."""

    words: str


def _see(call: Call) -> PlanView:
    return risk_plan(call.reader, WearerId(call.path["wearer_id"]))


def _plan(call: Call) -> Done:
    body: PlanRecord = call.body
    if body.plan.wearer_id != call.path["wearer_id"]:
        # Whose record it is comes before what was sent: a stranger is refused, on the audit.
        risk_plan(call.reader, WearerId(call.path["wearer_id"]))
        raise Wrong("plan.wearer_id must be the wearer of the address")
    return _tried(lambda: plan.record_plan(call.clerk, call.reader, body.plan))


def _review(call: Call) -> Done:
    body: PlanReview = call.body
    wearer_id = WearerId(call.path["wearer_id"])
    return _tried(
        lambda: plan.review_plan(
            call.clerk, call.reader, wearer_id, body.seen_version, body.review_at, body.words
        )
    )


def _note(call: Call) -> Done:
    body: RiskWords = call.body
    wearer_id = WearerId(call.path["wearer_id"])
    return _tried(lambda: plan.note_risk(call.clerk, call.reader, wearer_id, body.words))


def _tried(work: Callable[[], Done]) -> Done:
    try:
        return work()
    except PlanWrong as error:
        raise Wrong(f"{error.field}: {error}") from error


_WHY: Final = Purpose.VICTIM_SAFETY
PLAN: Final[tuple[Endpoint, ...]] = (
    read(
        "get_plan",
        "/wearers/{wearer_id:str}/plan",
        Verb.SEE_PLAN,
        "A wearer's risk management plan, as much of it as the role needs",
        _see,
        PlanView,
        purpose=_WHY,
    ),
    do(
        "record_plan",
        "/wearers/{wearer_id:str}/plan",
        Verb.RECORD_PLAN,
        "Record the next version of a risk management plan",
        _plan,
        PlanRecord,
        _WHY,
    ),
    do(
        "review_plan",
        "/wearers/{wearer_id:str}/plan/review",
        Verb.RECORD_PLAN,
        "Record that a plan was reviewed and stays as it is",
        _review,
        PlanReview,
        _WHY,
    ),
    do(
        "note_risk",
        "/wearers/{wearer_id:str}/risk-notes",
        Verb.RECORD_PLAN,
        "Record a risk note",
        _note,
        RiskWords,
        _WHY,
    ),
)
