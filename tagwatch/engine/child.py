"""What each of the four processes does at its start: end when told, or when the parent is gone."""

import ctypes
import gc
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

from tagwatch.config import Config

_COLLECTIONS: Final = (20_000, 20, 1_000)
"""The collector's thresholds: the young when there are many, so that few of
them still live; everything once in some minutes of load."""
_TRIM, _TOP_PAD, _MMAP = -1, -2, -3
"""Options of mallopt(3)."""
_KEPT: Final = ((_MMAP, 32 << 20), (_TRIM, 128 << 20), (_TOP_PAD, 16 << 20))
"""Blocks from 32 MiB are mapped apart; up to 128 MiB that lie free at the top are kept; more is
asked for in pieces of 16 MiB."""
_GIVEN_BACK: Final = ((_MMAP, 128 << 10), (_TRIM, 1 << 20), (_TOP_PAD, 128 << 10))


def stop_event() -> threading.Event:
    """Return an event that is set by SIGTERM or SIGINT."""
    stop = threading.Event()

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    return stop


def end_with_parent() -> None:
    """Send this process SIGTERM when its standard input, a pipe from the supervisor, closes.

    So that no process of a dead installation keeps a port or a lock, however it died.
    """
    if os.environ.get(SUPERVISED) != "1":
        return
    threading.Thread(target=_watch_parent, name="parent", daemon=True).start()


def stand_back(nice: int) -> None:
    """Let the other processes go first, those of other sessions too.

    Linux shares time out between sessions before it looks at nice, unless the session is told.
    """
    os.nice(nice)
    with suppress(OSError):  # no such grouping on this machine: nice is enough
        Path("/proc/self/autogroup").write_text(str(nice))


def cap_memory(beyond: int) -> None:
    """Let this process map no more than `beyond` bytes on top of what it has now."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = mapped + beyond
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def settle() -> None:
    """Tell the collector that what this process holds now stays.

    It need not walk it again and again, up to half a second each time, while fixes or officers
    wait. Nor does it often walk all that came since: what lives long hangs together in no circles,
    and what does is young when it dies.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTIONS)


def leave_at_once() -> None:
    """Let the interpreter end without a last walk over all that was ever loaded: it would find
    nothing that the system does not take back anyhow, and takes seconds of a busy machine."""
    gc.freeze()


def keep_room() -> None:
    """Keep the room of a large batch for the next one: the C library would give it back to the
    system and take it again page by page. Elsewhere than with glibc nothing changes."""
    _set_room(_KEPT)


def give_back_room() -> None:
    """Give what lies free back to the system, from now on too: only small batches follow."""
    _set_room(_GIVEN_BACK)
    if (malloc_trim := _libc("malloc_trim")) is not None:
        malloc_trim(0)


def _set_room(options: tuple[tuple[int, int], ...]) -> None:
    if (mallopt := _libc("mallopt")) is not None:
        for option, room_bytes in options:
            mallopt(option, room_bytes)


def _libc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None)


def write_pid(config: Config, name: str) -> None:
    """Write `<data>/run/<name>.pid`."""
    config.run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (config.run_folder / f"{name}.pid").write_text(f"{os.getpid()}\n")


SUPERVISED = "TAGWATCH_SUPERVISED"
"""Set to 1 in the environment of a process that a supervisor started."""


def _watch_parent() -> None:
    while os.read(sys.stdin.fileno(), 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
