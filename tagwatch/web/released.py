"""What a data request releases: made, kept, fetched by whoever asked, or handed over."""

import threading
from typing import Any, Final, Protocol

import msgspec
from litestar.response import Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.config import Config
from tagwatch.core.data_request import DataRelease, ReleasedFile, RequestError
from tagwatch.core.ids import RequestId
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.desk.data_request import OnRequest, enter_fetch, enter_release
from tagwatch.query.data_requests import request_view
from tagwatch.query.released import content_of, keep
from tagwatch.query.request_release import release_content
from tagwatch.report.paper import typeset
from tagwatch.web.request_paper import PAPER, paper_of

_ONE: Final = threading.Lock()
LINE_MOST: Final = 200


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """A released file."""

    name: str
    media_type: str
    sha256: str
    content: bytes
    """Base64 in JSON."""


class Base(Protocol):
    """What releasing stands on: a page's foundation, or a call of the API."""

    @property
    def clerk(self) -> Clerk:
        """Enters it."""
        ...

    @property
    def config(self) -> Config:
        """Of the installation."""
        ...


def release(base: Base, on: OnRequest) -> Done:
    """Make what was approved, keep it, and record it with its digests.

    Raises RequestError, Conflict, NotFound, NotRecorded.
    """
    need(on.reader, Verb.RELEASE_REQUEST)
    if not _ONE.acquire(blocking=False):
        raise RequestError("release", "Another release is being made: try again in a minute")
    try:
        request = request_view(on.reader, on.request_id).request
        if request.version != on.seen:
            raise Conflict(f"Somebody changed this request: it is {request.state} now. Read it")
        made = release_content(on.reader, base.config, request)
        files = {**made.files, PAPER: typeset(paper_of(made))}
        kept = keep(base.config, request, files)
        told = DataRelease(
            files=kept,
            fixes=len(made.trail.rows) if made.has_trail else 0,
            outside=len(made.trail.left_out) if made.has_trail else 0,
            undermining=len(made.undermining),
            by=on.reader.actor.account_id,
            at=on.reader.now(),
        )
        return enter_release(on, told, () if made.bundle is None else (made.bundle,))
    finally:
        _ONE.release()


def fetch(base: Base, asking: Reader, request_id: str, name: str) -> Fetch:
    """Return a released file to the account that asked for it, after recording that.

    Raises RequestError, NotFound, NotRecorded.
    """
    request = request_view(asking, RequestId(request_id)).request
    own = request.requester
    if own.account_id is None or (
        own.account_id != asking.actor.account_id
        and (not own.agency or own.agency != asking.actor.agency)
    ):
        asking.refuse("fetch_released", [request_id, request.wearer_id], "another asked for it")
    file, content = content_of(asking, base.config, request, name)
    enter_fetch(base.clerk, asking, request, file, ("", ""))
    return _fetch(request_id, file, content)


def hand_over(base: Base, asking: Reader, request_id: str, name: str, to: tuple[str, str]) -> Fetch:
    """Return a released file to an officer who hands it over to `to`: whom, and the receipt.

    Raises RequestError, NotFound, NotRecorded.
    """
    need(asking, Verb.RELEASE_REQUEST)
    whom, receipt = (text.strip()[:LINE_MOST] for text in to)
    if not whom:
        raise RequestError("to", "Write whom you hand it to")
    if not receipt:
        raise RequestError("receipt", "Write how you hand it over, and who signs for it")
    request = request_view(asking, RequestId(request_id)).request
    file, content = content_of(asking, base.config, request, name)
    enter_fetch(base.clerk, asking, request, file, (whom, receipt))
    return _fetch(request_id, file, content)


def attachment(file: Fetch) -> Response[Any]:
    """Return a file as an answer to be saved."""
    return Response(
        file.content,
        headers={
            "content-type": file.media_type,
            "content-disposition": f'attachment; filename="{file.name}"',
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-sha256": file.sha256,
        },
    )


def _fetch(request_id: str, file: ReleasedFile, content: bytes) -> Fetch:
    return Fetch(
        name=f"{request_id}-{file.name}",
        media_type=file.media_type,
        sha256=file.sha256,
        content=content,
    )
