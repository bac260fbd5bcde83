"""`tagwatch import FILE`: what stands in another system's records, entered at once."""

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.cli.acting import BY, WAIT_S, acting, audited
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    Failure,
    command_app,
    installed,
    note,
    print_json,
)
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.desk.import_file import ImportRefused
from tagwatch.desk.import_reading import Source, plan_file
from tagwatch.desk.import_records import about
from tagwatch.desk.import_two import two_person
from tagwatch.store.accounts import Accounts
from tagwatch.store.database import reading
from tagwatch.store.known import KnownRecords

app = command_app()


class Knows(StrEnum):
    """Whether the wearer knows the zones of a drawing."""

    TOLD = "told"
    SECRET = "secret"


@app.command()
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As docs/import.md describes it.")],
    data: DataFolder = DATA_DEFAULT,
    check: Annotated[
        bool, typer.Option("--check", help="Say what would be recorded, and record nothing.")
    ] = False,
    order: Annotated[
        str, typer.Option("--order", help="Of a drawing: the order its zones belong to.")
    ] = "",
    knowledge: Annotated[
        Knows | None,
        typer.Option("--knowledge", help="Of a drawing: whether the wearer knows its zones."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Enter wearers, tags, orders, zones … from a JSON, CSV, GeoJSON or KML file.

    What the file is is told by its contents. The whole file is checked first: every mistake is
    named with its place, and with one mistake nothing is recorded. What it records goes into the
    journal as one group. Importing a file again changes nothing; importing a changed file records
    what changed. The places that field-monitoring orders name in words are listed, to be drawn.
    Secret zones wait for a second person, who publishes them on a page or by the API.
    """
    config = installed(data)
    source = Source(file.read_bytes(), order, "" if knowledge is None else knowledge.value)
    accounts = _accounts(config)
    with acting(config) as desk:
        if not desk.applied(desk.head().seq):
            raise Failure(
                f"the line is more than {WAIT_S:.0f} s behind: import when it has caught up"
            )
        with reading(desk.projections) as connection:
            known, at = KnownRecords(connection), now()
            plan = plan_file(source, known, accounts, at, BY)
            planned, wrong, waiting = two_person(plan.planned, known, connection, at)
        if wrong:
            raise ImportRefused(wrong)
        warnings = [*plan.warnings, *waiting]
        if planned and not check:
            audited(config, Act.COLLECTION, "import", about(planned), f"{len(planned)} records")
            owners = {i: p.owner for i, p in enumerate(planned) if p.owner is not None}
            seqs = desk.append([p.event for p in planned], owners)
            if not desk.applied(seqs[-1]):
                note("Recorded; the line has not applied it yet.")
    counted = Counter(type(p.event).__name__ for p in planned)
    if as_json:
        print_json({"recorded": not check, "records": counted, "warnings": warnings})
        return
    if not planned:
        typer.echo("Nothing to record: the register says what the file says.")
        for warning in warnings:
            note(warning)
        return
    typer.echo("Would record:" if check else "Recorded:")
    for name, count in counted.items():
        typer.echo(f"  {count:6} {name}")
    for warning in warnings:
        note(warning)


def _accounts(config: Config) -> dict[str, AccountId]:
    accounts = Accounts(config.accounts_file)
    try:
        return {one.sign_in_name: one.account_id for one in accounts.all()}
    finally:
        accounts.close()
