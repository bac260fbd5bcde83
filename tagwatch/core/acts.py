"""What persons do with an alert: take it on, have it in hand, put it aside, ring, write, close.

A claim is of the wearer, whichever of his alerts it stands on, so that two people never ring the
same man. It ends by itself; whatever its holder does in the meantime renews it.
"""

from collections.abc import Iterable
from typing import Any

from tagwatch.core.alert import Action, Alert, AlertChange, AlertEvent, move, row
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import (
    AlertAcknowledged,
    AlertClaimed,
    AlertClosed,
    AlertLetGo,
    AlertNoted,
    AlertWaiting,
    CallRecorded,
    PoliceLinkEntered,
    PoliceLinkIssued,
    PoliceLinkRevoked,
    PoliceReported,
)
from tagwatch.core.outcome import AlertState
from tagwatch.core.recorded_act import Party, Voice
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import SECOND, Instant


def other_holder(alerts: Iterable[Alert], by: AccountId, now: Instant) -> AccountId | None:
    """Return who but `by` has the wearer of these open alerts in hand, None if nobody has."""
    holders = (alert.holder(now) for alert in alerts)
    return next((holder for holder in holders if holder not in (None, by)), None)


def acknowledge(alert: Alert, act: AlertAcknowledged, settings: AlertSettings) -> AlertChange:
    """Return the alert after a person took it on, and has it in hand unless somebody else has; a
    note of it if that was no longer open."""
    if row(alert.state, Action.ACKNOWLEDGE) is None:
        words = f"acknowledged when it was already {alert.state}"
        return move(alert, Action.NOTE, AlertEvent.NOTED, act.at, words=words, by=act.by)
    claim: dict[str, Any] = {}
    if alert.holder(act.at) in (None, act.by):
        claim = _claim(act.by, act.at, settings)
    return move(
        alert,
        Action.ACKNOWLEDGE,
        AlertEvent.ACKNOWLEDGED,
        act.at,
        by=act.by,
        acknowledged_at=act.at,
        acknowledged_by=act.by,
        acknowledge_by=None,
        **claim,
    )


def claim(
    alert: Alert, act: AlertClaimed, other: AccountId | None, settings: AlertSettings
) -> AlertChange:
    """Return the alert after a person asked to have its wearer in hand.

    `other` is who has him (see `other_holder`): then only taking over from that very person works,
    and what did not is noted.
    """
    if other is not None and act.over != other:
        words = "wanted to take it in hand, but somebody else had it"
        return move(alert, Action.NOTE, AlertEvent.NOTED, act.at, words=words, by=act.by)
    changes = _claim(act.by, act.at, settings)
    return move(
        alert, Action.NOTE, AlertEvent.CLAIMED, act.at, words=act.words, by=act.by, **changes
    )


def let_go(alert: Alert, act: AlertLetGo) -> AlertChange:
    """Return the alert after its holder let go of it; a note if it was not his."""
    if alert.claimed_by != act.by:
        words = "let go of what was not in hand"
        return move(alert, Action.NOTE, AlertEvent.NOTED, act.at, words=words, by=act.by)
    return _free(alert, act.at, act.words, act.by)


def taken_over(alert: Alert, at: Instant, by: AccountId) -> AlertChange:
    """Return another alert of the wearer after `by` took him over from its holder."""
    return _free(alert, at, "taken over by somebody else", by)


def wait(alert: Alert, act: AlertWaiting, settings: AlertSettings) -> AlertChange:
    """Return the alert put aside until `act.until`; a note of it where nobody had taken it on."""
    if alert.state is not AlertState.ACKNOWLEDGED:
        words = f"could not be put aside, being {alert.state}: {act.words}"
        return move(alert, Action.NOTE, AlertEvent.NOTED, act.at, words=words, by=act.by)
    return move(
        alert,
        Action.NOTE,
        AlertEvent.WAITING,
        act.at,
        words=act.words,
        by=act.by,
        waiting_until=act.until,
        waiting_for=act.words,
        **_renewed(alert, act.by, act.at, settings),
    )


