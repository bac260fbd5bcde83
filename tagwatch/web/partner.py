"""What is shared with a partner agency: its list, one case on a page, and the meeting pack."""

from hashlib import sha256
from typing import Any

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import ShareId
from tagwatch.core.recorded_share import FetchForm
from tagwatch.desk.share import fetch
from tagwatch.query.shared_case import SharedCase, shared_case
from tagwatch.query.shares import shared_list
from tagwatch.report.paper import typeset
from tagwatch.web.foundation import Asked, foundation, reader
from tagwatch.web.layout import show
from tagwatch.web.route import page
from tagwatch.web.share_paper import pack_paper, pack_sections


@page("/shared", Verb.SEE_SHARED)
def shared(request: Asked) -> Response[Any]:
    """List what is shared with the partner's agency, with when each ends."""
    rows = shared_list(reader(request, Purpose.PARTNERSHIP))
    return show(request, "shared_list.html", {"rows": rows})


@page("/shared/{share_id:str}", Verb.SEE_SHARED)
def shared_page(request: Asked, share_id: FromPath[str]) -> Response[Any]:
    """Show what one share gives now; that it was looked at is recorded first."""
    facts, names = _facts(request, share_id, FetchForm.PAGE)
    context = {
        "share": facts.share,
        "wearer": facts.wearer,
        "sections": list(pack_sections(facts, names)),
    }
    return show(request, "shared.html", context)


@page("/shared/{share_id:str}/pack.pdf", Verb.SEE_SHARED)
def pack(request: Asked, share_id: FromPath[str]) -> Response[Any]:
    """Hand out the meeting pack; that it was fetched, and its digest, are recorded first."""
    asking = reader(request, Purpose.PARTNERSHIP, ShareId(share_id))
    base = foundation(request)
    facts = shared_case(asking, base.config, ShareId(share_id))
    content = typeset(pack_paper(facts, _names(request, facts)))
    digest = sha256(content).hexdigest()
    fetch(base.clerk, asking, facts.share, FetchForm.PDF, digest)
    name = f"meeting-pack-{facts.share.share_id}-{facts.share.version}.pdf"
    return Response(
        content,
        headers={
            "content-type": "application/pdf",
            "content-disposition": f'attachment; filename="{name}"',
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-sha256": digest,
        },
    )


def _facts(request: Asked, share_id: str, form: FetchForm) -> tuple[SharedCase, dict[str, str]]:
    asking = reader(request, Purpose.PARTNERSHIP, ShareId(share_id))
    base = foundation(request)
    facts = shared_case(asking, base.config, ShareId(share_id))
    names = _names(request, facts)
    said = msgspec.json.encode(list(pack_sections(facts, names)))
    fetch(base.clerk, asking, facts.share, form, sha256(said).hexdigest())
    return facts, names


def _names(request: Asked, facts: SharedCase) -> dict[str, str]:
    ids = {facts.share.by, facts.share.account_id or ""}
    if facts.wearer is not None:
        ids.add(facts.wearer.officer or "")
    return foundation(request).sign_in.names({str(each) for each in ids if each})


ROUTES = (shared, shared_page, pack)
