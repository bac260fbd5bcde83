"""What happened outside of Tagwatch, on the page of a case: written down, or taken back."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.case_step import Proof, StepKind
from tagwatch.desk.case_step import record_step, take_back_step
from tagwatch.web.case import case_problem, do_on_case
from tagwatch.web.form import Problems, moment
from tagwatch.web.foundation import Asked
from tagwatch.web.route import Form, act, field

PARTS: Final = ("day", "month", "year", "time")


@act("/cases/{case_id:str}/steps", Verb.RECORD_CASE)
def add_step(request: Asked, case_id: FromPath[str], data: Form) -> Response[Any]:
    """Record that something happened."""
    kind, proof = field(data, "kind", 40), field(data, "proof", 40)
    words = field(data, "words", 8000)
    kept: dict[str, Any] = {"step_kind": kind, "step_words": words, "step_proof": proof}
    kept["step_at"] = {part: field(data, f"happened-{part}", 10) for part in PARTS}
    if kind not in list(StepKind):
        return case_problem(request, case_id, "step", "Choose what happened", kept)
    problems = Problems()
    happened = moment(data, "happened", problems, "Enter when it happened")
    if happened is None:
        return case_problem(request, case_id, "step-at", problems.by_field["happened"], kept)
    step, shown = StepKind(kind), Proof(proof) if proof in list(Proof) else None
    if step is not StepKind.EXCUSE_GIVEN:
        shown = None  # the field is there for an excuse; of anything else it says nothing
    elif shown is None:
        return case_problem(request, case_id, "step-proof", "Choose what was shown for it", kept)
    return do_on_case(
        request, case_id, data, lambda on: record_step(on, step, happened, words, shown), kept
    )


@act("/cases/{case_id:str}/steps/{step_id:str}/take-back", Verb.RECORD_CASE)
def take_step_back(
    request: Asked, case_id: FromPath[str], step_id: FromPath[str], data: Form
) -> Response[Any]:
    """Record that it was written down wrongly."""
    words = field(data, "words", 600)
    return do_on_case(request, case_id, data, lambda on: take_back_step(on, step_id, words))


ROUTES = (add_step, take_step_back)
