"""A check of an account is put on a case, taken off it, and given words by a person."""

from collections.abc import Callable
from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.account_check import AccountCheck
from tagwatch.core.case import CaseError
from tagwatch.core.ids import CaseId
from tagwatch.desk.account_check import attach, say_of, take_back
from tagwatch.desk.clerk import Clerk, Conflict, Done, NotRecorded
from tagwatch.query.account_check import check_view
from tagwatch.web.account import shown_check
from tagwatch.web.form import TOP, Problems, after
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.route import Form, act, field

_ONE: Final = "/account-checks/{check_id:str}"
Work = Callable[[Clerk, Reader, AccountCheck], Done]


@act(f"{_ONE}/case", Verb.CHECK_ACCOUNT)
def put_on_case(request: Asked, check_id: FromPath[str], data: Form) -> Response[Any]:
    """Put a check on a case of the same wearer."""
    case_id = CaseId(field(data, "case", 80))
    return _done(request, check_id, data, lambda c, r, check: attach(c, r, check, case_id))


@act(f"{_ONE}/take-back", Verb.CHECK_ACCOUNT)
def take_off_case(request: Asked, check_id: FromPath[str], data: Form) -> Response[Any]:
    """Take a check off a case, with why; it stays to be seen there."""
    case_id, why = CaseId(field(data, "case", 80)), field(data, "why", 8_000)
    return _done(request, check_id, data, lambda c, r, check: take_back(c, r, check, case_id, why))


@act(f"{_ONE}/words", Verb.CHECK_ACCOUNT)
def say_of_check(request: Asked, check_id: FromPath[str], data: Form) -> Response[Any]:
    """Record what somebody says of a check."""
    words = field(data, "said", 8_000)
    return _done(request, check_id, data, lambda c, r, check: say_of(c, r, check, words))


def _done(request: Asked, check_id: str, data: Form, work: Work) -> Response[Any]:
    asking, problems = reader(request), Problems()
    check = check_view(asking, check_id).check
    try:
        done = work(foundation(request).clerk, asking, check)
    except CaseError as error:
        problems.add(error.field, str(error))
    except (Conflict, NotRecorded) as error:
        problems.add(TOP, str(error))
    else:
        return after(f"/account-checks/{check_id}", done)
    values = {name: field(data, name, 8_000) for name in ("case", "why", "said")}
    return shown_check(request, check_id, problems, values)


ROUTES = (put_on_case, take_off_case, say_of_check)
