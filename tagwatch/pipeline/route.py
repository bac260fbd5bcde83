"""Alerts of which people must be told → rows of the outbox, in the same transaction."""

from tagwatch.core.alert import Alert, AlertKind
from tagwatch.core.ids import ContactId, OrderId
from tagwatch.core.ledger import TestAsked
from tagwatch.core.order import LegalBasis
from tagwatch.core.outcome import Stage
from tagwatch.core.review import ReviewOf
from tagwatch.notify.notice import test_notification
from tagwatch.notify.retry import NotificationState
from tagwatch.notify.route import Notification, Parties
from tagwatch.notify.route import route as routed
from tagwatch.pipeline.alert import alert as raise_alerts
from tagwatch.pipeline.alert import episode_of
from tagwatch.pipeline.step import Step
from tagwatch.store.book import notification_row
from tagwatch.store.reviews import Key
from tagwatch.store.state import LineState


def route(step: Step, state: LineState) -> None:
    """Write whom to tell; that nobody is there to be told is itself an alert."""
    if isinstance(step.event, TestAsked):
        _test(step, step.event, state)
    while step.told:
        told, step.told = step.told, []
        for alert, stage in told:
            _route(step, alert, stage, state)
        raise_alerts_of_facts(step, state)


def raise_alerts_of_facts(step: Step, state: LineState) -> None:
    """Raise what routing found missing."""
    if step.facts:
        event, step.event = step.event, None
        raise_alerts(step, state)
        step.event = event


def _route(step: Step, alert: Alert, stage: Stage, state: LineState) -> None:
    routing = routed(alert, stage, _parties(alert, step, state), step.received_at)
    step.facts += routing.facts
    put(step, routing.notifications, stage, state)


def _test(step: Step, event: TestAsked, state: LineState) -> None:
    contact = state.register.contacts.get(event.contact_id)
    if contact is not None:
        put(step, (test_notification(contact, event.at),), Stage.TEST, state)


def put(
    step: Step, notifications: tuple[Notification, ...], stage: Stage, state: LineState
) -> None:
    """Write rows of the outbox; one that is there already is not written again."""
    held = step.seq <= state.installation.held_upto
    first = NotificationState.HELD if held else NotificationState.PENDING
    for notification in notifications:
        if state.outbox.row(notification.notification_id) is None:
            row = notification_row(
                notification, stage.value, step.seq, first.value, step.received_at
            )
            state.outbox.put(row, step.writes)


def _parties(alert: Alert, step: Step, state: LineState) -> Parties:
    register = state.register
    wearer = None if alert.wearer_id is None else register.wearers.get(alert.wearer_id)
    about = _reviewed(alert, state)
    return Parties(
        contacts=tuple(register.contacts.values()),
        wearer=wearer,
        legal_bases=_bases(alert, step, state),
        liaisons=_liaisons(alert, state),
        routes=register.routes.current,
        rota=state.rota_at(step.received_at),
        since=step.shifts_before,
        review=None if about is None else about[0],
    )


def _bases(alert: Alert, step: Step, state: LineState) -> tuple[LegalBasis, ...]:
    """Return the basis of the condition's own order, else of all orders in force."""
    if alert.wearer_id is None:
        return ()
    register = state.register
    about = _reviewed(alert, state)
    if about is not None and about[0] is ReviewOf.ORDER and about[1] in register.orders:
        return (register.orders[OrderId(about[1])].legal_basis,)
    episode = episode_of(alert, state)
    if episode is not None and episode.condition_id is not None:
        versions = register.conditions.get(episode.condition_id, ())
        orders = [register.orders.get(v.order_id) for v in versions[-1:]]
        found = [order.legal_basis for order in orders if order is not None]
        if found:
            return tuple(found)
    orders = register.orders_in_force(alert.wearer_id, step.received_at)
    return tuple(sorted({order.legal_basis for order in orders}))


def _reviewed(alert: Alert, state: LineState) -> Key | None:
    """Return what it says to be overdue for review, if it is such an alert."""
    if alert.kind is not AlertKind.REVIEW_DUE:
        return None
    return state.reviews.about(alert.cause, alert.wearer_id)


def _liaisons(alert: Alert, state: LineState) -> tuple[ContactId, ...]:
    persons = (state.register.persons.get(person) for person in alert.protects)
    return tuple(sorted({p.liaison for p in persons if p is not None and p.liaison is not None}))
