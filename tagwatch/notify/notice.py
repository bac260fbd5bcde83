"""Messages that are about no alert: what her side is told, reminders to the wearer, tests.

Dates and times of the order and the tag alone: no name, no address, nothing of where he is or was.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from tagwatch.core.alert import AlertKind
from tagwatch.core.case_share import CaseShare
from tagwatch.core.crime import CrimeBatch
from tagwatch.core.crime_errors import REQUIRED_ACTIONS
from tagwatch.core.glass import Glass, GlassStep
from tagwatch.core.ids import AlertId, WearerId, derived_id
from tagwatch.core.leave import Leave
from tagwatch.core.notice import Notice, NoticeKind, NoticeState
from tagwatch.core.outcome import Severity, Stage
from tagwatch.core.person import Contact, Duty
from tagwatch.core.recorded_week import WeekOverviewsMade
from tagwatch.core.reminder import Ahead
from tagwatch.core.timetable import london, window_end
from tagwatch.core.units import Instant
from tagwatch.notify.reason import WHY, Reason
from tagwatch.notify.route import Notification, answers_by_link, notification_id

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
_OUTAGE: Final = (
    "the tag cannot be seen since {at}, one of many at once. That says nothing about where he is. "
    "You are told when it is over."
)
_CENTRE_BLIND: Final = (
    "no tag could be seen from {at} to {until}. That says nothing about where he was."
)
_STILL: Final = " Another tag cannot be seen yet."
_TO_SPEAKER: Final = {
    "outage": (
        "Many tags cannot be seen, the first of those that concern you since {at}: probably one "
        "outage. That says nothing about where anybody is. Tell the persons you speak with whom "
        "the page names, each when it is safe. More may be added until it is over; you are told."
    ),
    "blind": (
        "No tag could be seen from {at} to {until}. Tell the persons you speak with whom the page "
        "names, each when it is safe."
    ),
    "over": (
        "Tags that could not be seen from {at} on are seen again, the last since {until}. Tell the "
        "persons you speak with whom the page names, each when it is safe."
    ),
}
_SOME_STILL: Final = " Of those that concern you {still} cannot be seen yet."
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
    alert = about(notice)
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


def to_sides(told: Sequence[Notice], contact: Contact, at: Instant, still: int = 0) -> Notification:
    """Return the one message that tells a contact what concerns many tags at once.

    `told` are of one outage or blind interval and of one kind; `still` is how many of the tags
    the contact was told of cannot be seen when it is over.
    """
    kind, herself = told[0].kind, contact.duty is Duty.PROTECTED
    ends = [notice.until for notice in told if notice.until is not None]
    if kind is NoticeKind.BLIND_OVER:
        hers, what = _WORDS[kind] + _STILL * bool(still), "over"
    elif ends:
        hers, what = _CENTRE_BLIND, "blind"
    else:
        hers, what = _OUTAGE, "outage"
    speakers = _TO_SPEAKER[what] + (_SOME_STILL.format(still=still) if still else "")
    words = f"{_BEGINS}{hers}\n\n{_ENDS}" if herself else speakers
    began = min(notice.happened_at for notice in told)
    sentence = words.format(at=_moment(began), until=_moment(max(ends, default=began)))
    first = told[0]
    alert = AlertId(derived_id("al", "outage", first.outage, first.kind, first.made_at))
    reason = Reason.YOUR_ORDER if herself else Reason.SPEAKS_WITH_HER
    return _about_no_alert(contact, alert, first.wearer_id, reason, sentence, at)


def about(notice: Notice) -> AlertId:
    """Return what stands in place of an alert in the messages that tell one notice alone."""
    return AlertId(derived_id("al", "notice", notice.notice_id))


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


def cover_begins(
    leave: Leave, contact: Contact, counts: tuple[int, int], at: Instant
) -> Notification:
    """Return the message by which a deputy learns that cover has begun: how many alerts of the
    caseload are open, and how many of them nobody has taken on. Nobody is named."""
    alert = AlertId(derived_id("al", "cover", leave.leave_id))
    opened, waits = counts
    sentence = (
        f"You cover for a colleague from now until {_moment(leave.until)}. Alerts of that caseload "
        f"that are open already: {opened}; nobody has taken on: {waits}."
    )
    return _about_no_alert(contact, alert, None, Reason.COVER_BEGINS, sentence, at)


def week_ready(
    contact: Contact, days: tuple[date, date], made: WeekOverviewsMade, at: Instant
) -> Notification:
    """Return the message that says that the overviews of a week are ready: how many, and nothing
    of anybody. It waits for the end of the contact's quiet hours."""
    alert = AlertId(derived_id("al", "week", made.monday))
    first, last = (f"{each.day} {each.strftime('%B')}" for each in days)
    failed = f" {made.failed} could not be made." if made.failed else ""
    sentence = (
        f"The weekly overviews of {first} to {last} are ready: {made.made} wearers, those first "
        f"whose week differs most from their own past.{failed}"
    )
    message = _about_no_alert(contact, alert, None, Reason.WEEK_READY, sentence, at)
    return msgspec.structs.replace(message, not_before=window_end(contact.quiet, at))


