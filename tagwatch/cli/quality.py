"""`tagwatch quality`: how often the decisions are right, in one table."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tagwatch.cli.options import AsJson, Failure, command_app, note, print_json, print_table
from tagwatch.sim.quality.experiment import DEFAULT, FULL, QUICK, Setting, Sizes
from tagwatch.sim.quality.plan import EXPERIMENTS, chosen, files_of, run
from tagwatch.sim.quality.street import UnreadableFile
from tagwatch.sim.quality.table import OURS, Row, Verdict, number

app = command_app()


class _Size(StrEnum):
    QUICK = "quick"
    DEFAULT = "default"
    FULL = "full"


SIZES: dict[_Size, Sizes] = {_Size.QUICK: QUICK, _Size.DEFAULT: DEFAULT, _Size.FULL: FULL}

_HEADS = ("cell", "figure", "rival", "point", "95 %", "asked", "verdict", "measured on")
_ASKS = {experiment.name: experiment.asks for experiment in EXPERIMENTS}


@app.command()
def measure_quality(
    only: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]...", help="Experiments whose name contains one of these."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Seconds: that it runs, and no more.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="200 person-weeks or 1,000 entries a cell: hours.")
    ] = False,
    street: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Fixes with truth as CSV, in place of the folder's."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(envvar="TAGWATCH_DATA", metavar="FOLDER", help="Folder of the real data."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same table.")] = 1,
    processes: Annotated[int, typer.Option(help="Processes to share the work.", min=1)] = 2,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Keep what is done here: an interrupted run of the same program goes on.",
        ),
    ] = None,
    missed: Annotated[
        bool, typer.Option("--missed", help="Print only what has a target and is not shown.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure how often decisions are right, on errors that are known, against simpler rules.

    Each figure comes with its 95 % bounds, what was asked of it and whether that is reached:
    `shown` when the whole interval does, `reached` when only the point does, else `missed`.
    """
    if quick and full:
        raise Failure("--quick and --full exclude each other")
    size = _Size.QUICK if quick else _Size.FULL if full else _Size.DEFAULT
    if data is not None and not data.is_dir():
        raise Failure(f"{data} is not a folder: name the real data's with --data, or leave it out")
    files = tuple(path.resolve() for path in street) if street else files_of(data)
    if not files:
        note("No --street file and no --data folder: nothing is measured on real fixes.")
    setting = Setting(sizes=SIZES[size], seed=seed, files=files)
    try:
        experiments = chosen(only or [])
        with _progress() as progress:
            done = run(experiments, setting, processes, progress, keep)
            table = [row for _, rows in done for row in rows]
    except (UnreadableFile, ValueError) as error:
        raise Failure(str(error)) from error
    _print(table, size, seed, missed=missed, as_json=as_json)


@contextmanager
def _progress() -> Generator[Callable[[str, float], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f}%"))
    console = Console(stderr=True)
    with Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("measuring", total=1.0)
        if console.is_terminal:
            yield lambda words, share: bar.update(task, description=words, completed=share)
        else:
            yield _Tenths()


class _Tenths:
    """Says each tenth that is done in a line: for a log, where a bar can not be drawn."""

    def __init__(self) -> None:
        self._said = 0

    def __call__(self, words: str, share: float) -> None:
        tenth = int(10 * share + 1e-9)
        if tenth > self._said:
            self._said = tenth
            note(f"{words}: {10 * tenth} % of all is measured")


def _print(table: list[Row], size: str, seed: int, *, missed: bool, as_json: bool) -> None:
    wanted = (Verdict.MISSED, Verdict.REACHED, Verdict.UNKNOWN)
    shown = [row for row in table if not missed or row.verdict in wanted]
    if as_json:
        for row in shown:
            print_json({"size": size, "seed": seed, **_plain(row)})
        return
    for experiment in dict.fromkeys(row.experiment for row in shown):
        typer.echo(f"\n== {experiment}: {_ASKS[experiment]}")
        print_table(_HEADS, [_line(row) for row in shown if row.experiment == experiment])
    counts = {verdict: sum(row.verdict is verdict for row in table) for verdict in Verdict}
    typer.echo(
        f"{counts[Verdict.SHOWN]} targets shown, {counts[Verdict.REACHED]} reached by the point "
        f"only, {counts[Verdict.MISSED]} missed, {counts[Verdict.UNKNOWN]} cannot say; "
        f"size {size}, seed {seed}, {os.cpu_count()} cores."
    )


def _line(row: Row) -> tuple[str, ...]:
    return (
        row.cell,
        row.figure,
        "" if row.who == OURS else row.who,
        number(row.value),
        f"{number(row.low)} to {number(row.high)}",
        "" if row.target is None else str(row.target),
        row.verdict.value,
        row.trials,
    )


def _plain(row: Row) -> dict[str, object]:
    """Return a row for a program; what is not known is null."""

    def known(value: float) -> float | None:
        return value if abs(value) < float("inf") else None

    return {
        "experiment": row.experiment,
        "cell": row.cell,
        "figure": row.figure,
        "of": row.who,
        "value": known(row.value),
        "low": known(row.low),
        "high": known(row.high),
        "asked": None if row.target is None else str(row.target),
        "verdict": row.verdict.value,
        "measured_on": row.trials,
    }
