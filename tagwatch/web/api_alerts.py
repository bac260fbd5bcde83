"""What the API can do with alerts."""

from typing import Final

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import AlertId
from tagwatch.query import alert as alerts_of
from tagwatch.query import disclosure, open_alerts
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import (
    Call,
    CallMade,
    Claiming,
    Closing,
    Nothing,
    Waiting,
    Words,
    acknowledge_call,
    claim_call,
    close_call,
    let_go_call,
    note_call,
    ring_call,
    wait_call,
)

_SEE: Final = Purpose.ALERT_RESPONSE


def _alerts(call: Call) -> open_alerts.OpenAlerts:
    return open_alerts.open_alerts(call.reader)


def _alert(call: Call) -> alerts_of.AlertView:
    return alerts_of.alert(call.reader, AlertId(call.path["alert_id"]))


def _disclosable(call: Call) -> disclosure.Disclosed:
    return disclosure.disclosed(call.reader, AlertId(call.path["alert_id"]))


ALERTS: Final[tuple[Endpoint, ...]] = (
    read(
        "list_alerts",
        "/alerts",
        Verb.SEE_ALERTS,
        "The open alerts within scope",
        _alerts,
        open_alerts.OpenAlerts,
        purpose=_SEE,
    ),
    read(
        "get_alert",
        "/alerts/{alert_id:str}",
        Verb.SEE_ALERT,
        "One alert with all about it",
        _alert,
        alerts_of.AlertView,
        purpose=_SEE,
    ),
    read(
        "get_disclosable_alert",
        "/alerts/{alert_id:str}/disclosable",
        Verb.SEE_ALERT,
        "What of an alert may be handed to the wearer and his defence",
        _disclosable,
        disclosure.Disclosed,
        purpose=_SEE,
    ),
    do(
        "acknowledge_alert",
        "/alerts/{alert_id:str}/acknowledge",
        Verb.ACT_ON_ALERT,
        "Take an alert on",
        acknowledge_call,
        Nothing,
        _SEE,
    ),
    do(
        "note_alert",
        "/alerts/{alert_id:str}/note",
        Verb.ACT_ON_ALERT,
        "Add the officer's view or the wearer's account to an alert",
        note_call,
        Words,
        _SEE,
    ),
    do(
        "claim_alert",
        "/alerts/{alert_id:str}/claim",
        Verb.ACT_ON_ALERT,
        "Take an alert's wearer in hand, so that nobody else rings him",
        claim_call,
        Claiming,
        _SEE,
    ),
    do(
        "let_go_alert",
        "/alerts/{alert_id:str}/let-go",
        Verb.ACT_ON_ALERT,
        "Let go of an alert's wearer",
        let_go_call,
        Nothing,
        _SEE,
    ),
    do(
        "put_alert_aside",
        "/alerts/{alert_id:str}/wait",
        Verb.ACT_ON_ALERT,
        "Put an acknowledged alert aside for 1 to 1440 minutes, saying what for",
        wait_call,
        Waiting,
        _SEE,
    ),
    do(
        "record_call",
        "/alerts/{alert_id:str}/call",
        Verb.ACT_ON_ALERT,
        "Write down a call about an alert",
        ring_call,
        CallMade,
        _SEE,
    ),
    do(
        "close_alert",
        "/alerts/{alert_id:str}/close",
        Verb.ACT_ON_ALERT,
        "Close an alert with a coded result",
        close_call,
        Closing,
        _SEE,
    ),
)