def crime_report(batch: CrimeBatch, contact: Contact, at: Instant) -> Notification:
    """Return what the sender of a file of crimes is told of it: rows, errors and counts. Nothing
    of what stood in the rows is repeated."""
    broken = () if batch.broken_at is None else (batch.broken_at,)
    alert = AlertId(derived_id("al", "crimes", batch.batch_key, *broken))
    kept = f"{batch.kept} of {batch.rows} rows are kept"
    lines = [f"The file of crimes of {_moment(batch.received_at)}: {batch.status}. {kept}."]
    if batch.batch_error is not None:
        lines.append(f"{batch.batch_error}. {REQUIRED_ACTIONS[batch.batch_error]}.")
    if batch.broken_at is not None:
        lines.append(f"{batch.why[:1].upper()}{batch.why[1:]}.")
    lines += [f"{name}: {count}" for name, count in batch.error_counts.items()]
    if batch.first_errors:
        lines.append("The first of them:\n" + "\n".join(batch.first_errors))
    sentence = "\n\n".join(lines)
    return _about_no_alert(contact, alert, None, Reason.CRIME_REPORT, sentence, at)


def bundle_superseded(contact: Contact, bundle_id: str, at: Instant) -> Notification:
    """Return what a receiver of an evidence bundle is told when it no longer stands: which bundle,
    by its own number, and nothing of whom it is about."""
    sentence = (
        f"The evidence bundle {bundle_id}, which you received, no longer stands as it is. Do not "
        "rely on it. Ask whoever gave it to you for what has changed, and for one in its place."
    )
    alert = superseded_id(bundle_id, at)
    return _about_no_alert(contact, alert, None, Reason.BUNDLE_SUPERSEDED, sentence, at)


def superseded_id(bundle_id: str, at: Instant) -> AlertId:
    """Return what the message about a bundle is filed under."""
    return AlertId(derived_id("al", "bundle", bundle_id, at))


_GLASS: Final = {
    GlassStep.JUSTIFIED: (
        "A record in your charge was opened by break-glass by an officer of role {role}, until "
        "{until}. See who and why, and say whether it was justified."
    ),
    GlassStep.ASKED: (
        "You opened a record by break-glass, and whoever answers for the case asks why. Answer him."
    ),
    GlassStep.EXPLAINED: (
        "You asked why a record in your charge was opened by break-glass, and there is an answer. "
        "Say whether it was justified."
    ),
}
"""What is told when a record was opened, when why is asked, and when that is answered."""


def glass_broken(glass: Glass, about: GlassStep, contact: Contact, at: Instant) -> Notification:
    """Return what is told of an opening by break-glass, at once and urgently: nobody is named.

    `about` is JUSTIFIED when it is new (that is what is asked for), else ASKED or EXPLAINED.
    """
    alert = AlertId(derived_id("al", "glass", glass.glass_id, about, glass.judged_at, at))
    sentence = _GLASS[about].format(role=glass.role, until=_moment(glass.until))
    made = _about_no_alert(contact, alert, glass.wearer_id, Reason.GLASS_BROKEN, sentence, at)
    return msgspec.structs.replace(made, severity=Severity.URGENT)


def glass_unheard(glass: Glass, contact: Contact, at: Instant) -> Notification:
    """Return what those who watch are told when nobody who answers for the case can be."""
    alert = AlertId(derived_id("al", "glass", glass.glass_id, "unheard"))
    sentence = (
        f"A record was opened by break-glass by an officer of role {glass.role}, until "
        f"{_moment(glass.until)}, and no officer who answers for the case is recorded as somebody "
        "who can be told. Tell an administrator, who can see the opening on the audit."
    )
    made = _about_no_alert(contact, alert, None, Reason.GLASS_UNHEARD, sentence, at)
    return msgspec.structs.replace(made, severity=Severity.URGENT)


def share_ends(share: CaseShare, contact: Contact, at: Instant) -> Notification:
    """Return what asks whoever answers for a case whether a share of it is still needed."""
    alert = AlertId(derived_id("al", "share", share.share_id, share.version))
    sentence = (
        f"A case in your charge is shared with a partner agency until {_moment(share.until)}. Look "
        "whether they still need it: renew it, narrow it, or let it end by itself."
    )
    return _about_no_alert(contact, alert, share.wearer_id, Reason.SHARE_ENDS, sentence, at)


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
