"""What persons do with enquiries, as the journal keeps it. See `ledger`.

Each act but the first carries `seen`, the version it was made on: taken in only on that very one.
"""

from tagwatch.core.enquiry import DisclosureBasis, Enquiry, RefusalReason
from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, EnquiryId, WearerId
from tagwatch.core.units import Instant


class EnquiryLogged(Event, frozen=True, kw_only=True):
    """Somebody asked about a wearer."""

    enquiry: Enquiry


class EnquiryAct(Event, frozen=True, kw_only=True):
    """Base of what is done with an enquiry."""

    enquiry_id: EnquiryId
    wearer_id: WearerId
    seen: int
    at: Instant
    by: AccountId


class EnquiryTaken(EnquiryAct, frozen=True, kw_only=True):
    """`to` answers it from now on."""

    to: AccountId


class EnquiryAnswered(EnquiryAct, frozen=True, kw_only=True):
    """The answer that was given; `disclosed` says which data went out with it, empty: none."""

    words: str
    disclosed: str = ""
    basis: DisclosureBasis | None = None


class EnquiryRefused(EnquiryAct, frozen=True, kw_only=True):
    """No answer was given, and why."""

    reason: RefusalReason
    words: str
