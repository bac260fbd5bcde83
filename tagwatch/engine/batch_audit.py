"""What the batch process does by itself with records of people goes on the audit before it is done.

Crimes set beside everybody's movements (combination), police's files of crimes taken in
(collection), and released files destroyed (erasure). What cannot go on the audit is not done: it
waits as it does when the receiver cannot be reached.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from tagwatch.access.audit import SYSTEM, Act, AuditClosed, AuditLine, AuditTrail
from tagwatch.core.event import Event
from tagwatch.core.recorded_crime import CrimeBatchBegun
from tagwatch.core.recorded_match import CrimeMatched, PersonMatched
from tagwatch.engine.clock import now
from tagwatch.engine.settings_trials import Record
from tagwatch.store.post import PostError

BY: Final = "system:batch"
MATCHED: Final = "crime_matched"
TAKEN_IN: Final = "crimes_taken_in"
DESTROYED: Final = "released_files_destroyed"
_DURABLE_S: Final = 60.0
Tell: TypeAlias = Callable[[Sequence[AuditLine]], None]
"""Puts lines on the audit, durably. Raises PostError if that cannot be."""


def teller(audit: AuditTrail) -> Tell:
    """Return what puts lines on `audit` and waits until they are on the disk."""

    def tell(lines: Sequence[AuditLine]) -> None:
        try:
            audit.send(*lines).result(_DURABLE_S)
        except (AuditClosed, OSError, TimeoutError) as error:
            raise PostError(f"the audit takes nothing: {error}") from error

    return tell


def told_first(record: Record, tell: Tell) -> Record:
    """Return what journals events after the audit has what they say of people."""

    async def record_told(events: Sequence[Event]) -> object:
        if lines := list(lines_of(events)):
            await asyncio.to_thread(tell, lines)
        return await record(events)

    return record_told


def lines_of(events: Iterable[Event]) -> Iterator[AuditLine]:
    """Yield the lines of these events: of a run those whom it found, then the crime it was of; of
    a file its key."""
    found: dict[str, list[str]] = {}
    for event in events:
        match event:
            case PersonMatched(person=person):
                found.setdefault(person.run_key, []).append(person.wearer_id)
            case CrimeMatched(run=run):
                yield line(Act.COMBINATION, MATCHED, (run.crime_id, run.run_key))
            case CrimeBatchBegun(batch=batch):
                yield line(Act.COLLECTION, TAKEN_IN, (batch.batch_key,), f"{batch.rows} rows")
            case _:
                pass
    for run_key, names in found.items():
        yield line(Act.COMBINATION, MATCHED, (run_key, *names))


def line(act: Act, question: str, ids: tuple[str, ...], detail: str = "") -> AuditLine:
    """Return a line of what the installation does by itself."""
    return AuditLine(
        at=now(), by=BY, role=SYSTEM, act=act, question=question, ids=ids, detail=detail
    )
