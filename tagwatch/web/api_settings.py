"""The API's endpoints of rule settings: propose, read the rehearsal, publish or withdraw."""

from typing import Any, Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import SettingsProposalId
from tagwatch.core.settings import Settings
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Done
from tagwatch.desk.settings import (
    PastTried,
    propose_settings,
    publish_proposed,
    withdraw_settings,
)
from tagwatch.query.rehearsal import MOST_DAYS
from tagwatch.query.settings_proposals import (
    Proposals,
    ProposalView,
    settings_proposal,
    settings_proposals,
)
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call

_LIST: Final = "/settings/proposals"
_ONE: Final = f"{_LIST}/{{change_id:str}}"


class SettingsChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whole rule settings as they are to be; `seen_version` is the version that was read, 0 if none
    was published."""

    settings: Settings
    seen_version: int


class Publication(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when a proposal is in force; `words` say why, where it was not rehearsed."""

    effective_from: Instant
    words: str = ""


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a proposal is given up."""

    words: str = ""


def _propose(call: Call) -> Done:
    body: SettingsChange = call.body
    found = call.config.rehearsal
    past = PastTried(days=min(found.settings_days, MOST_DAYS), wearers=found.settings_wearers)
    return propose_settings(call.clerk, call.reader, body.settings, body.seen_version, past)


def _publish(call: Call) -> Done:
    body: Publication = call.body
    return publish_proposed(call.clerk, call.reader, _name(call), body.effective_from, body.words)


def _withdraw(call: Call) -> Done:
    body: Withdrawal = call.body
    return withdraw_settings(call.clerk, call.reader, _name(call), body.words)


def _all(call: Call) -> Proposals:
    return settings_proposals(call.reader)


def _read(call: Call) -> Any:
    return settings_proposal(call.reader, _name(call))


def _name(call: Call) -> SettingsProposalId:
    return SettingsProposalId(call.path["change_id"])


SETTINGS: Final[tuple[Endpoint, ...]] = (
    do(
        "propose_settings",
        _LIST,
        Verb.PUBLISH_SETTINGS,
        "Propose rule settings; they are tried on past trails in the background",
        _propose,
        SettingsChange,
    ),
    read(
        "list_settings_proposals",
        _LIST,
        Verb.PUBLISH_SETTINGS,
        "Proposed rule settings, the newest first",
        _all,
        Proposals,
        purpose=Purpose.UPKEEP,
    ),
    read(
        "get_settings_proposal",
        _ONE,
        Verb.PUBLISH_SETTINGS,
        "A proposal with its rehearsal: alerts by rule and class as things stand and with it, and "
        "the wearers for whom it makes a difference",
        _read,
        ProposalView,
        purpose=Purpose.UPKEEP,
    ),
    do(
        "publish_settings",
        f"{_ONE}/publish",
        Verb.PUBLISH_SETTINGS,
        "Put a proposal in force, after its rehearsal or with words that say why without one",
        _publish,
        Publication,
    ),
    do(
        "withdraw_settings",
        f"{_ONE}/withdraw",
        Verb.PUBLISH_SETTINGS,
        "Give a proposal up",
        _withdraw,
        Withdrawal,
    ),
)
