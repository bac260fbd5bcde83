"""Who acts by legal basis: the table in force, what waits for a second person, what was before."""

import msgspec

from tagwatch.core.routing import RouteProposal, Routes
from tagwatch.query.reader import Reader
from tagwatch.store.routes import load_routes


class RoutesView(msgspec.Struct, frozen=True, kw_only=True):
    """The table and its history."""

    current: Routes
    waiting: tuple[RouteProposal, ...]
    """Oldest first."""
    decided: tuple[RouteProposal, ...]
    """Newest first, at most 50."""


def routes_view(reader: Reader) -> RoutesView:
    """Return the routes in force and all proposals. On the audit."""
    with reader.connection() as connection:
        book = load_routes(connection)
    reader.consulted("routes", [])
    found = sorted(book.proposals.values(), key=lambda p: (p.at, p.proposal_id))
    decided = sorted(
        (p for p in found if p.verdict is not None),
        key=lambda p: (p.decided_at or p.at, p.proposal_id),
        reverse=True,
    )
    return RoutesView(
        current=book.current,
        waiting=tuple(p for p in found if p.verdict is None),
        decided=tuple(decided[:50]),
    )
