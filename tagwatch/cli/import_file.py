"""`tagwatch import FILE.json`: what stands in another system's records, entered at once."""

from collections import Counter
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
from tagwatch.core import ledger
from tagwatch.core.ids import AccountId
from tagwatch.desk.import_file import read_import
from tagwatch.desk.import_orders import is_orders, plan_orders
from tagwatch.desk.import_plan import Planned, plan_import
from tagwatch.store.accounts import Accounts
from tagwatch.store.database import reading
from tagwatch.store.journal.layout import MAX_GROUP_BYTES, MAX_GROUP_RECORDS
from tagwatch.store.register import load_register

app = command_app()


@app.command()
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As docs/import.md describes it.")],
    data: DataFolder = DATA_DEFAULT,
    check: Annotated[
        bool, typer.Option("--check", help="Say what would be recorded, and record nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Enter wearers, tags, orders, zones … from a JSON file.

    The whole file is checked first: every mistake is named with its path, and with one mistake
    nothing is recorded. What it records goes into the journal as one group. Importing a file
    again changes nothing; importing a changed file records what changed. A file of
    field-monitoring orders is told by its contents: the places it names in words are listed on
    the wearer's page, to be drawn.
    """
    config = installed(data)
    content = file.read_bytes()
    read = None if is_orders(content) else read_import(content)
    accounts = _accounts(config)
    with acting(config) as desk:
        if not desk.applied(desk.head().seq):
            raise Failure(
                f"the line is more than {WAIT_S:.0f} s behind: import when it has caught up"
            )
        with reading(desk.projections) as connection:
            register = load_register(connection)
        if read is None:
            planned = [Planned(e, None) for e in plan_orders(content, register, now(), BY)]
        else:
            planned = plan_import(read, register, accounts, now(), BY)
        _refuse_too_large(planned)
        if planned and not check:
            audited(config, Act.COLLECTION, "import", [], f"{len(planned)} records")
            owners = {i: p.owner for i, p in enumerate(planned) if p.owner is not None}
            seqs = desk.append([p.event for p in planned], owners)
            if not desk.applied(seqs[-1]):
                note("Recorded; the line has not applied it yet.")
    counted = Counter(type(p.event).__name__ for p in planned)
    if as_json:
        print_json({"recorded": not check, "records": counted})
        return
    if not planned:
        typer.echo("Nothing to record: the register says what the file says.")
        return
    typer.echo("Would record:" if check else "Recorded:")
    for name, count in counted.items():
        typer.echo(f"  {count:6} {name}")


def _accounts(config: Config) -> dict[str, AccountId]:
    accounts = Accounts(config.accounts_file)
    try:
        return {one.sign_in_name: one.account_id for one in accounts.all()}
    finally:
        accounts.close()


def _refuse_too_large(planned: list[Planned]) -> None:
    size = sum(len(ledger.encode(p.event)) for p in planned)
    if len(planned) > MAX_GROUP_RECORDS or size > MAX_GROUP_BYTES:
        raise Failure(
            f"the file makes {len(planned)} records of {size} bytes, more than one group of the "
            "journal holds: part it by wearers"
        )
