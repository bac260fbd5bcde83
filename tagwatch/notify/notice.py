"""Messages that are about no alert: what her side is told, reminders to the wearer, tests.

Dates and times of the order and the tag alone: no name, no address, nothing of where he is or was.
"""

from typing import Final

import msgspec

from tagwatch.core.alert import AlertKind
from tagwatch.core.ids import AlertId, WearerId, derived_id
from tagwatch.core.notice import Notice, NoticeKind, NoticeState
from tagwatch.core.outcome import Severity, Stage
from tagwatch.core.person import Contact, Duty
from tagwatch.core.reminder import Ahead
from tagwatch.core.timetable import london
from tagwatch.core.units import Instant
from tagwatch.notify.route import (
    WHY,
    Notification,
    Reason,
    answers_by_link,
    notification_id,
)

_BEGINS: Final = "About the order that protects you: "
_WORDS: Final[dict[NoticeKind, str]] = {
    NoticeKind.RELEASE: "he is released from {at}.",
    NoticeKind.TAG_FITTED: "a tag was fitted, {at}.",
    NoticeKind.TAG_REMOVED: "the tag was taken off, {at}. Nothing is seen of him by it from then.",
    NoticeKind.ORDER_CHANGED: "it was changed, {at}. Ask what is new for you.",
    NoticeKind.ORDER_ENDED: "it ended, {at}. Nothing is watched under it any more.",
    NoticeKind.BLIND: "the tag cannot be seen since {at}. That says nothing about where he is.",
    NoticeKind.BLIND_OVER: "the tag is seen again since {until}. It could not be seen from {at}.",
}
_BLIND_ENDED: Final = "the tag could not be seen from {at} to {until}."
_ENDS: Final = (
    "In danger ring 999. For anything else ring the person who speaks with you. "
    "You need not answer this."
)


def notice_words(notice: Notice) -> str:
    """Return what she is told, in one or two sentences."""
    words = _WORDS[notice.kind]
    if notice.kind is NoticeKind.BLIND and notice.until is not None:
        words = _BLIND_ENDED
    until = notice.until if notice.until is not None else notice.happened_at
    return _BEGINS + words.format(at=_moment(notice.happened_at), until=_moment(until))


def to_side(notice: Notice, contact: Contact, at: Instant) -> Notification:
    """Return the message that tells a contact: herself, or whoever speaks with her."""
    alert = AlertId(derived_id("al", "notice", notice.notice_id))
    herself = contact.duty is Duty.PROTECTED
    reason = Reason.YOUR_ORDER if herself else Reason.SPEAKS_WITH_HER
    if herself:
        sentence = f"{notice_words(notice)}\n\n{_ENDS}"
    elif notice.state is NoticeState.HELD:
        sentence = (
            "A message to a person you speak with is held, because sending is unsafe for her. "
            f"Tell her when it is safe. {notice_words(notice)}"
        )
    else:
        sentence = f"Tell the person you speak with. {notice_words(notice)}"
    made = _about_no_alert(contact, alert, notice.wearer_id, reason, sentence, at)
    name = notification_id(alert, Stage.NOTICE, contact.contact_id, 0, notice.round)
    return msgspec.structs.replace(made, notification_id=name)


def reminder(wearer: WearerId, contact: Contact, coming: Ahead, at: Instant) -> Notification:
    """Return the message that reminds a wearer of a curfew: its hour, and nothing of any place."""
    alert = AlertId(derived_id("al", "reminder", wearer, coming.condition_id, coming.begins))
    begins = london(coming.begins)
    sentence = (
        f"Your curfew begins at {begins.strftime('%H:%M')} on {begins.day} "
        f"{begins.strftime('%B')}. If something keeps you, ring your supervising officer before "
        "then. Please keep your tag charged."
    )
    return _about_no_alert(contact, alert, wearer, Reason.YOUR_CURFEW, sentence, at)


def test_notification(contact: Contact, at: Instant) -> Notification:
    """Return a message that tries whether `contact` can be reached."""
    alert = AlertId(derived_id("al", "test", contact.contact_id, at))
    return msgspec.structs.replace(
        _about_no_alert(contact, alert, None, Reason.TEST, "", at, Stage.TEST),
        kind=AlertKind.DRILL,
        by_link=answers_by_link(contact, Reason.TEST),
    )


def _about_no_alert(
    contact: Contact,
    alert_id: AlertId,
    wearer_id: WearerId | None,
    reason: Reason,
    sentence: str,
    at: Instant,
    stage: Stage = Stage.NOTICE,
) -> Notification:
    """Return a message that is told once and climbs nowhere; `alert_id` names what it is about."""
    return Notification(
        notification_id=notification_id(alert_id, stage, contact.contact_id, 0, 0),
        alert_id=alert_id,
        wearer_id=wearer_id,
        stage=stage,
        step=0,
        contact_id=contact.contact_id,
        duty=contact.duty,
        channel=contact.channel,
        address=contact.address,
        severity=Severity.ROUTINE,
        kind=None,
        reason=reason,
        why=WHY[reason],
        sentence=sentence,
        created_at=at,
    )


def _moment(at: Instant) -> str:
    local = london(at)
    return f"{local.day} {local.strftime('%B %Y')} at {local.strftime('%H:%M')}"
