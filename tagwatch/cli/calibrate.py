"""`tagwatch calibrate`: does a probability mean what it says, on fixes whose truth is known?"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tagwatch.cli.assess import read_settings
from tagwatch.cli.options import AsJson, Failure, command_app, note, print_json, print_table
from tagwatch.core.settings import DEFAULT_SETTINGS
from tagwatch.ingest.files.block import FileError
from tagwatch.sim.calibrate.report import Group, as_data, diagram, groups
from tagwatch.sim.calibrate.scale import draft
from tagwatch.sim.calibrate.truth import evidence
from tagwatch.sim.quality.bound import Measured

app = command_app()
_BAR = 30


@app.command()
def calibrate_files(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FIXES-WITH-TRUTH.csv...", help="As assess, and true_lat,true_lon."),
    ],
    tag_model: Annotated[
        str, typer.Option(help="Model of the tag, for rows without a tag_model of their own.")
    ] = "",
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rule settings as JSON; else the built-in.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=THEIRS", help="A column that the files name otherwise; repeat."),
    ] = None,
    zones: Annotated[int, typer.Option(help="Discs drawn at random for each fix.", min=1)] = 4,
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures.", min=0)] = 1,
    draft_to: Annotated[
        Path | None,
        typer.Option("--draft", metavar="FILE", help="Write the settings with the factors there."),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the reliability diagrams there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare what is said of fixes with where they truly were: coverage, scores, reliability.

    Bounds are 95 %, from blocks of 30 seconds resampled. A factor for each source is suggested and,
    with --draft, written as settings that nothing applies until somebody publishes them.
    """
    try:
        rules = DEFAULT_SETTINGS if settings is None else read_settings(settings)
        found = evidence(files, rules, tag_model, _named(column or []))
        if not found.fixes:
            raise Failure(f"no fix in {', '.join(map(str, files))}")
    except (Failure, FileError) as error:
        sys.stderr.write(f"tagwatch: {error}\n")
        raise typer.Exit(2) from error
    report = list(groups(found, zones, seed))
    if as_json:
        for group in report:
            print_json({"places": found.places, "seed": seed, **as_data(group)})
    else:
        typer.echo(f"{found.places} places, {found.blocks} blocks of 30 s, seed {seed}.")
        for group in report:
            _print(group)
    if svg is not None:
        svg.write_text(diagram(report), encoding="utf-8")
    if draft_to is not None:
        made = draft(rules, [group.factor for group in report if group.factor is not None])
        draft_to.write_bytes(msgspec.json.format(msgspec.json.encode(made)))
        note(f"{draft_to} is a draft: nothing applies it until somebody publishes it.")


def _named(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        ours, separator, theirs = pair.partition("=")
        if not separator or not theirs:
            raise Failure(f"--column {pair!r}: write OURS=THEIRS, e.g. lat=latitude")
        found[ours.strip()] = theirs.strip()
    return found


def _print(group: Group) -> None:
    typer.echo(f"\n== {group.name}: {group.scores.blocks} blocks ({group.scores.fixes} fixes)")
    figures = group.scores.figures
    print_table(
        ("figure", "point", "95 %"),
        [(one.name, _number(one.measured.value), _range(one.measured)) for one in figures],
    )
    typer.echo(f"\nP(inside) of discs of 100 m, {group.scores.pairs} pairs of fix and disc:")
    print_table(
        ("said", "on average", "so", "95 %", "pairs", ""),
        [
            (
                f"{one.low:g} to {one.high:g}",
                _number(one.said),
                _number(one.so.value),
                _range(one.so),
                one.pairs,
                _bar(one.so.value),
            )
            for one in group.scores.bins
        ],
    )
    factor = group.factor
    if factor is None:
        return
    said = f"{_number(factor.factor.value)} (95 % {_range(factor.factor)})"
    typer.echo(f"\nFactor on the error model that fits these fixes best: {said}.")
    if factor.suggested:
        typer.echo("Suggested: it goes into --draft, and nowhere else.")
    else:
        typer.echo(f"Not suggested: {factor.objection}.")


def _bar(share: float) -> str:
    return "#" * round(share * _BAR) if share == share else ""  # noqa: PLR0124  # NaN: no bar


def _range(measured: Measured) -> str:
    if measured.low != measured.low:  # NaN: a single block
        return "cannot say"
    return f"{_number(measured.low)} to {_number(measured.high)}"


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.4g}"  # noqa: PLR0124  # NaN: nothing to measure
