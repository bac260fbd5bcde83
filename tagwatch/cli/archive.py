"""`tagwatch archive`: how the trail archive stands, whether it is whole, and to begin it anew."""

from typing import Annotated

import typer

from tagwatch.access.audit import Act
from tagwatch.cli.acting import BY, audited, receiver
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
from tagwatch.core.units import iso
from tagwatch.engine.archive_alone import archive_stand, begin_anew, check_archive
from tagwatch.engine.installation import FolderLock

app = command_app("How the trail archive stands; prove it whole; begin it anew from the journal.")


@app.command("status")
def status(data: DataFolder = DATA_DEFAULT, as_json: AsJson = False) -> None:
    """Say how much is archived, up to when, and what erasure is still to reach; running or not."""
    stand = archive_stand(installed(data))
    if as_json:
        print_json(stand)
        return
    if stand.horizon is None:
        typer.echo("Nothing is archived: all fixes are in the tables.")
    else:
        typer.echo(
            f"Archived: fixes before {iso(stand.horizon)[:10]}, of records up to {stand.upto}."
        )
    typer.echo(
        f"{stand.fixes} fixes, each in both orders; {stand.files} files, {stand.bytes} bytes, "
        f"{stand.months} months."
    )
    if stand.erasures:
        typer.echo(f"{stand.erasures} erasures are still to be carried out in the files.")


@app.command("verify")
def verify(data: DataFolder = DATA_DEFAULT, as_json: AsJson = False) -> None:
    """Compare every file with what was sealed; name those missing or damaged; running or not."""
    report = check_archive(installed(data))
    if as_json:
        print_json(report)
    else:
        typer.echo(f"{report.files} files, {report.bytes} bytes: {len(report.damaged)} damaged.")
        for file in report.damaged:
            typer.echo(f"  {file.path}: {file.why} ({file.fixes} fixes)")
        if report.damaged:
            typer.echo("Their fixes are in the journal: stop and give `tagwatch archive rebuild`.")
    if report.damaged:
        raise typer.Exit(1)


@app.command("rebuild")
def rebuild(
    reason: Annotated[str, typer.Option(help="Why; is journaled.")],
    data: DataFolder = DATA_DEFAULT,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give up all files and build the tables anew with every fix of the journal.

    For an archive that lost files, while the installation is stopped. Batch seals the old fixes
    again once it runs. What was not delivered is held back: see `tagwatch outbox list`.
    """
    config = installed(data)
    if not reason.strip():
        raise Failure("a new beginning needs its reason: say what was lost, or why")
    post = receiver(config)
    if post is not None:
        post.close()
        raise Failure("the installation runs: stop it first, the tables are built anew")
    confirm_or_fail("Give up every file of the archive and build the tables anew?", yes)
    shown = 0

    def progress(done: int) -> None:
        nonlocal shown
        if done >= shown + 100_000:
            shown = done
            note(f"{done} records applied …")

    with FolderLock(config.lock_file):
        audited(config, Act.ALTERATION, "archive_rebuild", [], reason.strip())
        gone = begin_anew(config, reason.strip(), BY, progress)
    if as_json:
        print_json({"files": gone})
        return
    typer.echo(f"{gone} files given up; every fix is in the tables. Batch seals them again.")
