"""The one stream of a browser: alerts as they change, within this person's scope.

One task reads new alert events and hands them to every open stream. For each event the session
and the scope are checked anew, and the audit has its line before anything is sent.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from typing import Any, Final

import msgspec
import structlog
from litestar import get
from litestar.response import Stream
from sqlalchemy.exc import SQLAlchemyError

from tagwatch.access.actor import Actor
from tagwatch.access.audit import Act, AuditClosed, AuditLine, line_of
from tagwatch.access.enrolment import now
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.access.scope import scope
from tagwatch.access.sign_in import SignedIn
from tagwatch.access.written import LOOKS
from tagwatch.core.ids import AlertId
from tagwatch.core.outcome import AlertState
from tagwatch.query.happenings import (
    MOST,
    Bell,
    News,
    news_after,
    same_scope,
    seeing_more,
    visible,
)
from tagwatch.query.lag import LagMeter
from tagwatch.query.open_alerts import OpenAlert
from tagwatch.web.alerts import acting, page_purpose, row_context
from tagwatch.web.foundation import Asked, Foundation, who
from tagwatch.web.route import VERB, WRITES

POLL_S: Final = 0.01
UNREADABLE: Final = "Alerts cannot be read at the moment."
_LOG: Final = structlog.get_logger("web")
HEARTBEAT_S: Final = 10.0
LATE_S: Final = 5.0
"""The line this far behind makes the banner appear."""
MOST_WAITING: Final = 200
"""Messages a slow browser may leave untaken before it is told to load anew."""
_END: Final = b""


class Listener:
    """One open stream."""

    def __init__(self, signed_in: SignedIn) -> None:
        self.session_hash = signed_in.session.session_hash
        self.actor = signed_in.actor
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        self.ended = False

    def send(self, message: bytes) -> None:
        """Queue a message; a browser that does not take its messages loses its stream."""
        if self.ended:
            return
        try:
            self.waiting.put_nowait(message)
        except asyncio.QueueFull:
            self.end(event("reload", {"why": "this page fell behind"}))

    def end(self, last: bytes) -> None:
        """Drop what waits, send `last`, and end the stream."""
        self.ended = True
        while not self.waiting.empty():
            self.waiting.get_nowait()
        self.waiting.put_nowait(last)
        self.waiting.put_nowait(_END)


class Hub:
    """Reads new alert events once and hands them to every open stream."""

    def __init__(self, base: Foundation) -> None:
        self._base = base
        self._listeners: set[Listener] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._last: int | None = None
        self._bell = Bell(base.projections)
        self._trouble = ""
        self.meter = LagMeter(base.config, base.projections)

    async def start(self) -> None:
        """Begin to follow the alert events."""
        for work in (self._follow(), self._beat(), self.meter.run()):
            self._tasks.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """End every stream."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._bell.close()
        for listener in list(self._listeners):
            listener.end(event("restart", {}))

    @property
    def open_streams(self) -> int:
        """How many browsers listen."""
        return len(self._listeners)

    async def listen(self, signed_in: SignedIn, after: int | None) -> AsyncGenerator[bytes]:
        """Give the messages of one stream, with what happened after event `after` first.

        None: what happens from now on.
        """
        listener = Listener(signed_in)
        self._listeners.add(listener)
        try:
            yield b"retry: 1000\n\n" + self._heartbeat()
            for message in await self._missed(listener, after):
                yield message
            while (message := await listener.waiting.get()) != _END:
                yield message
        finally:
            self._listeners.discard(listener)

    async def _follow(self) -> None:
        while True:
            try:
                pause_s = await self._step()
                self._trouble = ""
            except (SQLAlchemyError, AuditClosed) as error:
                # Said to every page at once, and tried again: nothing was handed on meanwhile.
                _LOG.error("stream_cannot_read", error=type(error).__name__)
                if not self._trouble:
                    self._trouble = UNREADABLE
                    self._send_all(self._heartbeat())
                pause_s = 1.0
            await asyncio.sleep(pause_s)

    async def _step(self) -> float:
        """Hand on what is new, and return how long to pause then."""
        newest = self._bell.newest()
        if not self._listeners or self._last is None:
            self._last = newest
        if newest <= self._last:
            return POLL_S
        news = await asyncio.to_thread(news_after, self._base.projections, self._last)
        if news:
            await self._tell(news)
            self._last = news[-1].event_id
        return 0.0 if len(news) >= MOST else POLL_S

    async def _tell(self, news: list[News]) -> None:
        listeners = [listener for listener in self._listeners if not listener.ended]
        valid = await self._checked(listeners)
        told = await self._messages(news, [found.actor for found in valid.values()])
        for listener in listeners:
            found = valid.get(listener.session_hash)
            if found is not None:
                for message in told.get(found.actor.account_id, ()):
                    listener.send(message)

    async def _checked(self, listeners: list[Listener]) -> dict[bytes, SignedIn]:
        hashes = list({listener.session_hash for listener in listeners})
        valid = await asyncio.to_thread(self._base.sign_in.check, hashes, now())
        for listener in listeners:
            if listener.session_hash not in valid:
                listener.end(event("signed-out", {}))
        return valid

    async def _messages(self, news: list[News], actors: Iterable[Actor]) -> dict[str, list[bytes]]:
        """Return each account's messages; the audit names them first."""
        listening = {a.account_id: a for a in actors if a.may(Verb.SEE_ALERTS)}
        told: dict[str, list[bytes]] = {}
        lines: list[AuditLine] = []
        officers = {item.officer for item in news}
        officers |= await asyncio.to_thread(
            seeing_more, self._base.projections, officers - {None}, now()
        )
        for group in same_scope(listening.values(), officers).values():
            rows = await asyncio.to_thread(visible, self._reader(group[0]), news)
            if not rows:
                continue
            messages = [self._message(n, rows, group[0]) for n in news if n.alert.alert_id in rows]
            for actor in group:
                told[actor.account_id] = messages
                lines.append(self._line(actor, rows))
        if lines:
            await asyncio.wrap_future(self._base.audit.send(*lines))
        return told

    def _message(self, item: News, rows: dict[AlertId, OpenAlert], actor: Actor) -> bytes:
        row = rows[item.alert.alert_id]
        is_open = item.alert.state is not AlertState.CLOSED
        names = self._base.sign_in.names(acting([row]))
        context = {**row_context(row, actor, names), "now": now()}
        return event(
            "alert",
            {
                "id": item.alert.alert_id,
                "kind": item.kind,
                "html": self._base.renderer.text("alert_row.html", context) if is_open else "",
            },
            item.event_id,
        )

    async def _missed(self, listener: Listener, after: int | None) -> list[bytes]:
        if after is None or (self._last is not None and after >= self._last):
            return []
        news = await asyncio.to_thread(news_after, self._base.projections, after)
        if len(news) >= MOST:
            return [event("reload", {"why": "much happened meanwhile"})]
        told = await self._messages(news, [listener.actor])
        return told.get(listener.actor.account_id, [])

    def _reader(self, actor: Actor) -> Reader:
        purpose = page_purpose(actor.role)
        return Reader(self._base.projections, scope(actor, purpose), self._base.audit, now)

    def _line(self, actor: Actor, rows: Iterable[AlertId]) -> AuditLine:
        line = line_of(actor, now(), Act.CONSULTATION, "stream")
        purpose = page_purpose(actor.role).value
        return msgspec.structs.replace(line, ids=tuple(rows), purpose=purpose)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            with suppress(SQLAlchemyError):  # the accounts cannot be read: pages ask again anyway
                await self._checked([one for one in self._listeners if not one.ended])
            self._send_all(self._heartbeat())

    def _send_all(self, message: bytes) -> None:
        for listener in list(self._listeners):
            listener.send(message)

    def _heartbeat(self) -> bytes:
        lag = self.meter.lag
        why = self._trouble or lag.problem
        if any(task.done() for task in self._tasks):
            why = "The web process is failing and must be restarted."
        if not why and lag.behind_s > LATE_S:
            why = f"Decisions are {lag.behind_s:.0f} seconds behind."
        return event("heartbeat", {"at": now(), "why": why})


def event(name: str, data: dict[str, Any], event_id: int | None = None) -> bytes:
    """Return one server-sent event; its data is one line of JSON."""
    number = b"" if event_id is None else b"id: %d\n" % event_id
    return number + b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))


@get(
    "/stream",
    opt={VERB: Verb.SEE_ALERTS, WRITES: LOOKS},
    include_in_schema=False,
)
async def stream(request: Asked) -> Stream:
    """Send alerts as they change, from the event the browser saw last."""
    hub: Hub = request.app.state.hub
    said = request.headers.get("last-event-id") or request.query_params.get("after", "")
    after = int(said) if said.isdigit() and len(said) < 19 else None
    answer = hub.listen(who(request), after)
    return Stream(
        answer,
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


ROUTES = (stream,)
