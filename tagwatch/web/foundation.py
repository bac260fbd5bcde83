"""What every page stands on: the open installation, handed to each request as `app.state`."""

from functools import partial
from typing import Any, TypeAlias

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from sqlalchemy import Engine

from tagwatch.access.audit import AnswerAudit, AuditTrail
from tagwatch.access.enrolment import now
from tagwatch.access.oidc import SignInService
from tagwatch.access.passkey import Passkeys
from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.refusal import Refused, from_elsewhere
from tagwatch.access.scope import scope, share_scope
from tagwatch.access.sign_in import SignedIn, SignIn
from tagwatch.config import Config
from tagwatch.core.ids import ShareId
from tagwatch.desk.clerk import Clerk
from tagwatch.notify.answer import AnswerLinks
from tagwatch.query.railways import railways_of
from tagwatch.query.reader import Reader
from tagwatch.web.render import Renderer
from tagwatch.web.uploads import Uploads

Asked: TypeAlias = Request[SignedIn | None, Any, Any]
"""A request of a page or of the API."""


class PurposeMissing(Exception):
    """The page needs a stated purpose, and none is remembered: the purpose page asks for it."""


class Foundation(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of the web process, opened once."""

    config: Config
    projections: Engine
    sign_in: SignIn
    passkeys: Passkeys
    service: SignInService | None
    """The agency's own, if one is set up."""
    audit: AuditTrail
    clerk: Clerk
    renderer: Renderer
    links: AnswerLinks
    uploads: Uploads

    def close(self) -> None:
        """Let go of the installation."""
        self.clerk.close()
        self.audit.close()
        self.projections.dispose()
        self.sign_in.accounts.close()


def foundation(connection: ASGIConnection[Any, Any, Any, Any]) -> Foundation:
    """Return the foundation of the application that serves this request."""
    found: Foundation = connection.app.state.foundation
    return found


def audit_of(request: Asked) -> AuditTrail | AnswerAudit:
    """Return where the reader of this request puts its lines: its own audit where the route waits
    for that before it answers (`route.page` and its like do), else the trail itself."""
    found: AuditTrail | AnswerAudit = request.state.get("audit", foundation(request).audit)
    return found


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return where the request came from, as far as it is known."""
    return connection.client.host if connection.client else ""


def who(request: Asked) -> SignedIn:
    """Return who is signed in. The guard has made sure that somebody is."""
    if request.user is None:
        raise Refused(from_elsewhere("Nobody is signed in.", "Sign in, and try again."))
    return request.user


def reader(
    request: Asked, purpose: Purpose | None = None, share_id: ShareId | None = None
) -> Reader:
    """Return a reader for this request's person.

    `purpose` is what the page itself is for (responding to an alert, entering records) where the
    role may state it; otherwise the remembered one is used. Raises PurposeMissing if there is
    none: the person is asked and sent back. With `share_id` it reaches that share.
    """
    signed_in = who(request)
    base = foundation(request)
    stated = signed_in.purpose(now())
    words = ""
    allowed = ALLOWED[signed_in.actor.role]
    if purpose is None or purpose not in allowed:
        if stated is None:
            raise PurposeMissing
        purpose, words = stated, signed_in.session.purpose_words
    made = Reader(
        base.projections,
        scope(signed_in.actor, purpose)
        if share_id is None
        else share_scope(signed_in.actor, purpose, share_id),
        audit_of(request),
        now,
        purpose_words=words,
        address=address_of(request),
        railways=partial(railways_of, base.config),
    )
    request.state.readers = (*readers_of(request), made)
    return made


def role_reader(request: Asked) -> Reader:
    """Return a reader for what this person's role looks for first: the page itself says why."""
    return reader(request, ALLOWED[who(request).actor.role][0])


def readers_of(request: Asked) -> tuple[Reader, ...]:
    """Return the readers made for this request so far: the frame of its page says through which
    openings by break-glass the page came about."""
    found: tuple[Reader, ...] = request.state.get("readers", ())
    return found
