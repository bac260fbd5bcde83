"""The API's endpoints of drawn secret zones that wait for a second person."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import ZoneDraftId
from tagwatch.core.routing import Verdict
from tagwatch.desk.clerk import Done
from tagwatch.desk.zone_draft import decide_zone
from tagwatch.query.zone_drafts import DraftView, zone_drafts
from tagwatch.web.api_endpoint import Endpoint, do, read
from tagwatch.web.api_record import Call


class DraftVerdict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a second person says of a drawn zone."""

    verdict: Verdict
    words: str = ""


class Drafts(msgspec.Struct, frozen=True, kw_only=True):
    """The drawn zones that wait, the oldest first: none of them protects yet."""

    drafts: tuple[DraftView, ...]


def _drafts(call: Call) -> Drafts:
    return Drafts(drafts=zone_drafts(call.reader))


def _decide(call: Call) -> Done:
    body: DraftVerdict = call.body
    name = ZoneDraftId(call.path["draft_id"])
    return decide_zone(call.clerk, call.reader, name, body.verdict, body.words)


ZONES: Final[tuple[Endpoint, ...]] = (
    read(
        "zone_drafts",
        "/zone-drafts",
        Verb.RECORD_CONDITION,
        "Drawn secret zones that wait for a second person",
        _drafts,
        Drafts,
        purpose=Purpose.UPKEEP,
    ),
    do(
        "decide_zone_draft",
        "/zone-drafts/{draft_id:str}/decide",
        Verb.RECORD_CONDITION,
        "Publish a drawn secret zone of somebody else, or refuse one",
        _decide,
        DraftVerdict,
    ),
)
