"""What the API can do: one table of endpoints, from which routes and OpenAPI are made."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import AlertId, WearerId
from tagwatch.core.order import Programme
from tagwatch.core.units import DAY, Instant, parse_iso
from tagwatch.desk.clerk import Done
from tagwatch.query import alert as alerts_of
from tagwatch.query import coverage, disclosure, on_call, open_alerts, trail
from tagwatch.query import wearer as wearer_of
from tagwatch.query import wearers as wearers_of
from tagwatch.web.api_record import (
    Call,
    CallMade,
    Claiming,
    Closing,
    ConditionRecord,
    ContactRecord,
    Ending,
    Fitting,
    Issuing,
    Nothing,
    OrderRecord,
    OverrideRecord,
    PersonRecord,
    Reason,
    ShiftRecord,
    TagRecord,
    Telling,
    Waiting,
    WearerRecord,
    Words,
    Wrong,
    acknowledge_call,
    claim_call,
    close_call,
    end_call,
    fit_call,
    issue_call,
    let_go_call,
    note_call,
    record_condition_call,
    record_contact_call,
    record_order_call,
    record_override_call,
    record_person_call,
    record_shift_call,
    record_tag_call,
    record_wearer_call,
    revoke_call,
    ring_call,
    told_call,
    wait_call,
)

LONGEST: Final = 31 * DAY


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the API can do."""

    name: str
    method: str
    path: str
    verb: Verb
    says: str
    does: Callable[[Call], Any]
    gives: Any
    takes: Any = None
    asks: tuple[tuple[str, str], ...] = ()
    """Query parameters and what they mean."""
    purpose: Purpose | None = None
    """What the endpoint itself is for, where no X-Purpose is sent; None: it must be sent."""


# --- reading -------------------------------------------------------------------------------------


def _wearers(call: Call) -> wearers_of.Wearers:
    programme = call.query.get("programme", "")
    if programme and programme not in list(Programme):
        raise Wrong(f"programme is none of: {', '.join(Programme)}")
    page = call.query.get("page", "1")
    if not (page.isascii() and page.isdigit() and len(page) < 6):
        raise Wrong("page must be a whole number from 1")
    return wearers_of.wearers(
        call.reader,
        wearers_of.Search(
            words=call.query.get("q", "")[:100],
            borough=call.query.get("borough", "")[:100],
            programme=Programme(programme) if programme else None,
            page=int(page),
        ),
    )


def _trail(call: Call) -> trail.Trail:
    return trail.trail(call.reader, WearerId(call.path["wearer_id"]), *_window(call))


def _coverage(call: Call) -> coverage.CoverageView:
    return coverage.coverage_of(call.reader, WearerId(call.path["wearer_id"]), *_window(call))


def _window(call: Call) -> tuple[Instant, Instant]:
    end = _instant(call, "end", call.reader.now())
    start = _instant(call, "start", Instant(end - DAY))
    if not 0 <= end - start <= LONGEST:
        raise Wrong("start must be before end, and at most 31 days before it")
    return start, end


def _instant(call: Call, name: str, otherwise: Instant) -> Instant:
    given = call.query.get(name, "")
    if not given:
        return otherwise
    try:
        return parse_iso(given)
    except (ValueError, OverflowError) as error:
        raise Wrong(f"{name}: {error}") from error


def _alerts(call: Call) -> open_alerts.OpenAlerts:
    return open_alerts.open_alerts(call.reader)


def _alert(call: Call) -> alerts_of.AlertView:
    return alerts_of.alert(call.reader, AlertId(call.path["alert_id"]))


def _disclosable(call: Call) -> disclosure.Disclosed:
    return disclosure.disclosed(call.reader, AlertId(call.path["alert_id"]))


def _wearer(call: Call) -> wearer_of.WearerView:
    return wearer_of.wearer(call.reader, WearerId(call.path["wearer_id"]))


def _on_call(call: Call) -> on_call.OnCallView:
    return on_call.on_call_view(call.reader)


_SEE: Final = Purpose.ALERT_RESPONSE
_KEEP: Final = Purpose.UPKEEP


def _read(
    name: str, path: str, verb: Verb, says: str, does: Any, gives: Any, **more: Any
) -> Endpoint:
    return Endpoint(
        name=name, method="GET", path=path, verb=verb, says=says, does=does, gives=gives, **more
    )


