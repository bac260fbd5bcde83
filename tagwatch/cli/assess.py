"""`tagwatch assess`: what fixes in a file say about a zone. No installation, no server."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import typer

from tagwatch.cli.options import Failure, command_app, note
from tagwatch.core.assessment import Assessment, FoundStay, assess
from tagwatch.core.fix import FixBlock
from tagwatch.core.geometry import Shape, ShapeError, from_geojson
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.units import Instant, iso
from tagwatch.ingest.files.block import FileError
from tagwatch.ingest.files.exact import read_exact

app = command_app()
MOST_BYTES = 50 << 20


@app.command()
def assess_file(
    fixes: Annotated[
        Path, typer.Argument(metavar="FIXES.csv", help="Header time,lat,lon and what is known.")
    ],
    zone: Annotated[
        Path, typer.Option(metavar="ZONE.geojson", help="The zone: polygons, their union.")
    ],
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rule settings as JSON; else the built-in.")
    ] = None,
    tag_model: Annotated[
        str, typer.Option(help="Model of the tag, if the settings have errors for it.")
    ] = "",
) -> None:
    """Say of each fix in a file how likely it lies in a zone, and which stays the rules find.

    JSON lines on standard output: a `fix` for each row, then an `episode` for each stay. Exit code
    2, and nothing on standard output, if anything in the files cannot be read.
    """
    try:
        shape = read_zone(zone)
        rules = DEFAULT_SETTINGS if settings is None else read_settings(settings)
        table = read_exact(fixes)
    except (Failure, FileError, ShapeError) as error:
        sys.stderr.write(f"tagwatch: {error}\n")
        raise typer.Exit(2) from error
    if table.unused:
        note(f"{fixes}: nothing is read from the columns {', '.join(table.unused)[:400]}")
    found = assess(table.fixes, shape, rules, tag_model)
    encode = msgspec.json.encode
    for line in _lines(table.fixes, found):
        sys.stdout.write(encode(line).decode() + "\n")


def read_zone(path: Path) -> Shape:
    """Return the zone in a GeoJSON file as it is. Raises Failure, ShapeError, naming the file."""
    document = read_json(path)
    try:
        return from_geojson(document)
    except (ShapeError, RecursionError) as error:
        raise ShapeError(f"{path}: {error}") from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file. Raises Failure."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Failure(f"{path} is larger than {MOST_BYTES >> 20} MB: simplify the outline")
        found: Any = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Failure(f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Failure(f"{path} holds no JSON object")
    return cast("dict[str, Any]", found)


def read_settings(path: Path) -> Settings:
    """Return rule settings from a JSON file; what it leaves out is built in. Raises Failure."""
    try:
        return msgspec.convert(read_json(path), Settings)
    except msgspec.ValidationError as error:
        raise Failure(f"{path} holds no rule settings: {error}") from error


def _lines(fixes: FixBlock, found: Assessment) -> Iterator[dict[str, Any]]:
    times: list[int] = fixes["fixed_at"].tolist()
    probabilities: list[float] = found.p_inside.tolist()
    for index, (at, p) in enumerate(zip(times, probabilities, strict=True)):
        yield {"kind": "fix", "index": index, "fixed_at": iso(Instant(at)), "p_inside": p}
    for stay in found.stays:
        yield _episode(stay)


def _episode(stay: FoundStay) -> dict[str, Any]:
    episode = stay.episode
    left = episode.left_earliest, episode.left_latest
    return {
        "kind": "episode",
        "class": episode.finding.value,
        "probability": episode.probability,
        "entered_at": [iso(episode.entered_earliest), iso(episode.entered_latest)],
        "left_at": None if None in left else [iso(at) for at in left if at is not None],
        "fixes": stay.rows.tolist(),
    }
