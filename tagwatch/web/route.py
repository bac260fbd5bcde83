"""How routes are declared: each names its verb, or says that it is open to everybody."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial, wraps
from typing import Annotated, Any, Final, TypeAlias, cast

import structlog
from anyio import to_thread
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from tagwatch.access.audit import AnswerAudit
from tagwatch.access.refusal import Refused, only_opened
from tagwatch.access.role import Verb
from tagwatch.access.written import ENTERS, LOOKS, Writes, deviation
from tagwatch.web.foundation import Asked, foundation, readers_of

VERB: Final = "verb"
OPEN: Final = "open_to_everybody"
WRITES: Final = "writes"
"""What the route puts on the audit, a `Writes`."""
_LOG: Final = structlog.get_logger("web")

Form: TypeAlias = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
"""The fields of a posted form; a field given several times is a list."""

Upload: TypeAlias = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
"""The fields of a posted form that brings a file."""

Decorator: TypeAlias = Callable[[Callable[..., Any]], HTTPRouteHandler]


def page(path: str, verb: Verb, writes: Writes = LOOKS) -> Decorator:
    """Declare a page or other answer to GET that needs `verb`. The function runs in a thread.

    `writes` is what it puts on the audit, here and below.
    """
    opt = {VERB: verb, WRITES: writes}
    return _in_thread(get(path, opt=opt, include_in_schema=False), writes)


def act(path: str, verb: Verb, writes: Writes = ENTERS) -> Decorator:
    """Declare the address a form is posted to, which needs `verb`. Runs in a thread."""
    opt = {VERB: verb, WRITES: writes}
    return _in_thread(post(path, opt=opt, include_in_schema=False, status_code=200), writes)


def upload(path: str, verb: Verb, most_bytes: int, writes: Writes = ENTERS) -> Decorator:
    """Declare the address a form with a file is posted to; a larger body is refused unread."""
    return _in_thread(
        post(
            path,
            opt={VERB: verb, WRITES: writes},
            include_in_schema=False,
            status_code=200,
            request_max_body_size=most_bytes,
        ),
        writes,
    )


def open_page(path: str, writes: Writes) -> Decorator:
    """Declare a page that needs no sign-in."""
    opt = {OPEN: True, WRITES: writes}
    return _in_thread(get(path, opt=opt, include_in_schema=False), writes)


def open_act(path: str, writes: Writes) -> Decorator:
    """Declare an address for forms that needs no sign-in."""
    opt = {OPEN: True, WRITES: writes}
    return _in_thread(post(path, opt=opt, include_in_schema=False, status_code=200), writes)


@asynccontextmanager
async def audited(request: Asked, writes: Writes) -> AsyncGenerator[Callable[[Any], None]]:
    """Let what is asked within go on the audit of this request, which is on the disk at the end,
    whether there is an answer or a refusal. Raises AuditClosed: then neither may go out.

    Gives what is told of the answer: what was written is held against what the route declares.
    """
    kept = AnswerAudit(foundation(request).audit)
    request.state.audit = kept
    said: list[Any] = []
    try:
        yield said.append
    finally:
        await kept.durable()
        _compare(request, writes, kept, said)


def _compare(request: Asked, writes: Writes, kept: AnswerAudit, said: list[Any]) -> None:
    """Say in the log, and keep for who asks, that a route wrote otherwise than it declares.

    The answer goes out: nobody waits for an alert because of a mistake in a declaration.
    """
    path = str(dict[str, Any](request.scope).get("path_template", ""))
    status = (getattr(said[0], "status_code", None) or 200) if said else 500
    # What a form is sent to and shows again with 200 has done nothing yet.
    done = status < 400 and (request.method == "GET" or path.startswith("/api/") or status > 299)
    named = "name" if path.startswith("/api/v1/wearers/{name") else "wearer_id"
    wearer_id = str(request.path_params.get(named, ""))
    if wrong := deviation(writes, kept.lines, wearer_id, answered=done):
        place = f"{request.method} {path}"
        foundation(request).undeclared.add(f"{place}: {wrong}")
        _LOG.error("audit_not_as_declared", route=place, wrong=wrong)


def _in_thread(declared: Decorator, writes: Writes) -> Decorator:
    """Let `declared` call its function in a thread, and answer when its audit is on the disk.

    The framework's own switch for threads wraps a function twice when two routes share a path.
    """

    def decorate(function: Callable[..., Any]) -> HTTPRouteHandler:
        @wraps(function)
        async def answer(request: Asked, **values: Any) -> Any:
            async with audited(request, writes) as told:
                found = await to_thread.run_sync(partial(function, request, **values))
                _keep_here(request, found)
                told(found)
                return found

        return declared(answer)

    return decorate


def _keep_here(request: Asked, found: object) -> None:
    """Refuse an answer that is a file, where it came about by break-glass alone: whatever route
    made it, nothing of such a record is handed out. Raises Refused."""
    if not isinstance(found, Response) or not _is_file(cast("Response[Any]", found)):
        return
    for made in readers_of(request):
        if made.opened:
            names = [each.wearer_id for each in made.opened]
            made.refused("file", names, "reached by break-glass alone")
            raise Refused(only_opened("handed out"))


def _is_file(found: Response[Any]) -> bool:
    heads = {name.lower(): value for name, value in found.headers.items()}
    return "attachment" in heads.get("content-disposition", "")


def field(form: dict[str, Any], name: str, most: int = 2000) -> str:
    """Return one text field of a form, trimmed, cut at `most` characters; '' if absent."""
    values = fields(form, name)
    return values[-1].strip()[:most] if values else ""


def fields(form: dict[str, Any], name: str) -> list[str]:
    """Return all values of a field that may be given several times."""
    value = form.get(name, [])
    values = cast("list[Any]", value if isinstance(value, list) else [value])
    return [str(each) for each in values]
