"""What was done with the installation's own keys, as the journal keeps it. See `ledger`.

Ids of keys stand here, which say nothing of the keys.
"""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant


class KeyRotated(Event, frozen=True, kw_only=True):
    """Another key of a class is used from now on."""

    key_class: str
    """`installation`, `field`, `accounts` or `audit`."""
    old: tuple[str, ...]
    """Ids of the keys whose place it takes."""
    new: tuple[str, ...]
    destroyed: int
    """1: the old ones are gone; 0: they are kept, to read what only they open, until it is over."""
    began_at: Instant
    at: Instant
    by: AccountId
    user: str
    """Who gave the command, by the name under which the machine knows him."""
    why: str


class KeysExported(Event, frozen=True, kw_only=True):
    """The keys that a restore needs were written out, sealed with a passphrase."""

    key_id: str
    """Of the installation key in it."""
    sha256: str
    """Of the whole export, its parts joined."""
    parts: int
    at: Instant
    by: AccountId
    user: str
    why: str


class KeysDrilled(Event, frozen=True, kw_only=True):
    """A restore was tried out of a backup and an export of keys, and looked at."""

    key_id: str
    backup_seq: int
    """The journal's record up to which the backup goes."""
    backup_digest: str
    passed: int
    found: str
    """What was found, in a sentence."""
    at: Instant
    by: AccountId
    user: str
