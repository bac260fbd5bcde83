"""What officers write down of a wearer's risk, as the journal keeps it. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.risk_plan import RiskPlan
from tagwatch.core.units import Instant


class PlanRecorded(Event, frozen=True, kw_only=True):
    """A version of a wearer's risk management plan; taken in only if it is the next one."""

    plan: RiskPlan
    at: Instant
    by: AccountId


class RiskNoted(Event, frozen=True, kw_only=True):
    """An officer's dated words about the risk; earlier ones stay."""

    wearer_id: WearerId
    at: Instant
    by: AccountId
    words: str


class PlanReviewed(Event, frozen=True, kw_only=True):
    """Somebody looked at the plan and left it as it is: version `version` but for its review."""

    wearer_id: WearerId
    version: int
    """One more than the version that was looked at."""
    review_at: Instant
    at: Instant
    by: AccountId
    words: str
