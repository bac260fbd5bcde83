"""What is asked about patterns, as an address gives it: how many weeks, until when, how near."""

from datetime import time
from json import dumps, loads
from typing import Any, Final, cast
from urllib.parse import urlencode

import msgspec

from tagwatch.core.timetable import Weekday
from tagwatch.core.units import DAY, SECOND, Instant, iso, parse_iso
from tagwatch.query.question import QuestionError, Window
from tagwatch.query.stalking import RING_M, WEEKS, WITHIN_M, RouteAsked, period
from tagwatch.web.form import Input, Kind
from tagwatch.web.question_input import OUTLINE_MOST, Given, number_of

DEFAULT_WEEKS: Final = 4
DEFAULT_RING_M: Final = 200.0
DEFAULT_WITHIN_M: Final = 100.0
MOST_CORNERS: Final = 100
_CLOCK: Final = "London time, such as 08:15"
_TIME: Final = "govuk-input--width-5"
ASKS: Final = (
    ("weeks", f"How many weeks, {WEEKS[0]} to {WEEKS[1]}; default {DEFAULT_WEEKS}"),
    ("ring", f"Metres round each zone and its buffer, {RING_M[0]:g} to {RING_M[1]:g}; default 200"),
    ("within", f"Metres from her route, {WITHIN_M[0]:g} to {WITHIN_M[1]:g}; default 100"),
    ("route", "Her route: GeoJSON LineString, or lines of latitude, longitude; 2 to 100 places"),
    ("pass_from", "London time from which she would pass, as 08:15"),
    ("pass_until", "And until when, on the same day"),
    ("pass_days", "On which days, as MoTuWeThFr; default every day"),
    ("end", "ISO 8601 with zone: until when; default now"),
    ("as_of", "ISO 8601 with zone: what was received later is left out; default now"),
)


class PatternsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """One question about patterns."""

    window: Window
    ring_m: float
    within_m: float
    route: RouteAsked | None

    @property
    def query(self) -> str:
        """What follows the `?` of the address that is answered the same."""
        said = {
            "weeks": str((self.window.end - self.window.start) // (7 * DAY)),
            "ring": f"{self.ring_m:g}",
            "within": f"{self.within_m:g}",
        }
        if self.route is not None:
            corners = [[lon, lat] for lon, lat in self.route.corners]
            said["route"] = dumps({"type": "LineString", "coordinates": corners})
            if self.route.hours is not None:
                said["pass_from"], said["pass_until"] = (
                    each.strftime("%H:%M") for each in self.route.hours
                )
                said["pass_days"] = "".join(self.route.days)
        return urlencode(said | {"end": iso(self.window.end), "as_of": iso(self.window.known_at)})


def inputs() -> tuple[Input, ...]:
    """Return the fields of the form."""
    low, high = WEEKS
    return (
        Input(
            name="weeks",
            label="How many weeks",
            hint=f"{low} to {high}. Four more before them are read for his earlier rate",
            classes="govuk-input--width-3",
            numeric="numeric",
        ),
        Input(
            name="ring",
            label="How far round each zone (metres)",
            hint=f"{RING_M[0]:g} to {RING_M[1]:g}, beyond its buffer",
            classes="govuk-input--width-5",
            numeric="numeric",
        ),
        Input(
            name="route",
            label="A route of hers (optional)",
            kind=Kind.AREA,
            hint="One place a line: latitude, longitude; or a GeoJSON LineString. At most 100. It "
            "is used for this answer alone and is not recorded",
        ),
        Input(
            name="within",
            label="How near her route (metres)",
            hint=f"{WITHIN_M[0]:g} to {WITHIN_M[1]:g}",
            classes="govuk-input--width-5",
            numeric="numeric",
        ),
        Input(name="pass_from", label="She would pass from", hint=_CLOCK, classes=_TIME),
        Input(name="pass_until", label="Until", hint=_CLOCK, classes=_TIME),
        Input(
            name="pass_days",
            label="On these days",
            hint="Such as MoTuWeThFr. Empty: every day",
        ),
    )


def asked_of(given: Given, now: Instant) -> PatternsAsked:
    """Return what an address asks. Raises QuestionError."""
    now = Instant(now // SECOND * SECOND)
    weeks = _number(given, "weeks", DEFAULT_WEEKS, *WEEKS, "The number of weeks")
    if weeks != int(weeks):
        raise QuestionError("weeks", "The number of weeks must be a whole number")
    ring_m = _number(given, "ring", DEFAULT_RING_M, *RING_M, "The ring in metres")
    known_at = _instant(given, "as_of", now)
    end = _instant(given, "end", min(known_at, now))
    return PatternsAsked(
        window=period(int(weeks), end, known_at, now),
        ring_m=ring_m,
        within_m=_number(given, "within", DEFAULT_WITHIN_M, *WITHIN_M, "The distance in metres"),
        route=_route(given),
    )


def _route(given: Given) -> RouteAsked | None:
    written = given.get("route", "").strip()
    if not written:
        return None
    if len(written) > OUTLINE_MOST:
        raise QuestionError("route", f"The route is longer than {OUTLINE_MOST:,} characters")
    try:
        corners = _line(written)
    except (ValueError, TypeError, KeyError) as error:
        said = "Give one place a line as latitude, longitude, or a GeoJSON LineString"
        raise QuestionError("route", said) from error
    if not 2 <= len(corners) <= MOST_CORNERS:
        raise QuestionError("route", f"A route has 2 to {MOST_CORNERS} places")
    if not all(-9.0 <= lon <= 2.6 and 49.0 <= lat <= 61.5 for lon, lat in corners):
        raise QuestionError("route", "A place of the route does not lie in the UK")
    return RouteAsked(corners=corners, hours=_hours(given), days=_days(given))


def _line(written: str) -> tuple[tuple[float, float], ...]:
    if written.startswith(("{", "[")):
        found = loads(written)
        if isinstance(found, dict):
            found = cast("dict[str, Any]", found)
            found = found.get("geometry", found)["coordinates"]
        return tuple((float(lon), float(lat)) for lon, lat in cast("list[Any]", found))
    pairs = [line.split(",") for line in written.splitlines() if line.strip()]
    return tuple((float(lon), float(lat)) for lat, lon in pairs)


def _hours(given: Given) -> tuple[time, time] | None:
    said = [given.get(name, "").strip() for name in ("pass_from", "pass_until")]
    if not any(said):
        return None
    found: list[time] = []
    for name, written in zip(("pass_from", "pass_until"), said, strict=True):
        try:
            found.append(time.fromisoformat(written).replace(tzinfo=None, second=0, microsecond=0))
        except ValueError as error:
            raise QuestionError(name, "Enter a time of the day, such as 08:15") from error
    if found[0] >= found[1]:
        raise QuestionError("pass_until", "The end must be after the start, on the same day")
    return found[0], found[1]


def _days(given: Given) -> tuple[Weekday, ...]:
    written = given.get("pass_days", "").strip()
    if not written:
        return tuple(Weekday)
    parts = [written[k : k + 2] for k in range(0, len(written), 2)]
    if len(parts) > len(Weekday) or not set(parts) <= {each.value for each in Weekday}:
        raise QuestionError("pass_days", "Write days as MoTuWeThFrSaSu, without commas")
    return tuple(each for each in Weekday if each.value in parts)


def fields_of(given: Given) -> dict[str, str]:
    """Return the values that fill the form."""
    names = ("route", "pass_from", "pass_until", "pass_days")
    return {name: given.get(name, "").strip() for name in names} | {
        "within": given.get("within", "").strip() or f"{DEFAULT_WITHIN_M:g}",
        "weeks": given.get("weeks", "").strip() or str(DEFAULT_WEEKS),
        "ring": given.get("ring", "").strip() or f"{DEFAULT_RING_M:g}",
    }


def _number(
    given: Given, name: str, otherwise: float, least: float, most: float, what: str
) -> float:
    return number_of(given, name, least, most, what) if given.get(name, "").strip() else otherwise


def _instant(given: Given, name: str, otherwise: Instant) -> Instant:
    written = given.get(name, "").strip()
    if not written:
        return otherwise
    try:
        return parse_iso(written)
    except (ValueError, OverflowError) as error:
        raise QuestionError(name, f"This is no time: {error}") from error
