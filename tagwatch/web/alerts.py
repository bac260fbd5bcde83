"""Open alerts: the first page of everybody who answers alerts. Live, and whole without scripts."""

from typing import Any

from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Role, Verb
from tagwatch.core.alert import reference
from tagwatch.query.open_alerts import OpenAlert, open_alerts
from tagwatch.web.foundation import Asked, reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import page


@page("/alerts", Verb.SEE_ALERTS)
def alerts(request: Asked) -> Response[Any]:
    """List the open alerts by urgency and clock."""
    found = open_alerts(reader(request, page_purpose(who(request).actor.role)))
    context = {"found": found, "rows": [row_context(row) for row in found.rows]}
    return show(request, "alerts.html", context)


def page_purpose(role: Role) -> Purpose:
    """Return the purpose that looking at alerts has for this role."""
    return Purpose.VICTIM_SAFETY if role is Role.LIAISON else Purpose.ALERT_RESPONSE


def row_context(row: OpenAlert) -> dict[str, Any]:
    """Return what the template of one row needs."""
    return {"row": row, "alert": row.alert, "code": reference(row.alert.alert_id)}


ROUTES = (alerts,)
