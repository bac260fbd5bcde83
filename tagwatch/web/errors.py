"""What a person sees when something is refused, missing or broken."""

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import structlog
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Response

from tagwatch.access.audit import AuditClosed
from tagwatch.access.refusal import Refusal, Refused, purpose_missing
from tagwatch.desk.clerk import Conflict, NotRecorded, SecondPersonMissing
from tagwatch.query.reader import NotFound
from tagwatch.web.entry import NotSignedIn
from tagwatch.web.foundation import Asked, PurposeMissing
from tagwatch.web.layout import show

_LOG: Final = structlog.get_logger("web")
API: Final = "/api/"


def _answer(
    request: Asked, status: int, title: str, text: str, why: Refusal | None = None
) -> Response[Any]:
    if request.url.path.startswith(API):
        said = {"status": status, "error": title, "detail": text}
        return Response(said | refusal_members(why), status_code=status)
    return show(request, "error.html", {"title": title, "text": text, "why": why}, status)


def refusal_members(why: Refusal | None) -> dict[str, Any]:
    """Return what the API says of a refusal beside the text: what is missing, and the ways."""
    if why is None:
        return {}
    ways = [{"says": way.says, "path": way.path} for way in why.ways]
    return {"lacks": why.lack.value, "who_may_help": why.helps, "how_to_ask": ways}


def _not_signed_in(request: Asked, _error: NotSignedIn) -> Response[Any]:
    if request.url.path.startswith(API) or request.url.path == "/stream":
        return Response(
            {"status": 401, "error": "Sign in", "detail": "no valid session or token"},
            status_code=401,
        )
    back = request.url.path if request.method == "GET" else "/"
    return Redirect(f"/sign-in?{urlencode({'next': back})}", status_code=303)


def _purpose_missing(request: Asked, error: PurposeMissing) -> Response[Any]:
    if request.url.path.startswith(API):
        actor = request.user.actor if request.user is not None else request.auth
        why = purpose_missing(actor.role)
        if error.why:
            why = msgspec.structs.replace(why, says=error.why, helps="")
        return _answer(request, 403, "State a purpose", why.sentence, why)
    query = request.url.query
    back = request.url.path + (f"?{query}" if query else "")
    asked = {"next": back} | ({"wearer": error.wearer_id} if error.wearer_id else {})
    return Redirect(f"/purpose?{urlencode(asked)}", status_code=303)


def _refused(request: Asked, error: Refused) -> Response[Any]:
    return _answer(request, 403, "You cannot do this", error.refusal.says, error.refusal)


def _conflict(request: Asked, error: Conflict) -> Response[Any]:
    if isinstance(error, SecondPersonMissing):
        why = error.refusal
        return _answer(request, 409, "A second person must do this", why.says, why)
    return _answer(request, 409, "Changed meanwhile", str(error))


def _not_recorded(request: Asked, error: NotRecorded) -> Response[Any]:
    return _answer(request, 503, "Not recorded", str(error))


def _not_found(request: Asked, error: NotFound) -> Response[Any]:
    if request.query_params.get("done") == "recorded":
        text = (
            "What you entered is recorded for good, but the centre has not taken it in yet. "
            "Load this page again in a moment."
        )
        return _answer(request, 202, "Recorded, not to be seen yet", text)
    return _answer(request, 404, "Not found", error.refusal.says, error.refusal)


def _audit_closed(request: Asked, _error: AuditClosed) -> Response[Any]:
    text = "The audit cannot be written, so nothing is shown. Tell the administrator now."
    return _answer(request, 503, "Nothing can be shown", text)


def _http(request: Asked, error: HTTPException) -> Response[Any]:
    title = {404: "Page not found", 403: "This form has expired", 413: "Too much was sent"}.get(
        error.status_code, "This did not work"
    )
    if error.status_code == 403:
        return _answer(request, 403, title, "Go back, load the page again, and send it once more.")
    return _answer(request, error.status_code, title, str(error.detail)[:300])


def _broken(request: Asked, error: Exception) -> Response[Any]:
    _LOG.error(
        "request_failed",
        path=dict[str, Any](request.scope).get("path_template", ""),
        exc_info=error,
    )
    text = "This page failed. It was recorded; try again, or tell the administrator."
    return _answer(request, 500, "Sorry, there is a problem", text)


HANDLERS: Final[dict[int | type[Exception], Any]] = {
    NotSignedIn: _not_signed_in,
    PurposeMissing: _purpose_missing,
    Refused: _refused,
    NotFound: _not_found,
    Conflict: _conflict,
    NotRecorded: _not_recorded,
    AuditClosed: _audit_closed,
    HTTPException: _http,
    Exception: _broken,
}
