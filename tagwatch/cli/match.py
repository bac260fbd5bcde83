"""`tagwatch match`: who was at police's crimes, from files. No installation, no server."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tagwatch.access.enrolment import now
from tagwatch.cli.match_lists import Lists, match_all
from tagwatch.cli.options import Failure, command_app, note
from tagwatch.core.crime import Crime, CrimeProfile
from tagwatch.core.crime_match import scene_of
from tagwatch.core.crime_profiles import DEFAULT_PROFILE, PROFILES, profile_of
from tagwatch.core.match import MatchRule, MatchSettings
from tagwatch.core.units import Instant
from tagwatch.ingest.files.activations_moj import read_activations
from tagwatch.ingest.files.block import FileError
from tagwatch.ingest.files.crime_csv import read_crimes
from tagwatch.ingest.files.crime_mail import read_mailed_crimes
from tagwatch.ingest.files.match_files import FilePeople, read_people
from tagwatch.ingest.files.table import AngleUnit
from tagwatch.report.match_csv import COVERAGE, MATCHES, OPEN, write_rows

app = command_app()
_MOST_BYTES = 256 << 20


@app.command()
def match(
    crimes: Annotated[
        Path, typer.Argument(metavar="CRIMES", help="Police's CSV without header, or an .eml.")
    ],
    positions: Annotated[
        Path, typer.Option(metavar="FILE", help="Positions CSV, columns by header, times UTC.")
    ],
    activations: Annotated[
        Path, typer.Option(metavar="FILE", help="Activations CSV: device, person, from, to.")
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the lists are written.")],
    rule: Annotated[MatchRule, typer.Option(help="The rule.")] = MatchRule.OVERLAP_50,
    profile: Annotated[
        str, typer.Option(help=f"One of {', '.join(one.profile_id for one in PROFILES)}.")
    ] = DEFAULT_PROFILE.profile_id,
    direction: Annotated[
        AngleUnit, typer.Option(help="Unit of position_direction; nothing in the file says it.")
    ] = AngleUnit.DEGREES,
) -> None:
    """Say who was at each crime of a batch: matched, could not be excluded, excluded.

    Writes matches.csv, results.json, could-not-be-excluded.csv and coverage.csv into FOLDER. Exit
    code 2, and no file, if something that is given cannot be read or no crime of it is good.
    """
    begun = now()
    try:
        rules, settings = _profile(profile), _settings(rule, profile)
        good = _crimes(crimes, rules)
        scenes = [scene_of(one.place, one.from_at, one.to_at, settings) for one in good]
        window = min(s.start for s in scenes), max(s.end for s in scenes)
        people = read_people(positions, read_activations(activations), window, direction)
        lists = match_all(good, people.people, settings)
        out.mkdir(parents=True, exist_ok=True)
        _write(out, lists, settings, begun)
    except (Failure, FileError) as error:
        sys.stderr.write(f"tagwatch: {error}\n")
        raise typer.Exit(2) from error
    except OSError as error:
        sys.stderr.write(f"tagwatch: {error.filename}: {error.strerror}\n")
        raise typer.Exit(2) from error
    _say(lists, people)


def _profile(name: str) -> CrimeProfile:
    found = profile_of(name)
    if found is None:
        known = ", ".join(one.profile_id for one in PROFILES)
        raise Failure(f"there is no profile {name!r}: name one of {known}")
    return found


def _settings(rule: MatchRule, profile: str) -> MatchSettings:
    return MatchSettings(rule=rule, vicinity_m=_profile(profile).vicinity_m)


def _crimes(path: Path, profile: CrimeProfile) -> list[Crime]:
    """Return the good crimes; of a reference that comes again the last. Raises Failure."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Failure(f"{path} is larger than {_MOST_BYTES >> 20} MB: split it")
        data = path.read_bytes()
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error
    mailed = path.suffix.lower() == ".eml"
    read = (read_mailed_crimes if mailed else read_crimes)(data, profile)
    if read.batch_error is not None:
        raise Failure(
            f"{path}: {read.batch_error.value}: nothing is matched; "
            f"`tagwatch crimes check {path}` says what is wrong"
        )
    if read.rejected:
        note(f"{read.rejected} of {read.rows} rows are not good and are not matched")
    by_reference = {crime.reference: crime for _, crime in read.good}
    if len(by_reference) < len(read.good):
        note("a reference that comes more than once is matched as its last row says")
    return list(by_reference.values())


def _write(out: Path, lists: Lists, settings: MatchSettings, begun: Instant) -> None:
    write_rows(out / "matches.csv", MATCHES, lists.matched_rows)
    write_rows(out / "could-not-be-excluded.csv", OPEN, lists.open_rows)
    write_rows(out / "coverage.csv", COVERAGE, lists.coverage_rows)
    results = lists.document(settings, begun, now())
    text = msgspec.json.format(msgspec.json.encode(results), indent=1)
    (out / "results.json").write_bytes(text + b"\n")


def _say(lists: Lists, people: FilePeople) -> None:
    note(
        f"{people.rows} positions: {people.used} in time and of a tagged person, "
        f"{people.nobodys} of nobody, {people.unusable} without a time or place"
    )
    for reference, counts in lists.counts.items():
        typer.echo(
            f"{reference}: {counts[0]} matched, {counts[1]} could not be excluded, "
            f"{counts[2]} excluded"
        )
