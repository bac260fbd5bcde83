"""Ordered but not monitored: every order in force without a tag that reports, with its clocks."""

from typing import Any

from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.query.unmonitored import not_monitored
from tagwatch.web.foundation import Asked, reader, who
from tagwatch.web.layout import show
from tagwatch.web.route import page


@page("/not-monitored", Verb.FIT_TAG)
def list_not_monitored(request: Asked) -> Response[Any]:
    """List them, the longest first."""
    found = not_monitored(reader(request, Purpose.UPKEEP))
    actor = who(request).actor
    context = {
        "found": found,
        "waiting": [row for row in found.rows if not row.excused],
        "excused": [row for row in found.rows if row.excused],
        "may_tag": actor.may(Verb.REGISTER_TAG),
    }
    return show(request, "not_monitored.html", context)


ROUTES = (list_not_monitored,)
