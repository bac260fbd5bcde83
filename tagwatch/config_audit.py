"""What an installation says of its audit."""

import msgspec


class AuditConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The audit: who looked, altered and took along."""

    keep_years: int = 7
    """Lines older than so many years cannot be read any more; their chain stays. 0: for good."""
