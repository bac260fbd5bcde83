"""What every protocol takes and gives: a message as it came, who claims to send it, refusals."""

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

import msgspec

from tagwatch.core.fix import Decoded
from tagwatch.core.units import Instant

MAX_ITEMS: Final = 10_000
"""Fixes and events of one message at most; a tag that kept more sends several messages."""
CUT: Final = b"***"
"""Stands where a credential was cut out of what is journaled."""


class DecodeError(Exception):
    """These bytes are not a message of this protocol."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}; {hint}")
        self.what = what
        self.hint = hint


class Message(NamedTuple):
    """What decoding needs of a tag's request, and what is journaled of it."""

    body: bytes
    query: str = ""
    content_type: str = ""


class Claim(NamedTuple):
    """Who says that he sends a message, not yet believed."""

    secret: str
    credential_id: str | None = None
    """The user name where the protocol has one."""
    serial: str | None = None
    """The tag a gateway speaks for."""


class Part(NamedTuple):
    """Which fixes and events of a message, by their places in it, go into one record."""

    fixes: Collection[int]
    events: Collection[int]


class Span(NamedTuple):
    """What the door needs of a message that holds plain fixes and nothing odd."""

    oldest: Instant
    newest: Instant
    fixes: int


class Family(NamedTuple):
    """One tag family's way of speaking: pure functions, so that any frame can be decoded again."""

    claim: Callable[[Message, str], Claim | None]
    """From a message and its Authorization header; None if it names nobody. May raise
    DecodeError."""
    cut: Callable[[Message, Claim], Message]
    """The message without its credential."""
    parse: Callable[[Message, int, Instant], Decoded]
    """Fixes, oldest first, and events; `index` is the place in the message. May raise
    DecodeError."""
    keep: Callable[[Message, Part], Message]
    """The message with these fixes and events only, their bytes unchanged where they are apart."""
    batch_key: Callable[[Message], str]
    """The sender's idempotency key, or ''."""
    span: Callable[[Message, Instant], Span | None]
    """The first and last `fixed_at` that `parse` would give, found faster; None for any message
    that is not plain (events, odd values, clocks ahead), which is then parsed."""


def no_batch_key(_message: Message) -> str:
    """For families without an idempotency key."""
    return ""


def no_span(_message: Message, _received_at: Instant) -> Span | None:
    """For families whose messages are small: parsing them is as fast."""
    return None


def keep_whole(message: Message, _part: Part) -> Message:
    """For families whose messages hold one fix."""
    return message


def refuse_compressed(data: bytes) -> None:
    """Raise DecodeError for a body in gzip: no tag is offered it."""
    if data[:2] == b"\x1f\x8b":
        raise DecodeError("the body is compressed with gzip", "send it uncompressed")


def text_of(data: bytes) -> str:
    """Return bytes as text. Raises DecodeError."""
    refuse_compressed(data)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise DecodeError(
            f"byte {error.start} is not UTF-8", "send the message as UTF-8 text"
        ) from error


def raw_items(data: bytes) -> list[msgspec.Raw]:
    """Return the elements of a JSON array, each as its own bytes; or the one value alone."""
    if not data.lstrip().startswith(b"["):
        return [msgspec.Raw(data)]
    return msgspec.json.decode(data, type=list[msgspec.Raw])


def join_items(items: Collection[bytes]) -> bytes:
    """Return a JSON array of elements given as their bytes."""
    return b"[" + b",".join(items) + b"]"
