"""`tagwatch backup`: everything but the installation key, which `tagwatch keys export` writes."""

from pathlib import Path
from typing import Annotated

import typer

from tagwatch.access.audit import Act
from tagwatch.cli.acting import audited
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    command_app,
    installed,
    print_json,
)
from tagwatch.config import Config
from tagwatch.engine.safekeeping import back_up
from tagwatch.store.post import JournalPost, PostError

app = command_app()
_LONGEST_S = 24 * 3600.0


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="A new or empty folder.")],
    data: DataFolder = DATA_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Copy journal, data keys and accounts, running or not.

    Copies the journal up to its durable end, the data keys (wrapped), the trail archive (sealed),
    the audit and the accounts into TARGET. The installation key is never among them: `tagwatch keys
    export` writes it out, sealed. tagwatch.toml and the projections are not copied either.
    """
    config = installed(data)
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
        "Without the installation key nobody can read it, you neither: `tagwatch keys export`."
    )


def _receiver(config: Config) -> JournalPost | None:
    post = JournalPost(config.receiver_socket, timeout_s=_LONGEST_S)
    try:
        post.head()
    except PostError:
        post.close()
        return None
    return post
