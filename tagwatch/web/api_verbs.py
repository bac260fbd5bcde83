"""What the API can do: one table of endpoints, from which routes and OpenAPI are made."""

from typing import Final

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import TagId, WearerId
from tagwatch.core.order import Programme
from tagwatch.query import coverage, on_call, unmonitored
from tagwatch.query import register as inventory
from tagwatch.query import wearer as wearer_of
from tagwatch.query import wearers as wearers_of
from tagwatch.web.api_account import ACCOUNTS
from tagwatch.web.api_account_many import SEARCH
from tagwatch.web.api_alerts import ALERTS
from tagwatch.web.api_audit import AUDIT
from tagwatch.web.api_bundle import BUNDLES
from tagwatch.web.api_case import CASES
from tagwatch.web.api_crimes import CRIMES
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_enquiry import ENQUIRIES
from tagwatch.web.api_glass import GLASS
from tagwatch.web.api_hold import HOLDS
from tagwatch.web.api_holidays import HOLIDAYS
from tagwatch.web.api_import import IMPORTS
from tagwatch.web.api_informed import INFORMED
from tagwatch.web.api_leave import LEAVE
from tagwatch.web.api_matches import MATCHES
from tagwatch.web.api_named import NAMED_REQUESTS
from tagwatch.web.api_plan import PLAN
from tagwatch.web.api_police import POLICE
from tagwatch.web.api_programme import ENDPOINTS as PROGRAMME
from tagwatch.web.api_question import QUESTIONS
from tagwatch.web.api_record import (
    Call,
    ConditionRecord,
    ContactRecord,
    Ending,
    ExemptionRecord,
    Fitting,
    Issuing,
    Moving,
    OrderRecord,
    OverrideRecord,
    PersonRecord,
    Reason,
    ShiftRecord,
    Swapping,
    TagRecord,
    Telling,
    WearerRecord,
    Wrong,
    end_call,
    fit_call,
    issue_call,
    move_call,
    order_told_call,
    record_condition_call,
    record_contact_call,
    record_exemption_call,
    record_order_call,
    record_override_call,
    record_person_call,
    record_shift_call,
    record_tag_call,
    record_wearer_call,
    revoke_call,
    swap_call,
    told_call,
)
from tagwatch.web.api_request import REQUESTS
from tagwatch.web.api_retention import RETENTION
from tagwatch.web.api_review import REVIEWS
from tagwatch.web.api_settings import SETTINGS
from tagwatch.web.api_share import SHARES
from tagwatch.web.api_shift import SHIFT
from tagwatch.web.api_stalking import PATTERNS
from tagwatch.web.api_trail import TRAILS
from tagwatch.web.api_unsealing import UNSEALINGS
from tagwatch.web.api_week import WEEKS
from tagwatch.web.api_window import ASKS, window_of
from tagwatch.web.api_zone import ZONES
from tagwatch.web.whole import page_of


def _wearers(call: Call) -> wearers_of.Wearers:
    programme = call.query.get("programme", "")
    if programme and programme not in list(Programme):
        raise Wrong(f"programme is none of: {', '.join(Programme)}")
    return wearers_of.wearers(
        call.reader,
        wearers_of.Search(
            words=call.query.get("q", "")[:100],
            borough=call.query.get("borough", "")[:100],
            programme=Programme(programme) if programme else None,
            page=page_of(call),
        ),
    )


def _coverage(call: Call) -> coverage.CoverageView:
    return coverage.coverage_of(call.reader, WearerId(call.path["wearer_id"]), *window_of(call))


def _wearer(call: Call) -> wearer_of.WearerView:
    place = wearer_of.LastPlace.SHOWN if call.placed else wearer_of.LastPlace.WITHHELD
    return wearer_of.wearer(call.reader, WearerId(call.path["wearer_id"]), place)


def _tags(call: Call) -> inventory.TagRows:
    return inventory.tags(call.reader, call.query.get("q", "")[:100], page_of(call))


def _tag(call: Call) -> inventory.TagView:
    return inventory.tag(call.reader, TagId(call.path["tag_id"]))


def _not_monitored(call: Call) -> unmonitored.NotMonitored:
    return unmonitored.not_monitored(call.reader)


