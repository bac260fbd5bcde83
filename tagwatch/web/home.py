"""The first page: where each role begins."""

from typing import Any

from litestar.response import Redirect, Response

from tagwatch.access.role import Verb
from tagwatch.access.written import nothing
from tagwatch.web.foundation import Asked, who
from tagwatch.web.layout import menu, show
from tagwatch.web.route import open_page, page


@page("/", Verb.USE_OWN_ACCOUNT, nothing("leads to the first page of the role"))
def home(request: Asked) -> Response[Any]:
    """Lead to the first page of the menu this role has."""
    entries = menu(who(request), "/")
    if entries:
        return Redirect(entries[0]["href"], status_code=303)
    return show(
        request, "error.html", {"title": "Signed in", "text": "Your role has no pages yet."}
    )


@open_page("/alive", nothing("that the process lives"))
def alive(request: Asked) -> Response[Any]:  # noqa: ARG001  # the framework passes it
    """Say that this process answers; for whoever watches it."""
    return Response({"alive": "yes"})


ROUTES = (home, alive)
