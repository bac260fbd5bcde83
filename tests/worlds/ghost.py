"""A person whom an asker may not see: everything one known wearer has, under other names."""

import re
from typing import Any

import msgspec

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import ContactRecorded
from tagwatch.core.outcome import AlertState
from tagwatch.core.person import Restriction
from tagwatch.core.recorded_glass import GlassBroken
from tagwatch.core.recorded_leave import LeaveRecorded
from tagwatch.core.recorded_match import CrimeMatched
from tagwatch.core.recorded_register import WearerRecorded
from tagwatch.core.recorded_request import SampleDrawn
from tagwatch.core.recorded_settings import SettingsProposed, WearerTried
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tests.browser.test_every_page import RECORDS, records
from tests.web import matched, sample

KEEPER = "keeper"
"""The one officer who may see the ghost."""
NOT_HIS = (
    *("account_id", "batch_key", "change_id", "crime_id", "monday", "number", "shift_id"),
    "stream",
)
"""Kinds of ids that are no one wearer's."""
NAMES = {
    "w_own": "w_ghost",
    "c_told": "c_ghost",
    "c_secret": "c_ghost_secret",
    "c_curfew": "c_ghost_curfew",
    "c_apart": "c_ghost_apart",
    "t_own": "t_ghost",
    "act_own": "act_ghost",
    "p_one": "p_ghost",
    "ep_own": "ep_ghost",
    "TW-0001": "TW-9911",
    "Demo Alder": "Demo Ghost",
    "Demo Person": "Demo Ghostperson",
    "X000000": "X999911",
    "REF-w_own": "REF-w_ghost",
    "Camden": "Havering",
    "probation-london": "probation-essex",
    "ac_officer": f"ac_{KEEPER}",
    "STAC": "Elsewhere",
    "k_liaison": "k_ghost",
    **{name: f"{name}_ghost" for kind, name in RECORDS.items() if kind not in NOT_HIS},
}
WORDS = ("Ghost", "w_ghost", "X999911", "TW-9911", "REF-w_ghost", "Havering")
"""What of it a person might search for."""
NOT_ONE_WEARERS = (
    *(ContactRecorded, GlassBroken, LeaveRecorded, CrimeMatched, SampleDrawn),
    *(SettingsProposed, WearerTried),
)
"""Records that count or list several people, or let somebody in: the ghost has none."""
_KNOWN = re.compile(
    "|".join(rf"(?<![A-Za-z0-9_-]){re.escape(name)}(?![A-Za-z0-9-])" for name in NAMES)
)
_HIS = re.compile(r"w_own|t_own|p_one")
_IN_IDS = re.compile(r"(?<=o_)w_own|(?<=al_)w_own|(?<=act_)w_own")


def renamed(text: str) -> str:
    """`text` with the ghost's names for the known wearer's."""
    text = _IN_IDS.sub("w_ghost", text)
    return _KNOWN.sub(lambda found: NAMES[found[0]], text)


def events(at: Instant, restriction: Restriction) -> list[Event]:
    """Everything that the register and the desk hold of the ghost."""
    told: list[Event] = []
    for event in (*sample.events(), *records(at)):
        text = msgspec.json.encode(event).decode()
        if isinstance(event, NOT_ONE_WEARERS) or not _HIS.search(text):
            continue
        told.append(msgspec.json.decode(renamed(text), type=type(event)))
    found = [_hidden(event, restriction) for event in told]
    return [*found, CrimeMatched(run=matched.run(RECORDS["crime_id"], "mr_2", at, 2))]


def rows(state: AlertState) -> list[tuple[Any, dict[str, Any]]]:
    """His alert, its episode, and twenty fixes."""
    alert = sample.alert("w_own", state=state)
    known = [
        (schema.alert, sample.alert_row(alert)),
        (schema.alert_event, sample.event_row("al_w_own", "w_own", "raised")),
        (schema.episode, sample.episode_row(sample.episode())),
    ]
    found: list[tuple[Any, dict[str, Any]]] = [
        (
            table,
            {
                name: renamed(value) if isinstance(value, str) else value
                for name, value in row.items()
            },
        )
        for table, row in known
    ]
    trail = sample.trail_row(seq=9)
    found.append((schema.trail_block, {**trail, "wearer_id": "w_ghost"}))
    return found


def _hidden(event: Event, restriction: Restriction) -> Event:
    if not isinstance(event, WearerRecorded):
        return event
    changed = {"restriction": restriction, "officer": AccountId(f"ac_{KEEPER}")}
    return msgspec.structs.replace(event, wearer=msgspec.structs.replace(event.wearer, **changed))
