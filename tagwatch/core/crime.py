"""A crime as police report it: what, when, where. Forces, types and limits are a profile's."""

from typing import Final

import msgspec

from tagwatch.core.crime_errors import BatchErrorType, CrimeBatchStatus
from tagwatch.core.ids import AccountId
from tagwatch.core.order import Programme
from tagwatch.core.plane import LonLat
from tagwatch.core.units import MINUTE, Instant


class Crime(msgspec.Struct, frozen=True, kw_only=True):
    """One reported crime; with equal ends it happened at that moment."""

    police_force: str
    """The force's identifier, as `Metropolitan`."""
    crime_type: str
    """The profile's identifier of the type, in capitals, as `RB`."""
    type_description: str
    batch_id: str
    reference: str
    """The force's own; a crime that is sent again has it again."""
    from_at: Instant
    to_at: Instant
    """Not before `from_at`. The window is closed: a fix at this moment lies in it."""
    place: LonLat
    """WGS84. Where police gave easting and northing: those, converted."""
    easting_m: float | None = None
    northing_m: float | None = None
    """As given, OSGB36; None where police gave longitude and latitude."""
    datum: str = ""
    text: str = ""


class CrimeProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Which crimes an intake takes, and how they are matched; a change is a new version."""

    profile_id: str
    """As `moj-acquisitive`."""
    version: int
    title: str
    forces: dict[str, str]
    """Code of the batch id by the force's identifier: `{"Metropolitan": "MPS"}`."""
    crime_types: dict[str, str]
    """What is said of a type by its identifier: `{"RB": "Robbery"}`."""
    longest_window_h: int
    vicinity_m: float
    programmes: tuple[Programme, ...]
    """Only wearers with an order of one of these programmes are matched."""


def changed_groups(before: Crime, after: Crime) -> tuple[str, ...]:
    """Return what differs between two reports of one crime, in the Ministry of Justice's words.

    Nothing: it is the same again, and no new version. The description of the type, the datum and
    the batch are not looked at: they change nothing about the crime.
    """
    groups = (
        ("Crime type", before.crime_type != after.crime_type),
        ("Crime window", (before.from_at, before.to_at) != (after.from_at, after.to_at)),
        ("Crime location", before.place != after.place),
        ("Crime text", before.text != after.text),
    )
    return tuple(name for name, differs in groups if differs)


class CrimeBatch(msgspec.Struct, frozen=True, kw_only=True):
    """One file of crimes as it was taken in, and how far the line has come with its rows."""

    batch_key: str
    """Ours: two files may bear the same batch id of police."""
    profile_id: str
    profile_version: int
    source: str
    """How it came: `page`, `api`, `folder`."""
    file_name: str
    sender: str = ""
    """Of an e-mail: the address it says it comes from, which proves nothing."""
    heading: str = ""
    """Of an e-mail: its subject line."""
    sha256: str
    size_bytes: int
    rows: int
    accepted: int
    status: CrimeBatchStatus
    batch_error: BatchErrorType | None = None
    why: str = ""
    """Of an e-mail that was refused: why."""
    police_force: str = ""
    batch_id: str = ""
    """Police's own, of the first good row."""
    error_counts: dict[str, int] = {}
    """How many errors of each type."""
    first_errors: tuple[str, ...] = ()
    """The first of them as `row 3: INVALID_TO_DATE_FORMAT (dateTo)`: nothing that was sent."""
    parts: int
    """Journal records its rows came in."""
    by: AccountId | None = None
    agency: str = ""
    """Of the account that sent it."""
    received_at: Instant
    parts_done: int = 0
    made: int = 0
    """Crimes that were new."""
    changed: int = 0
    """Crimes that got a new version."""
    same: int = 0
    """Rows that said of a crime what was known."""
    reported: bool = False
    """Whether what is wrong with it was sent to its sender."""
    last_at: Instant | None = None
    """When the last of its parts came."""
    broken_at: Instant | None = None
    """When it was given up: the rest of its parts did not come. `status` then says what was kept,
    and `why` how far it came."""
    judged: CrimeBatchStatus | None = None
    """Of a broken one: what its status was to be."""

    @property
    def complete(self) -> bool:
        """Say whether all of its rows were taken in."""
        return self.parts_done == self.parts

    @property
    def kept(self) -> int:
        """Return how many rows are kept: all good ones, or of a broken one those that came."""
        if self.broken_at is None:
            return self.accepted
        return self.made + self.changed + self.same


BROKEN_AFTER: Final = 10 * MINUTE
"""So long after the last part of a file that is not all there, the rest is not waited for."""


def broken(batch: CrimeBatch, at: Instant) -> CrimeBatch | None:
    """Return a batch as one that broke off, None if it is whole or the rest may still come."""
    last = batch.received_at if batch.last_at is None else batch.last_at
    if batch.complete or batch.broken_at is not None or at < last + BROKEN_AFTER:
        return None
    given_up = msgspec.structs.replace(batch, broken_at=at, judged=batch.status)
    status = CrimeBatchStatus.PARTIAL if given_up.kept else CrimeBatchStatus.FAILED
    why = (
        f"it broke off: {batch.parts_done} of {batch.parts} parts came, with {given_up.kept} good "
        "rows. Send the file again: no crime is in twice"
    )
    return msgspec.structs.replace(given_up, status=status, why=why)


def resumed(batch: CrimeBatch, at: Instant) -> CrimeBatch:
    """Return a batch of which a part came: one that was given up is waited for again."""
    if batch.broken_at is not None and batch.judged is not None:
        batch = msgspec.structs.replace(
            batch, status=batch.judged, judged=None, broken_at=None, why=""
        )
    return msgspec.structs.replace(batch, last_at=at)