def _on_call(call: Call) -> on_call.OnCallView:
    return on_call.on_call_view(call.reader)


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *ALERTS,
    *SHIFT,
    *ZONES,
    *TRAILS,
    *IMPORTS,
    *HOLIDAYS,
    *SETTINGS,
    *CASES,
    *ENQUIRIES,
    *REQUESTS,
    *NAMED_REQUESTS,
    *CRIMES,
    *MATCHES,
    *PROGRAMME,
    *INFORMED,
    *LEAVE,
    *HOLDS,
    *REVIEWS,
    *RETENTION,
    *GLASS,
    *SHARES,
    *UNSEALINGS,
    *PLAN,
    *POLICE,
    *QUESTIONS,
    *PATTERNS,
    *ACCOUNTS,
    *SEARCH,
    *WEEKS,
    *BUNDLES,
    *AUDIT,
    read(
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
    read(
        "get_wearer",
        "/wearers/{wearer_id:str}",
        Verb.SEE_WEARER,
        "One wearer with orders and conditions; where he is only for a purpose that stands for him",
        _wearer,
        wearer_of.WearerView,
    ),
    read(
        "get_coverage",
        "/wearers/{wearer_id:str}/coverage",
        Verb.SEE_TRAIL,
        "What was seen of a wearer, hour by hour, and gaps in which a zone cannot be excluded",
        _coverage,
        coverage.CoverageView,
        asks=ASKS,
    ),
    read(
        "list_not_monitored",
        "/not-monitored",
        Verb.FIT_TAG,
        "Orders in force without a tag that reports, with their clocks and whose turn it is",
        _not_monitored,
        unmonitored.NotMonitored,
        purpose=Purpose.UPKEEP,
    ),
    do(
        "record_wearer",
        "/wearers",
        Verb.REGISTER_WEARER,
        "Enter or correct a wearer",
        record_wearer_call,
        WearerRecord,
    ),
    do(
        "record_tag",
        "/tags",
        Verb.REGISTER_TAG,
        "Enter or correct a tag",
        record_tag_call,
        TagRecord,
    ),
    do("fit_tag", "/activations", Verb.FIT_TAG, "Record that a tag was fitted", fit_call, Fitting),
    do(
        "end_activation",
        "/activations/{activation_id:str}/end",
        Verb.FIT_TAG,
        "Record that a tag came off",
        end_call,
        Ending,
    ),
    do(
        "swap_tag",
        "/activations/{activation_id:str}/swap",
        Verb.FIT_TAG,
        "Record that another tag is on the wearer instead",
        swap_call,
        Swapping,
    ),
    read(
        "list_tags",
        "/tags",
        Verb.REGISTER_TAG,
        "The inventory, a page at a time: each tag with where it is",
        _tags,
        inventory.TagRows,
        asks=(("q", "Part of serial or model"), ("page", "Page, from 1")),
        purpose=Purpose.UPKEEP,
    ),
    read(
        "get_tag",
        "/tags/{tag_id:str}",
        Verb.REGISTER_TAG,
        "One tag with where it is and who wore it when",
        _tag,
        inventory.TagView,
        purpose=Purpose.UPKEEP,
    ),
    do(
        "move_tag",
        "/tags/{tag_id:str}/move",
        Verb.REGISTER_TAG,
        "Say where a tag is from now on",
        move_call,
        Moving,
    ),
    do(
        "record_order",
        "/orders",
        Verb.RECORD_ORDER,
        "Enter, correct or vary an order: the next version",
        record_order_call,
        OrderRecord,
    ),
    do(
        "record_order_told",
        "/orders/{order_id:str}/told",
        Verb.RECORD_ORDER,
        "Record that the wearer was told of an order",
        order_told_call,
        Telling,
    ),
    do(
        "record_condition",
        "/conditions",
        Verb.RECORD_CONDITION,
        "Record the next version of a zone or curfew",
        record_condition_call,
        ConditionRecord,
    ),
    do(
        "record_told",
        "/conditions/{condition_id:str}/told",
        Verb.RECORD_CONDITION,
        "Record that the wearer was told",
        told_call,
        Telling,
    ),
    do(
        "record_exemption",
        "/exemptions",
        Verb.RECORD_CONDITION,
        "Record an authorised absence, a permission or the wearer's state, or take it back",
        record_exemption_call,
        ExemptionRecord,
    ),
    do(
        "record_person",
        "/persons",
        Verb.RECORD_PERSON,
        "Enter or correct a protected person",
        record_person_call,
        PersonRecord,
    ),
    do(
        "record_contact",
        "/contacts",
        Verb.RECORD_CONTACT,
        "Enter or change a contact",
        record_contact_call,
        ContactRecord,
    ),
    read(
        "get_on_call",
        "/on-call",
        Verb.SEE_ON_CALL,
        "Who is on call now and for 14 days, with the gaps",
        _on_call,
        on_call.OnCallView,
        purpose=Purpose.ALERT_RESPONSE,
    ),
    do(
        "record_shift",
        "/on-call/shifts",
        Verb.RECORD_ROTA,
        "Enter, change or withdraw a shift: the next version",
        record_shift_call,
        ShiftRecord,
    ),
    do(
        "record_override",
        "/on-call/overrides",
        Verb.RECORD_ROTA,
        "Enter, change or withdraw a stand-in: the next version",
        record_override_call,
        OverrideRecord,
    ),
    do(
        "issue_credential",
        "/credentials",
        Verb.ISSUE_CREDENTIAL,
        "Let a tag or gateway speak; the secret is given once",
        issue_call,
        Issuing,
    ),
    do(
        "revoke_credential",
        "/credentials/{credential_id:str}/revoke",
        Verb.ISSUE_CREDENTIAL,
        "Shut a tag or gateway out",
        revoke_call,
        Reason,
    ),
)
