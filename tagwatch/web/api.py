"""The JSON API: the same verbs as the pages, for programs that hold a token.

`/api/v1/…` answers JSON; instants are whole microseconds since 1970-01-01T00:00Z. Reading may use
a session or a token, writing needs a token, and the header X-Purpose says why somebody looks; at
one wearer's movements with X-Task: see `api_purpose`.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, TypeAlias, cast

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

from tagwatch.access.actor import Actor
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import Purpose
from tagwatch.access.reader import Reader
from tagwatch.access.refusal import Refused, from_elsewhere
from tagwatch.access.role import Verb
from tagwatch.access.scope import scope
from tagwatch.access.written import nothing
from tagwatch.core.ids import WearerId
from tagwatch.desk.alert import WordsMissing
from tagwatch.desk.clerk import Conflict, NotRecorded, SecondPersonMissing
from tagwatch.query.railways import railways_of
from tagwatch.web.api_endpoint import Endpoint
from tagwatch.web.api_purpose import looked
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.api_verbs import ENDPOINTS
from tagwatch.web.entry import refused
from tagwatch.web.foundation import Asked, address_of, audit_of, foundation
from tagwatch.web.layout import show
from tagwatch.web.openapi import document
from tagwatch.web.route import VERB, WRITES, audited, page

Answer: TypeAlias = Response[Any]
_LARGEST: Final = 2**53
_LONGEST: Final = 20_000
"""Characters of a text in a path or a question."""
_DEEPEST: Final = 12
_IN_MEMORY: Final = 1 << 20
"""Bytes of a body that is a file; the rest of it is on the disk."""


def handler(endpoint: Endpoint) -> HTTPRouteHandler:
    """Return the route of one endpoint."""

    async def answer(request: Asked) -> Answer:
        async with _body(request, endpoint) as body, audited(request, endpoint.writes) as told:
            found = await asyncio.to_thread(_answer, request, endpoint, body)
            told(found)
        if (found.status_code or 200) >= 400:
            await refused(request, _asker(request), f"answered {found.status_code}")
        return found

    answer.__name__ = endpoint.name
    path = f"/api/v1{endpoint.path}"
    opt = {
        VERB: endpoint.verb,
        WRITES: endpoint.writes,
        "token_only": True,
    }
    name = f"api_{endpoint.name}"
    if endpoint.method == "GET":
        return get(path, opt=opt, include_in_schema=False, name=name)(answer)
    return post(
        path,
        opt=opt,
        status_code=200,
        include_in_schema=False,
        name=name,
        request_max_body_size=endpoint.body_most,
    )(answer)


@asynccontextmanager
async def _body(request: Asked, endpoint: Endpoint) -> AsyncGenerator[bytes | IO[bytes]]:
    """Give what was sent: JSON as bytes, anything else as a file, written as it comes."""
    if not endpoint.content:
        yield await request.body() if endpoint.takes is not None else b""
        return
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        async for piece in request.stream():
            await asyncio.to_thread(file.write, piece)
        yield cast("IO[bytes]", file)


def _answer(request: Asked, endpoint: Endpoint, body: bytes | IO[bytes]) -> Answer:
    try:
        found = endpoint.does(_call(request, endpoint, body))
    except (Wrong, msgspec.ValidationError, msgspec.DecodeError, RecursionError) as error:
        return _refusal(422, "This cannot be read", str(error))
    except WordsMissing as error:
        return _refusal(422, "Words are missing", str(error))
    except SecondPersonMissing:
        raise  # explained as every refusal is, in `errors`
    except Conflict as error:
        return _refusal(409, "It changed meanwhile", str(error))
    except NotRecorded as error:
        return _refusal(503, "Not recorded", str(error))
    return Response(msgspec.json.encode(found), headers={"content-type": "application/json"})


def _refusal(status: int, title: str, detail: str) -> Answer:
    return Response({"status": status, "error": title, "detail": detail[:500]}, status_code=status)


def _call(request: Asked, endpoint: Endpoint, body: bytes | IO[bytes]) -> Call:
    actor = _actor(request, endpoint)
    taken: Any = None if isinstance(body, bytes) else body
    if endpoint.takes is not None and isinstance(body, bytes):
        if len(body) > endpoint.body_most:
            raise Wrong(f"the body has {len(body)} bytes, the limit is {endpoint.body_most}")
        _bounded(msgspec.json.decode(body), 0, endpoint.text_most)
        taken = msgspec.json.decode(body, type=endpoint.takes)
    path = {name: str(value) for name, value in request.path_params.items()}
    query = {name: str(value) for name, value in request.query_params.items()}
    _bounded({**path, **query}, 0)
    reader, placed = _reader(request, actor, endpoint, path.get("wearer_id", ""))
    return Call(
        reader=reader,
        placed=placed,
        clerk=foundation(request).clerk,
        config=foundation(request).config,
        sign_in=foundation(request).sign_in,
        audit=audit_of(request),
        address=address_of(request),
        path=path,
        query=query,
        body=taken,
    )


def _asker(request: Asked) -> Actor:
    """Return who asks. The guard has made sure that somebody does."""
    return cast("Actor", request.auth) if request.user is None else request.user.actor


def _actor(request: Asked, endpoint: Endpoint) -> Actor:
    if request.user is not None and endpoint.method != "GET":
        raise Refused(
            from_elsewhere(
                "Writing through the API needs a token, not a session.",
                "Use the page, or have a token issued with `tagwatch token issue`.",
            )
        )
    return _asker(request)


def _reader(
    request: Asked, actor: Actor, endpoint: Endpoint, wearer_id: str
) -> tuple[Reader, bool]:
    """Return a reader for why this request looks, and whether that stands for the wearer."""
    base = foundation(request)

    def made(purpose: Purpose, words: str) -> Reader:
        return Reader(
            base.projections,
            scope(actor, purpose),
            audit_of(request),
            now,
            purpose_words=words,
            address=address_of(request),
            railways=partial(railways_of, base.config),
        )

    why = looked(request, actor, endpoint, WearerId(wearer_id), made)
    return made(why.purpose, why.words), why.placed


def _bounded(value: Any, depth: int, longest: int = _LONGEST) -> None:
    """Refuse what no record can hold: numbers beyond 2^53, endless texts, deep nesting."""
    if depth > _DEEPEST:
        raise Wrong(f"the body is nested deeper than {_DEEPEST}")
    if isinstance(value, Mapping):
        for key, part in cast("Mapping[str, Any]", value).items():
            _bounded(key, depth + 1)
            _bounded(part, depth + 1, longest)
    elif isinstance(value, list):
        for part in cast("list[Any]", value):
            _bounded(part, depth + 1, longest)
    elif isinstance(value, str):
        if len(value) > longest:
            raise Wrong(f"a text has {len(value)} characters, the limit is {longest}")
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Wrong("a text holds a character that cannot be kept")
    elif isinstance(value, int | float) and abs(value) > _LARGEST:
        raise Wrong(f"{value} is beyond 2^53, which is not exact in JSON")


@page("/api/openapi.json", Verb.USE_OWN_ACCOUNT, nothing("how the API is called: the same for all"))
def openapi(request: Asked) -> Answer:  # noqa: ARG001  # the framework passes it
    """Give the description of the API as OpenAPI 3.1."""
    return Response(document(ENDPOINTS))


@page("/api", Verb.USE_OWN_ACCOUNT, nothing("how the API is called: the same for all"))
def listing(request: Asked) -> Answer:
    """List what the API can do."""
    return show(request, "api.html", {"endpoints": ENDPOINTS, "purposes": list(Purpose)})


ROUTES = (openapi, listing, *(handler(endpoint) for endpoint in ENDPOINTS))
