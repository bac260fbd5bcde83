"""`tagwatch verify-bundle`: is an evidence bundle what was signed, and do its findings follow?"""

from pathlib import Path
from typing import Annotated

import typer

from tagwatch.cli.options import AsJson, command_app
from tagwatch.verifier.__main__ import verify

app = command_app()


@app.command()
def verify_bundle(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The bundle, as it was received.")],
    key: Annotated[
        str, typer.Option(metavar="HEX", help="The public key, from a place you trust.")
    ] = "",
    keys: Annotated[
        Path | None,
        typer.Option(metavar="KEYS", help="Successions of keys, as the installation published."),
    ] = None,
    head: Annotated[
        str, typer.Option(metavar="SEQ:DIGEST", help="The head as it was mailed at the time.")
    ] = "",
    against: Annotated[
        Path | None,
        typer.Option(metavar="EXPERT", help="The expert's bundle, to compare a redacted one with."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check an evidence bundle and derive its findings again from the raw frames.

    Says *same*, *different* and where, or *refused* and which place was changed; exit code 0 only
    for same. It needs no installation. The package tagwatch-verifier has this command alone.
    """
    raise typer.Exit(verify(file, key, head, keys, against, in_json=as_json))
