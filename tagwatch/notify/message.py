"""The words of a message: code, urgency, what was found, why you, link. No name, no address."""

from typing import Final

import msgspec

from tagwatch.core.alert import AlertKind, reference
from tagwatch.core.ids import NotificationId
from tagwatch.core.outcome import Severity, Stage
from tagwatch.core.person import THEMSELVES, Duty
from tagwatch.notify.answer import AnswerLinks
from tagwatch.notify.reason import Reason
from tagwatch.notify.route import Notification

URGENCY: Final = {
    Severity.LIFE: "A LIFE MAY BE AT RISK",
    Severity.URGENT: "URGENT",
    Severity.ROUTINE: "Routine",
}

STAGE_WORDS: Final = {
    Stage.POSSIBLE: "possible, not confirmed",
    Stage.CONFIRMED: "confirmed",
    Stage.FACT: "reported",
    Stage.ESCALATED: "nobody has answered yet",
    Stage.HANDED_OVER: "nobody has answered yet, and your shift has begun",
    Stage.ENDED: "ended",
    Stage.TEST: "a test",
    Stage.NOTICE: "to be told",
    Stage.WITHDRAWN: "no longer held as told before",
}

KIND_WORDS: Final[dict[AlertKind, str]] = {
    AlertKind.ZONE_ENTRY: "exclusion zone",
    AlertKind.ZONE_APPROACH: "approach",
    AlertKind.CURFEW_ABSENCE: "absence",
    AlertKind.CURFEW_UNSEEN: "presence not seen",
    AlertKind.ENCOUNTER: "no contact",
    AlertKind.STRAP: "strap",
    AlertKind.CASE: "tag's case",
    AlertKind.NOT_WORN: "tag not worn",
    AlertKind.BATTERY_LOW: "battery low",
    AlertKind.BATTERY_CRITICAL: "battery critical",
    AlertKind.POWER_OFF: "tag switched off",
    AlertKind.NO_COMMS: "tag silent",
    AlertKind.NO_LOCATION: "place not known",
    AlertKind.JAMMING_SIGNS: "jamming signs",
    AlertKind.ALARM: "button pressed",
    AlertKind.BLIND: "blind interval",
    AlertKind.MASS_SILENCE: "mass silence",
    AlertKind.WATCH: "installation",
    AlertKind.DRILL: "DRILL",
    AlertKind.ROTA_GAP: "nobody on shift",
    AlertKind.ZONE_DRAFT: "zone not published",
    AlertKind.PLAN_REVIEW: "plan review",
    AlertKind.NOT_MONITORED: "not monitored",
    AlertKind.TASK_OVERDUE: "task overdue",
    AlertKind.NOTICE_FAILED: "she was not told",
    AlertKind.ENQUIRY_OVERDUE: "enquiry overdue",
    AlertKind.REQUEST_OVERDUE: "data request overdue",
    AlertKind.REVIEW_DUE: "review due",
}


TO_WEARER: Final[dict[AlertKind, tuple[str, str]]] = {
    AlertKind.BATTERY_LOW: (
        "Please charge your tag today",
        "The battery of your tag is low. Please charge it as soon as you can, until it is full.",
    ),
    AlertKind.BATTERY_CRITICAL: (
        "Please charge your tag now",
        "The battery of your tag is nearly empty. Please charge it now, until it is full.",
    ),
}
"""By kind, subject and text. Nothing of where he was, of any zone, or of whom it protects."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel carries."""

    message_id: NotificationId
    """The same at every attempt, so that the other side can drop a repetition."""
    address: str
    subject: str
    text: str
    code: str
    link: str
    severity: Severity
    stage: Stage
    kind: AlertKind | None
    why: str
    short: str
    """For a text message: at most two parts of it, and the link."""
    attempt: int = 1


def compose(
    notification: Notification, public_url: str, links: AnswerLinks | None = None, attempt: int = 1
) -> Message:
    """Return the message of a notification; `public_url` is the officers' address, no slash.

    `links` makes the link of a contact without a sign-in; `attempt` is its number, from 1.
    """
    if notification.stage is Stage.TEST:
        return _test(notification, links, attempt)
    if notification.kind is None:
        return _to_side(notification, public_url, attempt)
    if notification.duty is Duty.WEARER:
        return _to_wearer(notification, attempt)
    code = reference(notification.alert_id)
    link = f"{public_url.rstrip('/')}/alerts/{notification.alert_id}"
    look = f"Look at it and answer: {link}"
    if notification.by_link and links is not None:
        link = links.link(notification.notification_id)
        look = f"Take it on here; no sign-in is needed, and it works once: {link}"
    urgency = URGENCY[notification.severity]
    stage = STAGE_WORDS[notification.stage]
    kind = KIND_WORDS[notification.kind]
    lines = [
        f"{urgency}. Alert {code}: {kind}, {stage}.",
        notification.sentence,
        look,
        f"Why you were told: {notification.why} ({notification.reason}).",
    ]
    return Message(
        message_id=notification.notification_id,
        address=notification.address,
        subject=f"{urgency}: alert {code}, {kind}, {stage}",
        text="\n\n".join(line for line in lines if line) + "\n",
        code=code,
        link=link,
        severity=notification.severity,
        stage=notification.stage,
        kind=notification.kind,
        why=notification.why,
        short=f"{urgency}. Alert {code}: {kind}, {stage}. You: {notification.why}. {link}",
        attempt=attempt,
    )


