"""`tagwatch hold`: legal holds, under which no age lets go of a wearer's fixes."""

from typing import Annotated

import typer
from sqlalchemy import select

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.cli.acting import BY, acting, audited
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
from tagwatch.core.ids import WearerId
from tagwatch.core.ledger import LegalHoldEnded, LegalHoldSet
from tagwatch.core.units import iso
from tagwatch.engine.installation import InstallationError
from tagwatch.store import holds, schema
from tagwatch.store.database import Access, open_tables, reading

app = command_app("Legal holds, under which no age lets go of a wearer's fixes: set, end, list.")

Wearer = Annotated[str, typer.Argument(metavar="WEARER", help="The wearer's id.")]
Reason = Annotated[str, typer.Option(help="The law or decision it rests on; is journaled.")]


@app.command("set")
def set_hold(wearer: Wearer, reason: Reason, data: DataFolder = DATA_DEFAULT) -> None:
    """Keep all fixes of a wearer, however old they become, until the hold is ended."""
    _record(installed(data), WearerId(wearer), reason, LegalHoldSet)
    typer.echo(f"{wearer} is on hold: the retention lets nothing of him go.")


@app.command("end")
def end_hold(wearer: Wearer, reason: Reason, data: DataFolder = DATA_DEFAULT) -> None:
    """End a wearer's hold: the next monthly retention takes what is due by then."""
    _record(installed(data), WearerId(wearer), reason, LegalHoldEnded)
    typer.echo(f"{wearer} is no longer on hold: the ordinary retention applies.")


@app.command("list")
def list_holds(
    wearer: Annotated[
        str | None, typer.Argument(metavar="[WEARER]", help="Only of this wearer.")
    ] = None,
    data: DataFolder = DATA_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """List every hold that was set or ended, oldest first."""
    config = installed(data)
    if not config.projections_file.exists():
        raise InstallationError(f"{config.data} has no projections yet: the line has never run")
    audited(config, Act.CONSULTATION, "hold_list", [wearer] if wearer else [])
    engine = open_tables(config, Access.READ)
    with reading(engine) as connection:
        found = holds.history(connection, None if wearer is None else WearerId(wearer))
    engine.dispose()
    if as_json:
        print_json(found)
        return
    print_table(
        ("at", "wearer", "what", "reason", "by"),
        ((iso(one.at), one.wearer_id, "set" if one.held else "ended", one.why, one.by)
         for one in found),
    )  # fmt: skip


def _record(
    config: Config,
    wearer: WearerId,
    reason: str,
    kind: type[LegalHoldSet] | type[LegalHoldEnded],
) -> None:
    """Journal a hold that changes something. Raises Failure if it would not."""
    if not reason.strip():
        raise Failure("a hold needs its reason: name the law or the decision")
    with acting(config) as desk:
        with reading(desk.projections) as connection:
            column = schema.wearer.c.wearer_id
            known = connection.scalar(select(column).where(column == wearer))
            on_hold = wearer in holds.held(connection)
        if known is None:
            raise Failure(f"there is no wearer {wearer}")
        if on_hold is (kind is LegalHoldSet):
            raise Failure(f"{wearer} is {'on' if on_hold else 'not on'} hold already")
        verb = "hold_set" if kind is LegalHoldSet else "hold_end"
        audited(config, Act.ALTERATION, verb, [wearer], reason.strip())
        seqs = desk.append([kind(wearer_id=wearer, at=now(), why=reason.strip(), by=BY)])
        if not desk.applied(seqs[-1]):
            note("Recorded; the line has not applied it yet.")
