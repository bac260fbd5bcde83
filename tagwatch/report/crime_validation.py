"""What is wrong with a file of crimes, as the table that goes back to its sender."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any, Final

from tagwatch.core.crime_errors import REQUIRED_ACTIONS, BatchErrorType, CrimeError
from tagwatch.report.trail_csv import guarded

VALIDATION_HEADER: Final = ("Crime reference", "Error type", "Required action")


def validation_lines(
    errors: Iterable[CrimeError], batch_error: BatchErrorType | None = None
) -> Iterator[str]:
    """Give the lines of the CSV: its header, each row's errors, the batch's own last."""
    yield _line(VALIDATION_HEADER)
    for error in errors:
        yield validation_line(error)
    if batch_error is not None:
        yield batch_line(batch_error)


def validation_line(error: CrimeError) -> str:
    """Return one error's line."""
    reference = guarded(error.crime_reference or "")
    return _line((reference, error.error_type.value, REQUIRED_ACTIONS[error.error_type]))


def batch_line(error: BatchErrorType) -> str:
    """Return the line of what is wrong with the batch as a whole."""
    return _line(("", error.value, REQUIRED_ACTIONS[error]))


def _line(cells: Iterable[Any]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
