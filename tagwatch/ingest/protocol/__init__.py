"""One file per tag family: raw bytes → messages, pure.

Decoding reads no clock and keeps nothing, so a journaled frame can be decoded again at any time,
also by a mended decoder.
"""

from collections.abc import Sequence
from typing import Final

from tagwatch.core.fix import Decoded
from tagwatch.core.recorded_frame import FrameReceived
from tagwatch.core.units import Instant
from tagwatch.ingest.protocol import osmand, owntracks, tagwatch, traccar_forward
from tagwatch.ingest.protocol.message import DecodeError, Family, Message

__all__ = ["FAMILIES", "DecodeError", "Message", "decode", "decode_all"]

FAMILIES: Final[dict[str, Family]] = {
    "osmand": osmand.FAMILY,
    "owntracks": owntracks.FAMILY,
    "traccar_forward": traccar_forward.FAMILY,
    "tagwatch": tagwatch.FAMILY,
}
"""Families by the name under which their frames are journaled."""
_OWN: Final = "tagwatch"


def decode(event: FrameReceived, seq: int, received_at: Instant) -> Decoded:
    """Return what a journaled frame says: rows of FIX_DTYPE, oldest first, and tag events.

    Raises DecodeError, and nothing else, for any bytes. A frame of several owners was cut at the
    door, so its record holds and gives its own part only.
    """
    family = FAMILIES.get(event.protocol)
    if family is None:
        raise DecodeError(
            f"protocol {event.protocol!r} is unknown here",
            "a newer Tagwatch wrote this frame; decode it with that version",
        )
    return family.parse(_message(event), seq, received_at)


def decode_all(
    frames: Sequence[tuple[FrameReceived, int, Instant]],
) -> list[Decoded | DecodeError]:
    """Return what `decode` returns, or raises, for each (event, seq, received_at).

    Own batches in numbers, which most of a nation's frames are, are decoded together.
    """
    own = [place for place, (event, _, _) in enumerate(frames) if event.protocol == _OWN]
    messages = [(_message(event), seq, at) for event, seq, at in (frames[n] for n in own)]
    found: dict[int, Decoded | None] = dict(zip(own, tagwatch.parse_plain(messages), strict=True))
    return [found.get(place) or _tried(*frame) for place, frame in enumerate(frames)]


def _tried(event: FrameReceived, seq: int, received_at: Instant) -> Decoded | DecodeError:
    try:
        return decode(event, seq, received_at)
    except DecodeError as error:
        return error


def _message(event: FrameReceived) -> Message:
    return Message(event.body, event.query, event.content_type)
