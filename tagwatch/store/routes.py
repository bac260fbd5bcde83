"""Who acts by legal basis: the table in force, and every proposal to change it."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.ids import ProposalId
from tagwatch.core.ledger import RouteDecided
from tagwatch.core.routing import DEFAULT_ROUTES, RouteProposal, Routes, Verdict, decide
from tagwatch.store import schema
from tagwatch.store.writes import Writes


class RoutesBook:
    """The table in force and the proposals, as decided so far."""

    def __init__(self) -> None:
        self.current: Routes = DEFAULT_ROUTES
        self.proposals: dict[ProposalId, RouteProposal] = {}

    def hold(self, proposal: RouteProposal, version: int | None) -> None:
        """Keep a proposal; with a version it is in force if that is the newest."""
        self.proposals[proposal.proposal_id] = proposal
        if version is not None and version > self.current.version:
            self.current = msgspec.structs.replace(proposal.routes, version=version)

    def proposed(self, proposal: RouteProposal, writes: Writes) -> None:
        """Take a proposal in; one whose id is known changes nothing."""
        if proposal.proposal_id not in self.proposals:
            undecided = msgspec.structs.replace(proposal, verdict=None)
            self.hold(undecided, None)
            writes.put(schema.route_proposal, _row(undecided, None))

    def decided(self, event: RouteDecided, writes: Writes) -> None:
        """Take a decision in; what two people have not agreed on is counted and changes nothing."""
        found = self.proposals.get(event.proposal_id)
        if found is None:
            writes.count("route_decisions_refused")
            return
        try:
            after = decide(found, event.verdict, event.by, event.at, self.current, event.words)
        except ValueError:
            writes.count("route_decisions_refused")
            return
        approved = event.verdict is Verdict.APPROVED
        version = self.current.version + 1 if approved else None
        self.hold(after, version)
        writes.put(schema.route_proposal, _row(after, version))


def load_routes(connection: Connection) -> RoutesBook:
    """Return what the projections hold."""
    book = RoutesBook()
    table = schema.route_proposal.c
    query = select(table.body, table.version).order_by(table.version, table.proposal_id)
    for row in connection.execute(query):
        book.hold(msgspec.json.decode(row.body, type=RouteProposal), row.version)
    return book


def _row(proposal: RouteProposal, version: int | None) -> dict[str, object]:
    return {
        "proposal_id": proposal.proposal_id,
        "state": "proposed" if proposal.verdict is None else proposal.verdict.value,
        "version": version,
        "body": msgspec.json.encode(proposal).decode(),
    }
