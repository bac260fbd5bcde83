"""Evidence bundles, as the journal keeps that they were made and given. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, ContactId, WearerId
from tagwatch.core.units import Instant


class BundleMade(Event, frozen=True, kw_only=True):
    """A bundle of a wearer's window was made and signed."""

    bundle_id: str
    wearer_id: WearerId
    start: Instant
    end: Instant
    reason: str
    sha256: str
    """Of the whole file; of the redacted one it is in `redacted_sha256`."""
    redacted_sha256: str = ""
    """Empty: nothing is closed, there is one file."""
    size_bytes: int
    head_seq: int
    """The journal's record up to which it is proved."""
    known_seq: int
    """The record up to which findings were known."""
    signer: str
    replaces: str = ""
    """The bundle that it stands for from now on."""
    differs: int = 0
    """Findings that do not follow from the frames, named in it."""
    ask_id: str = ""
    """Which ask it answers; empty: it was made at once."""
    at: Instant
    by: AccountId


class BundleGiven(Event, frozen=True, kw_only=True):
    """A bundle left the installation: who received which form of it."""

    bundle_id: str
    wearer_id: WearerId
    form: str
    """`whole`, `expert` or `redacted`."""
    to: str
    """Who received it, as he was named."""
    how: str
    sha256: str
    contact_id: ContactId | None = None
    """Of the receiver, if a message can be sent there."""
    at: Instant
    by: AccountId


class ReceiverTold(Event, frozen=True, kw_only=True):
    """Somebody who has a bundle was told that it no longer stands."""

    bundle_id: str
    wearer_id: WearerId
    to: str
    """Who was told, as he was named when he received it."""
    how: str
    contact_id: ContactId | None = None
    """The message to this contact tells him; None: a person did."""
    known_seq: int
    """The record up to which what no longer stands was known."""
    at: Instant
    by: AccountId


class SigningKeyRotated(Event, frozen=True, kw_only=True):
    """Another key signs bundles from now on. Keys and signatures are in hexadecimal; `by_old` and
    `by_new` are of the step, as in docs/evidence.md."""

    old: str
    new: str
    by_old: str
    by_new: str
    at: Instant
    by: AccountId
