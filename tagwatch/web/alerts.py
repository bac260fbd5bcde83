"""Open alerts: the first page of everybody who answers alerts. Live, and whole without scripts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from litestar.response import Response

from tagwatch.access.actor import Actor
from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Role, Verb
from tagwatch.core.alert import JUDGED, SILENT, Alert, AlertKind, reference
from tagwatch.core.outcome import Finding, Phase
from tagwatch.query.glass import owed_to
from tagwatch.query.open_alerts import OpenAlert, open_alerts
from tagwatch.query.unsealing import unsealings_to_decide
from tagwatch.web.foundation import Asked, foundation, reader, who
from tagwatch.web.layout import page_asked, show
from tagwatch.web.render import per_cent
from tagwatch.web.route import page
from tagwatch.web.words import word

OUTAGES: Final = (AlertKind.BLIND, AlertKind.MASS_SILENCE)
SHOWN_OF_A_CAUSE: Final = 3
"""Of alerts that another explains so many are shown beneath it; the rest is folded and counted."""
_GREY: Final = "govuk-tag--grey"
_UNSEEN: Final = "tw-tag--unseen"
"""As strong as a breach: nobody can say that there is none."""
_TAGS: Final = {
    Finding.CONFIRMED: "govuk-tag--red",
    Finding.POSSIBLE: "govuk-tag--yellow",
    Finding.WITHDRAWN: _GREY,
    Finding.UNDETERMINED: "govuk-tag--blue",
}


class Sure(NamedTuple):
    """How sure an alert is: a word, the look of its label, the probability where there is one."""

    text: str
    tag: str
    probability: float | None
    is_later: bool = False
    """Whether later fixes than those the alert speaks of made it so probable."""


@page("/alerts", Verb.SEE_ALERTS)
def alerts(request: Asked) -> Response[Any]:
    """List the open alerts by urgency and clock."""
    actor = who(request).actor
    asking = reader(request, page_purpose(actor.role))
    found = open_alerts(asking, page_asked(request))
    names = foundation(request).sign_in.names(acting(found.rows))
    folds = request.query_params.get("folded") != "show"
    seen: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for row in found.rows:
        explained = row.alert.explained_by is not None
        rows.append(
            row_context(row, actor, names)
            | {
                "follows": seen[row.group] > 0,
                "folded": explained and folds and seen[row.group] > SHOWN_OF_A_CAUSE,
            }
        )
        seen[row.group] += 1
    outages = [row.alert for row in found.rows if row.alert.kind in OUTAGES]
    context = {
        "found": found,
        "rows": rows,
        "folded": sum(entry["folded"] for entry in rows),
        "folds": folds,
        "glass_owed": owed_to(asking),
        "unsealings_owed": unsealings_to_decide(asking),
        "outages": [(alert, reference(alert.alert_id)) for alert in outages],
    }
    return show(request, "alerts.html", context)


def acting(rows: Iterable[OpenAlert]) -> set[str]:
    """Return the accounts that took these alerts on, or have their wearers in hand."""
    alerts = [row.alert for row in rows]
    return {by for alert in alerts for by in (alert.acknowledged_by, alert.claimed_by) if by}


def page_purpose(role: Role) -> Purpose:
    """Return the purpose that looking at alerts has for this role."""
    return Purpose.VICTIM_SAFETY if role is Role.LIAISON else Purpose.ALERT_RESPONSE


def row_context(row: OpenAlert, actor: Actor, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what the template of one row needs; `names` are those of the accounts `acting`."""
    alert = row.alert
    return {
        "row": row,
        "alert": alert,
        "code": reference(alert.alert_id),
        "sure": how_sure(alert, row.probability_now),
        "may_open": actor.may(Verb.SEE_ALERT),
        "names": names,
        "follows": False,
        "folded": False,
    }


def how_sure(alert: Alert, probability_now: float | None = None) -> Sure:
    """Return what an officer reads first: confirmed, possible, cannot say, or a reported fact."""
    if alert.kind in JUDGED:
        now = probability_now or alert.probability
        is_later = bool(alert.probability) and per_cent(now) != per_cent(alert.probability)
        return Sure(word(alert.finding), _TAGS[alert.finding], now or None, is_later)
    if alert.kind is AlertKind.CURFEW_UNSEEN:
        return Sure("Cannot say", _UNSEEN, None)
    if alert.kind in SILENT:
        going_on = alert.phase is Phase.OPEN
        return Sure("Cannot see", _UNSEEN, None) if going_on else Sure("Not seen", _GREY, None)
    return Sure("Reported", _GREY, None)


ROUTES = (alerts,)
