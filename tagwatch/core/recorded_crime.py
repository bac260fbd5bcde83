"""Police's crimes, as the journal keeps that they were sent. See `ledger`."""

from tagwatch.core.crime import Crime, CrimeBatch
from tagwatch.core.crime_errors import CrimeError
from tagwatch.core.event import Event


class CrimeBatchBegun(Event, frozen=True, kw_only=True):
    """A file of crimes came; its rows follow in `batch.parts` records."""

    batch: CrimeBatch


class CrimeFileKept(Event, frozen=True, kw_only=True):
    """A piece of the file, byte by byte as it came."""

    batch_key: str
    part: int
    """From 0."""
    content: bytes


class CrimeRowsRead(Event, frozen=True, kw_only=True):
    """Some rows of a file, as they were judged when it came."""

    batch_key: str
    part: int
    """From 0; each is taken in once, in this order."""
    crimes: tuple[tuple[int, Crime], ...] = ()
    """Row number and crime of good rows; none if the batch as a whole is refused."""
    errors: tuple[CrimeError, ...] = ()
