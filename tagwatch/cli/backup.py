"""`tagwatch backup`: everything but the installation key, which is put apart."""

from pathlib import Path
from typing import Annotated

import typer

from tagwatch.access.audit import Act
from tagwatch.cli.acting import audited
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    Failure,
    command_app,
    installed,
    print_json,
)
from tagwatch.config import Config
from tagwatch.engine.installation import OS_FILES
from tagwatch.engine.safekeeping import back_up
from tagwatch.store.journal.backup import export_installation_key
from tagwatch.store.journal.keys import INSTALLATION_KEY_NAME
from tagwatch.store.post import JournalPost, PostError

app = command_app()
_LONGEST_S = 24 * 3600.0


@app.command()
def backup(
    target: Annotated[
        Path | None, typer.Argument(metavar="[TARGET]", help="A new or empty folder.")
    ] = None,
    data: DataFolder = DATA_DEFAULT,
    installation_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Copy the installation key there, apart from backups."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy journal, data keys and accounts, running or not.

    Copies the journal up to its durable end, the data keys (wrapped), the trail archive (sealed),
    the audit and the accounts into TARGET. The installation key is never among them: put it apart
    once, with --installation-key. tagwatch.toml and the projections are not copied either.
    """
    config = installed(data)
    if target is None and installation_key is None:
        raise Failure("nothing to do: name a folder TARGET, or a FILE with --installation-key")
    if target is not None and installation_key is not None:
        _refuse_together(target, installation_key)
    if installation_key is not None:
        key = installation_key.expanduser().absolute()
        audited(config, Act.DISCLOSURE, "backup", [], "installation key")
        export_installation_key(config.keys_folder / INSTALLATION_KEY_NAME, key, OS_FILES)
        if not as_json:
            typer.echo(f"Copied the installation key to {key}. Keep it apart from the backups.")
    if target is None:
        return
    audited(config, Act.DISCLOSURE, "backup", [], "journal, data keys, archive, audit, accounts")
    post = _receiver(config)
    try:
        head = back_up(config, target, post)
    finally:
        if post is not None:
            post.close()
    if as_json:
        print_json({"target": target, "seq": head.seq, "digest": head.digest.hex()})
        return
    typer.echo(
        f"Copied to {target}, proved up to record {head.seq}.\n"
        f"Head: {head.seq}:{head.digest.hex()}\n"
        "Without the installation key nobody can read it, you neither."
    )


def _refuse_together(target: Path, key: Path) -> None:
    if key.expanduser().absolute().is_relative_to(target.expanduser().absolute()):
        raise Failure(f"{key} lies in the backup {target}: keep the key apart from it")


def _receiver(config: Config) -> JournalPost | None:
    post = JournalPost(config.receiver_socket, timeout_s=_LONGEST_S)
    try:
        post.head()
    except PostError:
        post.close()
        return None
    return post
