"""`tagwatch erase`: lawful erasure of one owner's data."""

import re
from typing import Annotated

import typer
from sqlalchemy import Engine, select

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.cli.acting import BY, acting, audited, receiver
from tagwatch.cli.forget import forget, refuse_kept, show_proof
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    Failure,
    command_app,
    confirm_or_fail,
    installed,
    note,
    print_json,
)
from tagwatch.cli.verify import KINDS
from tagwatch.config import Config
from tagwatch.core.ids import WearerId
from tagwatch.core.units import iso
from tagwatch.engine.archive_alone import forget_erased
from tagwatch.engine.erased_overviews import forget_overviews
from tagwatch.engine.installation import FolderLock
from tagwatch.engine.safekeeping import Erasure
from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.store.holds import acts, standing
from tagwatch.store.journal.record import DataClass, Owner, OwnerKind

app = command_app()
CLASSES = {one.name.lower(): one for one in DataClass}
_PERIOD = re.compile(r"\d{4}-\d{2}(-\d{2})?")


@app.command()
def erase(
    owner: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND:ID", help="wearer, activation, protected, case or installation."
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option(help="The law or decision it rests on; is journaled.")
    ] = "",
    data: DataFolder = DATA_DEFAULT,
    data_class: Annotated[
        str | None,
        typer.Option("--class", metavar="CLASS", help=f"Only one of {', '.join(CLASSES)}."),
    ] = None,
    period: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Only what was received then.")
    ] = None,
    despite_hold: Annotated[
        bool, typer.Option("--despite-hold", help="Though a hold, or what law keeps, forbids it.")
    ] = False,
    proof: Annotated[
        str | None, typer.Option(metavar="ID", help="Show the proof that a wearer was forgotten.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Lawfully erase one owner's data by destroying its keys.

    What the keys encrypted cannot be read any more, by anyone, for good; the chain still
    verifies. `wearer:ID` without class or period forgets him wholly: his tags' fixes, his alerts
    and cases, the persons protected from him alone, tables, archive and files. That works while
    the installation runs, goes on after any stop if given again, and ends in a proof (--proof ID).

    Of anything less the tables forget when they are rebuilt: at once if the installation does not
    run; else stop it and give the same command again. Keep the lines that --json prints: a backup
    made before holds the keys still, and `restore --erasures` erases again.
    """
    if proof is not None:
        show_proof(installed(data), proof, as_json)
        return
    if owner is None:
        raise Failure("name whose data are to be erased as KIND:ID, or --proof ID")
    whose, chosen = _asked(owner, data_class, period, reason)
    name = whose.id
    config = installed(data)
    confirm_or_fail(f"Destroy {data_class or 'all'} data of {owner}, {period or 'ever'}?", yes)
    if whose.kind is OwnerKind.WEARER and data_class is None and period is None:
        if not despite_hold:
            refuse_kept(config, WearerId(name))
        forget(config, WearerId(name), reason.strip(), as_json)
        return
    _erase(config, whose, (chosen, period, reason.strip()), despite_hold, as_json)


def _erase(
    config: Config,
    whose: Owner,
    what: tuple[DataClass | None, str | None, str],
    despite_hold: bool,
    as_json: bool,
) -> None:
    """Destroy what was asked for, say so, and let the tables forget if nothing runs."""
    (chosen, period, reason), name = what, whose.id
    data_class = "all" if chosen is None else chosen.name.lower()
    with acting(config) as desk:
        if not despite_hold:
            _refuse_held(desk.projections, whose)
        audited(config, Act.ERASURE, "erase", [name], f"{data_class} {period}: {reason}")
        # While it is still known who wore the tag of an activation.
        overviews = forget_overviews(config, whose)
        count = desk.erase(whose, chosen, period, reason)
    erasure = Erasure(
        at=now(),
        owner_kind=whose.kind,
        owner_id=name,
        data_class=None if chosen is None else int(chosen),
        period=period,
        reason=reason,
        by=BY,
    )
    if as_json:
        print_json(erasure)
    else:
        typer.echo(f"{count} keys destroyed.")
        if overviews:
            typer.echo(f"{overviews} files of weekly overviews taken away.")
    _forget(config)


def _asked(
    owner: str, data_class: str | None, period: str | None, reason: str
) -> tuple[Owner, DataClass | None]:
    """Return whose data, and of which class, are to be erased. Raises Failure."""
    kind, _, name = owner.partition(":")
    if kind not in KINDS or not name:
        raise Failure(f"{owner!r} is no owner: write KIND:ID, KIND one of {', '.join(KINDS)}")
    if data_class is not None and data_class not in CLASSES:
        raise Failure(f"there is no class {data_class}: it is one of {', '.join(CLASSES)}")
    if period is not None and not _PERIOD.fullmatch(period):
        raise Failure(f"{period!r} is no period: write a month such as 2026-11")
    if not reason.strip():
        raise Failure("an erasure needs its reason: name the law or the decision")
    return Owner(KINDS[kind], name), None if data_class is None else CLASSES[data_class]


def _refuse_held(projections: Engine, owner: Owner) -> None:
    """Raise Failure if the data are of a wearer on legal hold."""
    with reading(projections) as connection:
        wearer: str | None = owner.id if owner.kind is OwnerKind.WEARER else None
        if owner.kind is OwnerKind.ACTIVATION:
            column = schema.activation.c
            query = select(column.wearer_id).where(column.activation_id == owner.id)
            wearer = connection.scalar(query)
        hold, _ = standing(acts(connection, WearerId(wearer))) if wearer else (None, None)
    if hold is not None:
        raise Failure(
            f"{wearer} is on legal hold since {iso(hold.at)}: {hold.why}. Have the hold lifted "
            "first, or give --despite-hold if what asks for the erasure stands above it"
        )


def _forget(config: Config) -> None:
    """Take the fixes out of the archive, and build the tables anew, without what can no longer be
    read."""
    post = receiver(config)
    if post is not None:
        post.close()
        note(
            "The installation runs: batch writes the archive's files anew within minutes, and the "
            "tables still hold what was decided from the erased data. Stop it and give the same "
            "command again."
        )
        return
    with FolderLock(config.lock_file):
        files = forget_erased(config)
    if files:
        note(f"{files} files of the archive were written anew.")
    note("The tables were built anew. What was not delivered is held: see `tagwatch outbox list`.")
