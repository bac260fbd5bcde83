"""`tagwatch crimes`: police's files of crimes. `check` needs no installation, and keeps nothing."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Annotated

import typer

from tagwatch.cli.options import Failure, command_app, note, print_json
from tagwatch.core.crime import CrimeProfile
from tagwatch.core.crime_errors import BatchErrorType, CrimeBatchStatus, CrimeError
from tagwatch.core.crime_profiles import DEFAULT_PROFILE, PROFILES, profile_of
from tagwatch.ingest.files.crime_csv import CrimeTally, judged_rows
from tagwatch.ingest.files.crime_mail import MailRefused, read_mail
from tagwatch.report.crime_validation import batch_line, validation_line, validation_lines

app = command_app("Police's files of crimes: check one, row by row.")
MOST_MAIL = 64 << 20


@app.callback()
def crimes() -> None:
    """Police's files of crimes: check one, row by row."""


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV without header, or an .eml.")],
    profile: Annotated[
        str, typer.Option(help=f"One of {', '.join(one.profile_id for one in PROFILES)}.")
    ] = DEFAULT_PROFILE.profile_id,
    as_json: Annotated[
        bool, typer.Option("--json", help="One line of JSON for each error, and one of totals.")
    ] = False,
) -> None:
    """Say what is wrong with a file of crimes, row by row. Nothing is kept.

    Prints `Crime reference,Error type,Required action`. Exit code 0 if the file could be read,
    whatever is wrong in it; 2, and nothing on standard output, if it could not.
    """
    try:
        rules = _profile(profile)
        report = _Json() if as_json else _Csv()
        with _opened(file) as content:
            _report(content, rules, report)
    except Failure as error:
        sys.stderr.write(f"tagwatch: {error}\n")
        raise typer.Exit(2) from error


def _profile(name: str) -> CrimeProfile:
    found = profile_of(name)
    if found is None:
        known = ", ".join(one.profile_id for one in PROFILES)
        raise Failure(f"there is no profile {name!r}: name one of {known}")
    return found


@contextmanager
def _opened(path: Path) -> Generator[IO[bytes] | MailRefused]:
    """Give the rows of a file, or why a mail is no crime mapping request."""
    try:
        if path.suffix.lower() != ".eml":
            with path.open("rb") as file:
                yield file
            return
        if path.stat().st_size > MOST_MAIL:
            raise Failure(f"{path} is larger than {MOST_MAIL >> 20} MB: check the CSV in it")
        try:
            yield BytesIO(read_mail(path.read_bytes()).data)
        except MailRefused as refused:
            yield refused
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error


class _Csv:
    """The table that goes back to the sender."""

    def __init__(self) -> None:
        self._begun = False

    def error(self, error: CrimeError) -> None:
        self._begin()
        sys.stdout.write(validation_line(error))

    def _begin(self) -> None:
        if not self._begun:
            sys.stdout.writelines(validation_lines(()))
            self._begun = True

    def end(self, tally: CrimeTally, refused: MailRefused | None) -> None:
        self._begin()
        status, batch_error = _outcome(tally, refused)
        if batch_error is not None:
            sys.stdout.write(batch_line(batch_error))
        why = f" ({refused})" if refused else ""
        note(
            f"{tally.rows} rows, {tally.accepted} accepted, {tally.rows - tally.accepted} "
            f"rejected: {status}{why}"
        )


class _Json:
    """Lines for a program."""

    def error(self, error: CrimeError) -> None:
        print_json(
            {
                "row": error.row,
                "crimeReference": error.crime_reference,
                "crimeTypeId": error.crime_type_id,
                "errorType": error.error_type,
                "field": error.field,
                "value": error.value,
            }
        )

    def end(self, tally: CrimeTally, refused: MailRefused | None) -> None:
        status, batch_error = _outcome(tally, refused)
        print_json(
            {
                "rows": tally.rows,
                "accepted": tally.accepted,
                "rejected": tally.rows - tally.accepted,
                "status": status,
                "batchError": batch_error,
            }
        )
        if refused is not None:
            note(f"not taken: {refused}")


def _outcome(
    tally: CrimeTally, refused: MailRefused | None
) -> tuple[CrimeBatchStatus, BatchErrorType | None]:
    if refused is not None:
        return CrimeBatchStatus.FAILED, BatchErrorType.INVALID_ATTACHMENT
    return tally.status, tally.batch_error


def _report(content: IO[bytes] | MailRefused, profile: CrimeProfile, report: _Csv | _Json) -> None:
    tally = CrimeTally()
    if isinstance(content, MailRefused):
        report.end(tally, content)
        return
    for _, judged in judged_rows(content, profile):
        tally.count(judged)
        if isinstance(judged, tuple):
            for error in judged:
                report.error(error)
    report.end(tally, None)
