"""`tagwatch rehearse`: a zone, a schedule or settings tried on past trails before they go live."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import typer
from sqlalchemy import Connection, func, select

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import Purpose
from tagwatch.cli.acting import audited
from tagwatch.cli.assess import read_settings, read_zone
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    Failure,
    command_app,
    installed,
    note,
    print_json,
    print_table,
)
from tagwatch.config import Config
from tagwatch.core.geometry import Disc, LonLat, Shape
from tagwatch.core.ids import ConditionId, OrderId, PersonId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, NoContact, Terms
from tagwatch.core.outcome import AlertClass
from tagwatch.core.rehearsal import RehearsedAlert
from tagwatch.core.settings import Settings
from tagwatch.core.timetable import CurfewRow, london
from tagwatch.core.units import Instant, parse_iso
from tagwatch.desk.weekly_row import row_of
from tagwatch.query.rehearsal import Proposal, Rehearsal, Unrehearsed, window_of, worked_out
from tagwatch.store import schema
from tagwatch.store.database import Access, open_tables, reading

app = command_app()
NICE: Final = 10
MOST_WEARERS: Final = 20_000
NEW: Final = ConditionId("c_rehearsed")


@app.command()
def rehearse_change(
    purpose: Annotated[
        Purpose, typer.Option(help="Why past trails are looked at; it is put on the audit.")
    ],
    data: DataFolder = DATA_DEFAULT,
    wearer: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Whose trails; repeat. Else everybody with conditions."),
    ] = None,
    zone: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An exclusion zone as GeoJSON.")
    ] = None,
    disc: Annotated[
        str | None, typer.Option(metavar="LAT,LON,METRES", help="An exclusion zone as a disc.")
    ] = None,
    buffer_m: Annotated[
        float | None, typer.Option(help="Warn of an approach within so many metres.", min=0.0)
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(metavar="'Mo 08:00-Mo 18:00'", help="Weekly row, London time; repeat."),
    ] = None,
    protects: Annotated[
        bool, typer.Option("--protects", help="The zone protects a named person.")
    ] = False,
    apart_from: Annotated[
        str | None, typer.Option(metavar="ID", help="Another wearer whom he must not meet.")
    ] = None,
    distance_m: Annotated[
        float, typer.Option(help="With --apart-from: nearer than this is contact.", min=20.0)
    ] = 100.0,
    condition: Annotated[
        str | None, typer.Option(metavar="ID", help="The recorded condition that is changed.")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rule settings as JSON, to be tried.")
    ] = None,
    days: Annotated[int, typer.Option(help="Days of past trails, at most 92.", min=1)] = 28,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="End of the days; else now.")
    ] = None,
    geometry: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Stations, main roads … as GeoJSON; repeat."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try a zone, a schedule or settings on past trails, and say what they would have raised.

    Nothing is recorded, raised or told. It runs niced and beside the line, reads the tables only,
    and is on the audit with every wearer it looked at.
    """
    os.nice(NICE)
    config = installed(data)
    rows = tuple(_row(text) for text in row or [])
    apart = None if apart_from is None else (WearerId(apart_from), distance_m)
    shape, whose = _shape(zone, disc), wearer or []
    asked = _Asked(condition, shape, buffer_m, rows, protects, whose, purpose, apart)
    tried = None if settings is None else read_settings(settings)
    files = [str(path.absolute()) for path in geometry or config.geometry_files]
    found = _tried(config, asked, tried, _window(until, days), files)
    if as_json:
        for one in found:
            print_json(_plain(one))
    else:
        _print(found)


class _Asked(NamedTuple):
    """What of a condition is to be tried, on whom, and why."""

    condition: str | None
    shape: Shape | None
    buffer_m: float | None
    rows: tuple[CurfewRow, ...]
    protects: bool
    wearers: Sequence[str]
    purpose: Purpose
    apart: tuple[WearerId, float] | None
    """Whom he must not meet, and how near is contact."""


