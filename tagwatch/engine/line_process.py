"""The line as a process: follow the durable head, decide, and send from a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog

from tagwatch.config import Config
from tagwatch.core.ledger import AttemptRecorded, ReceiptRecorded
from tagwatch.core.warm_up import warm_up
from tagwatch.engine.child import give_back_room, keep_room, settle, stop_event
from tagwatch.engine.clock import now, started
from tagwatch.engine.line import Line
from tagwatch.engine.outbox import ProjectedOutbox
from tagwatch.engine.resealing import Resealing
from tagwatch.notify.answer import open_links
from tagwatch.notify.carriers import carriers
from tagwatch.notify.receipt import ask_for_receipts
from tagwatch.notify.sender import Sender
from tagwatch.store import trail
from tagwatch.store.drafts import draft_of
from tagwatch.store.post import (
    AsyncJournalPost,
    JournalPost,
    PostError,
    PostRefused,
    Refusal,
    Subscription,
)

_LOG: Final = structlog.get_logger("line")
_WAIT_S: Final = 0.5
_AGAIN_S: Final = 0.2
_SENDER_ENDS_S: Final = 15.0


def run_line(config: Config) -> None:
    """Run the line until SIGTERM or SIGINT. What cannot go on is raised: the process restarts."""
    stop = stop_event()
    post = JournalPost(config.receiver_socket)
    if not answered(post.head, stop):
        return
    warm_up()
    trail.load_kernel()
    line = Line.open(config, post)
    if not answered(lambda: post.record(started("line")), stop):
        return
    sending = SenderThread(config, line)
    sending.start()
    try:
        _follow(config, line, sending, stop)
    finally:
        sending.end()
        line.close()
        post.close()


def _follow(config: Config, line: Line, sending: "SenderThread", stop: threading.Event) -> None:
    """Apply batch after batch; between two, learn how far the journal has come."""
    keep_room()
    post = JournalPost(config.receiver_socket)
    resealing = Resealing(config, line)
    heads: Subscription | None = None
    head, failed, catching_up = 0, False, True
    while not stop.is_set():
        try:
            if heads is None:
                heads = Subscription(config.receiver_socket)
                # A turn may have been journaled although its answer was lost: it is taken first.
                head = post.head().seq
                if failed:
                    line.resume(head)
                else:
                    line.follow(head)
                settle()
            busy = line.step(head)
            if busy:
                sending.wake()
            elif catching_up:
                catching_up = False
                give_back_room()
                line.expect_small_batches()
            more = resealing.step()
            head = heads.wait(0.0 if busy or more else _WAIT_S) or head
        except PostError as error:
            _LOG.warning("no receiver", error=str(error))
            failed = True
            if heads is not None:
                heads.close()
                heads = None
            stop.wait(_AGAIN_S)
        if sending.failed is not None:
            raise sending.failed
    if heads is not None:
        heads.close()
    post.close()


def answered(ask: Callable[[], object], stop: threading.Event) -> bool:
    """Ask the receiver until it answers; False if told to end first. Raises PostRefused if asking
    again cannot help.

    It takes seconds to come up; a receiver that restarts meanwhile must not cost them once more.
    """
    while not stop.is_set():
        try:
            ask()
        except PostRefused as error:
            if error.reason is Refusal.BAD:
                raise
        except PostError as error:
            _LOG.warning("no receiver", error=str(error))
        else:
            return True
        stop.wait(_AGAIN_S)
    return False


class SenderThread:
    """The sender on an event loop of its own, so that no slow server delays a decision."""

    def __init__(self, config: Config, line: Line) -> None:
        """Prepare; `start` begins to send."""
        self._config = config
        self._line = line
        self._loop = asyncio.new_event_loop()
        self._sender: Sender | None = None
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self.failed: BaseException | None = None
        """What ended the sender, if anything did."""

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def wake(self) -> None:
        """Look for due rows now."""
        if self._sender is not None and not self._loop.is_closed():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._sender.wake)

    def end(self) -> None:
        """Finish the attempts under way, and end."""
        if self._sender is not None and self._thread.is_alive():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._sender.stop)
        self._thread.join(_SENDER_ENDS_S)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._send())
        except BaseException as error:  # noqa: BLE001  # handed to the thread that supervises
            self.failed = error
        finally:
            self._loop.close()

    async def _send(self) -> None:
        config = self._config
        post = AsyncJournalPost(config.receiver_socket)

        async def record(events: Sequence[AttemptRecorded | ReceiptRecorded]) -> object:
            return await post.append([draft_of(event, now()) for event in events])

        outbox = ProjectedOutbox(self._line.projections)
        channels = carriers(config)
        self._sender = Sender(
            outbox,
            channels,
            record,
            now,
            config.web.public_url,
            links=open_links(config),
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                asking = tasks.create_task(ask_for_receipts(outbox, channels, record, now))
                await self._sender.run()
                asking.cancel()
        finally:
            await post.close()
