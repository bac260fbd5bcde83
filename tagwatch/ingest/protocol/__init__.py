"""One file per tag family: raw bytes → messages, pure.

Decoding reads no clock and keeps nothing, so a journaled frame can be decoded again at any time,
also by a mended decoder.
"""

from typing import Final

from tagwatch.core.fix import Decoded
from tagwatch.core.ledger import FrameReceived
from tagwatch.core.units import Instant
from tagwatch.ingest.protocol import osmand, owntracks, tagwatch, traccar_forward
from tagwatch.ingest.protocol.message import DecodeError, Family, Message

__all__ = ["FAMILIES", "DecodeError", "Message", "decode"]

FAMILIES: Final[dict[str, Family]] = {
    "osmand": osmand.FAMILY,
    "owntracks": owntracks.FAMILY,
    "traccar_forward": traccar_forward.FAMILY,
    "tagwatch": tagwatch.FAMILY,
}
"""Families by the name under which their frames are journaled."""


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
    message = Message(event.body, event.query, event.content_type)
    return family.parse(message, seq, received_at)
