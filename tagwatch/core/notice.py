"""What a protected person's side is told of: never where he is or was, and nothing secret.

Each notice goes by the channel she chose as safe, else to whoever speaks with her. Where sending
is unsafe it is held until a person releases it, drops it, or tells her himself.
"""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import (
    AccountId,
    AlertId,
    ContactId,
    NotificationId,
    PersonId,
    WearerId,
    derived_id,
)
from tagwatch.core.units import Instant


class NoticeKind(StrEnum):
    """What her side is told of."""

    RELEASE = "release"
    TAG_FITTED = "tag_fitted"
    TAG_REMOVED = "tag_removed"
    ORDER_CHANGED = "order_changed"
    ORDER_ENDED = "order_ended"
    BLIND = "blind"
    """The tag cannot be seen, from–to where the end is known."""
    BLIND_OVER = "blind_over"
    """It is seen again."""


class NoticeState(StrEnum):
    """What became of a notice before it went to a channel."""

    SENT = "sent"
    """Given to the outbox; what the channel made of it is in its attempts."""
    HELD = "held"
    """Sending is unsafe: a person must say what becomes of it."""
    NOBODY = "nobody"
    """She has no safe channel on record, and nobody who speaks with her."""
    DROPPED = "dropped"
    TOLD = "told"
    """A person told her."""
    FAILED = "failed"
    """Its message did not arrive and is tried no more: a person must tell her."""
    OVERTAKEN = "overtaken"
    """It failed, and a later one of the same matter reached her."""
    GATHERED = "gathered"
    """It goes out with the others of the same outage, in one message a contact."""


WAITING: Final = frozenset({NoticeState.HELD, NoticeState.NOBODY, NoticeState.FAILED})
"""A person must still do something."""


class NoticeVerdict(StrEnum):
    """What a person does with a notice that waits."""

    SEND = "send"
    DROP = "drop"
    TOLD = "told"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing one person's side is told."""

    notice_id: str
    person_id: PersonId
    wearer_id: WearerId
    kind: NoticeKind
    happened_at: Instant
    until: Instant | None = None
    made_at: Instant
    state: NoticeState
    contact_id: ContactId | None = None
    """Who was told: she herself, or who speaks with her."""
    notification_id: NotificationId | None = None
    by: AccountId | None = None
    """Who decided what became of it, or wrote it; None: the line."""
    decided_at: Instant | None = None
    words: str = ""
    round: int = 0
    """How often a person had it sent anew after it had failed."""
    alert_id: AlertId | None = None
    """The alert that it failed, until she was told after all."""
    outage: str = ""
    """Of many tags that could not be seen at once: told in one message a contact."""

    def overtakes(self, other: "Notice") -> bool:
        """Say whether whoever is told this need not be told `other` any more."""
        same = (other.person_id, other.wearer_id) == (self.person_id, self.wearer_id)
        earlier = other.made_at <= self.made_at and other.notice_id != self.notice_id
        return same and earlier and MATTERS[other.kind] == MATTERS[self.kind]


MATTERS: Final[dict[NoticeKind, str]] = {
    NoticeKind.RELEASE: "release",
    NoticeKind.TAG_FITTED: "tag",
    NoticeKind.TAG_REMOVED: "tag",
    NoticeKind.ORDER_CHANGED: "order",
    NoticeKind.ORDER_ENDED: "order",
    NoticeKind.BLIND: "sight",
    NoticeKind.BLIND_OVER: "sight",
}
"""What a notice is about: the newest of a matter says how it stands."""


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Messages to a person's safe channel are unsafe, until `until` or until it is lifted."""

    person_id: PersonId
    until: Instant | None = None
    words: str
    at: Instant
    by: AccountId
    is_lifted: bool = False

    def is_on(self, at: Instant) -> bool:
        """Say whether messages are held at `at`."""
        return not self.is_lifted and (self.until is None or at < self.until)


def notice_id(person: PersonId, kind: NoticeKind, cause: str) -> str:
    """Return the id of what a person's side is told of one cause: found twice, told once."""
    return derived_id("nt", person, kind, cause)
