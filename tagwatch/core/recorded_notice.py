"""What persons do with what a protected person's side is told, as the journal keeps it."""

from tagwatch.core.event import Event
from tagwatch.core.ids import AccountId, PersonId
from tagwatch.core.notice import Hold, Notice, NoticeVerdict
from tagwatch.core.units import Instant


class HoldRecorded(Event, frozen=True, kw_only=True):
    """Messages to a person are held from now on, or no more."""

    hold: Hold


class NoticeDecided(Event, frozen=True, kw_only=True):
    """A person said what becomes of a notice that waits."""

    notice_id: str
    person_id: PersonId
    verdict: NoticeVerdict
    words: str
    at: Instant
    by: AccountId


class NoticeWritten(Event, frozen=True, kw_only=True):
    """A person wants her side told of something the register does not say: a release to come."""

    notice: Notice