def _tried(
    config: Config,
    asked: _Asked,
    settings: Settings | None,
    window: tuple[Instant, Instant],
    files: Sequence[str],
) -> list[Rehearsal]:
    engine = open_tables(config, Access.READ)
    try:
        with reading(engine) as connection:
            former = None if asked.condition is None else _former(connection, asked.condition)
            terms = _terms(former, asked)
            wearers = _wearers(connection, asked.wearers, former, terms, settings)
        looked_at = f"trails of [{window[0]}, {window[1]})"
        others = [terms.other] if isinstance(terms, NoContact) else []
        audited(
            config, Act.CONSULTATION, "rehearsal", [*wearers, *others], looked_at, asked.purpose
        )
        found: list[Rehearsal] = []
        for identity in wearers:
            proposal = Proposal(
                wearer_id=identity,
                start=window[0],
                end=window[1],
                condition=None if terms is None else _version(identity, former, terms),
                settings=settings,
                geometry=tuple(files),
            )
            with reading(engine) as connection:
                found.append(_rehearsed(connection, proposal))
        return found
    finally:
        engine.dispose()


def _window(until: str | None, days: int) -> tuple[Instant, Instant]:
    try:
        return window_of(now() if until is None else parse_iso(until), days)
    except (Unrehearsed, ValueError) as error:
        raise Failure(str(error)) from error


def _rehearsed(connection: Connection, proposal: Proposal) -> Rehearsal:
    try:
        return worked_out(connection, proposal)
    except Unrehearsed as error:
        raise Failure(f"{proposal.wearer_id}: {error}") from error


# --- what is tried --------------------------------------------------------------------------


def _shape(zone: Path | None, disc: str | None) -> Shape | None:
    if zone is not None and disc is not None:
        raise Failure("--zone and --disc exclude each other")
    if zone is not None:
        return read_zone(zone)
    if disc is None:
        return None
    try:
        lat, lon, radius_m = (float(part) for part in disc.split(","))
        return Disc(centre=LonLat(lon_deg=lon, lat_deg=lat), radius_m=radius_m)
    except ValueError as error:
        raise Failure(f"{disc!r} is no disc ({error}): write LAT,LON,METRES") from error


def _row(text: str) -> CurfewRow:
    try:
        return row_of(text)
    except ValueError as error:
        raise Failure(str(error)) from error


def _former(connection: Connection, condition: str) -> ConditionVersion:
    column = schema.condition.c
    body = connection.scalar(
        select(column.body)
        .where(column.condition_id == condition)
        .order_by(column.version.desc())
        .limit(1)
    )
    if body is None:
        raise Failure(f"no condition {condition} is recorded")
    return msgspec.json.decode(body, type=ConditionVersion)


def _terms(former: ConditionVersion | None, asked: _Asked) -> Terms | None:
    """Return the terms to be tried; None if only settings are."""
    shape, buffer_m, rows = asked.shape, asked.buffer_m, asked.rows
    if asked.apart is not None:
        return _apart(former, asked)
    if former is None:
        if shape is None:
            if rows or buffer_m is not None or asked.protects:
                raise Failure("give the zone (--zone, --disc) or the --condition that is changed")
            return None
        return ExclusionZone(
            label="rehearsed",
            shape=shape,
            buffer_m=buffer_m or 0.0,
            schedule=rows,
            protects=(PersonId("p_rehearsed"),) if asked.protects else (),
        )
    terms = former.terms
    if isinstance(terms, NoContact):
        return _apart(former, asked)
    if isinstance(terms, Curfew):
        if shape is not None or buffer_m is not None:
            raise Failure(f"{former.condition_id} is a curfew: only its rows can be tried")
        return msgspec.structs.replace(terms, rows=rows or terms.rows)
    return msgspec.structs.replace(
        terms,
        shape=terms.shape if shape is None else shape,
        buffer_m=terms.buffer_m if buffer_m is None else buffer_m,
        schedule=rows or terms.schedule,
    )


def _apart(former: ConditionVersion | None, asked: _Asked) -> NoContact:
    """Return a condition of no contact to be tried, new or as recorded with other hours."""
    if asked.shape is not None or asked.buffer_m is not None:
        raise Failure("a condition of no contact has no zone and no buffer")
    if former is not None and isinstance(former.terms, NoContact) and asked.apart is None:
        return msgspec.structs.replace(former.terms, schedule=asked.rows or former.terms.schedule)
    if former is not None or asked.apart is None:
        raise Failure("--apart-from is for a new condition: leave --condition out")
    other, distance_m = asked.apart
    if other in asked.wearers:
        raise Failure("nobody can be kept from himself: name another with --apart-from")
    protects = (PersonId("p_rehearsed"),) if asked.protects else ()
    return NoContact(
        label="rehearsed",
        other=other,
        distance_m=distance_m,
        schedule=asked.rows,
        protects=protects,
    )


