"""Rule settings proposed, tried and put in force, as the journal keeps it. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, SettingsProposalId
from tagwatch.core.settings import Settings
from tagwatch.core.settings_trial import SettingsProposal, SettingsTrial, WearerTrial
from tagwatch.core.units import Instant


class SettingsPublished(Event, frozen=True, kw_only=True):
    """Rule settings that take effect at `effective_from`."""

    settings: Settings
    effective_from: Instant
    by: AccountId
    proposal_id: SettingsProposalId | None = None
    unrehearsed: str = ""
    """Why they were not tried on past trails first."""


class SettingsProposed(Event, frozen=True, kw_only=True):
    """Somebody wants other settings: nothing of it is in force."""

    proposal: SettingsProposal


class SettingsTried(Event, frozen=True, kw_only=True):
    """What a proposal would have done on past trails, or why that cannot be said."""

    proposal_id: SettingsProposalId
    trial: SettingsTrial | None
    failure: str = ""
    at: Instant


class WearerTried(Event, frozen=True, kw_only=True):
    """What a proposal would have changed for one wearer: his own record, erased with him."""

    proposal_id: SettingsProposalId
    trial: WearerTrial


class SettingsWithdrawn(Event, frozen=True, kw_only=True):
    """A proposal is given up."""

    proposal_id: SettingsProposalId
    at: Instant
    by: AccountId
    words: str = ""
