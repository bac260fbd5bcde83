"""Why a program looks: X-Purpose and X-Task, remembered for its token as for a person's session.

What is said of one wearer serves for the same time and number of views as on the pages; it is the
same memory, so that what a session said on a page serves its calls of the API.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, cast

from tagwatch.access.actor import Actor
from tagwatch.access.enrolment import now, secret_digest
from tagwatch.access.purpose import ALLOWED, QUICK, Purpose
from tagwatch.access.purpose_task import PurposeTask, begin, standing_task, viewed
from tagwatch.access.reader import Reader
from tagwatch.access.refusal import Refused, purpose_unfit
from tagwatch.access.relation import Relation, relation_of, why_not
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.web.api_endpoint import Endpoint
from tagwatch.web.api_record import Wrong
from tagwatch.web.foundation import Asked, PurposeMissing, foundation

HEADER: Final = "x-purpose"
TASK: Final = "x-task"
TASK_MOST: Final = 200
MOVEMENTS: Final = frozenset({Verb.SEE_TRAIL, Verb.CHECK_ACCOUNT, Verb.SEE_BUNDLES})
"""Of one wearer these show where he was: refused without a purpose that stands for him."""


class Looked(NamedTuple):
    """Why a request looks."""

    purpose: Purpose
    words: str
    """For the audit."""
    placed: bool
    """Whether the purpose stands for the wearer: then he may be told where he is."""


def looked(
    request: Asked,
    actor: Actor,
    endpoint: Endpoint,
    wearer_id: WearerId,
    probe: Callable[[Purpose, str], Reader],
) -> Looked:
    """Return why this request looks. `probe` makes a reader for a purpose and its words.

    Raises PurposeMissing, Wrong for a purpose that is none, and Refused, on the audit, for one that
    does not fit how the actor stands to the wearer.
    """
    about_him = bool(wearer_id) and endpoint.method == "GET" and actor.may(Verb.SEE_TRAIL)
    said = request.headers.get(TASK, "")[:TASK_MOST].strip()
    accounts = foundation(request).sign_in.accounts
    known = None
    if about_him:
        known = standing_task(accounts, asker_key(request), wearer_id, now())
    purpose = _purpose(request, actor, endpoint, known)
    words = f"through the API [{said}]" if said else "through the API"
    if not about_him:
        return Looked(purpose, words, placed=True)
    made = probe(purpose, words)
    relation = relation_of(made, wearer_id, made.now())
    if relation is None or relation.opened:
        return Looked(purpose, words, placed=True)
    if why := why_not(made.actor, purpose, relation):
        if endpoint.verb in MOVEMENTS:
            made.refused("trail", [wearer_id], why)
            raise Refused(purpose_unfit(why))
        return Looked(purpose, words, placed=False)
    if _carried(request, purpose, relation) and not said:
        return Looked(purpose, words, placed=True)
    task = _task(request, wearer_id, purpose, said, known)
    if task is not None:
        return Looked(purpose, f"through the API {task.said}", placed=True)
    if endpoint.verb in MOVEMENTS:
        raise PurposeMissing(
            wearer_id,
            "send in the header X-Task what it is for: the case, the request, or words of yours",
        )
    return Looked(purpose, words, placed=False)


def asker_key(request: Asked) -> bytes:
    """Return under what the asker's tasks are remembered: the digest of his session or token."""
    if request.user is not None:
        return request.user.session.session_hash
    return secret_digest(request.headers.get("authorization", "").removeprefix("Bearer ").strip())


def _purpose(
    request: Asked, actor: Actor, endpoint: Endpoint, known: PurposeTask | None
) -> Purpose:
    stated, allowed = request.headers.get(HEADER, ""), ALLOWED[actor.role]
    if stated and stated not in list(Purpose):
        raise Wrong(f"X-Purpose {stated[:40]!r} is none of: {', '.join(Purpose)}")
    if stated:
        return Purpose(stated)
    if known is not None:
        return known.purpose
    if endpoint.purpose in allowed:
        return cast("Purpose", endpoint.purpose)
    raise PurposeMissing


def _carried(request: Asked, purpose: Purpose, relation: Relation) -> bool:
    """Say whether a purpose serves for this wearer without words, as on the pages."""
    once = not foundation(request).config.web.ask_each_wearer
    own = purpose is Purpose.SUPERVISION and relation.own and once
    return own or (purpose is Purpose.ALERT_RESPONSE and relation.alert_open)


def _task(
    request: Asked, wearer_id: WearerId, purpose: Purpose, said: str, known: PurposeTask | None
) -> PurposeTask | None:
    """Return the task that serves, and count a view of it: what is said now, or was said before."""
    accounts, key, at = foundation(request).sign_in.accounts, asker_key(request), now()
    same = known is not None and known.purpose is purpose
    if same and known is not None and (not said or said == known.words):
        return viewed(accounts, key, wearer_id, at)
    if not said and purpose not in QUICK:
        return None
    begin(accounts, key, wearer_id, purpose, at, words=said)
    return viewed(accounts, key, wearer_id, at)