def _wearers(
    connection: Connection,
    named: Sequence[str],
    former: ConditionVersion | None,
    terms: Terms | None,
    settings: Settings | None,
) -> list[WearerId]:
    """Return whose trails are tried. Raises Failure if it is nobody's, or not said."""
    if terms is None and settings is None:
        raise Failure("nothing is to be tried: give --zone, --disc, --condition or --settings")
    if former is not None:
        if named and list(named) != [former.wearer_id]:
            raise Failure(f"{former.condition_id} is a condition of {former.wearer_id} alone")
        return [former.wearer_id]
    if terms is not None and not named:
        raise Failure("a new zone is for somebody: name him with --wearer")
    if named:
        column = schema.wearer.c
        asked = [*named, *([terms.other] if isinstance(terms, NoContact) else [])]
        known = set(connection.scalars(select(column.wearer_id).where(column.wearer_id.in_(asked))))
        if missing := [one for one in asked if one not in known]:
            raise Failure(f"no wearer {', '.join(missing)} is recorded")
        return [WearerId(one) for one in dict.fromkeys(named)]
    column = schema.condition.c
    count = connection.scalar(select(func.count(column.wearer_id.distinct()))) or 0
    if not 0 < count <= MOST_WEARERS:
        raise Failure(f"{count} wearers have conditions: name some with --wearer")
    ids = connection.scalars(select(column.wearer_id).distinct().order_by(column.wearer_id))
    return [WearerId(one) for one in ids]


def _version(
    wearer_id: WearerId, former: ConditionVersion | None, terms: Terms
) -> ConditionVersion:
    if former is not None:
        return msgspec.structs.replace(former, terms=terms)
    return ConditionVersion(
        condition_id=NEW,
        version=1,
        order_id=OrderId(""),
        wearer_id=wearer_id,
        terms=terms,
        valid_from=Instant(0),
        recorded_at=Instant(0),
    )


# --- what is printed ------------------------------------------------------------------------


def counted(alerts: Sequence[RehearsedAlert]) -> dict[str, int]:
    """Return how many alerts there are of each class, none included."""
    counts = Counter(alert.kind for alert in alerts)
    return {kind.value: counts[kind] for kind in AlertClass}


def _plain(one: Rehearsal) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(one),
        "after_by_class": counted(one.after),
        "before_by_class": counted(one.before),
        "after_by_day": dict(Counter(_day(alert.at) for alert in one.after)),
    }


def _print(found: Sequence[Rehearsal]) -> None:
    kinds = list(AlertClass)
    heads = ("wearer", "fixes", *(f"{kind.value}: as it is → tried" for kind in kinds))
    lines: list[tuple[object, ...]] = []
    for one in [*found, *([_whole(found)] if len(found) > 1 else [])]:
        before, after = counted(one.before), counted(one.after)
        cells = (f"{before[kind.value]} → {after[kind.value]}" for kind in kinds)
        lines.append((one.wearer_id, one.fixes, *cells))
    print_table(heads, lines)
    days = Counter((_day(alert.at), alert.kind) for one in found for alert in one.after)
    if days:
        typer.echo("\nBy day, London time:")
        named = sorted({day for day, _ in days})
        heads = ("day", *(kind.value for kind in kinds))
        print_table(heads, [(day, *(days[day, kind] for kind in kinds)) for day in named])
    for one in found:
        _print_places(one)
        if not one.fixes:
            note(f"{one.wearer_id}: no fix in these days, so nothing is said about him")


def _print_places(one: Rehearsal) -> None:
    for near in one.homes:
        side = "inside, " if near.distance_m < 0 else ""
        known = f"{near.home.nights} nights" if near.home.nights else "the address of a curfew"
        typer.echo(
            f"\n{one.wearer_id}: a home ({known}) is {side}{abs(near.distance_m):.0f} m from the "
            "edge: expect alerts while he is at home."
        )
    if one.landmarks:
        typer.echo("\nInside the zone:")
        cells = [(m.file, m.name, f"{m.length_m:.0f}" if m.length_m else "") for m in one.landmarks]
        print_table(("file", "name", "metres"), cells)
    for words in one.notes:
        note(words)


def _whole(found: Sequence[Rehearsal]) -> Rehearsal:
    return msgspec.structs.replace(
        found[0],
        wearer_id=WearerId("all"),
        fixes=sum(one.fixes for one in found),
        after=tuple(alert for one in found for alert in one.after),
        before=tuple(alert for one in found for alert in one.before),
    )


def _day(at: Instant) -> str:
    return london(at).date().isoformat()
