"""Who may come in: the session or token of each request, and the guard that every route passes."""

import asyncio
from typing import Any, Final

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from tagwatch.access.actor import Actor
from tagwatch.access.audit import Act, Outcome, line_of
from tagwatch.access.enrolment import now
from tagwatch.access.refusal import Refused, from_elsewhere, lacks_verb
from tagwatch.access.role import Verb
from tagwatch.access.sign_in import SignedIn
from tagwatch.web.foundation import address_of, foundation
from tagwatch.web.route import OPEN, VERB

COOKIE: Final = "tagwatch-session"
OWN_PAGE: Final = "Open the page here, and send it from there."
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class NotSignedIn(Exception):
    """The route needs somebody signed in, and nobody is."""


def cookie_name(secure: object) -> str:
    """Return the session cookie's name; over TLS it is bound to this host by its prefix."""
    return f"__Host-{COOKIE}" if secure else COOKIE


class Entry(AbstractAuthenticationMiddleware):
    """Finds out who asks. It refuses nobody: that is the guard's part."""

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """Return the signed-in person, or the actor of a token as `auth`."""
        base = foundation(connection)
        header = connection.headers.get("authorization", "")
        if header.startswith("Bearer "):
            secret = header.removeprefix("Bearer ").strip()
            actor = await asyncio.to_thread(base.sign_in.by_token, secret, now())
            return AuthenticationResult(user=None, auth=actor)
        cookie = connection.cookies.get(connection.app.state.cookie_name, "")
        if not cookie:
            return AuthenticationResult(user=None, auth=None)
        found = await asyncio.to_thread(base.sign_in.signed_in, cookie, now())
        return AuthenticationResult(user=found, auth=None)


def method_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the request's method."""
    return str(dict[str, Any](connection.scope).get("method", "GET"))


async def guard(
    connection: ASGIConnection[Any, SignedIn | None, Actor | None, Any], handler: BaseRouteHandler
) -> None:
    """Let the request pass if its actor has the route's verb; else put the refusal on the audit.

    Raises NotSignedIn or Refused. A route that names no verb is refused to everybody.
    """
    if handler.opt.get(OPEN):
        return
    verb = handler.opt.get(VERB)
    actor = connection.user.actor if connection.user else connection.auth
    if actor is None:
        await refused(connection, None, "nobody is signed in")
        raise NotSignedIn
    if not isinstance(verb, Verb) or not actor.may(verb):
        await refused(connection, actor, f"lacks {verb}")
        raise Refused(lacks_verb(actor, verb if isinstance(verb, Verb) else None))
    site = connection.headers.get("sec-fetch-site", "same-origin")
    if method_of(connection) not in SAFE and site not in ("same-origin", "none"):
        await refused(connection, actor, f"form sent from {site}")
        raise Refused(from_elsewhere("This form was sent from another site.", OWN_PAGE))


async def refused(
    connection: ASGIConnection[Any, Any, Any, Any], actor: Actor | None, why: str
) -> None:
    """Put a refusal on the audit. Raises AuditClosed if that is impossible."""
    act = Act.CONSULTATION if method_of(connection) in SAFE else Act.ALTERATION
    question = f"{method_of(connection)} {connection.scope['path'][:200]}"
    line = msgspec.structs.replace(
        line_of(actor, now(), act, question),
        outcome=Outcome.REFUSED,
        detail=why,
        address=address_of(connection),
    )
    await asyncio.wrap_future(foundation(connection).audit.send(line))
