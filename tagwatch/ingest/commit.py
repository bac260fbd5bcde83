"""Group commit: everything that waits becomes one group and one fdatasync, in a thread.

While one group is being written the next one gathers, so the loop stays responsive and the disk
is asked as rarely as it can be.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, NamedTuple, TypeAlias, TypeVar

from tagwatch.store.journal.errors import JournalBroken, JournalError, JournalWriteFailed
from tagwatch.store.journal.record import Draft, Head
from tagwatch.store.journal.writer import JournalWriter

GROUP_RECORDS: Final = 2_000
GROUP_BYTES: Final = 16 << 20
WAITING_RECORDS: Final = 100_000
WAITING_BYTES: Final = 128 << 20

Outcome: TypeAlias = "range | JournalError | ValueError"
"""Seqs once durable, or why there are none."""
T = TypeVar("T")


class _Waiting(NamedTuple):
    drafts: Sequence[Draft]
    size: int
    done: Callable[[Outcome], None]


class Committer:
    """Appends for many from one loop. `open_writer` is called again after the disk failed."""

    def __init__(
        self,
        open_writer: Callable[[], JournalWriter],
        moved: Callable[[Head], None] = lambda _head: None,
    ) -> None:
        self._open = open_writer
        self._moved = moved
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._writer: JournalWriter | None = open_writer()
        self._waiting: deque[_Waiting] = deque()
        self._records = 0
        self._bytes = 0
        self._busy = False
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.groups = 0
        self.head = self._writer.head()
        """The durable end of the journal."""

    def submit(self, drafts: Sequence[Draft], done: Callable[[Outcome], None]) -> None:
        """Call `done` in the loop once `drafts` are durable as consecutive records, or refused."""
        size = sum(len(draft.payload) for draft in drafts)
        full = self._records + len(drafts) > WAITING_RECORDS or self._bytes + size > WAITING_BYTES
        if full and self._records:
            done(JournalWriteFailed("too much waits for the disk: send again in a moment"))
            return
        self._records += len(drafts)
        self._bytes += size
        self._waiting.append(_Waiting(drafts, size, done))
        if not self._busy:
            self._busy = True
            self._quiet.clear()
            # After this turn of the loop: whatever else came with it joins the group.
            self._loop.call_soon(self._start)

    async def append(self, drafts: Sequence[Draft]) -> range:
        """Return the seqs of `drafts` once durable. Raises JournalError or ValueError."""
        future: asyncio.Future[range] = self._loop.create_future()

        def done(outcome: Outcome) -> None:
            if future.cancelled():
                return
            if isinstance(outcome, range):
                future.set_result(outcome)
            else:
                future.set_exception(outcome)

        self.submit(drafts, done)
        return await future

    async def with_writer(self, act: Callable[[JournalWriter], T]) -> T:
        """Run `act` in the writer's thread, between groups."""
        return await self._loop.run_in_executor(self._thread, lambda: act(self._ready()))

    async def close(self) -> None:
        """Write what waits, then let the journal go."""
        await self._quiet.wait()
        self._thread.shutdown()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _start(self) -> None:
        group: list[_Waiting] = []
        records = size = 0
        while self._waiting:
            following = self._waiting[0]
            records += len(following.drafts)
            size += following.size
            if group and (records > GROUP_RECORDS or size > GROUP_BYTES):
                break
            group.append(self._waiting.popleft())
        if not group:
            self._busy = False
            self._quiet.set()
            return
        written = self._thread.submit(self._write, group)
        written.add_done_callback(
            lambda result: self._loop.call_soon_threadsafe(self._finish, group, result)
        )

    def _finish(
        self, group: list[_Waiting], result: "Future[tuple[list[Outcome], Head | None]]"
    ) -> None:
        outcomes, head = result.result()
        for waiting in group:
            self._records -= len(waiting.drafts)
            self._bytes -= waiting.size
        self._start()
        if head is not None and head != self.head:
            self.groups += 1
            self.head = head
        for waiting, outcome in zip(group, outcomes, strict=True):
            waiting.done(outcome)
        if head is not None:
            self._moved(self.head)

    def _write(self, group: list[_Waiting]) -> tuple[list[Outcome], Head | None]:
        """Append the group; in the writer's thread."""
        try:
            writer = self._ready()
            seqs = writer.append([draft for waiting in group for draft in waiting.drafts])
        except JournalError as error:
            self._put_down(error)
            return [error for _ in group], None
        except OSError as error:
            failed = JournalWriteFailed(f"the journal could not be opened again ({error})")
            return [failed for _ in group], None
        except ValueError:
            return self._one_by_one(group)
        outcomes: list[Outcome] = []
        first = seqs.start
        for waiting in group:
            outcomes.append(range(first, first + len(waiting.drafts)))
            first += len(waiting.drafts)
        return outcomes, writer.head()

    def _one_by_one(self, group: list[_Waiting]) -> tuple[list[Outcome], Head | None]:
        """Append each on its own, so that one draft the format cannot hold costs no other."""
        outcomes: list[Outcome] = []
        for waiting in group:
            try:
                outcomes.append(self._ready().append(waiting.drafts))
            except (JournalError, ValueError) as error:
                self._put_down(error)
                outcomes.append(error)
            except OSError as error:
                outcomes.append(JournalWriteFailed(f"the journal could not be opened ({error})"))
        return outcomes, None if self._writer is None else self._writer.head()

    def _put_down(self, error: Exception) -> None:
        """Let a broken writer go, so that the next group opens another and mends the segment."""
        if isinstance(error, JournalBroken) and self._writer is not None:
            self._writer.close()
            self._writer = None

    def _ready(self) -> JournalWriter:
        """Return the writer; after one that broke, another. Raises JournalError or OSError."""
        if self._writer is None:
            self._writer = self._open()
        return self._writer