def called(alert: Alert, act: CallRecorded, settings: AlertSettings) -> tuple[AlertChange, ...]:
    """Return the alert after somebody was rung: the call, then what was said, each by itself.

    The wearer's words are his account; anybody else's stay with the call, and never reach him.
    """
    words = f"{act.party}: {act.outcome}"
    his = act.party is Party.WEARER
    if act.said and not his:
        words = f"{words}: {act.said}"
    renewed = _renewed(alert, act.by, act.at, settings)
    changes = [
        move(alert, Action.NOTE, AlertEvent.CALLED, act.at, words=words, by=act.by, **renewed)
    ]
    for event, text in (
        (AlertEvent.ACCOUNT, act.said if his else ""),
        (AlertEvent.NOTED, act.view),
    ):
        if text:
            changes.append(
                move(changes[-1].alert, Action.NOTE, event, act.at, words=text, by=act.by)
            )
    return tuple(changes)


def note(alert: Alert, act: AlertNoted, settings: AlertSettings) -> AlertChange:
    """Return the alert after a person wrote about it, or wrote down the wearer's account."""
    event = AlertEvent.ACCOUNT if act.voice is Voice.WEARER else AlertEvent.NOTED
    renewed = _renewed(alert, act.by, act.at, settings)
    return move(alert, Action.NOTE, event, act.at, words=act.words, by=act.by, **renewed)


PoliceAct = PoliceLinkIssued | PoliceLinkRevoked | PoliceLinkEntered | PoliceReported
"""What the police response page brings about."""


def police(alert: Alert, act: PoliceAct) -> AlertChange:
    """Return the alert with what concerns the police response page in its history.

    Whatever its state: an arrest is reported after closing as well.
    """
    match act:
        case PoliceLinkIssued():
            event, words = AlertEvent.LINK_ISSUED, f"{act.officer}, {act.force}"
        case PoliceLinkRevoked():
            event, words = AlertEvent.LINK_REVOKED, act.officer
        case PoliceLinkEntered():
            event, words = AlertEvent.LINK_ENTERED, ""
        case PoliceReported():
            said = f": {act.words}" if act.words else ""
            event, words = AlertEvent.POLICE_REPORTED, f"{act.sighting}{said}"
    return move(alert, Action.NOTE, event, act.at, words=words, by=act.by)


def close(alert: Alert, act: AlertClosed) -> AlertChange:
    """Return the alert after a person closed it; a note of it if it was closed already."""
    words = f"{act.disposition}: {act.words}"
    if row(alert.state, Action.CLOSE) is None:
        late = f"closed again, {words}"
        return move(alert, Action.NOTE, AlertEvent.NOTED, act.at, words=late, by=act.by)
    return move(
        alert,
        Action.CLOSE,
        AlertEvent.CLOSED,
        act.at,
        words=words,
        by=act.by,
        closed_at=act.at,
        disposition=act.disposition,
        acknowledge_by=None,
        **_FREE,
    )


_FREE: dict[str, Any] = {
    "claimed_by": None,
    "claimed_until": None,
    "waiting_until": None,
    "waiting_for": "",
}


def _free(alert: Alert, at: Instant, words: str, by: AccountId) -> AlertChange:
    return move(
        alert,
        Action.NOTE,
        AlertEvent.LET_GO,
        at,
        words=words,
        by=by,
        claimed_by=None,
        claimed_until=None,
    )


def _claim(by: AccountId, at: Instant, settings: AlertSettings) -> dict[str, Any]:
    return {"claimed_by": by, "claimed_until": Instant(at + settings.claim_s * SECOND)}


def _renewed(alert: Alert, by: AccountId, at: Instant, settings: AlertSettings) -> dict[str, Any]:
    return _claim(by, at, settings) if alert.claimed_by == by else {}
