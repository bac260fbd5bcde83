"""What a partner takes of a share, as page, data or paper: recorded with its digest before it
leaves."""

from hashlib import sha256
from typing import Protocol

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.sign_in import SignIn
from tagwatch.config import Config
from tagwatch.core.ids import ShareId
from tagwatch.core.recorded_share import FetchForm
from tagwatch.desk.clerk import Clerk
from tagwatch.desk.share import fetch
from tagwatch.query.shared_case import SharedCase, shared_case
from tagwatch.report.paper import Section, typeset
from tagwatch.web.released import Fetch
from tagwatch.web.share_paper import pack_paper, pack_sections


class Base(Protocol):
    """What fetching stands on: a page's foundation, or a call of the API."""

    @property
    def clerk(self) -> Clerk:
        """Enters that it was fetched."""
        ...

    @property
    def config(self) -> Config:
        """Of the installation."""
        ...

    @property
    def sign_in(self) -> SignIn:
        """Knows the names of accounts."""
        ...


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a share gives now, in sections, and the bytes of which the digest was recorded."""

    facts: SharedCase
    sections: tuple[Section, ...]
    file: Fetch


def take(base: Base, asking: Reader, share_id: ShareId, form: FetchForm) -> Taken:
    """Return what a share gives now to a reader who reaches that share alone, after recording it.

    Raises NotFound, NotRecorded: then nothing may leave.
    """
    facts = shared_case(asking, base.config, share_id)
    names = _names(base.sign_in, facts)
    sections = tuple(pack_sections(facts, names))
    if form is FetchForm.PDF:
        content, kind, end = typeset(pack_paper(facts, names)), "application/pdf", "pdf"
    else:
        content, kind, end = msgspec.json.encode(sections), "application/json", "json"
    file = Fetch(
        name=f"meeting-pack-{facts.share.share_id}-{facts.share.version}.{end}",
        media_type=kind,
        sha256=sha256(content).hexdigest(),
        content=content,
    )
    fetch(base.clerk, asking, facts.share, form, file.sha256)
    return Taken(facts=facts, sections=sections, file=file)


def _names(sign_in: SignIn, facts: SharedCase) -> dict[str, str]:
    ids = {facts.share.by, facts.share.account_id or ""}
    if facts.wearer is not None:
        ids.add(facts.wearer.officer or "")
    return sign_in.names({str(each) for each in ids if each})
