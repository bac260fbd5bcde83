"""What can be wrong with police's crimes, in the words of the Ministry of Justice's intake."""

from enum import StrEnum
from typing import Final

import msgspec


class CrimeErrorType(StrEnum):
    """What is wrong with a row. Errors of one row stand in the order of the row's columns."""

    INVALID_COLUMN_COUNT = "INVALID_COLUMN_COUNT"
    INVALID_POLICE_FORCE = "INVALID_POLICE_FORCE"
    INVALID_CRIME_TYPE = "INVALID_CRIME_TYPE"
    MISSING_BATCH_ID = "MISSING_BATCH_ID"
    INVALID_BATCH_ID_FORMAT = "INVALID_BATCH_ID_FORMAT"
    INVALID_BATCH_ID_DATE = "INVALID_BATCH_ID_DATE"
    MISSING_CRIME_REFERENCE = "MISSING_CRIME_REFERENCE"
    INVALID_FROM_DATE_FORMAT = "INVALID_FROM_DATE_FORMAT"
    INVALID_TO_DATE_FORMAT = "INVALID_TO_DATE_FORMAT"
    CRIME_DATE_TIME_TO_AFTER_FROM = "CRIME_DATE_TIME_TO_AFTER_FROM"
    """The end lies before the beginning; the name is the Ministry's."""
    CRIME_DATE_TIME_EXCEEDS_WINDOW = "CRIME_DATE_TIME_EXCEEDS_WINDOW"
    INVALID_NUMBER = "INVALID_NUMBER"
    DEPENDENT_LOCATION_DATA = "DEPENDENT_LOCATION_DATA"
    MULTIPLE_LOCATION_DATA_TYPES = "MULTIPLE_LOCATION_DATA_TYPES"
    INVALID_LOCATION_DATA_RANGE = "INVALID_LOCATION_DATA_RANGE"
    MISSING_LOCATION_DATA = "MISSING_LOCATION_DATA"


class BatchErrorType(StrEnum):
    """What is wrong with a batch as a whole."""

    MULTIPLE_POLICE_FORCES = "MULTIPLE_POLICE_FORCES"
    MULTIPLE_BATCH_IDS = "MULTIPLE_BATCH_IDS"
    INVALID_ATTACHMENT = "INVALID_ATTACHMENT"
    ALL_RECORDS_FAILED = "ALL_RECORDS_FAILED"


class CrimeBatchStatus(StrEnum):
    """What became of a batch."""

    SUCCESSFUL = "successful"
    """Every row is good."""
    PARTIAL = "partial"
    """Some rows are bad; the good ones are kept."""
    ERROR = "error"
    """There is no good row."""
    FAILED = "failed"
    """The e-mail or the batch as a whole is refused: nothing is kept."""


class CrimeError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing wrong with one row of a batch."""

    row: int
    """Counted from 1; lines with nothing in them are no rows."""
    crime_reference: str | None = None
    """None if the cell is blank, and where the columns could not be told apart."""
    crime_type_id: str | None = None
    """None unless it is one of the profile's."""
    error_type: CrimeErrorType
    field: str | None = None
    value: str | None = None


REQUIRED_ACTIONS: Final[dict[CrimeErrorType | BatchErrorType, str]] = {
    CrimeErrorType.INVALID_COLUMN_COUNT: "Give this row exactly 13 columns, with no header above",
    CrimeErrorType.INVALID_POLICE_FORCE: "Write the name of a force as it is agreed, with capitals",
    CrimeErrorType.INVALID_CRIME_TYPE: "Write the identifier of a crime type that is matched",
    CrimeErrorType.MISSING_BATCH_ID: "Give the batch id: code of the force, then the date YYYYMMDD",
    CrimeErrorType.INVALID_BATCH_ID_FORMAT: (
        "Begin the batch id with the code of this row's force, then the date YYYYMMDD"
    ),
    CrimeErrorType.INVALID_BATCH_ID_DATE: "Put a date that exists, YYYYMMDD, into the batch id",
    CrimeErrorType.MISSING_CRIME_REFERENCE: "Give the crime's reference",
    CrimeErrorType.INVALID_FROM_DATE_FORMAT: "Write the start as yyyyMMddHHmmss, in UTC",
    CrimeErrorType.INVALID_TO_DATE_FORMAT: "Write the end as yyyyMMddHHmmss, in UTC",
    CrimeErrorType.CRIME_DATE_TIME_TO_AFTER_FROM: "Give an end that is not before the start",
    CrimeErrorType.CRIME_DATE_TIME_EXCEEDS_WINDOW: (
        "Narrow the time between start and end; longer windows are not matched"
    ),
    CrimeErrorType.INVALID_NUMBER: "Write a number here, such as 530034 or 51.50735",
    CrimeErrorType.DEPENDENT_LOCATION_DATA: (
        "Give easting and northing, or latitude and longitude, together"
    ),
    CrimeErrorType.MULTIPLE_LOCATION_DATA_TYPES: (
        "Give easting and northing, or latitude and longitude, not both"
    ),
    CrimeErrorType.INVALID_LOCATION_DATA_RANGE: "Give a place in Great Britain",
    CrimeErrorType.MISSING_LOCATION_DATA: ("Give easting and northing, or latitude and longitude"),
    BatchErrorType.MULTIPLE_POLICE_FORCES: "Send the crimes of each force in a file of their own",
    BatchErrorType.MULTIPLE_BATCH_IDS: "Send each batch in a file of its own",
    BatchErrorType.INVALID_ATTACHMENT: (
        'Send an e-mail whose subject contains "Crime Mapping Request", with exactly one .csv file'
    ),
    BatchErrorType.ALL_RECORDS_FAILED: "Mend the rows and send the file again: none could be kept",
}
"""What the sender is asked to do about each error."""
