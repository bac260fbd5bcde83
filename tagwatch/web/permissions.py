"""Print the permission matrix of every route: `python -m tagwatch.web.permissions`."""

import sys
from collections.abc import Iterator

from litestar.handlers import HTTPRouteHandler
from litestar.router import Router

from tagwatch.access.permission import Route, table
from tagwatch.access.role import Verb
from tagwatch.access.written import Writes
from tagwatch.web import pages
from tagwatch.web.api_purpose import MOVEMENTS
from tagwatch.web.api_verbs import ENDPOINTS
from tagwatch.web.route import OPEN, VERB, WRITES


def declared() -> list[Route]:
    """Return every route of pages and API, as it is declared. Raises ValueError for one that
    names no verb and is not open."""
    return [route for handler in pages.ROUTES for route in _routes(handler)]


def declared_writes() -> list[tuple[Route, Writes]]:
    """Return what each route puts on the audit, by address. Raises ValueError for one that does
    not say."""
    found: list[tuple[Route, Writes]] = []
    for handler in pages.ROUTES:
        writes = handler.opt.get(WRITES)
        for route in _routes(handler):
            if not isinstance(writes, Writes):
                raise ValueError(f"{route.method} {route.path} does not say what it writes")
            found.append((route, writes))
    return sorted(found, key=lambda each: (each[0].path, each[0].method))


def purposes() -> dict[Route, str]:
    """Return why one may look by each route: an endpoint of the API declares it, a page states its
    own or takes the session's, and whatever shows one wearer's movements needs it for him."""
    declared_by = {
        (each.method, f"/api/v1{each.path}"): "must be sent"
        if each.purpose is None
        else f"{each.purpose} unless another is sent"
        for each in ENDPOINTS
    }
    return {
        route: _purpose(route, declared_by.get((route.method, route.path))) for route in declared()
    }


def _purpose(route: Route, of_endpoint: str | None) -> str:
    if route.verb in (None, Verb.USE_OWN_ACCOUNT):
        return "none"
    of_him = "{wearer_id:" in route.path and route.method == "GET"
    if of_him and (route.verb in MOVEMENTS if of_endpoint else route.verb is Verb.SEE_TRAIL):
        return "stated for the wearer"
    return of_endpoint or "the page's or the session's"


def _routes(handler: HTTPRouteHandler | Router) -> Iterator[Route]:
    if isinstance(handler, Router):
        raise TypeError(f"{handler.path} is a router; declare its routes one by one")
    is_open, verb = handler.opt.get(OPEN), handler.opt.get(VERB)
    if not is_open and not isinstance(verb, Verb):
        raise ValueError(f"{sorted(handler.paths)} names no verb; declare it with page or act")
    for path in handler.paths:
        for method in sorted(str(each) for each in handler.http_methods):
            if method not in ("HEAD", "OPTIONS"):
                yield Route(method, path, None if is_open else verb)


if __name__ == "__main__":
    sys.stdout.write(table(declared(), purposes()))
