"""What is asked, as an address gives it: the window, the place, and by when it was known.

The form, the link that reproduces an answer and the API read the same parameters. Times are ISO
8601 with zone (`start`, `end`, `as_of`), or the fields of the form in London time.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final
from urllib.parse import urlencode

from tagwatch.core.geometry import Disc, LonLat
from tagwatch.core.ids import WearerId
from tagwatch.core.timetable import Edge, Weekday
from tagwatch.core.units import SECOND, Instant, iso, parse_iso
from tagwatch.query.enquiry import named_by_crn
from tagwatch.query.question import PlaceAsked, QuestionError, Window, check_window, chosen_place
from tagwatch.query.question import disc as disc_of
from tagwatch.query.reader import Reader
from tagwatch.web.form import Input, Kind, Problems, moment, moment_values
from tagwatch.web.shape_input import read_outline

Given = Mapping[str, str]
_WEEKDAYS: Final = (
    ("Mo", "Monday"),
    ("Tu", "Tuesday"),
    ("We", "Wednesday"),
    ("Th", "Thursday"),
    ("Fr", "Friday"),
    ("Sa", "Saturday"),
    ("Su", "Sunday"),
)
DAY_NAMES: Final = dict(_WEEKDAYS)
OUTLINE_MOST: Final = 8_000
"""Characters of an outline: an address holds no more."""
ASKS_WHEN: Final = (
    ("start", "ISO 8601 with zone: from when"),
    ("end", "ISO 8601 with zone: until when"),
    ("as_of", "ISO 8601 with zone: what was received later is left out; default now"),
)
ASKS_USUAL: Final = (
    ("weekday", "Mo, Tu, We, Th, Fr, Sa or Su"),
    ("from_hour", "0 to 23, London time"),
    ("until_hour", "1 to 24, after the first"),
)
ASKS_MEET: Final = (
    ("other", "The other wearer: CRN or id"),
    ("within", "Metres, 10 to 1000"),
)
ASKS_COMPANIONS: Final = (ASKS_MEET[1],)
ASKS_WHERE: Final = (
    ("lat", "Latitude of a point, with lon and radius"),
    ("lon", "Longitude"),
    ("radius", "Metres, 10 to 5000"),
    ("shape", "Or an outline as GeoJSON, at most 8,000 characters"),
    ("zone", "Or the id of a recorded zone or curfew place of the wearer that you may see"),
    ("version", "Its version; default the newest"),
)


def is_asked(given: Given) -> bool:
    """Return whether an address asks anything, or is only the empty form."""
    return any(given.get(name, "").strip() for name in ("start", "start-day", "lat", "shape"))


def window_of(given: Given, now: Instant, longest: int) -> Window:
    """Return the window asked about. Raises QuestionError."""
    known_at = Instant(now // SECOND * SECOND)
    if given.get("as_of", "").strip():
        known_at = _instant(given, "as_of", Edge.FROM)
    start = _instant(given, "start", Edge.FROM)
    return check_window(start, _instant(given, "end", Edge.UNTIL), known_at, now, longest)


def _instant(given: Given, name: str, edge: Edge) -> Instant:
    written = given.get(name, "").strip()
    if written:
        try:
            return parse_iso(written)
        except (ValueError, OverflowError) as error:
            raise QuestionError(name, f"This is no time: {error}") from error
    problems = Problems()
    found = moment(given, name, problems, f"Enter the {name} of the time asked about", edge)
    if found is None:
        raise QuestionError(name, problems.by_field[name])
    return found


def place_of(given: Given, reader: Reader, wearer_id: WearerId | None) -> PlaceAsked:
    """Return the place asked about. Raises QuestionError; NotFound for a place on record that the
    reader may not see."""
    zone = given.get("zone", "").strip()[:80]
    outline = given.get("shape", "").strip()
    point = [given.get(name, "").strip() for name in ("lat", "lon")]
    if (bool(zone) + bool(outline) + any(point)) > 1:
        raise QuestionError("zone", "Give one place: a recorded one, a point, or an outline")
    if zone and wearer_id is not None:
        name, _, version = zone.partition("@")
        version = version or given.get("version", "").strip() or "0"
        if not (version.isascii() and version.isdigit() and len(version) < 7):
            raise QuestionError("zone", "The version of a place is a whole number")
        return chosen_place(reader, wearer_id, name, int(version))
    if outline:
        return _outline(outline)
    if not any(point):
        raise QuestionError("lat", "Draw the place on the map, enter a point, or choose one")
    lat_deg = number_of(given, "lat", 49.0, 61.5, "The latitude (north, in the UK)")
    lon_deg = number_of(given, "lon", -9.0, 2.6, "The longitude (west is negative)")
    radius_m = number_of(given, "radius", 10.0, 5_000.0, "The radius in metres")
    return disc_of(LonLat(lon_deg=lon_deg, lat_deg=lat_deg), radius_m)


def weekday_of(given: Given) -> Weekday:
    """Return the weekday asked about. Raises QuestionError."""
    written = given.get("weekday", "").strip()
    if written not in list(Weekday):
        raise QuestionError("weekday", f"Choose a day: {', '.join(Weekday)}")
    return Weekday(written)


def hours_of(given: Given) -> tuple[int, int]:
    """Return the hours asked about. Raises QuestionError."""
    low = number_of(given, "from_hour", 0, 23, "The first hour")
    high = number_of(given, "until_hour", 1, 24, "The hour at which it ends")
    if low != int(low) or high != int(high):
        raise QuestionError("from_hour", "Give whole hours, such as 18 and 22")
    return int(low), int(high)


def distance_of(given: Given) -> float:
    """Return how near two are to have met. Raises QuestionError."""
    return number_of(given, "within", 10.0, 1_000.0, "The distance in metres")


def other_of(given: Given, reader: Reader) -> WearerId:
    """Return the other wearer, by CRN or by id. Raises QuestionError."""
    written = given.get("other", "").strip()[:80]
    if not written:
        raise QuestionError("other", "Enter the CRN of the other wearer")
    return named_by_crn(reader, [written]).get(written, WearerId(written))


def _outline(written: str) -> PlaceAsked:
    if len(written) > OUTLINE_MOST:
        raise QuestionError("shape", f"The outline is longer than {OUTLINE_MOST} characters")
    problems = Problems()
    shape = read_outline({"shape": written}, problems)
    if shape is None:
        raise QuestionError("shape", problems.by_field["shape"])
    return PlaceAsked(label="in the outline drawn", shape=shape)


def number_of(given: Given, name: str, least: float, most: float, what: str) -> float:
    """Return a number of an address. Raises QuestionError."""
    try:
        found = float(given.get(name, "").strip().replace(",", ""))
    except ValueError:
        found = float("nan")
    if not isfinite(found) or not least <= found <= most:
        raise QuestionError(name, f"{what} must be a number from {least:g} to {most:g}")
    return found


# --- the way back: from what was asked to an address and to the fields of the form ---------------


def address(path: str, window: Window, place: PlaceAsked | None, **more: str) -> str:
    """Return the address that asks the same again and is answered the same."""
    asked: dict[str, str] = dict(more)
    if place is not None:
        asked |= _place_fields(place)
    asked |= {"start": iso(window.start), "end": iso(window.end), "as_of": iso(window.known_at)}
    return f"{path}?{urlencode(asked)}"


def without_as_of(link: str) -> str:
    """Return an address without by when it was known: it is answered by what is known now."""
    head, _, _ = link.partition("&as_of=")
    return head


def _place_fields(place: PlaceAsked) -> dict[str, str]:
    if place.condition_id is not None:
        return {"zone": f"{place.condition_id}@{place.version}"}
    shape = place.shape
    if isinstance(shape, Disc):
        return {
            "lat": repr(shape.centre.lat_deg),
            "lon": repr(shape.centre.lon_deg),
            "radius": repr(shape.radius_m),
        }
    return {"shape": place.outline}


def fields_of(given: Given, now: Instant, back: int) -> dict[str, Any]:
    """Return the values that fill the form: what was asked, else the last `back` until now."""
    values: dict[str, Any] = dict(given)
    for name, otherwise in (("start", now - back), ("end", now)):
        written = given.get(name, "").strip()
        if written:
            try:
                values |= moment_values(name, parse_iso(written))
            except (ValueError, OverflowError):
                values |= moment_values(name, None)
        elif f"{name}-day" not in given:
            values |= moment_values(name, Instant(otherwise))
    if not is_asked(given):
        offered = {"radius": "200", "within": "50", "weekday": "Tu"}
        offered |= {"from_hour": "18", "until_hour": "22"}
        values = {**offered, **values}
    return values


def when_inputs() -> tuple[Input, ...]:
    """Return the fields of the window."""
    hint = "Day, month, year, and London time on the 24-hour clock"
    return (
        Input(name="start", label="From", kind=Kind.MOMENT, hint=hint),
        Input(name="end", label="Until", kind=Kind.MOMENT),
    )


def usual_inputs() -> tuple[Input, ...]:
    """Return the fields of a weekday and hours."""
    short = "govuk-input--width-2"
    return (
        Input(name="weekday", label="Day", kind=Kind.SELECT, options=_WEEKDAYS),
        Input(name="from_hour", label="From hour", hint="0 to 23, London time", classes=short),
        Input(name="until_hour", label="Until hour", hint="1 to 24", classes=short),
    )


def meet_inputs() -> tuple[Input, ...]:
    """Return the fields of whom he may have met."""
    other = Input(name="other", label="The other wearer's CRN", classes="govuk-input--width-10")
    return (other, *companions_inputs())


def companions_inputs() -> tuple[Input, ...]:
    """Return the field of how near others must have been."""
    within = Input(
        name="within",
        label="Within this many metres of each other",
        hint="10 to 1,000",
        classes="govuk-input--width-5",
        numeric="numeric",
    )
    return (within,)


def where_inputs(places: tuple[tuple[str, str], ...]) -> tuple[Input, ...]:
    """Return the fields of the place; `places` on record, value and label."""
    width = "govuk-input--width-10"
    found = [
        Input(name="lat", label="Latitude", classes=width, numeric="decimal"),
        Input(name="lon", label="Longitude", classes=width, numeric="text"),
        Input(
            name="radius",
            label="Within this many metres",
            hint="10 to 5,000",
            classes="govuk-input--width-5",
            numeric="numeric",
        ),
        Input(name="shape", label="Outline as GeoJSON", kind=Kind.AREA),
    ]
    if places:
        options = (("", "None: the point or outline below"), *places)
        found.append(
            Input(name="zone", label="A place on record", kind=Kind.SELECT, options=options)
        )
    return tuple(found)
