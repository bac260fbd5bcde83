"""`tagwatch process NAME`: one of the processes under `serve`, which starts it."""

from importlib import import_module
from typing import Annotated, Final

import typer

from tagwatch.cli import logs
from tagwatch.cli.options import DATA_DEFAULT, DataFolder, Failure, command_app, installed
from tagwatch.engine.child import end_with_parent, leave_at_once, stand_back, write_pid

app = command_app()

RUNS: Final = {
    "receiver": ("tagwatch.ingest.receiver", "run_receiver"),
    "line": ("tagwatch.engine.line_process", "run_line"),
    "web": ("tagwatch.web.app", "run_web"),
    "batch": ("tagwatch.engine.batch", "run_batch_process"),
}
"""Where each process is. A process loads its own code only: reports stay out of the alarm."""
STANDS_BACK: Final = {"line": 2, "web": 4}
"""Who lets others go first when the machine is short: what is not on disk can be lost, so a tag is
answered before anything is decided, and pages are made last. Batch stands back by itself."""


@app.command()
def process(
    name: Annotated[str, typer.Argument(help="receiver, line, web or batch.")],
    data: DataFolder = DATA_DEFAULT,
) -> None:
    """Run one of the processes that serve runs."""
    if name not in RUNS:
        raise Failure(f"there is no process {name}: it is one of {', '.join(RUNS)}")
    config = installed(data)
    logs.configure(config.data / "log", name)
    write_pid(config, name)
    end_with_parent()
    if steps := STANDS_BACK.get(name):
        stand_back(steps)
    module, function = RUNS[name]
    getattr(import_module(module), function)(config)
    leave_at_once()
