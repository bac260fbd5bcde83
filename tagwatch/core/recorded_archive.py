"""The trail archive, as the journal keeps what became of it. See `ledger`.

Which files hold which fixes is journaled like everything else, so that the seam between the
tables and the archive lies at the same place in every rebuild.
"""

from enum import StrEnum

import msgspec

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, ActivationId, WearerId
from tagwatch.core.units import Instant


class ArchiveOrder(StrEnum):
    """How the fixes of a file are sorted, and so which questions it answers fast."""

    BY_PERSON = "by-person"
    BY_TIME = "by-time"


class ArchiveFile(msgspec.Struct, frozen=True, kw_only=True):
    """One sealed file of the archive: durable, and never written again."""

    path: str
    """Relative to the archive's folder, with forward slashes."""
    order: ArchiveOrder
    month: str
    """UTC month of the fixes' own time, as `2026-11`."""
    fixes: int
    bytes: int
    sha256: str
    first_at: Instant
    last_at: Instant


class RewriteReason(StrEnum):
    """Why files of the archive were written anew."""

    COMPACTION = "compaction"
    """Several small ones of a month became one."""
    ERASURE = "erasure"
    RETENTION = "retention"


class TrailSealed(Event, frozen=True, kw_only=True):
    """The fixes of journal records up to `upto` whose last fix is before `horizon` are archived.

    From the transaction that applies this, the tables' rows of them are no more; the files are.
    """

    at: Instant
    horizon: Instant
    upto: int
    files: tuple[ArchiveFile, ...]
    """What is added; both orders hold the same fixes."""
    fixes: int
    """How many were added."""


class TrailRewritten(Event, frozen=True, kw_only=True):
    """Files of the archive give way to others."""

    at: Instant
    reason: RewriteReason
    dropped: tuple[str, ...]
    """Paths of files that are no more."""
    files: tuple[ArchiveFile, ...]
    erased_upto: int = 0
    """Erasures journaled up to this record are carried out in the archive."""
    let_go_before: Instant | None = None
    """Retention: what was received before this is gone, save of wearers on legal hold."""


class TrailStaged(Event, frozen=True, kw_only=True):
    """Archived fixes brought back, for findings that late data changes: one share of them."""

    request: str
    attempt: int
    """Shares of one attempt belong together: the record up to which the tables stood."""
    wearer: WearerId
    start: Instant
    end: Instant
    number: int
    """Which share this is, from 1."""
    of: int
    activation: ActivationId
    """Empty in the only share where the archive holds nothing."""
    rows: bytes
    """`store.trail.pack` of the fixes."""


class ArchiveVoided(Event, frozen=True, kw_only=True):
    """No file named before this counts: the fixes come back to the tables from the journal."""

    at: Instant
    reason: str
    by: AccountId


class LegalHoldSet(Event, frozen=True, kw_only=True):
    """Nothing of a wearer is let go of because of its age, until the hold ends."""

    wearer_id: WearerId
    at: Instant
    why: str
    by: AccountId


class LegalHoldEnded(Event, frozen=True, kw_only=True):
    """The ordinary retention applies to him again."""

    wearer_id: WearerId
    at: Instant
    why: str
    by: AccountId


class LegalHoldLiftAsked(Event, frozen=True, kw_only=True):
    """Somebody asks that a hold be lifted; it stands until somebody else lifts it."""

    wearer_id: WearerId
    at: Instant
    why: str
    by: AccountId


class LegalHoldLiftRefused(Event, frozen=True, kw_only=True):
    """The hold stands: somebody else refused to lift it, or it is no longer asked."""

    wearer_id: WearerId
    at: Instant
    why: str
    by: AccountId
