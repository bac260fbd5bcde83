"""What everything in the journal is made of."""

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all journal events."""
