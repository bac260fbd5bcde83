"""The breach pack of a case as PDF: by a button on its page, and for programs."""

from hashlib import sha256
from typing import Any

import msgspec
from litestar.params import FromPath
from litestar.response import Response

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.sign_in import SignIn
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.ids import CaseId
from tagwatch.query.breach_pack import PackFacts, breach_pack
from tagwatch.report.paper import typeset
from tagwatch.web.case import case_reader
from tagwatch.web.foundation import Asked, foundation
from tagwatch.web.pack_words import case_code, paper
from tagwatch.web.route import page


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A breach pack as it was set."""

    name: str
    sha256: str
    content: bytes
    """PDF; base64 in JSON."""


def pack(reader: Reader, sign_in: SignIn, case_id: CaseId) -> Pack:
    """Return the breach pack of a case within scope; the same state gives the same bytes.

    Raises NotFound. It is on the audit as a disclosure before it is made.
    """
    facts = breach_pack(reader, case_id)
    content = typeset(paper(facts, sign_in.names(_accounts(facts))))
    name = f"breach-pack-{case_code(case_id)}-{facts.case.version}.pdf"
    return Pack(name=name, sha256=sha256(content).hexdigest(), content=content)


def _accounts(facts: PackFacts) -> set[str]:
    case = facts.case
    found = {case.opened_by, *(one.by for one in facts.timeline if one.by)}
    found |= {one.answered_by for one in case.contests if one.answered_by}
    found |= {word.by for one in facts.accounts for word in one.words}
    for one in case.decisions:
        found |= {one.by, one.countersigned_by or one.by}
    return {str(each) for each in found}


@page("/cases/{case_id:str}/breach-pack", Verb.SEE_CASES, HANDS_OUT)
def case_pack(request: Asked, case_id: FromPath[str]) -> Response[Any]:
    """Hand the breach pack out, to be saved."""
    made = pack(case_reader(request), foundation(request).sign_in, CaseId(case_id))
    return Response(
        made.content,
        headers={
            "content-type": "application/pdf",
            "content-disposition": f'attachment; filename="{made.name}"',
            "content-security-policy": "default-src 'none'; sandbox",
            "x-content-sha256": made.sha256,
        },
    )


ROUTES = (case_pack,)
