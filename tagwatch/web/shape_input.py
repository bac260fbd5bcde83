"""Where a zone or curfew lies, as a form gives it: a circle, an outline, a place to begin with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from tagwatch.config import Config
from tagwatch.core.geometry import Disc, LonLat, Shape, ShapeError, from_geojson, to_geojson
from tagwatch.desk.zone import centre, refuse_abroad
from tagwatch.query.templates import TemplateError, files_in, names, shape_of
from tagwatch.web.borough import OUTLINES, RIVER
from tagwatch.web.form import Input, Problems, number

TEMPLATE_BOROUGHS = OUTLINES
PLACES = "places"
"""Folder in the data folder with the files of places that an installation has loaded."""


def template_names(config: Config) -> tuple[str, ...]:
    """Return the places a zone can begin with; a file that cannot be read adds none."""
    found: list[str] = []
    for path in _files(config):
        try:
            found += names([path])
        except TemplateError:
            continue
    return tuple(name for name in found if not name.endswith(f": {RIVER}"))


def template_inputs(config: Config) -> tuple[Input, ...]:
    """Return the fields of a place that a zone begins with."""
    return (
        Input(
            name="template",
            label="Begin with a place (optional)",
            hint="A borough, or a ward, a station or the like where such files are loaded. "
            "Type a part of its name",
            options=tuple((name, "") for name in template_names(config)),
        ),
        Input(
            name="template_buffer",
            label="Widened by this many metres",
            classes="govuk-input--width-5",
            numeric="numeric",
        ),
    )


def template_values(
    config: Config, values: Mapping[str, Any], problems: Problems
) -> dict[str, str] | None:
    """Return the fields of the place a form chose, filled in; None with a problem noted."""
    given = str(values.get("template", "")).strip()
    if not given:
        problems.add("template", "Choose a borough, or another place of the list")
        return None
    buffer_m = number(values, "template_buffer", problems, 0, 5_000, "The metres to widen it by")
    if problems:
        return None
    try:
        shape = shape_of(_files(config), given, buffer_m)
    except TemplateError as error:
        problems.add("template", str(error))
        return None
    return {"lat": "", "lon": "", "radius": "", "shape": "", **shape_values(shape)}


def shape_values(shape: Shape) -> dict[str, str]:
    """Return the fields that show a shape."""
    if isinstance(shape, Disc):
        return {
            "lat": f"{shape.centre.lat_deg:.6f}",
            "lon": f"{shape.centre.lon_deg:.6f}",
            "radius": f"{shape.radius_m:g}",
        }
    return {"shape": json.dumps(to_geojson(shape))}


def _files(config: Config) -> tuple[Path, ...]:
    return (TEMPLATE_BOROUGHS, *files_in(config.data / PLACES))


def read_shape(values: Mapping[str, Any], problems: Problems) -> Shape | None:
    """Return the circle or outline of a form, None with a problem noted if there is none."""
    outline = str(values["shape"]).strip()
    circle = [str(values[name]).strip() for name in ("lat", "lon", "radius")]
    if outline and any(circle):
        problems.add("shape", "Give a circle or an outline, not both. Empty one of them")
        return None
    if outline:
        return read_outline(values, problems)
    if not any(circle):
        problems.add("lat", "Draw the zone on the map, enter a circle, or paste an outline")
        return None
    place = read_place(values, "lat", "lon", problems)
    radius = number(values, "radius", problems, 10, 100_000, "The radius in metres")
    return None if place is None else Disc(centre=place, radius_m=radius)


def read_outline(values: Mapping[str, Any], problems: Problems) -> Shape | None:
    """Return the outline pasted into a form, None if there is none, or with a problem noted."""
    outline = str(values["shape"]).strip()
    if not outline:
        return None
    try:
        found = _parsed(outline)
        if not isinstance(found, dict):
            raise ShapeError("it must be a GeoJSON object")
        shape = from_geojson(cast("dict[str, Any]", found))
        refuse_abroad(centre(shape))
        return shape
    except ValueError as error:
        problems.add("shape", f"This outline cannot be used: {error}")
    except RecursionError:
        problems.add("shape", "This outline cannot be used: it is nested too deeply")
    return None


def _parsed(outline: str) -> Any:
    try:
        return json.loads(outline)
    except json.JSONDecodeError as error:
        raise ShapeError(
            f"it is no GeoJSON; it breaks off or goes wrong in line {error.lineno}, "
            f"character {error.colno}. Copy the whole text of the file"
        ) from error


def read_place(values: Mapping[str, Any], lat: str, lon: str, problems: Problems) -> LonLat | None:
    """Return the place two fields give, None with a problem noted if they give none."""
    before = len(problems.by_field)
    lat_deg = number(values, lat, problems, 49.0, 61.5, "The latitude (north, in the UK)")
    lon_deg = number(values, lon, problems, -9.0, 2.6, "The longitude (west is negative)")
    if len(problems.by_field) > before:
        return None
    return LonLat(lon_deg=lon_deg, lat_deg=lat_deg)
