"""Who has an alert's wearer in hand, and whom to ring: what the alert page shows of it."""

from typing import Any

from tagwatch.access.enrolment import now
from tagwatch.access.police_link import links_of
from tagwatch.access.role import Verb
from tagwatch.core.acts import other_holder
from tagwatch.core.call_script import script_of
from tagwatch.core.order import Curfew, Demand, ExclusionZone, ZoneKnowledge
from tagwatch.core.outcome import AlertState
from tagwatch.core.recorded_act import CallOutcome, Party
from tagwatch.query.alert import AlertView
from tagwatch.web.foundation import Asked, foundation, who
from tagwatch.web.words import word


def hand_context(request: Asked, view: AlertView) -> dict[str, Any]:
    """Return what the sections *Act* and *Whom to ring* need."""
    alert, at = view.alert, now()
    me = who(request).actor.account_id
    held = [one for one in (alert, *view.also) if one.holder(at) == me]
    script = script_of(alert.kind, _knowledge(view), alert.protects, demand_of(view))
    return {
        "other_holder": other_holder((alert, *view.also), me, at),
        "mine": max((one.claimed_until for one in held if one.claimed_until), default=None),
        "script": None if alert.state is AlertState.CLOSED else script,
        "parties": [{"value": party.value, "text": word(party)} for party in Party],
        "may_link": alert.wearer_id is not None and who(request).actor.may(Verb.ISSUE_POLICE_LINK),
        "may_see_police": alert.wearer_id is not None
        and who(request).actor.may(Verb.SEE_POLICE_PAGE),
        "links": _links(request, view),
        "outcomes": [{"value": outcome.value, "text": word(outcome)} for outcome in CallOutcome],
    }


def _links(request: Asked, view: AlertView) -> list[dict[str, Any]]:
    """Return the links to the police response page, newest first, each with its standing."""
    if not who(request).actor.may(Verb.ISSUE_POLICE_LINK):
        return []
    found = links_of(foundation(request).sign_in.accounts, view.alert.alert_id)
    return [{"link": one, "standing": one.standing(now()).value} for one in found]


def demand_of(view: AlertView) -> Demand:
    """Return what the order calls a condition that says where he must be; else a curfew."""
    terms = None if view.condition is None else view.condition.version.terms
    return terms.demand if isinstance(terms, Curfew) else Demand.CURFEW


def _knowledge(view: AlertView) -> ZoneKnowledge | None:
    terms = None if view.condition is None else view.condition.version.terms
    return terms.knowledge if isinstance(terms, ExclusionZone) else None
