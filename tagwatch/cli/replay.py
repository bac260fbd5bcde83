"""`tagwatch replay FILE…`: recorded trails through the line."""

import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine, Table, select

from tagwatch.cli.options import AsJson, Failure, command_app, note, print_json, print_table
from tagwatch.cli.replay_files import Format, format_of, read_trails, read_zone
from tagwatch.config import load
from tagwatch.core.alert import Alert
from tagwatch.core.episode import Episode
from tagwatch.core.geometry import Disc, LonLat, Plane
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Curfew, ExclusionZone, Terms
from tagwatch.core.timetable import CurfewRow
from tagwatch.core.units import SECOND, Instant, iso, parse_iso
from tagwatch.desk.weekly_row import row_of
from tagwatch.engine import installation
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.replay import Trail, replay, usable
from tagwatch.store import schema
from tagwatch.store.database import reading

app = command_app()


@app.command()
def replay_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="GPX, KML, GeoJSON, GeoParquet, CSV (own, MoJ positions, MoJ trail), NMEA.",
        ),
    ],
    kind: Annotated[
        Format | None, typer.Option("--format", help="Format of all files, if it is not seen.")
    ] = None,
    zone: Annotated[
        list[Path] | None, typer.Option(help="Exclusion zone as GeoJSON; repeat for more.")
    ] = None,
    disc: Annotated[
        list[str] | None,
        typer.Option(metavar="LAT,LON,METRES", help="Exclusion zone as a disc; repeat for more."),
    ] = None,
    buffer_m: Annotated[float, typer.Option(help="Buffer round every zone, in metres.")] = 0.0,
    curfew: Annotated[
        list[str] | None,
        typer.Option(metavar="'ROW@LAT,LON'", help="E.g. 'Mo 19:00-Tu 07:00@51.5,-0.1'; repeat."),
    ] = None,
    shift_to: Annotated[
        str | None, typer.Option(metavar="TIME", help="Move all times: the first fix is then.")
    ] = None,
    move_to: Annotated[
        str | None, typer.Option(metavar="LAT,LON", help="Move each trail: it begins there.")
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Times real time; 0 is as fast as it goes.", min=0.0)
    ] = 0.0,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep the result as an installation in a new folder."),
    ] = None,
    alerts: Annotated[bool, typer.Option("--alerts", help="Print the alerts too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put recorded trails through the line and print the episodes.

    Each trail (a file, or a person or device in it) is a wearer under every zone and curfew
    given. Times are the file's own unless moved. The result is thrown away unless --data is given.
    """
    trails = _trails(files, kind)
    if move_to is not None:
        trails = [_moved(trail, _place(move_to)) for trail in trails]
    if shift_to is not None:
        trails = _shifted(trails, _moment(shift_to))
    terms = [*_zones(zone or [], disc or [], buffer_m), *_curfews(curfew or [])]
    if not terms:
        note("No --zone, --disc or --curfew: only what the tag itself shows can be found.")
    with _centre(data) as centre, _progress() as shown:
        wearers = replay(centre, trails, terms, _paced(shown, speed))
        names = dict(zip(wearers, (trail.name for trail in trails), strict=True))
        episodes = [
            msgspec.json.decode(body, type=Episode)
            for body in _bodies(centre.projections, schema.episode, schema.episode.c.entered_at)
        ]
        raised = [
            msgspec.json.decode(body, type=Alert)
            for body in _bodies(centre.projections, schema.alert, schema.alert.c.raised_at)
            if alerts
        ]
    _print(episodes, raised, names, _labels(wearers, terms), as_json=as_json)


# --- what is replayed -----------------------------------------------------------------------


def _trails(files: Sequence[Path], kind: Format | None) -> list[Trail]:
    found = [trail for path in files for trail in read_trails(path, kind or format_of(path))]
    trails: list[Trail] = []
    for whole in found:
        trail = usable(whole)
        if left := len(whole.fixes) - len(trail.fixes):
            note(f"{whole.name}: {left} fixes have no usable time or are not valid; left out")
        if len(trail.fixes):
            trails.append(trail)
    if not trails:
        raise Failure(
            f"no fix with a time in {', '.join(map(str, files))}: is it the right format?"
        )
    return trails


def _shifted(trails: Sequence[Trail], first_at: Instant) -> list[Trail]:
    by = first_at - min(int(trail.fixes["fixed_at"][0]) for trail in trails)
    moved: list[Trail] = []
    for trail in trails:
        fixes = trail.fixes.copy()
        fixes["fixed_at"] += by
        moved.append(Trail(trail.name, fixes))
    return moved


def _moved(trail: Trail, target: LonLat) -> Trail:
    """Return the trail carried to `target` in metres: its shape stays what it was."""
    fixes = trail.fixes.copy()
    placed = np.flatnonzero(~np.isnan(fixes["lat_deg"]) & ~np.isnan(fixes["lon_deg"]))
    if not len(placed):
        return trail
    row = fixes[placed[0]]
    here = Plane.at(LonLat(lon_deg=float(row["lon_deg"]), lat_deg=float(row["lat_deg"])))
    there = Plane.at(target)
    for at in placed:
        x, y = here.xy(float(fixes["lon_deg"][at]), float(fixes["lat_deg"][at]))
        place = there.lonlat(x, y)
        fixes["lon_deg"][at], fixes["lat_deg"][at] = place.lon_deg, place.lat_deg
    return Trail(trail.name, fixes)


def _zones(paths: Sequence[Path], discs: Sequence[str], buffer_m: float) -> list[Terms]:
    zones: list[Terms] = [
        ExclusionZone(label=path.stem, shape=read_zone(path), buffer_m=buffer_m) for path in paths
    ]
    for number, text in enumerate(discs, start=1):
        lat_lon, _, radius = text.rpartition(",")
        shape = Disc(centre=_place(lat_lon), radius_m=_number(radius, text))
        zones.append(ExclusionZone(label=f"disc {number}", shape=shape, buffer_m=buffer_m))
    return zones


def _curfews(texts: Sequence[str]) -> list[Terms]:
    rows: dict[LonLat, list[CurfewRow]] = {}
    for text in texts:
        row, separator, place = text.rpartition("@")
        if not separator:
            raise Failure(f"{text!r} names no place: write it like 'Mo 19:00-Tu 07:00@51.5,-0.1'")
        try:
            rows.setdefault(_place(place), []).append(row_of(row))
        except ValueError as error:
            raise Failure(str(error)) from error
    return [
        Curfew(label=f"curfew {number}", address=place, rows=tuple(found))
        for number, (place, found) in enumerate(rows.items(), start=1)
    ]


def _place(text: str) -> LonLat:
    lat, separator, lon = text.partition(",")
    if not separator:
        raise Failure(f"{text!r} is no place: write LAT,LON such as 51.5,-0.1")
    try:
        return LonLat(lon_deg=_number(lon, text), lat_deg=_number(lat, text))
    except ValueError as error:
        raise Failure(f"{text!r}: {error}") from error


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Failure(f"{text!r} in {whole!r} is no number") from error


def _moment(text: str) -> Instant:
    try:
        return parse_iso(text)
    except ValueError as error:
        raise Failure(str(error)) from error


# --- how it runs ----------------------------------------------------------------------------


@contextmanager
def _centre(data: Path | None) -> Generator[InProcessCentre]:
    if data is None:
        with (
            tempfile.TemporaryDirectory(prefix="tagwatch-replay-") as folder,
            InProcessCentre.open(load(Path(folder) / "data", {})) as centre,
        ):
            yield centre
        return
    config = load(data)
    if installation.exists(config):
        raise Failure(f"{config.data} holds an installation: a replay is kept in a new folder")
    with InProcessCentre.open(config) as centre:
        yield centre


@contextmanager
def _progress() -> Generator[Callable[[str, float], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f}%"))
    console = Console(stderr=True)
    with Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("replaying", total=1.0)
        yield lambda words, share: bar.update(task, description=words, completed=share)


def _paced(shown: Callable[[str, float], None], speed: float) -> Callable[[Instant, float], None]:
    """Return what is done after each step: show how far it is, and wait if asked to be slow."""
    began: tuple[Instant, float] | None = None

    def step(at: Instant, share: float) -> None:
        nonlocal began
        shown(iso(at)[:16], share)
        if not speed:
            return
        if began is None:
            began = (at, time.monotonic())
            return
        due = began[1] + (at - began[0]) / SECOND / speed
        time.sleep(max(0.0, due - time.monotonic()))

    return step


# --- what is printed ------------------------------------------------------------------------


def _bodies(engine: Engine, table: Table, order: Any) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(table.c.body).order_by(order)))


def _labels(wearers: Sequence[WearerId], terms: Sequence[Terms]) -> dict[str, str]:
    return {
        f"{wearer}-{place}": item.label
        for wearer in wearers
        for place, item in enumerate(terms, start=1)
    }


def _print(
    episodes: Sequence[Episode],
    raised: Sequence[Alert],
    names: dict[WearerId, str],
    labels: dict[str, str],
    *,
    as_json: bool,
) -> None:
    if as_json:
        for episode in episodes:
            said = _dated(episode, "entered_earliest", "entered_latest", "left_latest")
            print_json({"type": "episode", "trail": names[episode.wearer_id], **said})
        for alert in raised:
            said = _dated(alert, "happened_at", "raised_at")
            trail = "" if alert.wearer_id is None else names[alert.wearer_id]
            print_json({"type": "alert", "trail": trail, **said})
        return
    rows = [
        (
            names[e.wearer_id],
            e.rule.value,
            labels.get(e.condition_id or "", e.detail),
            e.finding.value,
            e.phase.value,
            iso(e.entered_latest),
            "" if e.left_earliest is None else iso(e.left_earliest),
            f"{e.probability:.3f}",
            e.witnesses,
        )
        for e in episodes
    ]
    heads = ("trail", "rule", "condition", "finding", "phase", "from", "until", "P", "witnesses")
    print_table(heads, rows)
    typer.echo(f"{len(episodes)} episodes.")
    if raised:
        told = [(iso(a.raised_at), a.kind.value, a.severity.value, a.sentence) for a in raised]
        print_table(("raised", "alert", "severity", "sentence"), told)


def _dated(record: msgspec.Struct, *times: str) -> dict[str, Any]:
    """Return a record with its instants (microseconds) and, beside some, the time as text."""
    said: dict[str, Any] = msgspec.to_builtins(record)
    for name in times:
        if said.get(name) is not None:
            said[f"{name}_utc"] = iso(said[name])
    return said
