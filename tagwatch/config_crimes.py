"""What an installation says of police's files of crimes."""

import msgspec


class CrimesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A folder into which police's files of crimes are put, by hand or by a mail server."""

    folder: str = ""
    """Beside this file unless its path says more; empty: none is watched."""
    profile: str = "moj-acquisitive"
    """Which crimes its files bring."""
    every_s: float = 5.0
    """How often it is looked at; a file is taken in when two looks find it unchanged."""
