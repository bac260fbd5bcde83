"""What commands share: the data folder, JSON, how they fail, how they print."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tagwatch.config import Config, load

DATA_DEFAULT = Path("tagwatch-data")

DataFolder = Annotated[
    Path,
    typer.Option("--data", envvar="TAGWATCH_HOME", metavar="FOLDER", help="The data folder."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


class Failure(Exception):
    """A command cannot do what it was asked. The text says what, which, and what to do."""


def command_app(says: str = "") -> typer.Typer:
    """Return the application of one command, or of a group of them that `says` what it is for."""
    return typer.Typer(
        help=says or None,
        no_args_is_help=bool(says),
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def installed(data: Path) -> Config:
    """Return the configuration of the installation in `data`. Raises Failure if there is none."""
    config = load(data)
    if not (config.keys_folder / "data.keys").exists():
        raise Failure(
            f"{config.data} holds no installation: make one with `tagwatch init --data "
            f"{config.data}`, or name the folder with --data"
        )
    return config


def print_json(value: Any) -> None:
    """Print one value as a line of JSON; bytes become hexadecimal."""
    encoded = msgspec.json.encode(value, enc_hook=_plain)
    sys.stdout.write(encoded.decode() + "\n")


def print_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under `heads`, as wide as they need to be where nobody looks on."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=240)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console.print(table, markup=False)


def note(words: str) -> None:
    """Tell the person at the terminal, beside the output that a program may read."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def confirm_or_fail(question: str, yes: bool) -> None:
    """Ask at the terminal; without one, `--yes` must have been given."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure("nobody is there to confirm: give --yes if you mean it")
    typer.confirm(question, abort=True)


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"no JSON for {type(value)}")  # so msgspec is told: no such value
