"""Acts of a command: through the receiver that runs, or alone on the folder when none does.

Each act is on the audit stream `command` before it is done.
"""

import getpass
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from sqlalchemy import Engine, func, inspect, select

from tagwatch.access.audit import Act, AuditLine, AuditTrail
from tagwatch.access.enrolment import now
from tagwatch.cli.options import Failure
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import Event, KeyDestroyed
from tagwatch.core.units import Instant
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.resealing import Resealing
from tagwatch.store import schema
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.drafts import draft_of
from tagwatch.store.journal.errors import JournalLocked
from tagwatch.store.journal.record import DataClass, Draft, Head, Lane, Owner
from tagwatch.store.post import JournalPost, PostError, PostRefused

BY: Final = AccountId("system:command")
"""Author of what is done at the command line; the audit says which user of the machine it was."""
WAIT_S: Final = 10.0
TABLES_S: Final = 60.0
SEALING_S: Final = 1800.0


class Acting(Protocol):
    """Appends to the journal of one installation, wherever its writer is."""

    projections: Engine

    def append(self, events: Sequence[Event], owners: Mapping[int, Owner] | None = None) -> range:
        """Append `events` as one group; durable on return.

        `owners` names the owner of an event by its place where it does not follow from the kind.
        """
        ...

    def applied(self, seq: int) -> bool:
        """Wait until the line has applied everything up to `seq`; tell whether it has."""
        ...

    def erase(
        self, owner: Owner, data_class: DataClass | None, period: str | None, reason: str
    ) -> int:
        """Destroy the keys of `owner` and journal it; returns how many there were."""
        ...

    def head(self) -> Head:
        """Return the durable end of the journal."""
        ...

    def sealed_anew(self, done: Callable[[], bool]) -> bool:
        """Wait until the line has sealed the protected fields anew, which `done` tells; return
        whether it has."""
        ...


class _Through:
    """Through the receiver."""

    def __init__(self, config: Config, post: JournalPost) -> None:
        self._post = post
        self.projections = open_tables(config, Access.READ)

    def append(self, events: Sequence[Event], owners: Mapping[int, Owner] | None = None) -> range:
        return self._post.append(_drafts(events, owners, Instant(0)))

    def applied(self, seq: int) -> bool:
        column = schema.cursor.c
        query = select(func.max(column.seq)).where(column.lane == Lane.FRESH.value)
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            with reading(self.projections) as connection:
                if (connection.scalar(query) or 0) >= seq:
                    return True
            time.sleep(0.01)
        return False

    def erase(
        self, owner: Owner, data_class: DataClass | None, period: str | None, reason: str
    ) -> int:
        return self._post.erase(owner, data_class, period, reason, BY)

    def head(self) -> Head:
        return self._post.head()

    def sealed_anew(self, done: Callable[[], bool]) -> bool:
        end = time.monotonic() + SEALING_S
        while not done() and time.monotonic() < end:
            time.sleep(0.05)
        return done()


class _Alone:
    """On the folder itself, under its lock."""

    def __init__(self, centre: InProcessCentre) -> None:
        self._centre = centre
        self.projections = centre.projections

    def append(self, events: Sequence[Event], owners: Mapping[int, Owner] | None = None) -> range:
        return self._centre.append(_drafts(events, owners, now()))

    def applied(self, seq: int) -> bool:
        self._centre.apply()
        return seq <= self._centre.writer.head().seq

    def erase(
        self, owner: Owner, data_class: DataClass | None, period: str | None, reason: str
    ) -> int:
        erased = self._centre.writer.erase(owner, data_class, period, now())
        events = [
            KeyDestroyed(
                owner_kind=owner.kind,
                owner_id=owner.id,
                data_class=key_class,
                period=key_period,
                reason=reason,
                by=BY,
            )
            for _, key_class, key_period in erased.keys
        ]
        if events:
            self.append(events)
        return len(events)

    def head(self) -> Head:
        return self._centre.writer.head()

    def sealed_anew(self, done: Callable[[], bool]) -> bool:
        resealing = Resealing(self._centre.config, self._centre.line)
        while resealing.step():
            pass
        return done()


def _drafts(
    events: Sequence[Event], owners: Mapping[int, Owner] | None, at: Instant
) -> list[Draft]:
    known = owners or {}
    return [draft_of(event, at, owner=known.get(i)) for i, event in enumerate(events)]


def receiver(config: Config) -> JournalPost | None:
    """Return a connection to the receiver, None if none runs. Raises PostRefused."""
    post = JournalPost(config.receiver_socket, timeout_s=60.0)
    try:
        post.head()
    except PostRefused:
        raise
    except PostError:
        post.close()
        return None
    return post


@contextmanager
def acting(config: Config) -> Generator[Acting]:
    """Give the way into the journal: through the receiver, or alone under the folder's lock.

    Raises InstallationError if another process holds the folder and no receiver answers.
    """
    post = receiver(config)
    if post is not None:
        try:
            _await_tables(config)
            through = _Through(config, post)
            try:
                yield through
            finally:
                through.projections.dispose()
        finally:
            post.close()
        return
    with InProcessCentre.open(config) as centre:
        centre.line.follow(centre.writer.head().seq)
        centre.apply()
        yield _Alone(centre)


def audited(
    config: Config, act: Act, verb: str, ids: Sequence[str], detail: str = "", purpose: str = ""
) -> None:
    """Put an act on the audit stream of the command line. Raises AuditClosed, JournalError."""
    trail = _audit(config)
    try:
        trail.record(
            AuditLine(
                at=now(),
                by=BY,
                role="command",
                act=act,
                question=verb,
                purpose=purpose,
                ids=tuple(ids),
                detail=detail,
                address=f"user {getpass.getuser()} of this machine",
            )
        )
    finally:
        trail.close()


def _await_tables(config: Config) -> None:
    """Wait until the line, which starts after the receiver, has made its tables."""
    end = time.monotonic() + TABLES_S
    while time.monotonic() < end:
        if config.projections_file.exists():
            engine = open_tables(config, Access.READ)
            try:
                if inspect(engine).has_table(schema.notification.name):
                    return
            finally:
                engine.dispose()
        time.sleep(0.1)
    raise Failure(
        f"the receiver runs, and the line has made no tables within {TABLES_S:.0f} s: see "
        f"{config.data / 'log'} and `tagwatch status`"
    )


def _audit(config: Config) -> AuditTrail:
    end = time.monotonic() + WAIT_S
    while True:
        try:
            return AuditTrail.open(config, "command")
        except JournalLocked as error:
            if time.monotonic() > end:
                raise Failure(
                    "another command holds the audit of the command line: wait until it has ended"
                ) from error
            time.sleep(0.05)
