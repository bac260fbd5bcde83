"""What the API tells of a trail: its fixes, how he moved, and the whole as a file."""

from typing import Final

from tagwatch.access.role import Verb
from tagwatch.access.written import HANDS_OUT
from tagwatch.core.ids import WearerId
from tagwatch.core.movements import Movements
from tagwatch.query.movement import movements_of
from tagwatch.query.trail import Trail
from tagwatch.query.trail_export import TooMuch
from tagwatch.query.trail_view import TooMany, trail
from tagwatch.report.trail_file import TrailFormat
from tagwatch.web.api_endpoint import Endpoint, read
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.api_window import ASKS, window_of
from tagwatch.web.trail_export import MadeTrail, asking_of, made
from tagwatch.web.trail_window import LONGEST


def _trail(call: Call) -> Trail:
    try:
        return trail(call.reader, WearerId(call.path["wearer_id"]), *window_of(call, LONGEST))
    except TooMany as error:
        raise Wrong(str(error)) from error


def _movements(call: Call) -> Movements:
    try:
        start, end = window_of(call, LONGEST)
        return movements_of(call.reader, WearerId(call.path["wearer_id"]), start, end)
    except TooMany as error:
        raise Wrong(str(error)) from error


def _export(call: Call) -> MadeTrail:
    try:
        asked = asking_of(call.query, call.reader.now())
        told, file = made(call.reader, call.sign_in, WearerId(call.path["wearer_id"]), asked)
    except (ValueError, TooMuch) as error:
        raise Wrong(str(error)) from error
    with file:
        return MadeTrail(file=told, content=file.read())


TRAILS: Final[tuple[Endpoint, ...]] = (
    read(
        "get_trail",
        "/wearers/{wearer_id:str}/trail",
        Verb.SEE_TRAIL,
        "Where a wearer has been; a long trail thinned, but for all that lies near a zone or alert",
        _trail,
        Trail,
        asks=ASKS,
    ),
    read(
        "get_movements",
        "/wearers/{wearer_id:str}/movements",
        Verb.SEE_TRAIL,
        "His stops, trips and gaps, each with how well it is known",
        _movements,
        Movements,
        asks=ASKS,
    ),
    read(
        "export_trail",
        "/wearers/{wearer_id:str}/trail/export",
        Verb.SEE_TRAIL,
        "A wearer's trail as a file for others",
        _export,
        MadeTrail,
        asks=(
            ("format", f"One of {', '.join(TrailFormat)}"),
            ("from", "First day, as 2026-03-31, or an instant; a week before the end by default"),
            ("to", "Last day, or an instant that is no part of it; now by default"),
        ),
        writes=HANDS_OUT,
    ),
)
