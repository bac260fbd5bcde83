"""What the API can do with alerts."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.ids import AccountId, AlertId
from tagwatch.core.outcome import Disposition
from tagwatch.core.recorded_act import CallOutcome, Party, Voice
from tagwatch.desk import alert, claim
from tagwatch.desk import call as calls
from tagwatch.desk.clerk import Done
from tagwatch.query import alert as alerts_of
from tagwatch.query import disclosure, open_alerts
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call, Nothing, Wrong

_SEE: Final = Purpose.ALERT_RESPONSE
PAGES_MOST: Final = 10_000


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An officer's view, or with voice `wearer` the wearer's account."""

    words: str
    voice: Voice = Voice.OFFICER


class Closing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an alert is closed; `seen_version` is the version of the alert that was read."""

    seen_version: int
    disposition: Disposition
    words: str


class Claiming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wearer is taken in hand; `over` is the account from which he is taken over, `words` why."""

    over: AccountId | None = None
    words: str = ""


class Waiting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert is put aside for some minutes."""

    minutes: int
    words: str


class CallMade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody was rung."""

    party: Party
    outcome: CallOutcome
    said: str = ""
    view: str = ""


def _alerts(call: Call) -> open_alerts.OpenAlerts:
    page = call.query.get("page", "1")
    if not page.isdecimal() or not 1 <= int(page[:9]) <= PAGES_MOST:
        raise Wrong(f"page is a number from 1 to {PAGES_MOST}")
    return open_alerts.open_alerts(call.reader, int(page[:9]))


def _alert(call: Call) -> alerts_of.AlertView:
    return alerts_of.alert(call.reader, AlertId(call.path["alert_id"]))


def _disclosable(call: Call) -> disclosure.Disclosed:
    return disclosure.disclosed(call.reader, AlertId(call.path["alert_id"]))


def _close(call: Call) -> Done:
    """Close an alert with a coded result. Raises Wrong and what the verb raises."""
    body: Closing = call.body
    return alert.close(
        call.clerk,
        call.reader,
        AlertId(call.path["alert_id"]),
        body.seen_version,
        body.disposition,
        body.words,
    )


def _acknowledge(call: Call) -> Done:
    """Take an alert on. Raises what the verb raises."""
    return alert.acknowledge(call.clerk, call.reader, AlertId(call.path["alert_id"]))


def _note(call: Call) -> Done:
    """Add words to an alert. Raises what the verb raises."""
    body: Words = call.body
    identity = AlertId(call.path["alert_id"])
    return alert.note(call.clerk, call.reader, identity, body.words, body.voice)


def _claim(call: Call) -> Done:
    """Take an alert's wearer in hand. Raises what the verb raises."""
    body: Claiming = call.body
    identity = AlertId(call.path["alert_id"])
    return claim.claim(call.clerk, call.reader, identity, body.over, body.words)


def _let_go(call: Call) -> Done:
    """Let go of an alert's wearer. Raises what the verb raises."""
    return claim.let_go(call.clerk, call.reader, AlertId(call.path["alert_id"]))


def _wait(call: Call) -> Done:
    """Put an alert aside. Raises Wrong and what the verb raises."""
    body: Waiting = call.body
    identity = AlertId(call.path["alert_id"])
    if not claim.WAIT_LEAST_MIN <= body.minutes <= claim.WAIT_MOST_MIN:
        raise Wrong(f"minutes must be {claim.WAIT_LEAST_MIN} to {claim.WAIT_MOST_MIN}")
    return claim.wait(call.clerk, call.reader, identity, body.minutes, body.words)


def _ring(call: Call) -> Done:
    """Write down a call about an alert. Raises what the verb raises."""
    body: CallMade = call.body
    identity = AlertId(call.path["alert_id"])
    return calls.record_call(
        call.clerk, call.reader, identity, body.party, body.outcome, body.said, body.view
    )


ALERTS: Final[tuple[Endpoint, ...]] = (
    read(
        "list_alerts",
        "/alerts",
        Verb.SEE_ALERTS,
        "The open alerts within scope, a hundred a page",
        _alerts,
        open_alerts.OpenAlerts,
        asks=(("page", "From 1, the first by default; `pages` of the answer says how many"),),
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
        writes=HANDS_OUT,
    ),
    do(
        "acknowledge_alert",
        "/alerts/{alert_id:str}/acknowledge",
        Verb.ACT_ON_ALERT,
        "Take an alert on",
        _acknowledge,
        Nothing,
        _SEE,
    ),
    do(
        "note_alert",
        "/alerts/{alert_id:str}/note",
        Verb.ACT_ON_ALERT,
        "Add the officer's view or the wearer's account to an alert",
        _note,
        Words,
        _SEE,
    ),
    do(
        "claim_alert",
        "/alerts/{alert_id:str}/claim",
        Verb.ACT_ON_ALERT,
        "Take an alert's wearer in hand, so that nobody else rings him",
        _claim,
        Claiming,
        _SEE,
    ),
    do(
        "let_go_alert",
        "/alerts/{alert_id:str}/let-go",
        Verb.ACT_ON_ALERT,
        "Let go of an alert's wearer",
        _let_go,
        Nothing,
        _SEE,
    ),
    do(
        "put_alert_aside",
        "/alerts/{alert_id:str}/wait",
        Verb.ACT_ON_ALERT,
        "Put an acknowledged alert aside for 1 to 1440 minutes, saying what for",
        _wait,
        Waiting,
        _SEE,
    ),
    do(
        "record_call",
        "/alerts/{alert_id:str}/call",
        Verb.ACT_ON_ALERT,
        "Write down a call about an alert",
        _ring,
        CallMade,
        _SEE,
    ),
    do(
        "close_alert",
        "/alerts/{alert_id:str}/close",
        Verb.ACT_ON_ALERT,
        "Close an alert with a coded result",
        _close,
        Closing,
        _SEE,
    ),
)