def _do(
    name: str, path: str, verb: Verb, says: str, does: Any, takes: Any, purpose: Purpose = _KEEP
) -> Endpoint:
    return Endpoint(
        name=name,
        method="POST",
        path=path,
        verb=verb,
        says=says,
        does=does,
        gives=Done,
        takes=takes,
        purpose=purpose,
    )


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    _read(
        "list_alerts",
        "/alerts",
        Verb.SEE_ALERTS,
        "The open alerts within scope",
        _alerts,
        open_alerts.OpenAlerts,
        purpose=_SEE,
    ),
    _read(
        "get_alert",
        "/alerts/{alert_id:str}",
        Verb.SEE_ALERT,
        "One alert with all about it",
        _alert,
        alerts_of.AlertView,
        purpose=_SEE,
    ),
    _read(
        "get_disclosable_alert",
        "/alerts/{alert_id:str}/disclosable",
        Verb.SEE_ALERT,
        "What of an alert may be handed to the wearer and his defence",
        _disclosable,
        disclosure.Disclosed,
        purpose=_SEE,
    ),
    _do(
        "acknowledge_alert",
        "/alerts/{alert_id:str}/acknowledge",
        Verb.ACT_ON_ALERT,
        "Take an alert on",
        acknowledge_call,
        Nothing,
        _SEE,
    ),
    _do(
        "note_alert",
        "/alerts/{alert_id:str}/note",
        Verb.ACT_ON_ALERT,
        "Add the officer's view or the wearer's account to an alert",
        note_call,
        Words,
        _SEE,
    ),
    _do(
        "claim_alert",
        "/alerts/{alert_id:str}/claim",
        Verb.ACT_ON_ALERT,
        "Take an alert's wearer in hand, so that nobody else rings him",
        claim_call,
        Claiming,
        _SEE,
    ),
    _do(
        "let_go_alert",
        "/alerts/{alert_id:str}/let-go",
        Verb.ACT_ON_ALERT,
        "Let go of an alert's wearer",
        let_go_call,
        Nothing,
        _SEE,
    ),
    _do(
        "put_alert_aside",
        "/alerts/{alert_id:str}/wait",
        Verb.ACT_ON_ALERT,
        "Put an acknowledged alert aside for 1 to 1440 minutes, saying what for",
        wait_call,
        Waiting,
        _SEE,
    ),
    _do(
        "record_call",
        "/alerts/{alert_id:str}/call",
        Verb.ACT_ON_ALERT,
        "Write down a call about an alert",
        ring_call,
        CallMade,
        _SEE,
    ),
    _do(
        "close_alert",
        "/alerts/{alert_id:str}/close",
        Verb.ACT_ON_ALERT,
        "Close an alert with a coded result",
        close_call,
        Closing,
        _SEE,
    ),
    _read(
        "list_wearers",
        "/wearers",
        Verb.SEE_WEARERS,
        "Wearers within scope, a page at a time",
        _wearers,
        wearers_of.Wearers,
        asks=(
            ("q", "Part of name or CRN"),
            ("borough", "Borough"),
            ("programme", "Programme"),
            ("page", "Page, from 1"),
        ),
    ),
    _read(
        "get_wearer",
        "/wearers/{wearer_id:str}",
        Verb.SEE_WEARER,
        "One wearer with orders and conditions",
        _wearer,
        wearer_of.WearerView,
    ),
    _read(
        "get_trail",
        "/wearers/{wearer_id:str}/trail",
        Verb.SEE_TRAIL,
        "Where a wearer has been",
        _trail,
        trail.Trail,
        asks=(
            ("start", "ISO 8601 with zone; default a day before end"),
            ("end", "ISO 8601 with zone; default now"),
        ),
    ),
    _read(
        "get_coverage",
        "/wearers/{wearer_id:str}/coverage",
        Verb.SEE_TRAIL,
        "What was seen of a wearer, hour by hour, and gaps in which a zone cannot be excluded",
        _coverage,
        coverage.CoverageView,
        asks=(
            ("start", "ISO 8601 with zone; default a day before end"),
            ("end", "ISO 8601 with zone; default now"),
        ),
    ),
    _do(
        "record_wearer",
        "/wearers",
        Verb.REGISTER_WEARER,
        "Enter or correct a wearer",
        record_wearer_call,
        WearerRecord,
    ),
    _do(
        "record_tag",
        "/tags",
        Verb.REGISTER_TAG,
        "Enter or correct a tag",
        record_tag_call,
        TagRecord,
    ),
    _do("fit_tag", "/activations", Verb.FIT_TAG, "Record that a tag was fitted", fit_call, Fitting),
    _do(
        "end_activation",
        "/activations/{activation_id:str}/end",
        Verb.FIT_TAG,
        "Record that a tag came off",
        end_call,
        Ending,
    ),
    _do(
        "record_order",
        "/orders",
        Verb.RECORD_ORDER,
        "Enter or correct an order",
        record_order_call,
        OrderRecord,
    ),
    _do(
        "record_condition",
        "/conditions",
        Verb.RECORD_CONDITION,
        "Record the next version of a zone or curfew",
        record_condition_call,
        ConditionRecord,
    ),
    _do(
        "record_told",
        "/conditions/{condition_id:str}/told",
        Verb.RECORD_CONDITION,
        "Record that the wearer was told",
        told_call,
        Telling,
    ),
    _do(
        "record_person",
        "/persons",
        Verb.RECORD_PERSON,
        "Enter or correct a protected person",
        record_person_call,
        PersonRecord,
    ),
    _do(
        "record_contact",
        "/contacts",
        Verb.RECORD_CONTACT,
        "Enter or change a contact",
        record_contact_call,
        ContactRecord,
    ),
    _read(
        "get_on_call",
        "/on-call",
        Verb.SEE_ON_CALL,
        "Who is on call now and for 14 days, with the gaps",
        _on_call,
        on_call.OnCallView,
        purpose=_SEE,
    ),
    _do(
        "record_shift",
        "/on-call/shifts",
        Verb.RECORD_ROTA,
        "Enter, change or withdraw a shift: the next version",
        record_shift_call,
        ShiftRecord,
    ),
    _do(
        "record_override",
        "/on-call/overrides",
        Verb.RECORD_ROTA,
        "Enter, change or withdraw a stand-in: the next version",
        record_override_call,
        OverrideRecord,
    ),
    _do(
        "issue_credential",
        "/credentials",
        Verb.ISSUE_CREDENTIAL,
        "Let a tag or gateway speak; the secret is given once",
        issue_call,
        Issuing,
    ),
    _do(
        "revoke_credential",
        "/credentials/{credential_id:str}/revoke",
        Verb.ISSUE_CREDENTIAL,
        "Shut a tag or gateway out",
        revoke_call,
        Reason,
    ),
)
