"""What the API can do with a trail as a file."""

from typing import Final

from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.query.trail_export import TooMuch
from tagwatch.report.trail_file import TrailFormat
from tagwatch.web.api_endpoint import Endpoint, read
from tagwatch.web.api_record import Call, Wrong
from tagwatch.web.trail_export import MadeTrail, asking_of, made


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
    ),
)
