"""`tagwatch programme`: a whole programme handed over, proved complete, and brought in."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.cli.acting import BY, acting, audited
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
from tagwatch.engine.programme_export import Asked, export_programme, publish
from tagwatch.engine.programme_import import Imported, Unfinished, import_programme
from tagwatch.store.programme.check import check_programme
from tagwatch.store.programme.description import json_schema
from tagwatch.store.programme.layout import Manifest, ProgrammeDamaged

app = command_app("Hand a whole programme over, prove one complete, bring one in.")

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the programme.")]
Reason = Annotated[str, typer.Option(help="The contract or decision it rests on; on the audit.")]
_STEP = 100_000


@app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder.")],
    reason: Reason,
    agency: Annotated[str, typer.Option(help="Only what is of the wearers of this agency.")] = "",
    programme: Annotated[
        str, typer.Option(help="Only what is of this programme, e.g. stalking.")
    ] = "",
    data: DataFolder = DATA_DEFAULT,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write everything into a folder that another supplier can read.

    Register, orders with versions and told dates, acts, alerts, decisions, raw frames, fixes,
    documents and photographs, in the clear; no password, key or credential. What was lawfully
    erased is listed as erased. It is a disclosure of everything: the audit keeps reason, digest
    and counts before the folder counts. docs/supplier-change.md has the format.
    """
    if not reason.strip():
        raise Failure("an export of everything needs its reason")
    config = installed(data)
    confirm_or_fail(f"Write everything about everybody, in the clear, into {folder}?", yes)
    folder = folder.expanduser().absolute()
    audited(config, Act.DISCLOSURE, "programme_export", [], "begun", reason.strip())
    with acting(config) as desk:
        asked = Asked(by=BY, reason=reason.strip(), at=now(), agency=agency, programme=programme)
        manifest = export_programme(config, folder, asked, desk.head(), _counter("records written"))
    detail = f"{manifest.records} records, {manifest.fixes} fixes, Merkle root {manifest.root}"
    detail += f", only {manifest.scope}" if manifest.scope else ""
    audited(config, Act.DISCLOSURE, "programme_export", [], detail, reason.strip())
    digest = publish(folder, manifest)
    if as_json:
        print_json({"folder": folder, "manifest_sha256": digest, **_facts(manifest)})
        return
    typer.echo(
        f"Wrote {folder}: {detail}.\nmanifest.json has SHA-256 {digest}: give it to whoever takes "
        "over, by another way than the folder."
    )


@app.command("check")
def check(folder: Folder, as_json: AsJson = False) -> None:
    """Prove a folder complete: every digest, count and number. Needs no installation.

    Exit code 1, and the first thing that is wrong by file and line, if it is not.
    """
    try:
        manifest, digest = check_programme(folder, _counter("records checked"))
    except ProgrammeDamaged as error:
        raise Failure(str(error)) from error
    if as_json:
        print_json({"manifest_sha256": digest, **_facts(manifest)})
        return
    withheld = ", ".join(f"{count} {why}" for why, count in manifest.withheld.items()) or "none"
    typer.echo(
        f"Whole: {manifest.records} records (withheld: {withheld}), {manifest.fixes} fixes, "
        f"{len(manifest.files)} files.\n"
        f"Journal head when it was made: {manifest.head_seq}:{manifest.head_digest}\n"
        f"SHA-256 of manifest.json: {digest}"
    )


@app.command("import")
def bring_in(
    folder: Folder,
    reason: Reason,
    data: DataFolder = DATA_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Bring a programme into a new installation, and compare what is found.

    The folder is proved complete first. Records keep their numbers, ids and clocks; findings are
    derived again and compared with those that came. No message of its history is ever sent: the
    outbox is held (`tagwatch outbox`). Tags need new credentials, accounts a password (`tagwatch
    user`). Cut short, give the same command again. Exit code 1 if findings differ.
    """
    if not reason.strip():
        raise Failure("an import needs its reason")
    config = installed(data)
    audited(config, Act.COLLECTION, "programme_import", [], str(folder), reason.strip())
    asked = Unfinished(manifest_sha256="", at=now(), by=BY, reason=reason.strip())
    shown: dict[str, int] = {}

    def progress(what: str, done: int) -> None:
        if done >= shown.get(what, 0) + _STEP:
            shown[what] = done
            note(f"{done} records {what} …")

    try:
        imported = import_programme(config, folder.expanduser().absolute(), asked, progress)
    except ProgrammeDamaged as error:
        raise Failure(f"nothing was brought in: {error}") from error
    if as_json:
        print_json(imported)
    else:
        _say(imported)
    if imported.differences or imported.fixes_differing:
        raise typer.Exit(1)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a line of records, made from the types that read it."""
    print_json(json_schema())


def _say(imported: Imported) -> None:
    withheld = ", ".join(f"{n} {why}" for why, n in imported.withheld.items()) or "none"
    typer.echo(
        f"Brought in {imported.records} records (withheld there: {withheld}); "
        f"{imported.accounts} accounts, switched off.\n"
        f"Held back: {imported.held} notifications of its history."
    )
    if not imported.compared:
        typer.echo("The folder brings no findings: there is nothing to compare with.")
        return
    same = imported.compared - len(imported.differences)
    typer.echo(
        f"Compared: {same} of {imported.compared} tables the same; {imported.fixes} fixes the same."
    )
    for one in imported.differences:
        typer.echo(f"  {one.table}: {one.rows} rows differ, e.g. {'; '.join(one.first)}")
    for one in imported.fixes_differing:
        typer.echo(f"  fixes differ: {one}")


def _facts(manifest: Manifest) -> dict[str, object]:
    names = ("records", "root", "kinds", "withheld", "fixes", "findings", "head_seq", "head_digest")
    told: dict[str, object] = msgspec.to_builtins(manifest)
    return {name: told.get(name) for name in names}


class _Counter:
    def __init__(self, what: str) -> None:
        self._what, self._shown = what, 0

    def __call__(self, done: int) -> None:
        if done >= self._shown + _STEP:
            self._shown = done
            note(f"{done} {self._what} …")


def _counter(what: str) -> _Counter:
    return _Counter(what)
