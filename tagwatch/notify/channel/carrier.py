"""What every channel is: it carries one message and says how that ended."""

from typing import Protocol, TypeAlias

import msgspec

from tagwatch.notify.message import Message


class Delivered(msgspec.Struct, frozen=True):
    """The other side took the message on; `proof` is its own words."""

    proof: str


class TryAgain(msgspec.Struct, frozen=True):
    """It did not work now and may work later."""

    words: str


class Refused(msgspec.Struct, frozen=True):
    """It will not work, however often it is tried: the next rank is told at once."""

    words: str


Outcome: TypeAlias = Delivered | TryAgain | Refused


class Carrier(Protocol):
    """One channel. It raises nothing on account of the other side: it returns an Outcome."""

    @property
    def most_at_once(self) -> int:
        """Messages under way at the same time, at most."""
        ...

    @property
    def deadline_s(self) -> float:
        """Seconds after which an attempt is given up (and tried again later)."""
        ...

    async def send(self, message: Message) -> Outcome:
        """Carry `message` once."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class NotSetUp:
    """A channel that this installation has no settings for: every message is refused, said why."""

    most_at_once = 16
    deadline_s = 1.0

    def __init__(self, words: str) -> None:
        self._words = words

    async def send(self, message: Message) -> Outcome:
        """Refuse `message`."""
        del message
        return Refused(self._words)

    async def close(self) -> None:
        """Nothing is held."""
