"""Places that an order names in words: that one was drawn, or need not be, is said by a form."""

from typing import Any, Final

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.desk.geometry_need import settle_need
from tagwatch.web.form import TOP, Problems, after, attempt
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import Form, act, field

LIST: Final = "/to-draw"


@act("/wearers/{wearer_id:str}/needs/{need_id:str}/settle", Verb.RECORD_CONDITION)
def settle(
    request: Asked, wearer_id: FromPath[str], need_id: FromPath[str], data: Form
) -> Response[Any]:
    """Record that the place was drawn, or need not be."""
    asking, clerk, problems = reader(request, Purpose.UPKEEP), foundation(request).clerk, Problems()
    words = field(data, "words", 500)
    done = attempt(
        problems, lambda: settle_need(clerk, asking, WearerId(wearer_id), need_id, words)
    )
    if done is None:
        context = {"title": "Not recorded", "text": problems.by_field[TOP]}
        return show(request, "error.html", context, 422)
    return after(LIST if field(data, "next", 20) == LIST else f"/wearers/{wearer_id}", done)


ROUTES = (settle,)
