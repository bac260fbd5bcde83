"""Who acts on a breach, by legal basis: a table that two people change together.

A wrong route led to one man being wrongfully arrested three times. So the table is a version in
the journal; one person proposes another one, and only a second person's approval puts it in force.
"""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId, ProposalId
from tagwatch.core.order import LegalBasis
from tagwatch.core.person import Duty
from tagwatch.core.units import Instant

ACTING: Final = frozenset({Duty.POLICE, Duty.PROBATION, Duty.MONITORING})
"""Duties that can act on a breach, or be told of one for information."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts on a breach under one legal basis, and who is told for information.

    Raises ValueError for a duty that does neither, or that does both.
    """

    basis: LegalBasis
    acts: Duty
    informed: tuple[Duty, ...] = ()

    def __post_init__(self) -> None:
        if not {self.acts, *self.informed} <= ACTING:
            raise ValueError(f"{self.basis}: only police, probation and monitoring act or are told")
        if self.acts in self.informed or len(set(self.informed)) != len(self.informed):
            raise ValueError(f"{self.basis}: who acts is told anyhow; each duty once")


class Routes(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the whole table. Raises ValueError unless each legal basis is there once."""

    routes: tuple[Route, ...]
    version: int = 1

    def __post_init__(self) -> None:
        if sorted(route.basis for route in self.routes) != sorted(LegalBasis):
            raise ValueError("each legal basis needs exactly one route")

    def of(self, basis: LegalBasis) -> Route:
        """Return the route of a legal basis."""
        return next(route for route in self.routes if route.basis is basis)


_INFORMED: Final = (Duty.PROBATION,)
DEFAULT_ROUTES: Final = Routes(
    routes=(
        Route(basis=LegalBasis.BAIL, acts=Duty.POLICE),
        Route(basis=LegalBasis.LICENCE, acts=Duty.PROBATION),
        Route(basis=LegalBasis.COMMUNITY_SENTENCE, acts=Duty.PROBATION),
        Route(basis=LegalBasis.RESTRAINING_ORDER, acts=Duty.POLICE, informed=_INFORMED),
        Route(basis=LegalBasis.STALKING_PROTECTION_ORDER, acts=Duty.POLICE, informed=_INFORMED),
        Route(basis=LegalBasis.DAPO, acts=Duty.POLICE, informed=_INFORMED),
    )
)
"""Version 1: in force until two people change it."""


class Verdict(StrEnum):
    """What a second person says of a proposal."""

    APPROVED = "approved"
    REFUSED = "refused"


class RouteProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A table that one person wants in force, and what became of that."""

    proposal_id: ProposalId
    routes: Routes
    """Its version is the one it was made from; approved, it becomes the next."""
    reason: str
    by: AccountId
    at: Instant
    verdict: Verdict | None = None
    decided_by: AccountId | None = None
    decided_at: Instant | None = None
    words: str = ""


def decide(
    proposal: RouteProposal,
    verdict: Verdict,
    by: AccountId,
    at: Instant,
    current: Routes,
    words: str = "",
) -> RouteProposal:
    """Return the proposal as decided.

    Raises ValueError saying why not: it was decided already, the table changed since it was made,
    or the person who proposed it would approve it (to withdraw one's own by refusing is allowed).
    """
    if proposal.verdict is not None:
        raise ValueError(f"it was {proposal.verdict} already")
    if verdict is Verdict.APPROVED and by == proposal.by:
        raise ValueError("a change of routes needs two people: somebody else must approve it")
    if verdict is Verdict.APPROVED and current.version != proposal.routes.version:
        raise ValueError(f"version {current.version} came into force since: propose it anew")
    return msgspec.structs.replace(
        proposal, verdict=verdict, decided_by=by, decided_at=at, words=words
    )


def routes_table(routes: Routes = DEFAULT_ROUTES) -> str:
    """Return the table in Markdown, as docs/alerts.md prints it."""
    lines = ["| legal basis | acts | also told |", "|---|---|---|"]
    for route in routes.routes:
        told = ", ".join(f"{duty}, for information" for duty in route.informed) or "–"
        lines.append(f"| {route.basis} | {route.acts} | {told} |")
    return "\n".join(lines)
