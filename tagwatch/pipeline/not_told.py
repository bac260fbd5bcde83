"""What her side was to be told and was not: an alert, until she was told after all."""

from typing import Any, Final

import msgspec

from tagwatch.core.alert import AlertKind, ServiceFact, alert_id
from tagwatch.core.ids import derived_id
from tagwatch.core.notice import Notice, NoticeKind, NoticeState
from tagwatch.core.outcome import Phase
from tagwatch.core.person import Duty
from tagwatch.notify.retry import NotificationState
from tagwatch.pipeline.step import Step
from tagwatch.store.state import LineState

_ABOUT: Final[dict[NoticeKind, str]] = {
    NoticeKind.RELEASE: "his release",
    NoticeKind.TAG_FITTED: "a tag that was fitted",
    NoticeKind.TAG_REMOVED: "a tag that was taken off",
    NoticeKind.ORDER_CHANGED: "a change of the order",
    NoticeKind.ORDER_ENDED: "the end of the order",
    NoticeKind.BLIND: "a tag that cannot be seen",
    NoticeKind.BLIND_OVER: "a tag that is seen again",
}
_SETTLED: Final = frozenset({NoticeState.TOLD, NoticeState.DROPPED, NoticeState.OVERTAKEN})


def notice_settled(step: Step, row: dict[str, Any], state: LineState) -> None:
    """Follow the message of notices, an outbox row that has just become delivered or failed."""
    told = [
        notice
        for notice in state.notices.of_message(row["notification_id"])
        if notice.state not in _SETTLED
    ]
    if row["state"] == NotificationState.DELIVERED:
        for notice in told:
            arrived(step, notice, "the message arrived after all", state)
    elif row["state"] == NotificationState.FAILED and told:
        _failed(step, row, told, state)


def arrived(step: Step, notice: Notice, words: str, state: LineState) -> None:
    """End what is open about a notice that reached her side, and about those it overtakes.

    A held one has reached nobody but whoever speaks with her: it still waits for a person.
    """
    if notice.state is NoticeState.HELD:
        _over(step, notice, notice.state, "whoever speaks with her has it", state)
        return
    now = NoticeState.SENT if notice.state is NoticeState.FAILED else notice.state
    _over(step, notice, now, words, state)
    for other in state.notices.overtaken_by(notice):
        _over(step, other, NoticeState.OVERTAKEN, "a later message of the matter arrived", state)


def settled(step: Step, notice: Notice, state: LineState) -> None:
    """End what is open about a notice of which a person said that she was told, or is not."""
    if notice.state is NoticeState.TOLD:
        arrived(step, notice, "a person told her", state)
    else:
        _over(step, notice, notice.state, "a person decided that she is not told", state)


def _failed(step: Step, row: dict[str, Any], told: list[Notice], state: LineState) -> None:
    before = next((notice.alert_id for notice in told if notice.alert_id is not None), None)
    stored = None if before is None else state.book.alert(before)
    cause = derived_id("fa", "notice_failed", row["notification_id"])
    if stored is not None:
        cause = stored.cause
    for notice in told:
        now = notice.state if notice.state is NoticeState.HELD else NoticeState.FAILED
        name = alert_id(AlertKind.NOTICE_FAILED, cause)
        failed = msgspec.structs.replace(notice, state=now, alert_id=name)
        state.notices.put(failed, step.writes)
    wearers = tuple(sorted({notice.wearer_id for notice in told}))
    step.facts.append(
        ServiceFact(
            cause=cause,
            kind=AlertKind.NOTICE_FAILED,
            phase=Phase.OPEN,
            happened_at=step.received_at,
            wearer_id=wearers[0] if len(wearers) == 1 else None,
            detail=_words(told, row, state),
            affected=wearers if len(wearers) > 1 else (),
            protects=tuple(sorted({notice.person_id for notice in told})),
            again=stored is not None,
        )
    )


def _words(told: list[Notice], row: dict[str, Any], state: LineState) -> str:
    """Say what the message was about and for whom, by role: never by which address."""
    contact = state.register.contacts.get(row["contact_id"])
    herself = contact is not None and contact.duty is Duty.PROTECTED
    whom = "herself" if herself else "whoever speaks with her"
    persons = len({notice.person_id for notice in told})
    more = f" ({persons} protected persons)" if persons > 1 else ""
    return f"about {_ABOUT[told[0].kind]}, for {whom}{more}"


def _over(step: Step, notice: Notice, now: NoticeState, words: str, state: LineState) -> None:
    alarm = notice.alert_id
    if alarm is None:
        return
    after = msgspec.structs.replace(notice, state=now, alert_id=None)
    state.notices.put(after, step.writes)
    stored = state.book.alert(alarm)
    if stored is None or stored.phase is not Phase.OPEN or state.notices.of_alert(alarm):
        return
    step.facts.append(
        ServiceFact(
            cause=stored.cause,
            kind=AlertKind.NOTICE_FAILED,
            phase=Phase.ENDED,
            happened_at=stored.happened_at,
            ended_at=step.received_at,
            wearer_id=stored.wearer_id,
            detail=f"about {_ABOUT[notice.kind]}; {words}",
            affected=stored.affected,
            protects=stored.protects,
        )
    )
