"""The form of an account check: one statement at a time, those given so far kept beside it."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from tagwatch.core.geometry import Disc, Shape, ShapeError
from tagwatch.core.statement import Allegation, Statement, about
from tagwatch.core.units import MINUTE, Instant
from tagwatch.desk.zone import centre as centre_of
from tagwatch.desk.zone import refuse_abroad
from tagwatch.query.account_place import street, widened
from tagwatch.web.account_track import read_track
from tagwatch.web.form import Input, Kind, Problems, choice, moment, number, options
from tagwatch.web.shape_input import read_outline, read_place

KEPT_MOST: Final = 2_000_000
_KEPT: Final = msgspec.json.Decoder(tuple[Statement, ...])
_SHORT: Final = "govuk-input--width-5"


def inputs() -> tuple[Input, ...]:
    """Return the fields of one statement."""
    return (
        Input(name="claim", label="What is said", kind=Kind.RADIOS, options=options(Allegation)),
        Input(
            name="words",
            label="In whose words (optional)",
            kind=Kind.AREA,
            hint="As it was said, for example: about nine, near the school, he followed me to the "
            "bus stop. No address of a protected person",
        ),
        Input(name="place", label="The place in words", hint="For example: the school gate"),
        Input(name="lat", label="Latitude", classes="govuk-input--width-10", numeric="decimal"),
        Input(name="lon", label="Longitude", classes="govuk-input--width-10", numeric="text"),
        Input(
            name="radius",
            label="Within this many metres",
            hint="10 to 5,000",
            classes=_SHORT,
            numeric="numeric",
        ),
        Input(
            name="shape",
            label="Outline or street as GeoJSON",
            kind=Kind.AREA,
            hint="A Polygon for an area, a LineString for a street",
        ),
        Input(
            name="vague",
            label="The place may be off by (metres)",
            hint="0 to 2,000. A place told from memory is seldom better than 50",
            classes=_SHORT,
            numeric="numeric",
        ),
        Input(name="start", label="From, or about when", kind=Kind.MOMENT),
        Input(
            name="end",
            label="Until (leave empty for a moment such as about nine)",
            kind=Kind.MOMENT,
        ),
        Input(
            name="spread",
            label="The time may be off by (minutes)",
            hint="0 to 180. About nine: 15",
            classes=_SHORT,
            numeric="numeric",
        ),
        Input(
            name="waited",
            label="If he waited: for how many minutes",
            classes=_SHORT,
            numeric="numeric",
        ),
        Input(
            name="track",
            label="If he followed: her own track",
            kind=Kind.AREA,
            hint="Paste a GPX file, GeoJSON points with times, or lines of time,lat,lon under such "
            "a heading. From memory: a line for each place she remembers",
        ),
        Input(
            name="within",
            label="If he followed: how near (metres)",
            hint="10 to 1,000",
            classes=_SHORT,
            numeric="numeric",
        ),
    )


DEFAULTS: Final = {"radius": "50", "vague": "50", "spread": "15", "within": "100"}


def kept_of(text: str) -> tuple[Statement, ...]:
    """Return the statements given so far. Raises ValueError."""
    if len(text) > KEPT_MOST:
        raise ValueError("the statements given so far are too long: start anew with fewer")
    try:
        return _KEPT.decode(text) if text.strip() else ()
    except (msgspec.DecodeError, ValueError) as error:
        raise ValueError(f"the statements given so far cannot be read: {error}") from error


def is_begun(values: Mapping[str, Any]) -> bool:
    """Return whether the fields of a further statement hold anything that was typed."""
    names = ("words", "place", "lat", "lon", "shape", "track", "start-day")
    return any(str(values.get(name, "")).strip() for name in names)


def statement_of(values: Mapping[str, Any], problems: Problems, now: Instant) -> Statement | None:
    """Return the statement that was typed; None, with problems noted."""
    claim = choice(values, "claim", Allegation, problems, "Choose what is said")
    spread_min = number(values, "spread", problems, 0, 180, "How far the time may be off, minutes,")
    vague_m = number(values, "vague", problems, 0, 2_000, "How far the place may be off, metres,")
    window = _window(values, problems, round(spread_min) * 60)
    shape, track, within_m, waited_s = None, (), 100.0, 0
    if claim is Allegation.FOLLOWED:
        within_m = number(values, "within", problems, 10, 1_000, "How near, in metres,")
        try:
            track = read_track(str(values["track"]), now)
        except ValueError as error:
            problems.add("track", _sentence(error))
    else:
        shape = place_of(values, problems, vague_m)
        if not str(values["place"]).strip():
            problems.add("place", "Say in words what the place is")
    if claim is Allegation.WAITED:
        waited_s = round(number(values, "waited", problems, 1, 720, "For how long he waited") * 60)
    if problems or window is None:
        return None
    try:
        return Statement(
            claim=claim,
            words=str(values["words"]).strip()[:2_000],
            place=str(values["place"]).strip()[:200],
            shape=shape,
            start=window[0],
            end=window[1],
            vague_m=vague_m,
            spread_s=round(spread_min) * 60,
            waited_s=waited_s,
            track=track,
            within_m=within_m,
        )
    except ValueError as error:
        problems.add("start", _sentence(error))
        return None


def _sentence(error: Exception) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}"


def _window(
    values: Mapping[str, Any], problems: Problems, spread_s: int
) -> tuple[Instant, Instant] | None:
    start = moment(values, "start", problems, "Enter when it was, or about when")
    end = moment(values, "end", problems)
    if start is None:
        return None
    if end is None:
        return about(start, spread_s)
    if end <= start:
        problems.add("end", "The end must be after the start")
        return None
    vague = spread_s * MINUTE // 60
    return Instant(start - vague), Instant(end + vague)


def place_of(values: Mapping[str, Any], problems: Problems, vague_m: float) -> Shape | None:
    """Return the place typed or drawn with its vagueness in it; None, with a problem noted."""
    outline = str(values["shape"]).strip()
    try:
        corners = _corners(outline)
        if corners is not None:
            found = street(corners, vague_m)
            refuse_abroad(centre_of(found))
            return found
        drawn = read_outline(values, problems) if outline else _circle(values, problems)
        return None if drawn is None else widened(drawn, vague_m)
    except ShapeError as error:
        problems.add("shape", f"This place cannot be used: {error}")
    except ValueError as error:
        problems.add("shape", _sentence(error))
    return None


def _circle(values: Mapping[str, Any], problems: Problems) -> Shape | None:
    if not any(str(values[name]).strip() for name in ("lat", "lon")):
        problems.add("lat", "Draw the place on the map, enter a point, or paste an outline")
        return None
    centre = read_place(values, "lat", "lon", problems)
    radius_m = number(values, "radius", problems, 10, 5_000, "The radius in metres")
    return None if centre is None or problems else Disc(centre=centre, radius_m=radius_m)


def _corners(outline: str) -> list[tuple[float, float]] | None:
    """Return the places along a street; None for anything but a LineString. Raises ShapeError."""
    try:
        found: Any = json.loads(outline) if outline.startswith("{") else None
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict) and cast("dict[str, Any]", found).get("type") == "Feature":
        found = cast("dict[str, Any]", found).get("geometry")
    if not isinstance(found, dict):
        return None
    geometry = cast("dict[str, Any]", found)
    if geometry.get("type") != "LineString":
        return None
    try:
        return [(float(each[0]), float(each[1])) for each in geometry["coordinates"]]
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise ShapeError("the LineString needs coordinates: [[lon, lat], [lon, lat], …]") from error
