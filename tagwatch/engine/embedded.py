"""The embedded engine: four processes under one command, on one machine.

The receiver comes first and goes last, so that a tag is answered while anything else restarts.
"""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Final

import structlog

from tagwatch.config import Config
from tagwatch.core.ledger import HeartbeatMissed
from tagwatch.core.recorded_service import PartState
from tagwatch.core.units import Instant
from tagwatch.engine.child import SUPERVISED
from tagwatch.engine.installation import FolderLock, InstallationError, refuse_unfinished
from tagwatch.engine.ports import require_free
from tagwatch.store.post import JournalPost, PostError

_LOG: Final = structlog.get_logger("supervisor")
PROCESSES: Final = ("receiver", "line", "web", "batch")
"""In the order of their start; they end in the opposite order."""

_FEW_ARENAS: Final = {"MALLOC_ARENA_MAX": "2"}
"""Threads of a process share what its C library keeps free; else each keeps some for itself."""
_LOOK_S: Final = 0.1
_STEADY_S: Final = 30.0
"""After this long without a fault the next restart is at once again."""
_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 10.0
_END_S: Final = 10.0
_RECEIVER_S: Final = 30.0

Command = Callable[[str], Sequence[str]]
"""Returns the command line of a process, by its name."""


def own_command(config: Config) -> Command:
    """Return the command lines by which this same program runs each process."""

    def command(name: str) -> Sequence[str]:
        return (sys.executable, "-m", "tagwatch", "process", name, "--data", str(config.data))

    return command


class _Child:
    """One process: started, watched, started again more and more slowly."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.name = name
        self._command = command
        self._environ = {**environ, SUPERVISED: "1"}
        self.process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._starts: deque[float] = deque(maxlen=64)
        self._wait_s = 0.0
        self._next_at = 0.0

    def start(self) -> None:
        self._started_at = time.monotonic()
        self._starts.append(self._started_at)
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, env=self._environ, start_new_session=True
        )

    def ended(self) -> int | None:
        """Return how the process ended, if it did since the last look."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None
        return code

    def plan_restart(self, most_a_minute: int) -> float:
        """Return seconds until the next start."""
        now = time.monotonic()
        steady = now - self._started_at >= _STEADY_S
        self._wait_s = 0.0 if steady else min(2 * self._wait_s or _FIRST_WAIT_S, _LONGEST_WAIT_S)
        if sum(1 for at in self._starts if now - at < 60.0) >= most_a_minute:
            self._wait_s = 60.0
        self._next_at = now + self._wait_s
        return self._wait_s

    def is_due(self) -> bool:
        return self.process is None and time.monotonic() >= self._next_at

    def tell(self, number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)

    def wait(self, timeout_s: float) -> bool:
        """Return whether it has ended within the time."""
        if self.process is None:
            return True
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True


class Supervisor:
    """Runs the four processes on one data folder until told to end."""

    def __init__(
        self,
        config: Config,
        command: Command | None = None,
        processes: Sequence[str] = PROCESSES,
    ) -> None:
        """Prepare to run `processes`; `command` gives the command line of each."""
        self._config = config
        command = command or own_command(config)
        environ = {**_FEW_ARENAS, **os.environ}
        self._children = [_Child(name, command(name), environ) for name in processes]
        self._stopping = False
        self._unsaid: deque[HeartbeatMissed] = deque(maxlen=256)
        self._post = JournalPost(config.receiver_socket, timeout_s=2.0)

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to end."""
        return self._stopping

    def run(
        self,
        ready: Callable[[], None] | None = None,
        prelude: Callable[[], None] | None = None,
    ) -> None:
        """Hold the data folder and keep the processes up until SIGTERM or SIGINT.

        `prelude` is called while only the pages are up and nobody else has the journal; `ready`
        when all were started. Raises InstallationError if the folder or a port is taken, or the
        receiver does not come up.
        """
        config = self._config
        refuse_unfinished(config)
        with FolderLock(config.lock_file):
            require_free(config.tags.bind, config.tags.port, "tags.port")
            require_free(config.web.bind, config.web.port, "web.port")
            signal.signal(signal.SIGTERM, self._told)
            signal.signal(signal.SIGINT, self._told)
            try:
                self._start_all(prelude)
                if ready is not None and not self._stopping:
                    ready()
                while not self._stopping:
                    self._look()
                    time.sleep(_LOOK_S)
            finally:
                self._end_all()

    def pids(self) -> dict[str, int]:
        """Return the process ids of those that run."""
        return {c.name: c.process.pid for c in self._children if c.process is not None}

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start_all(self, prelude: Callable[[], None] | None) -> None:
        self._config.run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._config.receiver_socket.unlink(missing_ok=True)
        waiting = list(self._children)
        if prelude is not None:
            pages = [child for child in waiting if child.name == "web"]
            for child in pages:
                child.start()
                waiting.remove(child)
            prelude()
        for child in waiting:
            if self._stopping:
                return
            child.start()
            if child.name == "receiver":
                self._await_receiver(child)

    def _await_receiver(self, child: _Child) -> None:
        until = time.monotonic() + _RECEIVER_S
        while not self._stopping:
            if (code := child.ended()) is not None:
                raise InstallationError(
                    f"the receiver ended with code {code} at its start: its last lines say why"
                )
            with suppress(PostError):
                self._post.head()
                return
            if time.monotonic() > until:
                raise InstallationError(f"the receiver did not come up within {_RECEIVER_S:.0f} s")
            time.sleep(0.02)

    def _look(self) -> None:
        for child in self._children:
            code = child.ended()
            if code is not None:
                wait_s = child.plan_restart(self._config.limits.restarts_per_minute)
                words = f"ended with code {code}; starts again in {wait_s:.1f} s"
                _LOG.error("process ended", process=child.name, code=code, again_in_s=wait_s)
                self._say(child.name, PartState.AILING, words)
            elif child.is_due():
                child.start()
                _LOG.warning("process started again", process=child.name)
                self._say(child.name, PartState.HEALTHY, "started again")
        self._deliver()

    def _say(self, part: str, state: PartState, words: str) -> None:
        at = Instant(time.time_ns() // 1000)
        self._unsaid.append(
            HeartbeatMissed(part=f"process {part}", at=at, state=state, words=words)
        )

    def _deliver(self) -> None:
        """Journal what became of processes; kept until a receiver takes it."""
        while self._unsaid:
            try:
                self._post.record(self._unsaid[0])
            except PostError:
                return
            self._unsaid.popleft()

    def _end_all(self) -> None:
        for child in reversed(self._children):
            child.tell(signal.SIGTERM)
            if not child.wait(_END_S):
                _LOG.error("process did not end", process=child.name)
                child.tell(signal.SIGKILL)
                child.wait(_END_S)
        self._post.close()
