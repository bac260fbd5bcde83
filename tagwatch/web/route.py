"""How routes are declared: each names its verb, or says that it is open to everybody."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial, wraps
from typing import Annotated, Any, Final, TypeAlias, cast

from anyio import to_thread
from litestar import get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from tagwatch.access.audit import AnswerAudit
from tagwatch.access.role import Verb
from tagwatch.web.foundation import Asked, foundation

VERB: Final = "verb"
OPEN: Final = "open_to_everybody"

Form: TypeAlias = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
"""The fields of a posted form; a field given several times is a list."""

Upload: TypeAlias = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
"""The fields of a posted form that brings a file."""

Decorator: TypeAlias = Callable[[Callable[..., Any]], HTTPRouteHandler]


def page(path: str, verb: Verb) -> Decorator:
    """Declare a page or other answer to GET that needs `verb`. The function runs in a thread."""
    return _in_thread(get(path, opt={VERB: verb}, include_in_schema=False))


def act(path: str, verb: Verb) -> Decorator:
    """Declare the address a form is posted to, which needs `verb`. Runs in a thread."""
    return _in_thread(post(path, opt={VERB: verb}, include_in_schema=False, status_code=200))


def upload(path: str, verb: Verb, most_bytes: int) -> Decorator:
    """Declare the address a form with a file is posted to; a larger body is refused unread."""
    return _in_thread(
        post(
            path,
            opt={VERB: verb},
            include_in_schema=False,
            status_code=200,
            request_max_body_size=most_bytes,
        )
    )


def open_page(path: str) -> Decorator:
    """Declare a page that needs no sign-in."""
    return _in_thread(get(path, opt={OPEN: True}, include_in_schema=False))


def open_act(path: str) -> Decorator:
    """Declare an address for forms that needs no sign-in."""
    return _in_thread(post(path, opt={OPEN: True}, include_in_schema=False, status_code=200))


@asynccontextmanager
async def audited(request: Asked) -> AsyncGenerator[None]:
    """Let what is asked within go on the audit of this request, which is on the disk at the end,
    whether there is an answer or a refusal. Raises AuditClosed: then neither may go out."""
    kept = AnswerAudit(foundation(request).audit)
    request.state.audit = kept
    try:
        yield
    finally:
        await kept.durable()


def _in_thread(declared: Decorator) -> Decorator:
    """Let `declared` call its function in a thread, and answer when its audit is on the disk.

    The framework's own switch for threads wraps a function twice when two routes share a path.
    """

    def decorate(function: Callable[..., Any]) -> HTTPRouteHandler:
        @wraps(function)
        async def answer(request: Asked, **values: Any) -> Any:
            async with audited(request):
                return await to_thread.run_sync(partial(function, request, **values))

        return declared(answer)

    return decorate


def field(form: dict[str, Any], name: str, most: int = 2000) -> str:
    """Return one text field of a form, trimmed, cut at `most` characters; '' if absent."""
    values = fields(form, name)
    return values[-1].strip()[:most] if values else ""


def fields(form: dict[str, Any], name: str) -> list[str]:
    """Return all values of a field that may be given several times."""
    value = form.get(name, [])
    values = cast("list[Any]", value if isinstance(value, list) else [value])
    return [str(each) for each in values]
