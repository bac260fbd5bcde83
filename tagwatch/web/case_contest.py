"""What the wearer says against a finding, on the page of his case."""

from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.role import Verb
from tagwatch.core.case import ContestOutcome
from tagwatch.core.ids import AlertId
from tagwatch.desk.contest import answer, contest
from tagwatch.web.case import case_problem, do_on_case
from tagwatch.web.foundation import Asked
from tagwatch.web.route import Form, act, field


@act("/cases/{case_id:str}/contests", Verb.RECORD_CASE)
def add_contest(request: Asked, case_id: FromPath[str], data: Form) -> Response[Any]:
    """Record that he contests a finding."""
    words, how = field(data, "words", 8000), field(data, "how", 600)
    about = AlertId(field(data, "alert", 80))
    kept = {"contest_words": words, "contest_how": how, "contest_alert": about}
    return do_on_case(request, case_id, data, lambda on: contest(on, about, words, how), kept)


@act("/cases/{case_id:str}/contests/{contest_id:str}/answer", Verb.DECIDE)
def answer_contest(
    request: Asked, case_id: FromPath[str], contest_id: FromPath[str], data: Form
) -> Response[Any]:
    """Record what was found of it."""
    words, upheld = field(data, "words", 8000), field(data, "upheld", 5)
    kept = {"answer_words": words}
    if upheld not in ("yes", "no"):
        return case_problem(request, case_id, "upheld", "Choose whether he is right", kept)
    outcome = ContestOutcome.UPHELD if upheld == "yes" else ContestOutcome.NOT_UPHELD
    return do_on_case(
        request, case_id, data, lambda on: answer(on, contest_id, outcome, words), kept
    )


ROUTES = (add_contest, answer_contest)
