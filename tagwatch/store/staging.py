"""Fixes brought back from the archive, and what the line waits for before it derives anew.

A request is journal history: it follows from the records alone, and so does its answer, which
*batch* journals as `TrailStaged`. A rebuild has both.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from tagwatch.core.fix import FixBlock
from tagwatch.core.ids import ActivationId, WearerId, derived_id
from tagwatch.core.ledger import TrailStaged
from tagwatch.core.units import DAY, Instant
from tagwatch.store import schema
from tagwatch.store.archive.parts import Seam
from tagwatch.store.trail import unpack
from tagwatch.store.writes import Writes

STAGED_KEPT: Final = 7 * DAY
"""So long staged fixes stay in the tables: the cards of what they changed need them."""

_REQUEST: Final = schema.stage_request.c
_STAGED: Final = schema.staged_block.c
_DROP_REQUEST: Final = delete(schema.stage_request).where(_REQUEST.request == bindparam("gone"))
_DROP_STAGED: Final = delete(schema.staged_block).where(_STAGED.request == bindparam("gone"))
_OF_WEARER: Final = select(_STAGED.seq, _STAGED.activation_id, _STAGED.rows).where(
    _STAGED.wearer_id == bindparam("wearer"),
    _STAGED.last_at >= bindparam("start"),
    _STAGED.first_at < bindparam("end"),
)


class Purpose(StrEnum):
    """What archived fixes are wanted for."""

    FINDINGS = "findings"
    """A wearer's own findings, derived anew."""
    ENCOUNTER = "encounter"
    """What is found under a condition of no contact, derived anew."""
    CARD = "card"
    """The circumstances of an alert."""


class StageRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Archived fixes that the line waits for."""

    request: str
    purpose: Purpose
    wearer: WearerId
    about: str = ""
    """The condition, or the alert."""
    wearers: tuple[WearerId, ...]
    """Whose fixes of [start, end) are wanted."""
    start: Instant
    end: Instant
    upto: int
    """With `end`, the seam at which they are archived."""
    since: Instant
    cause: str
    late: bool
    """Asked because of a late fix of `since`."""
    asked_at: Instant


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """What a derivation needs before it can be done."""

    purpose: Purpose
    wearer: WearerId
    about: str = ""
    wearers: tuple[WearerId, ...]
    start: Instant
    since: Instant
    cause: str
    late: bool

    @property
    def key(self) -> tuple[Purpose, WearerId, str]:
        """What it is for: of each there is one request at most."""
        return self.purpose, self.wearer, self.about


_DECODE: Final = msgspec.json.Decoder(StageRequest).decode
_Key = tuple[Purpose, WearerId, str]


class StagingBook:
    """Requests, and the fixes that came back; what the current batch changed is seen at once."""

    def __init__(self, connection: Connection) -> None:
        """Load what is waited for through `connection`."""
        self._connection = connection
        self._waiting: dict[_Key, StageRequest] = {}
        self._done: dict[str, tuple[StageRequest, Instant]] = {}
        self._shares: dict[tuple[str, int], set[int]] = {}
        self._wearers: set[WearerId] = set()
        self._new: list[dict[str, Any]] = []
        for row in connection.execute(select(schema.stage_request)):
            request = _DECODE(row.body)
            if row.state == "done":
                self._done[request.request] = (request, Instant(row.dropped_at))
            else:
                self._waiting[_key(request)] = request
        columns = (_STAGED.request, _STAGED.attempt, _STAGED.number, _STAGED.wearer_id)
        for row in connection.execute(select(*columns)):
            self._shares.setdefault((row.request, row.attempt), set()).add(row.number)
            self._wearers.add(WearerId(row.wearer_id))

    def covers(self, wearer: WearerId, start: Instant, seam: Seam) -> bool:
        """Return whether all that is archived of a wearer from `start` on is here."""
        return any(
            wearer in request.wearers
            and request.start <= start
            and (request.end, request.upto) == (seam.settled, seam.settled_upto)
            for request, _ in self._done.values()
        )

    def ask(self, want: Want, seam: Seam, seq: int, now: Instant, writes: Writes) -> None:
        """Note what is wanted; several wants for one thing become one request."""
        before = self._waiting.get(want.key)
        since, cause, late, start = want.since, want.cause, want.late, want.start
        request = derived_id("st", *want.key, seq)
        if before is not None:
            if before.since <= since:
                since, cause, late = before.since, before.cause, before.late
            start = min(start, before.start)
            same_seam = (before.end, before.upto) == (seam.settled, seam.settled_upto)
            if start == before.start and same_seam:
                request = before.request
            else:
                self._drop(before.request, writes)
        made = StageRequest(
            request=request,
            purpose=want.purpose,
            wearer=want.wearer,
            about=want.about,
            wearers=want.wearers,
            start=start,
            end=seam.settled,
            upto=seam.settled_upto,
            since=since,
            cause=cause,
            late=late,
            asked_at=now,
        )
        self._waiting[want.key] = made
        _put(writes, made, "waiting", Instant(0))

    def take(
        self, event: TrailStaged, seq: int, now: Instant, writes: Writes
    ) -> StageRequest | None:
        """Keep a share of what was wanted; return the request that is answered by it, if one is."""
        request = next((r for r in self._waiting.values() if r.request == event.request), None)
        if request is None:
            return None
        self._keep(event, seq, writes)
        shares = self._shares.setdefault((event.request, event.attempt), set())
        shares.add(event.number)
        if len(shares) < event.of:
            return None
        del self._waiting[_key(request)]
        dropped_at = Instant(now + STAGED_KEPT)
        self._done[request.request] = (request, dropped_at)
        _put(writes, request, "done", dropped_at)
        return request

    def staged(
        self, wearer: WearerId, start: Instant, end: Instant
    ) -> list[tuple[ActivationId, FixBlock]]:
        """Return what came back of a wearer that may lie in [start, end), some of it perhaps
        twice."""
        if wearer not in self._wearers:
            return []
        asked = {"wearer": wearer, "start": start, "end": end}
        rows = {row.seq: row for row in self._connection.execute(_OF_WEARER, asked)}
        found = [(ActivationId(row.activation_id), row.rows) for row in rows.values()]
        found += [
            (row["activation_id"], row["rows"])
            for row in self._new
            if row["wearer_id"] == wearer and row["seq"] not in rows
        ]
        return [(activation, unpack(packed)) for activation, packed in found]

    def drop_due(self, now: Instant, writes: Writes) -> None:
        """Let go of fixes that came back long ago."""
        if not self._done:
            return
        for name, (_, dropped_at) in list(self._done.items()):
            if dropped_at <= now:
                del self._done[name]
                self._drop(name, writes)

    def forget(self) -> None:
        """Let go of what is in the tables now."""
        self._new.clear()

    def _keep(self, event: TrailStaged, seq: int, writes: Writes) -> None:
        block = unpack(event.rows)
        if not len(block):
            return
        row = {
            "seq": seq,
            "request": event.request,
            "attempt": event.attempt,
            "number": event.number,
            "of": event.of,
            "wearer_id": event.wearer,
            "activation_id": event.activation,
            "first_at": int(block["fixed_at"].min()),
            "last_at": int(block["fixed_at"].max()),
            "fixes": len(block),
            "rows": event.rows,
        }
        writes.put(schema.staged_block, row)
        self._new.append(row)
        self._wearers.add(event.wearer)

    def _drop(self, request: str, writes: Writes) -> None:
        for table, statement in (
            (schema.stage_request, _DROP_REQUEST),
            (schema.staged_block, _DROP_STAGED),
        ):
            writes.remove(statement, {"gone": request})
            writes.unput(table, lambda row: row["request"] == request)
        self._new = [row for row in self._new if row["request"] != request]
        for key in [key for key in self._shares if key[0] == request]:
            del self._shares[key]


def waiting(connection: Connection) -> list[StageRequest]:
    """Return what the line waits for, the longest first."""
    query = select(_REQUEST.body).where(_REQUEST.state == "waiting").order_by(_REQUEST.asked_at)
    return [_DECODE(body) for body in connection.scalars(query)]


def _key(request: StageRequest) -> _Key:
    return request.purpose, request.wearer, request.about


def _put(writes: Writes, request: StageRequest, state: str, dropped_at: Instant) -> None:
    writes.put(
        schema.stage_request,
        {
            "request": request.request,
            "wearer_id": request.wearer,
            "start": request.start,
            "end": request.end,
            "asked_at": request.asked_at,
            "state": state,
            "dropped_at": dropped_at,
            "body": msgspec.json.encode(request).decode(),
        },
    )
