"""One alert: what happened, how sure, why, who was told; and what was done about it."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Redirect, Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT, LOOKS_AROUND
from tagwatch.core.alert import JUDGED, AlertEvent, reference
from tagwatch.core.ids import AlertId
from tagwatch.core.order import Curfew, ExclusionZone
from tagwatch.core.outcome import AlertState, Disposition, finding_words
from tagwatch.core.recorded_act import Voice
from tagwatch.core.units import Instant
from tagwatch.desk.alert import WordsMissing, acknowledge, close, note
from tagwatch.desk.clerk import Applied, Conflict, Done, NotRecorded
from tagwatch.query.affected import affected as ask_affected
from tagwatch.query.alert import AlertView
from tagwatch.query.alert import alert as ask_alert
from tagwatch.query.disclosure import disclosed as ask_disclosed
from tagwatch.web.alerts import OUTAGES, how_sure, page_purpose
from tagwatch.web.circumstances import card_lines, more_lines, unknown_lines
from tagwatch.web.encounter import encounter_lines
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.hand_view import demand_of, hand_context
from tagwatch.web.layout import show
from tagwatch.web.plan import seen_plan
from tagwatch.web.purpose import answering
from tagwatch.web.render import between, per_cent
from tagwatch.web.route import Form, act, field, page
from tagwatch.web.silence import silence_words
from tagwatch.web.told import recipients, timeline
from tagwatch.web.words import absence_words, word

DONE = {
    "acknowledge": "You have taken this alert on.",
    "note": "Your view is recorded.",
    "account": "The wearer's account is recorded.",
    "close": "The alert is closed.",
    "claim": "You have this wearer in hand.",
    "let_go": "You have let go: others may ring him.",
    "wait": "The alert is put aside.",
    "call": "The call is recorded.",
    "revoke_link": "The link is taken back: the page on that phone has stopped.",
    "recorded": "Recorded for good, but not applied yet: load this page again in a moment.",
}
NO_FIELD = "#act"
REASONS: Final = {
    "left": "It cleared by itself and nobody was in danger.",
    "fault": "The tag reported a fault.",
    "error": "The fix was wrong: later ones show him elsewhere.",
    "allowed": "He was allowed to.",
    "passed_on": "Dealt with by others, who know.",
}
"""Why an alert is closed, in short; own words may be added, or stand alone."""


@page("/alerts/{alert_id:str}", Verb.SEE_ALERT, LOOKS_AROUND)
def alert(request: Asked, alert_id: FromPath[str]) -> Response[Any]:
    """Show one alert with everything an officer needs to judge it."""
    done = DONE.get(request.query_params.get("done", ""), "")
    return _page(request, AlertId(alert_id), {"done": done}, 200)


@page("/alerts/{alert_id:str}/map", Verb.SEE_TRAIL)
def alert_map(request: Asked, alert_id: FromPath[str]) -> Response[Any]:
    """Give what the alert's map shows: fixes, and the zone if it may be seen."""
    view = ask_alert(alert_reader(request), AlertId(alert_id))
    used = view.used
    fixes = [
        {
            "lon": fix.lon_deg,
            "lat": fix.lat_deg,
            "radius_m": fix.accuracy_m_95,
            "at": fix.fixed_at // 1000,
            "used": fix.fix_id in used,
            "number": fix.number,
        }
        for fix in view.fixes
        if fix.accuracy_m_95 is not None
    ]
    zones: list[dict[str, Any]] = []
    if view.condition is not None and view.condition.shape is not None:
        shape = view.condition.shape
        terms = view.condition.version.terms
        properties = {**shape["properties"], "label": terms.label, "kind": "curfew"}
        if isinstance(terms, ExclusionZone):
            properties |= {"kind": "zone", "buffer_m": terms.buffer_m}
        zones.append({**shape, "properties": properties})
    return Response({"fixes": fixes, "zones": zones})


@page("/alerts/{alert_id:str}/disclosable", Verb.SEE_ALERT, HANDS_OUT)
def alert_disclosed(request: Asked, alert_id: FromPath[str]) -> Response[Any]:
    """Show what of the alert may be handed to the wearer and his defence."""
    found = ask_disclosed(alert_reader(request), AlertId(alert_id))
    context = {
        "found": found,
        "finding_words": finding_words(found.card.rule, found.card.finding, found.card.phase)
        if found.card
        else "",
        "card": [*card_lines(found.card), *more_lines(found.card)],
    }
    return show(request, "disclosable.html", context)


@act("/alerts/{alert_id:str}/acknowledge", Verb.ACT_ON_ALERT)
def acknowledge_alert(request: Asked, alert_id: FromPath[str]) -> Response[Any]:
    """Take the alert on."""
    try:
        done = acknowledge(foundation(request).clerk, alert_reader(request), AlertId(alert_id))
    except (Conflict, NotRecorded) as error:
        return problem_page(request, alert_id, str(error), NO_FIELD, {})
    return after_act(alert_id, done, "acknowledge")


@act("/alerts/{alert_id:str}/note", Verb.ACT_ON_ALERT)
def note_alert(request: Asked, alert_id: FromPath[str], data: Form) -> Response[Any]:
    """Add words to the alert."""
    words = field(data, "words", 4000)
    try:
        done = note(foundation(request).clerk, alert_reader(request), AlertId(alert_id), words)
    except (WordsMissing, NotRecorded) as error:
        return problem_page(request, alert_id, str(error), "#note", {"note_words": words})
    return after_act(alert_id, done, "note")


