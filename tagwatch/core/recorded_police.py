"""What the police response page brings about, as the journal keeps it. See `ledger`."""

from enum import StrEnum

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, LinkId, WearerId
from tagwatch.core.recorded_act import AlertAct
from tagwatch.core.units import Instant


class PoliceLinkIssued(AlertAct, frozen=True, kw_only=True):
    """A person let a named police officer see the response page of one alert for some hours."""

    link_id: LinkId
    officer: str
    force: str
    expires_at: Instant
    by: AccountId


class PoliceLinkRevoked(AlertAct, frozen=True, kw_only=True):
    """A person took that back."""

    link_id: LinkId
    officer: str
    by: AccountId


class PoliceLinkEntered(AlertAct, frozen=True, kw_only=True):
    """The officer gave the right code: the link is used up, one phone has the page. `by` is the
    link: the name of its holder is with it."""

    link_id: LinkId
    """The link, for whoever holds it: his name is with the link."""


class Sighting(StrEnum):
    """What police say became of the wearer."""

    SEEN = "seen"
    ARRESTED = "arrested"
    NO_TRACE = "no_trace"


class PoliceReported(AlertAct, frozen=True, kw_only=True):
    """Police say what they found; `by` is an account, or the link whose holder reports."""

    sighting: Sighting
    words: str = ""


class AppearanceRecorded(Event, frozen=True, kw_only=True):
    """What a wearer looks like, as it is known from now on."""

    wearer_id: WearerId
    description: str
    at: Instant
    by: AccountId


class PhotoRecorded(Event, frozen=True, kw_only=True):
    """The photo of a wearer that police are shown, in place of the one before. Its bytes are here
    and nowhere else, under a key of their own, so that they can be erased."""

    wearer_id: WearerId
    photo_id: str
    content: bytes
    """JPEG without metadata; empty: none is shown any more."""
    taken_on: str
    """The day it was taken, as 2026-11-30; empty: not known."""
    at: Instant
    by: AccountId
