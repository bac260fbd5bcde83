"""All connections of the tags' listener, and what bounds them."""

import ssl
import time
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple, Protocol, TypeAlias

from tagwatch.ingest.door import Answer, Request

Take: TypeAlias = Callable[[Request, Callable[[Answer], None]], None]
"""Judges a request and calls back with its answer, now or when it is durable."""


class HttpLimits(NamedTuple):
    """Bounds of the listener; times in seconds."""

    head_s: float = 10.0
    body_s: float = 30.0
    idle_s: float = 75.0
    drain_s: float = 2.0
    """How long a refused sender may go on before the connection is cut."""
    connections: int = 5_000
    buffered_bytes: int = 128 << 20
    """Bodies in the making, of all connections together."""


class Trust(Enum):
    """Whether a proxy on this machine tells the sender's address."""

    NOBODY = "nobody"
    LOCAL_PROXY = "local proxy"


class Held(Protocol):
    """A connection, as its listener sees it."""

    def check(self, at: float) -> None:
        """Close it if it has been too slow."""
        ...

    def cut(self) -> None:
        """Close it at once, and leave the listener's lists."""
        ...


class Listener:
    """All connections of the tags' listener, and what bounds them."""

    def __init__(
        self,
        take: Take,
        limits: HttpLimits = HttpLimits(),
        trust: Trust = Trust.NOBODY,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.take = take
        self.limits = limits
        self.trust = trust
        self.tls = tls
        self.buffered = 0
        self.cut_off = 0
        """Connections closed because they were too slow, or gave way."""
        self.open: OrderedDict[Held, None] = OrderedDict()
        self.half_open: OrderedDict[Held, None] = OrderedDict()
        self.idle: OrderedDict[Held, None] = OrderedDict()

    def make_room(self) -> None:
        """Close the connection that has least to lose, if there are too many."""
        if len(self.open) < self.limits.connections:
            return
        for waiting in (self.half_open, self.idle, self.open):
            if waiting:
                next(iter(waiting)).cut()
                return

    def sweep(self) -> None:
        """Close what has been too slow. To be called about once a second."""
        at = time.monotonic()
        for connection in list(self.open):
            connection.check(at)

    def close(self) -> None:
        """Close every connection; answers still to come are not given, so nothing is lost."""
        for connection in list(self.open):
            connection.cut()
