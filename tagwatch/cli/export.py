"""`tagwatch export`: a wearer's trail as a file for others."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from sqlalchemy import select

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.access.reader import open_projections
from tagwatch.cli.acting import BY, audited
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    Failure,
    command_app,
    installed,
    print_json,
)
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant, parse_iso
from tagwatch.query.trail_export import QUESTION, TooMuch, TrailFile, head_of, write_trail
from tagwatch.report.trail_file import TrailFormat
from tagwatch.report.trail_formats import FORMATS
from tagwatch.store import schema
from tagwatch.store.database import reading

app = command_app("Hand a wearer's trail out as a file, in any of eight formats.")


@app.callback()
def export() -> None:
    """Hand a wearer's trail out as a file, in any of eight formats."""


@app.command()
def trail(
    wearer: Annotated[str, typer.Argument(metavar="WEARER", help="The wearer's id.")],
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="2026-03-29T00:00:00Z")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="No part of the window.")],
    purpose: Annotated[str, typer.Option(help="For whom and why; on the audit, in the file.")],
    kind: Annotated[TrailFormat, typer.Option("--format", help="The format.")] = TrailFormat.GPX,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A new file; by default named by wearer.")
    ] = None,
    data: DataFolder = DATA_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Write a wearer's trail of a window into a file: GPX, KML, GeoJSON, CSV, NMEA, GeoParquet.

    At most 92 days and 200,000 fixes. The audit keeps window, purpose and digest. What each format
    keeps and loses is in docs/exports.md.
    """
    config = installed(data)
    window = _moment(start), _moment(end)
    if window[1] <= window[0]:
        raise Failure("the window must end after it begins")
    if not purpose.strip():
        raise Failure("a disclosure needs its purpose: say for whom and why")
    engine = open_projections(config)
    target = out or Path(f"trail-{wearer}-{start[:10]}-{end[:10]}.{FORMATS[kind].ending}")
    part = target.with_name(f"{target.name}.part")
    if target.exists():
        raise Failure(f"{target} exists already: give another name")
    try:
        with reading(engine) as connection, part.open("x+b") as file:
            part.chmod(0o600)
            column = schema.wearer.c
            query = select(column.body).where(column.wearer_id == wearer)
            body = connection.scalar(query)
            if body is None:
                raise Failure(f"there is no wearer {wearer}")
            found = msgspec.json.decode(body, type=Wearer)
            why = purpose.strip()
            head = head_of(connection, found, *window, made_at=now(), made_by=BY, purpose=why)
            made = write_trail(connection, head, kind, file)
        audited(config, Act.DISCLOSURE, QUESTION, [wearer], made.audit_detail(*window), why)
        part.rename(target)
    except TooMuch as error:
        raise Failure(str(error)) from error
    finally:
        part.unlink(missing_ok=True)
        engine.dispose()
    _say(target, made, as_json=as_json)


def _say(target: Path, made: TrailFile, *, as_json: bool) -> None:
    if as_json:
        print_json({**msgspec.to_builtins(made), "path": str(target)})
    else:
        typer.echo(f"{target}: {made.fixes} fixes, {made.bytes} bytes, sha256 {made.sha256}")


def _moment(text: str) -> Instant:
    try:
        return parse_iso(text)
    except (ValueError, OverflowError) as error:
        raise Failure(str(error)) from error
