"""Signing in through the agency's own sign-in service: there, and back."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar.response import Redirect, Response

from tagwatch.access.audit import Outcome
from tagwatch.access.enrolment import now
from tagwatch.access.oidc import BACK_PATH, FLOW_LASTS, ServiceFailed, SignInService
from tagwatch.access.refusal import from_elsewhere
from tagwatch.access.written import COLLECTS, nothing
from tagwatch.core.units import SECOND
from tagwatch.query.reader import NotFound
from tagwatch.web.entering import begin, cookie_of, on_audit, seen_of
from tagwatch.web.foundation import Asked, foundation
from tagwatch.web.purpose import safe_return
from tagwatch.web.route import open_page
from tagwatch.web.throttle import held_back

FLOW_COOKIE: Final = "tagwatch-service"


@open_page("/sign-in/service", nothing("leads to the agency's sign-in service"))
def leave(request: Asked) -> Response[Any]:
    """Lead to the service. A link and not a form: the page's policy lets forms go nowhere else."""
    service, back = _service(request), safe_return(request.query_params.get("next", "/"))
    if (waiting := held_back(request, "provider")) is not None:
        return waiting
    try:
        address, flow = service.begin(back, now())
    except ServiceFailed as error:
        return _failed(request, error, back)
    answer = Redirect(address, status_code=303)
    answer.cookies.append(cookie_of(request, FLOW_COOKIE, flow, FLOW_LASTS // SECOND))
    return answer


@open_page(BACK_PATH, COLLECTS)
def come_back(request: Asked) -> Response[Any]:
    """Check what the service says and begin the session."""
    service = _service(request)
    if (waiting := held_back(request, "provider")) is not None:
        return waiting
    flow = request.cookies.get(FLOW_COOKIE, "")
    said = {name: str(value)[:4001] for name, value in request.query_params.items()}
    try:
        signed = service.finish(flow, said, now(), seen_of(request))
    except ServiceFailed as error:
        answer = _failed(request, error, "/")
    else:
        answer = begin(request, signed.cookie, signed.back, "sign-in service")
    answer.cookies.append(cookie_of(request, FLOW_COOKIE, "", 0))
    return answer


def _service(request: Asked) -> SignInService:
    found = foundation(request).service
    if found is None:
        raise NotFound(
            from_elsewhere("No sign-in service is set up here.", "Sign in in another way.")
        )
    return found


def _failed(request: Asked, error: ServiceFailed, back: str) -> Response[Any]:
    on_audit(
        request, error.account_id, f"sign-in service: {error.problem}, {error.why}", Outcome.REFUSED
    )
    query = urlencode({"said": error.problem, "next": back})
    return Redirect(f"/sign-in?{query}", status_code=303)


ROUTES = (leave, come_back)
