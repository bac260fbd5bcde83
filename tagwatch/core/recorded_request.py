"""What persons do with data requests, as the journal keeps it. See `ledger`.

Each act but the first carries `seen`, the version it was made on: taken in only on that very one.
"""

from tagwatch.core.data_request import Approval, DataRelease, DataRequest, Identified
from tagwatch.core.dip_sample import SampledRequest, SampleFinding
from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, RequestId, WearerId
from tagwatch.core.named_request import NamedRequest
from tagwatch.core.request_steps import RequestTurn
from tagwatch.core.units import Instant


class RequestAsked(Event, frozen=True, kw_only=True):
    """Somebody asked for data about a wearer."""

    request: DataRequest


class RequestNamed(Event, frozen=True, kw_only=True):
    """Somebody asked about a person he names, or what has become of that: the whole of it, as the
    next version."""

    request: NamedRequest


class RequestEvent(Event, frozen=True, kw_only=True):
    """Base of what is done with a request."""

    request_id: RequestId
    wearer_id: WearerId
    seen: int
    at: Instant
    by: AccountId


class RequestAuthenticated(RequestEvent, frozen=True, kw_only=True):
    """Somebody made sure of whoever asks."""

    identified: Identified


class RequestApproved(RequestEvent, frozen=True, kw_only=True):
    """Somebody approved the least that does; of a whole trail two persons."""

    approval: Approval


class RequestTurned(RequestEvent, frozen=True, kw_only=True):
    """It was refused, returned for more, amended, withdrawn or closed."""

    turn: RequestTurn


class RequestReleased(RequestEvent, frozen=True, kw_only=True):
    """What was released, with digests."""

    release: DataRelease


class RequestFetched(RequestEvent, frozen=True, kw_only=True):
    """A released file was fetched by whoever asked, or handed over by an officer."""

    file: str
    sha256: str
    to: str = ""
    """Whom it was handed to; empty: fetched by the account that asked."""
    receipt: str = ""
    """How it was handed over, and who signed for it."""


class SampleDrawn(Event, frozen=True, kw_only=True):
    """Requests of a month that somebody who had no part in them is to look at."""

    month: str
    """London, as 2026-11: the month in which they were settled."""
    seed: str
    """Digest of the first head that was mailed after the month: nobody could choose it."""
    head_seq: int
    drawn: tuple[SampledRequest, ...]
    counted: tuple[tuple[str, int], ...]
    """By group, how many requests it was drawn from."""
    at: Instant
    due_at: Instant


class SampleReviewed(Event, frozen=True, kw_only=True):
    """Somebody who had no part in it looked at a request of the sample."""

    month: str
    request_id: RequestId
    wearer_id: WearerId
    finding: SampleFinding
    words: str
    at: Instant
    by: AccountId
