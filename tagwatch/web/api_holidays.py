"""The API's endpoint of bank holidays: another list is published with the settings."""

from datetime import date
from typing import Annotated, Final

import msgspec

from tagwatch.access.role import Verb
from tagwatch.core.holidays import HolidaySettings
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Done
from tagwatch.desk.settings import publish_holidays
from tagwatch.web.api_endpoint import Endpoint, do
from tagwatch.web.api_record import Call, Wrong


class HolidaysPublished(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole list of bank holidays; `seen_version` is the settings' version that was read, 0 if
    none was published."""

    origin: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    written_on: date
    days: Annotated[tuple[date, ...], msgspec.Meta(min_length=1, max_length=400)]
    listed_until: date
    seen_version: int
    effective_from: Instant


def _publish(call: Call) -> Done:
    body: HolidaysPublished = call.body
    if body.listed_until < max(body.days):
        raise Wrong(f"listed_until must not be before the last day listed, {max(body.days)}")
    try:
        listed = HolidaySettings(
            origin=body.origin,
            written_on=body.written_on,
            days=body.days,
            listed_until=body.listed_until,
        )
    except ValueError as error:
        raise Wrong(str(error)) from error
    return publish_holidays(call.clerk, call.reader, listed, body.seen_version, body.effective_from)


HOLIDAYS: Final[tuple[Endpoint, ...]] = (
    do(
        "publish_holidays",
        "/settings/holidays",
        Verb.PUBLISH_SETTINGS,
        "Publish another list of bank holidays, as the next version of the rule settings",
        _publish,
        HolidaysPublished,
    ),
)
