"""`tagwatch restore`: an installation out of a backup."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tagwatch.access.audit import Act
from tagwatch.cli.acting import audited
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    Failure,
    command_app,
    note,
    print_json,
)
from tagwatch.cli.passphrase import PassphraseFile, PassphraseStdin, known_passphrase
from tagwatch.config import load
from tagwatch.engine.keys_apart import refuse_other_keys
from tagwatch.engine.safekeeping import Erasure, bring_back
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.key_export import KeySet, joined, opened
from tagwatch.store.outbox import held

app = command_app()


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="The folder of a backup.")],
    keys: Annotated[
        list[Path] | None,
        typer.Option("--keys", metavar="FILE", help="What `keys export` wrote; each part of it."),
    ] = None,
    installation_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the folder of keys itself was saved: its key."),
    ] = None,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
    data: DataFolder = DATA_DEFAULT,
    erasures: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Lines that `erase --json` printed since the backup."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back into an empty folder, proved equal.

    Every byte of the journal is proved against the head that was copied, and the tables are built
    anew from it. The trail archive is proved by its digests; if a file of it is lost, its fixes
    come back from the journal. Nothing is sent: what was not delivered then is held back until
    `tagwatch outbox send` or `drop`. Sessions end; accounts and their second factors come back.
    """
    config = load(data)
    again = _erasures(erasures)
    given = _keys(source, keys or [], installation_key, passphrase_file, stdin=passphrase_stdin)
    shown = 0

    def progress(done: int) -> None:
        nonlocal shown
        if done >= shown + 100_000:
            shown = done
            note(f"{done} records applied …")

    restored = bring_back(source, config, given, again, progress)
    audited(config, Act.COLLECTION, "restore", [], f"record {restored.seq}:{restored.digest}")
    engine = open_tables(config, Access.READ)
    with reading(engine) as connection:
        waiting = held(connection)
    engine.dispose()
    if as_json:
        print_json({**msgspec.to_builtins(restored), "held": waiting})
        return
    typer.echo(
        f"Restored into {config.data}, proved equal up to record {restored.seq}.\n"
        f"Head: {restored.seq}:{restored.digest}\n"
        f"Erased again: {restored.erased_again} keys. Held back: {waiting} notifications."
    )
    if restored.archive_files or restored.archive_lost:
        typer.echo(f"Trail archive: {restored.archive_files} files brought back equal.")
    for lost in restored.archive_lost:
        typer.echo(f"  lost: {lost}")
    if restored.archive_lost:
        typer.echo("Its fixes are in the tables again, from the journal; batch seals them anew.")
    if waiting:
        typer.echo(f"See them with `tagwatch outbox list --data {config.data}`; then send or drop.")


def _keys(
    source: Path, keys: list[Path], saved: Path | None, passphrase_file: Path | None, *, stdin: bool
) -> Path | KeySet:
    """Return the keys that open the backup. Raises Failure, ExportWrong."""
    if saved is not None and not keys:
        return saved.expanduser().absolute()
    if not keys or saved is not None:
        raise Failure(
            "give the keys, apart from the backup: --keys with what `tagwatch keys export` wrote, "
            "each part of it, or --installation-key where the folder of keys itself was saved"
        )
    whole = joined(keys)
    refuse_other_keys(source, whole)
    return opened(whole, known_passphrase(passphrase_file, stdin=stdin))


def _erasures(path: Path | None) -> list[Erasure]:
    if path is None:
        return []
    found: list[Erasure] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(msgspec.json.decode(line, type=Erasure))
        except msgspec.DecodeError as error:
            raise Failure(
                f"{path}, line {number}: {error}; give lines of `erase --json`"
            ) from error
    return found
