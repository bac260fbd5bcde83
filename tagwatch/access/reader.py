"""One question asked by one person: a connection, a scope, and the audit line before the answer."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Final, NoReturn

import msgspec
from sqlalchemy import Connection, Engine, select

from tagwatch.access.actor import Actor
from tagwatch.access.audit import Act, AnswerAudit, AuditLine, AuditTrail, Outcome, line_of
from tagwatch.access.refusal import NotFound, Refused, only_opened, unreachable
from tagwatch.access.role import Role, Verb, may
from tagwatch.access.scope import Scope, share_scope
from tagwatch.config import Config
from tagwatch.core.glass import Glass
from tagwatch.core.ids import ShareId, WearerId
from tagwatch.core.person import Wearer
from tagwatch.core.railway import NO_RAILWAYS, Railways
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.glasses import open_glasses
from tagwatch.store.leaves import covered_by


def open_projections(config: Config) -> Engine:
    """Return an engine that reads the projections and cannot write them."""
    return open_tables(config, Access.READ)


_IDS_IN_LINE: Final = 500
OPENED_MAY: Final = frozenset(
    {
        *("acknowledge", "claim", "let_go", "wait", "note", "call", "close", "police_report"),
        *("break_glass", "end_glass", "explain_glass"),
    }
)
"""What may be done about a wearer who is reached by break-glass alone: answer his alerts. His
record, order, plan and case stay as they are."""


class Reader:
    """Answers the questions of one actor for one purpose. Short-lived: one request."""

    def __init__(
        self,
        engine: Engine,
        scope: Scope,
        audit: AuditTrail | AnswerAudit,
        clock: Callable[[], Instant],
        purpose_words: str = "",
        address: str = "",
        railways: Callable[[], Railways] = lambda: NO_RAILWAYS,
    ) -> None:
        self._engine = engine
        self.scope = msgspec.structs.replace(scope, clock=clock)
        self._actor: Actor | None = None
        self._audit = audit
        self._clock = clock
        self._words = purpose_words
        self._address = address
        self._railways = railways
        self._glasses: dict[WearerId, Glass] = {}
        self._opened: dict[WearerId, Glass] = {}

    @property
    def actor(self) -> Actor:
        """Who asks, with the officers for whom he stands in at the time of the question."""
        if self._actor is None:
            with self.connection() as connection:
                return self._asking(connection)
        return self._actor

    def _asking(self, connection: Connection) -> Actor:
        asks = self.scope.actor
        if asks.role is Role.PRACTITIONER:
            away = covered_by(connection, asks.account_id, self.now())
            asks = msgspec.structs.replace(asks, covers=away)
        if may(asks.role, Verb.BREAK_GLASS) and self.scope.wearer_id is None:
            self._glasses = open_glasses(connection, asks.account_id, self.now())
            if self._glasses:  # whom he reaches by now without it, he reaches without it
                row = schema.wearer.c
                own = select(row.wearer_id).where(
                    row.wearer_id.in_(list(self._glasses)), self.scope.ordinary()
                )
                for wearer_id in connection.scalars(own).all():
                    del self._glasses[WearerId(wearer_id)]
        self._actor = asks
        return asks

    @property
    def opened(self) -> tuple[Glass, ...]:
        """The openings by break-glass through which this answer came about."""
        return tuple(self._opened.values())

    def through(self, share_id: ShareId) -> "Reader":
        """Return a reader of the same person for what one share gives him, and nobody else."""
        return Reader(
            self._engine,
            share_scope(self.scope.actor, self.scope.purpose, share_id),
            self._audit,
            self._clock,
            self._words,
            self._address,
            self._railways,
        )

    def now(self) -> Instant:
        """Return the time of the question."""
        return self._clock()

    @property
    def railways(self) -> Railways:
        """The railway lines of this installation, by which rides are told from other trips."""
        return self._railways()

    @contextmanager
    def connection(self) -> Generator[Connection]:
        """Give a connection whose reads all see one state."""
        with reading(self._engine) as connection:
            if self._actor is None:
                self._asking(connection)
            yield connection

    def wearer(self, connection: Connection, wearer_id: str, question: str) -> Wearer:
        """Return a wearer within scope. Raises NotFound, after putting the refusal on the audit."""
        row = schema.wearer.c
        found = connection.execute(
            select(row.body).where(row.wearer_id == wearer_id, self.scope.condition())
        ).scalar_one_or_none()
        if found is None:
            self.refuse(question, [wearer_id], "outside scope, or unknown")
        self._seen([wearer_id])
        return msgspec.json.decode(found, type=Wearer)

    def wearers(self, connection: Connection, ids: Iterable[str]) -> dict[WearerId, Wearer]:
        """Return those of these wearers that are within scope."""
        row = schema.wearer.c
        wanted = sorted(set(ids))
        bodies = connection.execute(
            select(row.body).where(row.wearer_id.in_(wanted), self.scope.condition())
        ).scalars()
        found = (msgspec.json.decode(body, type=Wearer) for body in bodies)
        return {wearer.wearer_id: wearer for wearer in found}

    def consulted(self, question: str, ids: Iterable[str], detail: str = "") -> None:
        """Put on the audit that an answer naming `ids` is about to be given.

        Call it last, before returning. Raises AuditClosed: then nothing may be answered.
        """
        self._audit.note(self._line(question, ids, detail, Outcome.ANSWERED))

    def disclosing(self, question: str, ids: Iterable[str], detail: str = "") -> None:
        """Put on the audit that what names `ids` is about to be made ready to hand out.

        Raises AuditClosed: then nothing may be handed out; Refused where it is reached by
        break-glass alone.
        """
        ids = tuple(ids)
        self._no_glass(question, ids, "handed out")
        line = self._line(question, ids, detail, Outcome.ANSWERED)
        self._audit.record(msgspec.structs.replace(line, act=Act.DISCLOSURE))

    def combined(self, question: str, ids: Sequence[str], detail: str = "") -> None:
        """Put on the audit that what is known of all `ids` is about to be set side by side: every
        one looked at, not only those found.

        Raises AuditClosed: then nothing may be answered.
        """
        for first in range(0, max(len(ids), 1), _IDS_IN_LINE):
            part = ids[first : first + _IDS_IN_LINE]
            line = self._line(question, part, detail, Outcome.ANSWERED)
            self._audit.note(msgspec.structs.replace(line, act=Act.COMBINATION))

    def about_to_alter(self, verb: str, ids: Iterable[str], detail: str = "") -> None:
        """Put on the audit that something about `ids` is about to be altered.

        Raises AuditClosed: then nothing may be altered; Refused where it is reached by break-glass
        alone, save what answers his alerts.
        """
        ids = tuple(ids)
        self._no_glass(verb, ids, "changed")
        line = self._line(verb, ids, detail, Outcome.ANSWERED)
        self._audit.record(msgspec.structs.replace(line, act=Act.ALTERATION))

    def collecting(self, verb: str, ids: Iterable[str], detail: str = "") -> None:
        """Put on the audit that what others recorded about `ids` is about to be taken in, or
        shown before it is.

        Raises AuditClosed: then nothing may be taken in; Refused where it is reached by
        break-glass alone.
        """
        ids = tuple(ids)
        self._no_glass(verb, ids, "changed")
        line = self._line(verb, ids, detail, Outcome.ANSWERED)
        self._audit.record(msgspec.structs.replace(line, act=Act.COLLECTION))

    def refused(self, question: str, ids: Iterable[str], why: str) -> None:
        """Put on the audit that something was refused; the caller says so to the person."""
        self._audit.note(self._line(question, ids, why, Outcome.REFUSED))

    def refuse(self, question: str, ids: Iterable[str], why: str) -> NoReturn:
        """Put a refusal on the audit and raise NotFound."""
        self._audit.note(self._line(question, ids, why, Outcome.REFUSED))
        raise NotFound(unreachable(self.actor))

    def _no_glass(self, verb: str, ids: tuple[str, ...], done: str) -> None:
        self._seen(ids)
        if self._opened and verb not in OPENED_MAY:
            self.refused(verb, ids, "reached by break-glass alone")
            raise Refused(only_opened(done))

    def _seen(self, ids: Iterable[str]) -> None:
        """Take note of those of these wearers that are reached by break-glass alone."""
        _ = self.actor  # it is known from then on what is open to him
        if self._glasses:
            self._opened |= {
                name: self._glasses[name]
                for each in ids
                if (name := WearerId(each)) in self._glasses
            }

    def _line(self, question: str, ids: Iterable[str], detail: str, outcome: Outcome) -> AuditLine:
        ids = tuple(ids)
        self._seen(ids)
        line = line_of(self.actor, self.now(), Act.CONSULTATION, question)
        if self.actor.covers:
            # Whose caseload he has besides his own: it may be why he reaches this wearer at all.
            away = f"covers {', '.join(sorted(self.actor.covers))}"
            detail = f"{detail}; {away}" if detail else away
        if self._opened:
            glass = f"break-glass {', '.join(each.glass_id for each in self.opened)}"
            detail = f"{detail}; {glass}" if detail else glass
        return msgspec.structs.replace(
            line,
            outcome=outcome,
            purpose=self.scope.purpose.value,
            purpose_words=self._words,
            ids=ids,
            detail=detail,
            address=self._address,
        )
