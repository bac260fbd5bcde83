"""All routes of the web application, page by page."""

from typing import Final

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from tagwatch.web import (
    about,
    alert,
    alerts,
    answer,
    api,
    audit,
    contact_form,
    curfew_form,
    hand,
    health,
    home,
    live,
    on_call,
    order_form,
    purpose,
    receipts,
    rota_form,
    settings_form,
    shift,
    sign_in,
    stream,
    tag,
    wearer,
    wearer_form,
    wearers,
    zone_form,
)

ROUTES: Final[tuple[HTTPRouteHandler | Router, ...]] = (
    *home.ROUTES,
    *sign_in.ROUTES,
    *answer.ROUTES,
    *receipts.ROUTES,
    *purpose.ROUTES,
    *alerts.ROUTES,
    *alert.ROUTES,
    *hand.ROUTES,
    *stream.ROUTES,
    *wearers.ROUTES,
    *wearer.ROUTES,
    *wearer_form.ROUTES,
    *order_form.ROUTES,
    *zone_form.ROUTES,
    *curfew_form.ROUTES,
    *tag.ROUTES,
    *contact_form.ROUTES,
    *on_call.ROUTES,
    *rota_form.ROUTES,
    *settings_form.ROUTES,
    *shift.ROUTES,
    *live.ROUTES,
    *audit.ROUTES,
    *health.ROUTES,
    *about.ROUTES,
    *api.ROUTES,
)
