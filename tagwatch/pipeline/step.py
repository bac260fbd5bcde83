"""What passes from stage to stage: a span of records, and one step for each of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tagwatch.core.alert import Alert, AlertChange, ServiceFact
from tagwatch.core.episode import Episode
from tagwatch.core.fix import FixBlock, TagEvent
from tagwatch.core.ids import ActivationId, AlertId, WearerId
from tagwatch.core.ledger import Event
from tagwatch.core.memory import Answers
from tagwatch.core.outcome import Stage
from tagwatch.core.units import Instant
from tagwatch.store.journal.record import Lane, Record
from tagwatch.store.writes import Writes


class Usable(NamedTuple):
    """The fixes of a frame that bear no mark which keeps them from deciding."""

    first_at: int
    """The earliest event time among them."""
    last_at: int
    newest: int
    """Row of the one with the latest event time."""
    in_order: bool = False
    """Known to be all fixes of the frame, each later than the one before."""


@dataclass(slots=True)
class Frame:
    """What one tag's message says, and whose it is."""

    block: FixBlock
    events: tuple[TagEvent, ...]
    activation: ActivationId | None
    wearer: WearerId | None
    tag_model: str = ""
    usable: Usable | None = None
    """None: no fix of it decides anything."""
    answers: Answers | None = None
    """The screen's answers, shape (n,): what may decide something."""
    alone: Answers | None = None
    """The same of each fix by itself: for somebody of whom a stay is remembered."""
    screened: bool = False
    """Whether nothing of it can decide anything, if the wearer is at rest."""
    waits: bool = False
    """A later record of the same slice decides this one's late fixes with its own."""


@dataclass(slots=True)
class Step:
    """One journal record on its way through the stages."""

    seq: int
    received_at: Instant
    writes: Writes
    event: Event | None = None
    """None: lawfully erased, or undecodable."""
    frame: Frame | None = None
    changes: list[tuple[Episode, Instant | None]] = field(
        default_factory=list[tuple[Episode, Instant | None]]
    )
    """Versions of location episodes, with the event time of the fix that made each."""
    facts: list[ServiceFact] = field(default_factory=list[ServiceFact])
    moves: list[AlertChange] = field(default_factory=list[AlertChange])
    """What deadlines and persons do to alerts."""
    told: list[tuple[Alert, Stage]] = field(default_factory=list[tuple[Alert, Stage]])
    """Of which alerts people must be told, and why now."""
    shifts_before: Instant | None = None
    """The tick before this one, if somebody came on shift since."""
    carded: dict[AlertId, Alert] = field(default_factory=dict[AlertId, Alert])
    """Alerts that changed: their circumstances are due."""


@dataclass(slots=True)
class Span:
    """Records between two changes of the register."""

    lane: Lane
    records: Sequence[Record]
    writes: Writes
    steps: list[Step] = field(default_factory=list[Step])
