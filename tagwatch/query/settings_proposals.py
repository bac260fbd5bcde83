"""Proposed rule settings, as the person who is to publish them reads them."""

from typing import Final

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.core.ids import SettingsProposalId
from tagwatch.core.settings import Settings
from tagwatch.core.settings_trial import WearerTrial, can_be_tried, most_first
from tagwatch.store.settings_proposals import (
    KeptProposal,
    proposal_of,
    proposals,
    settings_version,
    wearers_tried,
)

MOST: Final = 50


class ProposalView(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal with its rehearsal. Of wearers out of scope nothing is shown but their number."""

    kept: KeptProposal
    before: Settings
    """The settings it was made from."""
    can_be_tried: bool
    """It alters what is found of places; else no rehearsal can say anything."""
    differing: tuple[WearerTrial, ...]
    names: dict[str, str]
    """Of those wearers, by id."""
    hidden: int
    """Wearers who differ and are not within scope now."""


class Proposals(msgspec.Struct, frozen=True, kw_only=True):
    """The newest proposals, the newest first."""

    proposals: tuple[KeptProposal, ...]


def settings_proposals(reader: Reader) -> Proposals:
    """Return the newest MOST proposals; on the audit."""
    with reader.connection() as connection:
        found = proposals(connection, MOST)
    reader.consulted("settings_proposals", [kept.proposal.proposal_id for kept in found])
    return Proposals(proposals=tuple(found))


def settings_proposal(reader: Reader, name: SettingsProposalId) -> ProposalView:
    """Return one proposal with the wearers for whom it makes a difference. Raises NotFound; on the
    audit."""
    with reader.connection() as connection:
        kept = proposal_of(connection, name)
        if kept is None:
            reader.refuse("settings_proposal", [name], "unknown")
        before = settings_version(connection, kept.proposal.seen_version)
        tried = most_first(wearers_tried(connection, name))
        wearers = reader.wearers(connection, [trial.wearer_id for trial in tried])
    shown = tuple(trial for trial in tried if trial.wearer_id in wearers)
    reader.consulted("settings_proposal", [name, *(trial.wearer_id for trial in shown)])
    return ProposalView(
        kept=kept,
        before=before,
        can_be_tried=can_be_tried(before, kept.proposal.settings),
        differing=shown,
        names={str(name): wearer.name for name, wearer in wearers.items()},
        hidden=len(tried) - len(shown),
    )
