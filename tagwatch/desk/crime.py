"""Police's crimes are sent in: a page, a program or the folder hands a file over."""

import secrets
from itertools import islice
from typing import IO, Final, NamedTuple

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.crime import CrimeBatch, CrimeProfile
from tagwatch.core.ids import derived_id
from tagwatch.desk.clerk import Clerk, Done, need
from tagwatch.ingest.crime_batch import MOST_BYTES, BatchTooLarge, Sent, take_in

NAME_MOST: Final = 120
_AT_ONCE: Final = 8
"""Journal records appended as one group; then the line is waited for."""
__all__ = ["MOST_BYTES", "BatchTooLarge", "CrimeFile", "TakenIn", "take_crimes"]


class CrimeFile(NamedTuple):
    """A file as it was sent; its name's end says whether it is an e-mail (`.eml`)."""

    name: str
    content: IO[bytes]
    size_bytes: int


class TakenIn(NamedTuple):
    """A file of crimes that is in the journal for good."""

    batch: CrimeBatch
    done: Done


def take_crimes(
    clerk: Clerk, reader: Reader, file: CrimeFile, profile: CrimeProfile, source: str
) -> TakenIn:
    """Take a file of crimes in: its good rows, what is wrong with the others, its bytes.

    Raises BatchTooLarge, NotFound for a role that may not, NotRecorded. After NotRecorded part of
    the file may be in; sent again, nothing is in twice.
    """
    need(reader, Verb.SEND_CRIMES)
    actor = reader.actor
    sent = Sent(
        batch_key=derived_id("cb", secrets.token_hex(16)),
        source=source,
        file_name=shown_name(file.name),
        at=reader.now(),
        by=actor.account_id,
        agency=actor.agency,
    )
    taken = take_in(file.content, file.size_bytes, sent, profile)
    reader.collecting("take_crimes", [sent.batch_key], f"sha256 {taken.batch.sha256}")
    done = clerk.record(next(taken.events))
    while some := [(event, None) for event in islice(taken.events, _AT_ONCE)]:
        done = clerk.record_all(some)
    return TakenIn(taken.batch, done)


def shown_name(name: str) -> str:
    """Return the last part of a file's name, without what cannot be printed."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(letter for letter in last if letter.isprintable()).strip()
    return shown[-NAME_MOST:] or "unnamed.csv"
