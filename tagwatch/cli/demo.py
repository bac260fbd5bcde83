"""`tagwatch demo`: the demonstration."""

from pathlib import Path
from typing import Annotated

import typer

from tagwatch.cli.options import DataFolder, command_app, note
from tagwatch.sim.demo import DemoOptions, run

app = command_app()


@app.command()
def demo(
    data: DataFolder = Path("tagwatch-demo"),
    seed: Annotated[int, typer.Option(help="The same seed makes the same London.")] = 7,
    days: Annotated[
        float, typer.Option(min=0.1, max=60.0, help="Days of history made before the present.")
    ] = 2.0,
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Only the last hours: comes up sooner.")
    ] = False,
    port: Annotated[int, typer.Option(help="Officers' port; the next free one is taken.")] = 8080,
    tags_port: Annotated[int, typer.Option(help="Tags' port; the next free one.")] = 8081,
    lan: Annotated[
        bool, typer.Option("--lan", help="Let phones of the local network send to the tags' port.")
    ] = False,
) -> None:
    """Run a demonstration: a live London of fictional wearers.

    Sixty plainly fictional wearers, two days of history, fixes each minute, breaches unfolding.
    Sign in by the one-use links it prints, from this machine only. The folder (tagwatch-demo
    unless given) is made anew at each start; a folder that holds anything else is left alone.
    """
    folder = data.expanduser().absolute()
    options = DemoOptions(
        data=folder,
        seed=seed,
        history_days=0.1 if no_history else days,
        web_port=port,
        tags_port=tags_port,
        tags_bind="0.0.0.0" if lan else "127.0.0.1",  # noqa: S104  # asked for by --lan
    )
    if lan:
        note("The tags' port is open to the local network; the pages stay on this machine.")
    run(options, typer.echo)
