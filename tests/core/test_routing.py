"""The table of routes, and that two people change it."""

import msgspec
import pytest

from tagwatch.core.ids import AccountId, ProposalId
from tagwatch.core.order import LegalBasis
from tagwatch.core.person import Duty
from tagwatch.core.routing import (
    DEFAULT_ROUTES,
    Route,
    RouteProposal,
    Routes,
    Verdict,
    decide,
    routes_table,
)
from tagwatch.core.units import Instant
from tests.architecture.source import ROOT

ONE, OTHER = AccountId("ac_one"), AccountId("ac_other")
AT = Instant(1)


def proposal(**changes: object) -> RouteProposal:
    plain = RouteProposal(
        proposal_id=ProposalId("rp_1"), routes=DEFAULT_ROUTES, reason="law", by=ONE, at=AT
    )
    return msgspec.structs.replace(plain, **changes)


def test_the_document_prints_the_table() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert routes_table() in text, "paste routes_table() into docs/alerts.md"


def test_bail_and_protection_orders_are_for_the_police_and_sentences_for_probation() -> None:
    acts = {basis: DEFAULT_ROUTES.of(basis).acts for basis in LegalBasis}
    assert {basis for basis, duty in acts.items() if duty is Duty.PROBATION} == {
        LegalBasis.LICENCE,
        LegalBasis.COMMUNITY_SENTENCE,
    }
    assert set(acts.values()) == {Duty.POLICE, Duty.PROBATION}


def test_another_person_approves_or_refuses() -> None:
    after = decide(proposal(), Verdict.APPROVED, OTHER, AT, DEFAULT_ROUTES, "agreed")
    assert (after.verdict, after.decided_by, after.words) == (Verdict.APPROVED, OTHER, "agreed")
    assert decide(proposal(), Verdict.REFUSED, OTHER, AT, DEFAULT_ROUTES).verdict == "refused"


def test_the_same_person_twice_is_refused_and_may_take_the_own_one_back() -> None:
    with pytest.raises(ValueError, match="needs two people"):
        decide(proposal(), Verdict.APPROVED, ONE, AT, DEFAULT_ROUTES)
    assert decide(proposal(), Verdict.REFUSED, ONE, AT, DEFAULT_ROUTES).decided_by == ONE


def test_what_was_decided_or_overtaken_is_not_approved() -> None:
    decided = proposal(verdict=Verdict.REFUSED)
    with pytest.raises(ValueError, match="refused already"):
        decide(decided, Verdict.APPROVED, OTHER, AT, DEFAULT_ROUTES)
    newer = msgspec.structs.replace(DEFAULT_ROUTES, version=2)
    with pytest.raises(ValueError, match="version 2 came into force since"):
        decide(proposal(), Verdict.APPROVED, OTHER, AT, newer)


def test_a_table_is_whole_and_a_route_names_who_can_act() -> None:
    with pytest.raises(ValueError, match="exactly one route"):
        Routes(routes=DEFAULT_ROUTES.routes[1:])
    with pytest.raises(ValueError, match="only police, probation and monitoring"):
        Route(basis=LegalBasis.BAIL, acts=Duty.WEARER)
    for informed in ((Duty.POLICE,), (Duty.PROBATION, Duty.PROBATION)):
        with pytest.raises(ValueError, match="each duty once"):
            Route(basis=LegalBasis.BAIL, acts=Duty.POLICE, informed=informed)
