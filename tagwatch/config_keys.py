"""What an installation says of its keys."""

import msgspec


class KeyRotationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of the installation itself: when they are due."""

    days: int = 365
    """A key older than so many days is overdue, and Health says so. 0: none ever is."""
