"""Standing case shares, as the journal keeps them. See `ledger`."""

from enum import StrEnum

from tagwatch.core.case_share import CaseShare
from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, ShareId, WearerId
from tagwatch.core.units import Instant


class FetchForm(StrEnum):
    """In which form a partner took what is shared."""

    PAGE = "page"
    PDF = "pdf"
    API = "api"


class CaseShared(Event, frozen=True, kw_only=True):
    """A case is shared, or the share varied or ended: one version of it, whole."""

    share: CaseShare


class ShareFetched(Event, frozen=True, kw_only=True):
    """A partner took what is shared: which version, and the digest of what left."""

    share_id: ShareId
    wearer_id: WearerId
    version: int
    at: Instant
    by: AccountId
    form: FetchForm
    sha256: str
