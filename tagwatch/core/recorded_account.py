"""Checks of accounts, as the journal keeps them. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, CaseId, WearerId
from tagwatch.core.units import Instant


class AccountChecked(Event, frozen=True, kw_only=True):
    """An account was held against a wearer's fixes, or once more. It decides nothing."""

    check_id: str
    wearer_id: WearerId
    version: int
    made_at: Instant
    made_by: AccountId
    body: str
    """`account_check.AccountCheck` as JSON: what was said, what was answered, by when and how."""


class AccountAttached(Event, frozen=True, kw_only=True):
    """A check belongs to a case of the same wearer from now on, or no longer."""

    check_id: str
    wearer_id: WearerId
    case_id: CaseId
    version: int
    """The newest version of the check then."""
    at: Instant
    by: AccountId
    taken_back: str = ""
    """Why it does not belong there; empty: it does."""


class AccountQualified(Event, frozen=True, kw_only=True):
    """A person's words to a version of a check. The answers stand as they are."""

    check_id: str
    wearer_id: WearerId
    version: int
    at: Instant
    by: AccountId
    words: str
