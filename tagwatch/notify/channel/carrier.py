"""What every channel is: it carries one message and says how that ended."""

from typing import Protocol, TypeAlias, runtime_checkable

import msgspec

from tagwatch.notify.message import Message


class Delivered(msgspec.Struct, frozen=True):
    """The other side took the message on; `proof` is its own words."""

    proof: str


class Accepted(msgspec.Struct, frozen=True):
    """The other side will carry it and say later what became of it: nothing is delivered yet."""

    proof: str
    reference: str
    """Its own id of the message."""


class TryAgain(msgspec.Struct, frozen=True):
    """It did not work now and may work later."""

    words: str


class Refused(msgspec.Struct, frozen=True):
    """It will not work, however often it is tried: the next rank is told at once."""

    words: str


Outcome: TypeAlias = Delivered | Accepted | TryAgain | Refused

Receipt: TypeAlias = Delivered | TryAgain | Refused
"""What became of an accepted message: TryAgain is a failure that may pass."""


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


@runtime_checkable
class Tracks(Protocol):
    """A carrier that can be asked what became of a message."""

    async def receipt(self, reference: str) -> Receipt | None:
        """Return what became of the message, None if that is not known yet (or not to be asked)."""
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
