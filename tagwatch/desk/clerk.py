"""How an act gets into the journal, and how long one waits to see it applied.

An act is durable when it is appended. The line applies it within milliseconds; if it does not in
time, the person is told that the act is recorded and not yet applied.
"""

import threading
import time
from collections.abc import Callable, Container, Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final, Protocol, TypeAlias

import msgspec
from sqlalchemy import Engine, func, select

from tagwatch.access.reader import Reader
from tagwatch.access.refusal import Refusal, Refused, lacks_verb, other_agency, second_person
from tagwatch.access.role import Verb
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import Event
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.record import Lane, Owner
from tagwatch.store.post import JournalPost, PostError

WAIT_S: Final = 2.0
_STEP_S: Final = 0.005


class Applied(StrEnum):
    """How far an act has come."""

    APPLIED = "applied"
    RECORDED = "recorded"
    """Durable in the journal; the line has not applied it yet."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """An act that is in the journal for good."""

    seq: int
    applied: Applied
    secret: str = ""
    """Shown once: only its hash is kept."""
    made_id: str = ""


class Conflict(Exception):
    """Somebody changed it since the page was made; the text says what. Nothing was recorded."""


class SecondPersonMissing(Conflict):
    """Whoever wants to decide had a part in it; the text says who can. Nothing was recorded."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


class NotRecorded(Exception):
    """The act is not in the journal (or it cannot be known): do it again."""


Owned: TypeAlias = tuple[Event, Owner | None]
"""An event, and its owner where that does not follow from its kind."""


class Journal(Protocol):
    """Whatever takes an event and makes it durable."""

    def record(self, event: Event, owner: Owner | None = None) -> int:
        """Append `event` and return its seq, durable on return."""
        ...

    def record_all(self, events: Sequence[Owned]) -> int:
        """Append all these as one group and return the last seq, durable on return."""
        ...


class Clerk:
    """Appends acts and waits until the line has applied them. Safe for several threads."""

    def __init__(self, journal: Journal, projections: Engine, wait_s: float = WAIT_S) -> None:
        self._journal = journal
        self._projections = projections
        self._wait_s = wait_s

    def record(self, event: Event, owner: Owner | None = None) -> Done:
        """Append `event` and wait for the line. Raises NotRecorded."""
        return self._done(lambda: self._journal.record(event, owner))

    def record_all(self, events: Sequence[Owned]) -> Done:
        """Append all these, or none, and wait for the line. Raises NotRecorded."""
        return self._done(lambda: self._journal.record_all(events))

    def _done(self, append: Callable[[], int]) -> Done:
        try:
            seq = append()
        except PostError as error:
            raise NotRecorded(
                f"This was not recorded: {error}. Do it again; if it fails again, tell the "
                "administrator and write it down"
            ) from error
        return Done(seq=seq, applied=self._wait(seq))

    def close(self) -> None:
        """Let go of what the journal is reached by."""
        if isinstance(self._journal, Posts):
            self._journal.close()

    def _wait(self, seq: int) -> Applied:
        column = schema.cursor.c
        query = select(func.max(column.seq)).where(column.lane == Lane.FRESH.value)
        end = time.monotonic() + self._wait_s
        while True:
            with reading(self._projections) as connection:
                if (connection.scalar(query) or 0) >= seq:
                    return Applied.APPLIED
            if time.monotonic() >= end:
                return Applied.RECORDED
            time.sleep(_STEP_S)


class Posts:
    """The receiver's socket: as many connections as threads use it at once, kept for the next."""

    def __init__(self, config: Config) -> None:
        self._path = config.receiver_socket
        self._idle: list[JournalPost] = []
        self._closed = False
        self._lock = threading.Lock()

    def record(self, event: Event, owner: Owner | None = None) -> int:
        """Append `event` and return its seq. Raises PostError."""
        return self.record_all([(event, owner)])

    def record_all(self, events: Sequence[Owned]) -> int:
        """Append all these as one group and return the last seq. Raises PostError."""
        drafts = [draft_of(event, Instant(0), owner=owner) for event, owner in events]
        with self._lock:
            post = self._idle.pop() if self._idle else None
        post = post or JournalPost(self._path, timeout_s=10.0)
        try:
            return post.append(drafts)[-1]
        finally:
            with self._lock:
                if self._closed:
                    post.close()
                else:
                    self._idle.append(post)

    def close(self) -> None:
        """Close the connections: those in use when their users are done."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().close()


def open_clerk(config: Config, projections: Engine) -> Clerk:
    """Return the clerk who appends through the receiver's socket."""
    return Clerk(Posts(config), projections)


def need(reader: Reader, verb: Verb) -> None:
    """Refuse, on the audit and by Refused, an actor who lacks the verb."""
    if not reader.actor.may(verb):
        reader.refused(verb.value, [], "lacks the verb")
        raise Refused(lacks_verb(reader.actor, verb))


def need_another(
    reader: Reader, verb: Verb, ids: Iterable[str], had_part: Container[AccountId | None]
) -> None:
    """Refuse, on the audit and by SecondPersonMissing, one of those who had a part in it."""
    if reader.actor.account_id in had_part:
        reader.refused(verb.value, ids, "a second person must")
        raise SecondPersonMissing(second_person(verb))


def refuse_agency(reader: Reader, agency: str) -> None:
    """Refuse an actor who would put a wearer outside of what he may see himself."""
    own = reader.actor.agency
    if reader.actor.role.value == "practitioner" and agency != own:
        raise Refused(other_agency(own))


def digest(record: msgspec.Struct | None) -> str:
    """Return what a form carries to say which state of a record it was made from."""
    return "" if record is None else sha256(msgspec.json.encode(record)).hexdigest()[:24]


def unchanged(current: msgspec.Struct | None, seen: str) -> None:
    """Raise Conflict, showing the record as it is now, unless it is the one that was seen."""
    if digest(current) == seen:
        return
    if current is None:
        raise Conflict("This record is not there any more. Load the page again.")
    if not seen:
        raise Conflict("There is a record with this number already. Open it and change it there.")
    raise Conflict(
        "Somebody changed this record after your page was made. It now says: "
        f"{_readable(current)}. Load the page again and enter your change anew."
    )


def stored(reader: Reader, table: Any, key: str, kind: type[Any]) -> Any:
    """Return the record of `kind` with this primary key as it is now, or None."""
    column = next(iter(table.primary_key.columns))
    with reader.connection() as connection:
        body = connection.scalar(select(table.c.body).where(column == key))
    return None if body is None else msgspec.json.decode(body, type=kind)


def _readable(record: msgspec.Struct) -> str:
    values = msgspec.to_builtins(record)
    return ", ".join(
        f"{name.replace('_', ' ')}: {value}" for name, value in values.items() if value
    )
