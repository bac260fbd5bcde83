"""The API's endpoints of zones that wait: drawn secret ones for a second person, and places in
words to be drawn."""

from typing import Final

import msgspec

from tagwatch.access.purpose import Purpose
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId, ZoneDraftId
from tagwatch.core.routing import Verdict
from tagwatch.desk.clerk import Done
from tagwatch.desk.geometry_need import settle_need
from tagwatch.desk.zone_draft import decide_zone
from tagwatch.query.geometry_needs import PlacesToDraw, places_to_draw
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


class NeedSettled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a place in words need not be drawn, or which zone or curfew it became."""

    words: str


def _to_draw(call: Call) -> PlacesToDraw:
    return places_to_draw(call.reader)


def _settle(call: Call) -> Done:
    body: NeedSettled = call.body
    wearer_id, need_id = WearerId(call.path["wearer_id"]), call.path["need_id"]
    return settle_need(call.clerk, call.reader, wearer_id, need_id, body.words)


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
    read(
        "places_to_draw",
        "/places-to-draw",
        Verb.RECORD_CONDITION,
        "Places that orders name in words only, the overdue ones first. One that is recorded as a "
        "condition with its `need_id` is settled by that",
        _to_draw,
        PlacesToDraw,
        purpose=Purpose.UPKEEP,
    ),
    do(
        "settle_place",
        "/wearers/{wearer_id:str}/places-to-draw/{need_id:str}/settle",
        Verb.RECORD_CONDITION,
        "Say why a place in words need not be drawn",
        _settle,
        NeedSettled,
    ),
)