@act("/alerts/{alert_id:str}/account", Verb.ACT_ON_ALERT)
def record_account(request: Asked, alert_id: FromPath[str], data: Form) -> Response[Any]:
    """Write down the wearer's account."""
    words = field(data, "words", 4000)
    clerk = foundation(request).clerk
    try:
        done = note(clerk, alert_reader(request), AlertId(alert_id), words, Voice.WEARER)
    except (WordsMissing, NotRecorded) as error:
        return problem_page(request, alert_id, str(error), "#account", {"account_words": words})
    return after_act(alert_id, done, "account")


@act("/alerts/{alert_id:str}/close", Verb.ACT_ON_ALERT)
def close_alert(request: Asked, alert_id: FromPath[str], data: Form) -> Response[Any]:
    """Close the alert with a coded result and the reasons."""
    words, chosen = field(data, "words", 4000), field(data, "disposition")
    version, why = field(data, "version", 12), field(data, "why", 20)
    kept = {"close_words": words, "chosen": chosen, "chosen_reason": why}
    if chosen not in list(Disposition) or not version.isdigit():
        return problem_page(
            request, alert_id, "Choose how to close the alert", "#disposition", kept
        )
    clerk = foundation(request).clerk
    try:
        done = close(
            clerk,
            alert_reader(request),
            AlertId(alert_id),
            int(version),
            Disposition(chosen),
            f"{REASONS.get(why, '')} {words}",
        )
    except WordsMissing as error:
        return problem_page(request, alert_id, str(error), "#close-words", kept)
    except (Conflict, NotRecorded) as error:
        return problem_page(request, alert_id, str(error), NO_FIELD, kept)
    return after_act(alert_id, done, "close")


def alert_reader(request: Asked) -> Reader:
    """Return a reader whose purpose is what looking at alerts has for this role."""
    return reader(request, page_purpose(who(request).actor.role))


def after_act(alert_id: str, done: Done, verb: str) -> Response[Any]:
    """Send the browser back to the alert, where `verb` says what was done."""
    said = verb if done.applied is Applied.APPLIED else "recorded"
    return Redirect(f"/alerts/{alert_id}?done={said}", status_code=303)


def problem_page(
    request: Asked, alert_id: str, problem: str, place: str, kept: dict[str, Any]
) -> Response[Any]:
    """Show the alert again with what is wrong at `place`, and what was typed."""
    context = {"problem": problem, "problem_at": place, **kept}
    return _page(request, AlertId(alert_id), context, 422)


def _page(request: Asked, alert_id: AlertId, more: dict[str, Any], status: int) -> Response[Any]:
    asking = alert_reader(request)
    view = ask_alert(asking, alert_id)
    episode = view.episode
    actor = who(request).actor
    if view.wearer is not None and view.alert.state is not AlertState.CLOSED:
        answering(request, view.wearer.wearer_id, alert_id)
    context = {
        "view": view,
        "code": reference(alert_id),
        "between": between,
        "finding_words": finding_words(episode.rule, episode.finding, episode.phase)
        if episode
        else "",
        "card": card_lines(view.circumstance),
        "more": more_lines(view.circumstance),
        "encounter": encounter_lines(view.encounter),
        "unknown": unknown_lines(view),
        "sure": how_sure(view.alert),
        "silence_words": silence_words(view.silence),
        "since": _since(view),
        "told": recipients(view.told),
        "reached_at": _first(view, AlertEvent.NOTIFIED),
        "answered_at": _first(view, AlertEvent.ACKNOWLEDGED),
        "log": timeline(view.log),
        "accounts": view.said(AlertEvent.ACCOUNT),
        "views": view.said(AlertEvent.NOTED),
        "is_curfew": view.condition is not None
        and isinstance(view.condition.version.terms, Curfew),
        "detail": ""
        if view.episode is None
        else absence_words(view.episode.detail, demand_of(view)),
        "may_act": actor.may(Verb.ACT_ON_ALERT),
        "may_see_cases": actor.may(Verb.SEE_CASES),
        "may_record_case": actor.may(Verb.RECORD_CASE),
        "names": _names(request, view),
        **hand_context(request, view),
        "dispositions": [{"value": d.value, "text": word(d)} for d in Disposition],
        "reasons": [
            *({"value": code, "text": text} for code, text in REASONS.items()),
            {"value": "own", "text": "As written below"},
        ],
        "affected": ask_affected(alert_reader(request), alert_id)
        if view.alert.kind in OUTAGES
        else None,
        "problem": "",
        **seen_plan(request, alert_reader(request), view.wearer.wearer_id if view.wearer else None),
        **more,
    }
    return show(request, "alert.html", context, status)


def _first(view: AlertView, kind: AlertEvent) -> Instant | None:
    """Return when something of this kind first stands in the alert's history."""
    return min((one.at for one in view.log if one.kind == kind.value), default=None)


def _since(view: AlertView) -> str:
    """Return what later fixes changed since the sentence was told, empty if nothing."""
    alert, episode = view.alert, view.episode
    if episode is None or alert.kind not in JUDGED or view.is_place_hidden:
        return ""
    before, now = per_cent(alert.probability), per_cent(episode.probability)
    if before == now:
        return ""
    return f"Later fixes have changed this: now {now} sure, from {len(episode.fixes)} fixes."


def _names(request: Asked, view: AlertView) -> dict[str, str]:
    """Return the names of the accounts that acted on this alert."""
    alerts = (view.alert, *view.also)
    ids = {entry.by for entry in view.log if entry.by} | {view.alert.acknowledged_by or ""}
    ids |= {alert.claimed_by or "" for alert in alerts}
    return foundation(request).sign_in.names(ids - {""})


ROUTES = (
    alert,
    alert_map,
    alert_disclosed,
    acknowledge_alert,
    note_alert,
    record_account,
    close_alert,
)
