"""Data requests in the batch process: the monthly sample is drawn, and what was released is
destroyed when access to it ends.

The sample of a month is drawn from the requests settled in it, by the digest of the first head of
the journal that was mailed after it: nobody knew that before, and whoever keeps the mail can draw
the same. Without such a head nothing is drawn, and the page says so.
"""

import asyncio
import time
from contextlib import suppress
from datetime import date, datetime
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, select

from tagwatch.access.audit import Act
from tagwatch.config import Config
from tagwatch.core.data_request import RequestState
from tagwatch.core.dip_sample import SampledRequest, drawn
from tagwatch.core.ids import RequestId
from tagwatch.core.recorded_request import SampleDrawn
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import DAY, Instant
from tagwatch.engine.batch_audit import DESTROYED, Tell, line
from tagwatch.engine.clock import now
from tagwatch.engine.settings_trials import Record
from tagwatch.store import schema, schema_request
from tagwatch.store.data_requests import request_of
from tagwatch.store.database import reading
from tagwatch.store.heads import mailed_heads
from tagwatch.store.post import PostError
from tagwatch.store.request_files import destroy_released, kept_requests, kept_since
from tagwatch.store.settings import settings_at

_LOG: Final = structlog.get_logger("batch")
LOOK_S: Final = 60.0
HALF_MADE_S: Final = 3600.0
"""Files of a request that is not released are destroyed when they are older: a release is kept
before it is recorded."""


def month_before(at: Instant) -> tuple[str, Instant, Instant]:
    """Return the London month before that of `at`: its name as 2026-11, and [start, end)."""
    first = london(at).date().replace(day=1)
    before = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
    start, end = (from_london(datetime(d.year, d.month, 1), Edge.FROM) for d in (before, first))  # noqa: DTZ001  # from_london gives it its zone
    return f"{before:%Y-%m}", start, end


def sample_of(config: Config, connection: Connection, at: Instant) -> SampleDrawn | None:
    """Return the sample of the month before `at`; None if it was drawn, or cannot be yet."""
    month, start, end = month_before(at)
    draw, row = schema_request.request_draw.c, schema.data_request.c
    if connection.scalar(select(draw.month).where(draw.month == month)) is not None:
        return None
    head = next((each for each in mailed_heads(config) if each.at >= end), None)
    if head is None:
        return None
    settled = [
        SampledRequest(group, RequestId(name))
        for name, group in connection.execute(
            select(row.request_id, row.counts_for)
            .where(row.settled_at >= start, row.settled_at < end)
            .order_by(row.request_id)
        )
    ]
    groups = sorted({group for group, _ in settled})
    settings = settings_at(connection, at).request
    return SampleDrawn(
        month=month,
        seed=head.digest,
        head_seq=head.seq,
        drawn=drawn(head.digest, settled, settings.sample_of_each),
        counted=tuple((name, sum(group == name for group, _ in settled)) for name in groups),
        at=at,
        due_at=Instant(at + settings.sample_days * DAY),
    )


def destroy_over(config: Config, connection: Connection, tell: Tell) -> int:
    """Destroy the files of requests to which there is no access any more; return how many.

    `tell` has each on the audit before. Raises PostError where it cannot, OSError.
    """
    count = 0
    for wearer_id, request_id in kept_requests(config):
        request = request_of(connection, RequestId(request_id))
        if request is not None and request.state is RequestState.RELEASED:
            continue
        waits = request is None or request.state is RequestState.APPROVED
        if waits and time.time() - kept_since(config, wearer_id, request_id) < HALF_MADE_S:
            continue
        tell([line(Act.ERASURE, DESTROYED, (request_id, wearer_id), "access to them is over")])
        destroy_released(config, wearer_id, request_id)
        count += 1
    return count


class RequestKeeping:
    """Looks each minute for a month to draw a sample of, and for files to destroy."""

    def __init__(self, config: Config, projections: Engine, record: Record, tell: Tell) -> None:
        """`record` takes to the journal what was drawn; `tell` to the audit what is destroyed."""
        self._config, self._projections = config, projections
        self._record, self._tell = record, tell

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until `stop` is set."""
        while not stop.is_set():
            try:
                await self.look()
            except (OSError, PostError) as error:
                _LOG.warning("data requests not kept", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_S)

    async def look(self) -> None:
        """Draw what is to be drawn, and destroy what is to be destroyed. Raises OSError,
        PostError."""
        found = await asyncio.to_thread(self._work)
        if found is not None:
            await self._record([found])

    def _work(self) -> SampleDrawn | None:
        with reading(self._projections) as connection:
            destroy_over(self._config, connection, self._tell)
            return sample_of(self._config, connection, now())
