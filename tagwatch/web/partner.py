"""What is shared with a partner agency: its list, one case on a page, and the meeting pack."""

from typing import Any

from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.ids import ShareId
from tagwatch.core.recorded_share import FetchForm
from tagwatch.query.shares import shared_list
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.meeting_pack import Taken, take
from tagwatch.web.released import attachment
from tagwatch.web.route import page


@page("/shared", Verb.SEE_SHARED)
def shared(request: Asked) -> Response[Any]:
    """List what is shared with the partner's agency, with when each ends."""
    rows = shared_list(reader(request, Purpose.PARTNERSHIP))
    return show(request, "shared_list.html", {"rows": rows})


@page("/shared/{share_id:str}", Verb.SEE_SHARED, HANDS_OUT)
def shared_page(request: Asked, share_id: FromPath[str]) -> Response[Any]:
    """Show what one share gives now; that it was looked at is recorded first."""
    taken = _taken(request, share_id, FetchForm.PAGE)
    context = {
        "share": taken.facts.share,
        "wearer": taken.facts.wearer,
        "sections": list(taken.sections),
    }
    return show(request, "shared.html", context)


@page("/shared/{share_id:str}/pack.pdf", Verb.SEE_SHARED, HANDS_OUT)
def pack(request: Asked, share_id: FromPath[str]) -> Response[Any]:
    """Hand out the meeting pack; that it was fetched, and its digest, are recorded first."""
    return attachment(_taken(request, share_id, FetchForm.PDF).file)


def _taken(request: Asked, share_id: str, form: FetchForm) -> Taken:
    asking = reader(request, Purpose.PARTNERSHIP, ShareId(share_id))
    return take(foundation(request), asking, ShareId(share_id), form)


ROUTES = (shared, shared_page, pack)
