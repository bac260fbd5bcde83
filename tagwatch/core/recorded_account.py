"""Checks of accounts, as the journal keeps them. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, WearerId
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
