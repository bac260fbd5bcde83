"""About: what Tagwatch can and cannot see, what it leaves to others, and whose work it uses."""

from typing import Any

from litestar.response import Response

from tagwatch.access.role import SAYS, Verb
from tagwatch.access.written import nothing
from tagwatch.web.foundation import Asked, who
from tagwatch.web.layout import show
from tagwatch.web.route import page


@page("/about", Verb.USE_OWN_ACCOUNT, nothing("what this software is: the same for all"))
def about(request: Asked) -> Response[Any]:
    """Say in plain words what one may expect of these pages."""
    actor = who(request).actor
    can = [SAYS[verb] for verb in Verb if actor.may(verb)]
    return show(request, "about.html", {"can": can, "role": actor.role.value})


ROUTES = (about,)
