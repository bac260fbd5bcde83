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
from tagwatch.access.purpose_task import viewed
from tagwatch.access.refusal import Refused, from_elsewhere
from tagwatch.access.relation import Relation, relation_of, why_not
from tagwatch.access.role import Verb
from tagwatch.access.scope import scope, share_scope
from tagwatch.access.sign_in import SignedIn, SignIn
from tagwatch.config import Config
from tagwatch.core.ids import ShareId, WearerId
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

    def __init__(self, wearer_id: str = "", why: str = "") -> None:
        """`wearer_id`: about whom; `why`: why what was stated before does not serve."""
        super().__init__(why)
        self.wearer_id = wearer_id
        self.why = why


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
    undeclared: set[str] = msgspec.field(default_factory=set[str])
    """Routes that put on the audit what they do not declare, and how: none, unless a declaration
    is wrong."""

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
    role may state it; otherwise the one remembered for the wearer whom the page is about, or for
    this session, is used. Raises PurposeMissing if there is none: the person is asked and sent
    back. With `share_id` it reaches that share.
    """
    signed_in = who(request)
    words = ""
    if purpose is None or purpose not in ALLOWED[signed_in.actor.role]:
        purpose, words = _remembered(request, signed_in)
    made = _reader(request, purpose, words, share_id)
    request.state.readers = (*readers_of(request), made)
    return made


def _remembered(request: Asked, signed_in: SignedIn) -> tuple[Purpose, str]:
    """Return the purpose that serves this request, with its words. Raises PurposeMissing.

    Within one request it is asked and counted once.
    """
    known: tuple[Purpose, str] | None = request.state.get("purpose")
    if known is not None:
        return known
    at, session = now(), signed_in.session
    stated = signed_in.purpose(at)
    wearer_id = WearerId(str(request.path_params.get("wearer_id", "")))
    found = None if stated is None else (stated, session.purpose_words)
    if wearer_id and signed_in.actor.may(Verb.SEE_TRAIL):
        probe = _reader(request, ALLOWED[signed_in.actor.role][0], "", None)
        relation = relation_of(probe, wearer_id, at)
        if relation is not None and not relation.opened:
            found = _for_wearer(request, signed_in, wearer_id, relation)
    if found is None:
        raise PurposeMissing
    request.state.purpose = found
    return found


def _for_wearer(
    request: Asked, signed_in: SignedIn, wearer_id: WearerId, relation: Relation
) -> tuple[Purpose, str]:
    """Return why this session looks at a wearer whom it reaches. Raises PurposeMissing."""
    base, at, session = foundation(request), now(), signed_in.session
    accounts, actor, stated = base.sign_in.accounts, signed_in.actor, signed_in.purpose(now())
    task = viewed(accounts, session.session_hash, wearer_id, at)
    if task is None and stated is not None:
        once = not base.config.web.ask_each_wearer
        if (stated is Purpose.SUPERVISION and relation.own and once) or (
            stated is Purpose.ALERT_RESPONSE and relation.alert_open
        ):
            words = session.purpose_words
            return stated, f"[wearer:{wearer_id}] {words}".strip()
    if task is None:
        raise PurposeMissing(wearer_id)
    if why := why_not(actor, task.purpose, relation):
        raise PurposeMissing(wearer_id, why)
    return task.purpose, task.said


def _reader(request: Asked, purpose: Purpose, words: str, share_id: ShareId | None) -> Reader:
    base, signed_in = foundation(request), who(request)
    return Reader(
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


def role_reader(request: Asked) -> Reader:
    """Return a reader for what this person's role looks for first: the page itself says why."""
    return reader(request, ALLOWED[who(request).actor.role][0])


def readers_of(request: Asked) -> tuple[Reader, ...]:
    """Return the readers made for this request so far: the frame of its page says through which
    openings by break-glass the page came about."""
    found: tuple[Reader, ...] = request.state.get("readers", ())
    return found