def _test(notification: Notification, links: AnswerLinks | None, attempt: int) -> Message:
    """Return a message that says before anything else that it is a test."""
    link = ""
    if notification.by_link and links is not None:
        link = links.link(notification.notification_id)
    seen = f"Say that it arrived: {link}" if link else ""
    lines = (
        "THIS IS A TEST. Nothing has happened, and nothing need be done.",
        "It shows whether messages of the monitoring centre reach this address.",
        seen,
    )
    return Message(
        message_id=notification.notification_id,
        address=notification.address,
        subject="TEST: nothing has happened",
        text="\n\n".join(line for line in lines if line) + "\n",
        code="TEST",
        link=link,
        severity=notification.severity,
        stage=notification.stage,
        kind=notification.kind,
        why=notification.why,
        short=f"TEST by the monitoring centre: nothing has happened. {seen}".strip(),
        attempt=attempt,
    )


def _to_wearer(notification: Notification, attempt: int) -> Message:
    """Return what the wearer himself is told. KeyError: he is not told of such a thing."""
    if notification.kind is None:
        raise ValueError("a message to the wearer is about an alert")
    subject, text = TO_WEARER[notification.kind]
    lines = (text, "If you cannot charge it, ring your supervising officer: that is no breach.")
    return Message(
        message_id=notification.notification_id,
        address=notification.address,
        subject=subject,
        text="\n\n".join(lines) + "\n",
        code="",
        link="",
        severity=notification.severity,
        stage=notification.stage,
        kind=notification.kind,
        why=notification.why,
        short=" ".join(lines),
        attempt=attempt,
    )


_SUBJECTS: Final = {Duty.PROTECTED: "About the order", Duty.WEARER: "Your curfew"}


_SIDE: Final = ("informed", "To be told to a protected person", "Whom it is about, and what to do")
_WHERE: Final[dict[Reason, tuple[str, str, str]]] = {
    Reason.COVER_BEGINS: ("alerts", "Your cover begins", "The list"),
    Reason.WEEK_READY: ("weeks", "The week's overviews are ready", "All of them"),
    Reason.CRIME_REPORT: ("crimes", "Your file of crimes", "All of it, as a table"),
    Reason.BUNDLE_SUPERSEDED: ("bundles", "An evidence bundle", "For those with a sign-in"),
    Reason.GLASS_BROKEN: (
        "break-glass",
        "A record was opened by break-glass",
        "Who, why, and what to say",
    ),
    Reason.GLASS_UNHEARD: ("alerts", "Break-glass, and nobody was told", "The open alerts"),
    Reason.SHARE_ENDS: ("shares", "A case share ends soon", "Your shares"),
}
"""By reason: page, subject, and what the link leads to; of all other reasons it is `_SIDE`."""


def _to_side(notification: Notification, public_url: str, attempt: int) -> Message:
    """Return a message about no alert: to a protected person's side, the wearer of a curfew, a
    deputy whose cover begins, whoever waits for the week's overviews or sent a file of crimes. A
    protected person and a wearer themselves are sent no link."""
    herself = notification.duty in THEMSELVES
    where, about, whom = _WHERE.get(notification.reason, _SIDE)
    link = "" if herself else f"{public_url.rstrip('/')}/{where}"
    code = "" if herself else reference(notification.alert_id)
    subject = f"{about}, {code}"
    lines = [notification.sentence]
    if not herself:
        lines += [f"{whom}: {link} (code {code})."]
        lines += [f"Why you were told: {notification.why} ({notification.reason})."]
    return Message(
        message_id=notification.notification_id,
        address=notification.address,
        subject=_SUBJECTS[notification.duty] if herself else subject,
        text="\n\n".join(lines) + "\n",
        code=code,
        link=link,
        severity=notification.severity,
        stage=notification.stage,
        kind=None,
        why=notification.why,
        short=" ".join(lines).replace("\n\n", " "),
        attempt=attempt,
    )
