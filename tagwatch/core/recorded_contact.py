"""Who is told and who is on call, as the journal keeps it. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, ContactId, ProposalId
from tagwatch.core.person import Contact
from tagwatch.core.rota import Override, Shift
from tagwatch.core.routing import RouteProposal, Verdict
from tagwatch.core.units import Instant


class ContactRecorded(Event, frozen=True, kw_only=True):
    """Somebody who can be told of alerts."""

    contact: Contact
    by: AccountId


class ShiftRecorded(Event, frozen=True, kw_only=True):
    """A version of a contact's weekly hours on call."""

    shift: Shift
    by: AccountId


class OverrideRecorded(Event, frozen=True, kw_only=True):
    """A version of one stand-in on call, from-to."""

    override: Override
    by: AccountId


class RouteProposed(Event, frozen=True, kw_only=True):
    """One person wants another table of routes."""

    proposal: RouteProposal


class RouteDecided(Event, frozen=True, kw_only=True):
    """Another person said yes or no to it."""

    proposal_id: ProposalId
    verdict: Verdict
    at: Instant
    by: AccountId
    words: str = ""


class TestAsked(Event, frozen=True, kw_only=True):
    """A contact is sent a message that says that it is a test."""

    contact_id: ContactId
    at: Instant
    by: AccountId
