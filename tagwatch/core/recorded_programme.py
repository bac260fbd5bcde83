"""What the journal keeps of a whole programme that came from another installation. See `ledger`."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant


class ProgrammeImported(Event, frozen=True, kw_only=True):
    """Everything up to here came from another installation or supplier, proved complete."""

    at: Instant
    installation: str
    """Which one, as its journal names itself; empty: it has none."""
    head_seq: int
    head_digest: str
    """The end of its journal, as it was published."""
    manifest_sha256: str
    records: int
    differing: tuple[str, ...]
    """Tables of findings that came out otherwise here; empty: all as they were there, or it brought
    none to compare with."""
    reason: str
    by: AccountId


class OriginNote(Event, frozen=True, kw_only=True):
    """What the former installation held and is no event here: a record that it did not hand over,
    which keeps its number, or a finding of another supplier, kept as history."""

    what: str
    """`withheld`, or what kind of finding it is, in that supplier's words."""
    at: Instant
    wearer_id: str = ""
    why: str = ""
    """Of what was withheld: erased, credential, scope, damaged."""
    words: str = ""
    body: str = ""
    """The finding as it came, e.g. JSON."""
