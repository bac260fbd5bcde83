"""Weekly overviews of everybody, each Monday from 06:00 London time, in the batch process.

Each is a file of its own, so that what a kill interrupts goes on where it was; that all were made
is in the journal. A week whose Monday passed while nothing ran is made later, once.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from datetime import time as clock
from hashlib import sha256
from typing import Final

import msgspec
import structlog
from sqlalchemy import Engine

from tagwatch.config import Config
from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_week import WeekOverviewsMade
from tagwatch.core.timetable import Edge, from_london, london
from tagwatch.core.units import Instant
from tagwatch.engine.clock import now
from tagwatch.engine.settings_trials import Record
from tagwatch.engine.week_worker import Answer, Task, command, failed
from tagwatch.query.week_facts import worn_in
from tagwatch.report.week.facts import WEEK, monday_of, week_from
from tagwatch.report.week.overview import DigestRow
from tagwatch.store.database import reading
from tagwatch.store.holds import held
from tagwatch.store.overviews import Overviews
from tagwatch.store.post import PostError
from tagwatch.store.weeks import week_made

_LOG: Final = structlog.get_logger("batch")
AT: Final = clock(6)
"""London time on Monday."""
WORKERS: Final = 2
CATCH_UP: Final = 4
"""So many weeks back a Monday that was missed is made up for."""
PAPERS: Final = 3
"""Papers of so many weeks are kept; older ones are set anew from the data, byte for byte."""
KEPT: Final = 58
"""So many weeks are kept: a year, and what the first of it was compared with."""
LOOK_S: Final = 20.0
MOST_LINE: Final = 16 << 20


def due_weeks(at: Instant) -> list[date]:
    """Return the Mondays of the weeks whose overviews should be there, oldest first."""
    monday = monday_of(london(at).date())
    if at < from_london(datetime.combine(monday, AT), Edge.FROM):
        monday -= WEEK
    return [monday - number * WEEK for number in range(CATCH_UP, 0, -1)]


class Weeks:
    """Looks for a week that is due, and makes it."""

    def __init__(self, config: Config, projections: Engine, record: Record) -> None:
        """`record` takes to the journal that a week was made."""
        self._config, self._projections, self._record = config, projections, record
        self._kept = Overviews(config.overviews_folder)
        self._done: set[date] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until `stop` is set."""
        while not stop.is_set():
            for monday in due_weeks(now()):
                wearers = await asyncio.to_thread(self._waiting, monday)
                if wearers and not stop.is_set():
                    await self.make(monday, wearers, stop)
            await _wait(stop, LOOK_S)

    def _waiting(self, monday: date) -> list[WearerId]:
        """Return whose overviews of a week are to be made: nobody's, if they were."""
        if monday in self._done:
            return []
        with reading(self._projections) as connection:
            if week_made(connection, monday.isoformat()) is not None:
                self._done.add(monday)
                return []
            return worn_in(connection, week_from(monday))

    async def make(self, monday: date, wearers: Sequence[WearerId], stop: asyncio.Event) -> None:
        """Make one week's overviews, its digest, and the record of it."""
        began_at, began = now(), time.monotonic()
        tasks = deque(Task(wearer_id=name, monday=monday) for name in wearers)
        makers = [_Maker(self._config, tasks, stop) for _ in range(min(WORKERS, len(tasks)))]
        await asyncio.gather(*(maker.run() for maker in makers))
        if stop.is_set():
            return
        rows = sorted((row for one in makers for row in one.rows), key=lambda row: row.wearer_id)
        lines = [msgspec.json.encode(row) + b"\n" for row in rows]
        bad = [row for row in rows if row.failure]
        for row in bad:
            _LOG.error("a weekly overview could not be made", week=row.monday, why=row.failure)
        await asyncio.to_thread(self._kept.put_digest, monday.isoformat(), b"".join(lines))
        start, end = week_from(monday)
        event = WeekOverviewsMade(
            monday=monday.isoformat(),
            start=start,
            end=end,
            made=len(rows) - len(bad),
            failed=len(bad),
            sha256=sha256(
                "".join(f"{r.wearer_id} {r.sha256}\n" for r in rows).encode()
            ).hexdigest(),
            began_at=began_at,
            at=now(),
        )
        took_s = round(time.monotonic() - began, 1)
        _LOG.info("weekly overviews made", week=event.monday, made=event.made, took_s=took_s)
        while not stop.is_set():
            try:
                await self._record([event])
            except PostError as error:
                _LOG.warning("weekly overviews are not on record yet", error=str(error))
                await _wait(stop, LOOK_S)
                continue
            self._done.add(monday)
            break
        newest = date.fromisoformat(self._kept.mondays()[0])
        papers, oldest = newest - PAPERS * WEEK, newest - KEPT * WEEK
        with reading(self._projections) as connection:
            on_hold = held(connection)
        spans = papers.isoformat(), oldest.isoformat()
        await asyncio.to_thread(self._kept.keep_from, *spans, on_hold)


class _Maker:
    """Gives one worker process tasks until there are none; a worker that dies is replaced, and
    the task it died of is tried once more."""

    def __init__(self, config: Config, tasks: deque[Task], stop: asyncio.Event) -> None:
        self._config, self._tasks, self._stop = config, tasks, stop
        self._process: asyncio.subprocess.Process | None = None
        self.rows: list[DigestRow] = []

    async def run(self) -> None:
        try:
            while self._tasks and not self._stop.is_set():
                task = self._tasks.popleft()
                answer = await self._asked(task)
                if answer is None and not self._stop.is_set():
                    answer = await self._asked(task)
                if self._stop.is_set():
                    break
                if answer is None:
                    self.rows.append(failed(task, "the process that makes it ended twice"))
                elif answer.row is not None:
                    self.rows.append(answer.row)
        finally:
            await self._end()

    async def _asked(self, task: Task) -> Answer | None:
        """Return what the worker answers; None if it ended without an answer, or we stop."""
        worker = await self._worker()
        if worker.stdin is None or worker.stdout is None:
            raise RuntimeError("a worker without pipes")
        stopping = asyncio.ensure_future(self._stop.wait())
        reading_line = asyncio.ensure_future(worker.stdout.readline())
        try:
            worker.stdin.write(msgspec.json.encode(task) + b"\n")
            await worker.stdin.drain()
            await asyncio.wait({stopping, reading_line}, return_when=asyncio.FIRST_COMPLETED)
            line = reading_line.result() if reading_line.done() else b""
        except (BrokenPipeError, ConnectionResetError):
            line = b""
        finally:
            stopping.cancel()
            reading_line.cancel()
        if not line.endswith(b"\n"):
            await self._end()
            return None
        return msgspec.json.decode(line, type=Answer)

    async def _worker(self) -> asyncio.subprocess.Process:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *command(self._config),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=MOST_LINE,
            )
        return self._process

    async def _end(self) -> None:
        worker, self._process = self._process, None
        if worker is None:
            return
        if worker.stdin is not None:
            worker.stdin.close()
        with suppress(ProcessLookupError):
            worker.kill()  # what it was at is made anew
        await worker.wait()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
