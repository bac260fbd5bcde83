"""Who acts by legal basis is changed by two people: one proposes, another approves or refuses."""

from typing import Final

from sqlalchemy import func, select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import ProposalId
from tagwatch.core.ledger import RouteDecided, RouteProposed
from tagwatch.core.routing import RouteProposal, Routes, Verdict, decide
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, need_another
from tagwatch.store import schema
from tagwatch.store.routes import load_routes

MOST_OPEN: Final = 20
WORDS_MOST: Final = 1000


def propose_routes(
    clerk: Clerk, reader: Reader, proposal_id: ProposalId, routes: Routes, reason: str
) -> Done:
    """Propose `routes`, whose version is the one the form was made from.

    Raises Conflict if a newer version is in force, nothing would change, no reason is given, the
    id is known, or too many proposals wait.
    """
    need(reader, Verb.PROPOSE_ROUTES)
    text = reason.strip()[:WORDS_MOST]
    if not text:
        raise Conflict("Say why the routes should change.")
    column = schema.route_proposal.c
    with reader.connection() as connection:
        current = load_routes(connection).current
        known = select(func.count()).where(column.proposal_id == proposal_id)
        waiting = select(func.count()).where(column.state == "proposed")
        if connection.scalar(known):
            raise Conflict("This proposal was made already.")
        if (connection.scalar(waiting) or 0) >= MOST_OPEN:
            raise Conflict(f"{MOST_OPEN} proposals wait already. Decide some of them first.")
    if routes.version != current.version:
        raise Conflict(
            f"Version {current.version} of the routes came into force after your page was made. "
            "Load the page again and enter your change anew."
        )
    if routes == current:
        raise Conflict("Nothing would change. Choose what should.")
    reader.about_to_alter("propose_routes", [proposal_id], f"from version {current.version}")
    proposal = RouteProposal(
        proposal_id=proposal_id,
        routes=routes,
        reason=text,
        by=reader.actor.account_id,
        at=reader.now(),
    )
    return clerk.record(RouteProposed(proposal=proposal))


def decide_routes(
    clerk: Clerk, reader: Reader, proposal_id: ProposalId, verdict: Verdict, words: str
) -> Done:
    """Approve or refuse a proposal. What two people have not agreed on is refused, on the audit.

    Raises NotFound, Conflict saying why not.
    """
    need(reader, Verb.DECIDE_ROUTES)
    with reader.connection() as connection:
        book = load_routes(connection)
    found = book.proposals.get(proposal_id)
    if found is None:
        reader.refuse("decide_routes", [proposal_id], "unknown")
    if found.verdict is None and verdict is Verdict.APPROVED:
        need_another(reader, Verb.DECIDE_ROUTES, [proposal_id], [found.by])
    text = words.strip()[:WORDS_MOST]
    by, at = reader.actor.account_id, reader.now()
    try:
        decide(found, verdict, by, at, book.current, text)
    except ValueError as error:
        reader.refused("decide_routes", [proposal_id], str(error))
        raise Conflict(f"This cannot be done: {error}.") from error
    reader.about_to_alter("decide_routes", [proposal_id], verdict.value)
    event = RouteDecided(proposal_id=proposal_id, verdict=verdict, at=at, by=by, words=text)
    return clerk.record(event)
