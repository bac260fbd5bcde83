"""What of an alert may be handed to the wearer and his defence."""

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.core.alert import AlertEvent, reference
from tagwatch.core.circumstance import Circumstance
from tagwatch.core.disclosure import for_defence
from tagwatch.core.ids import AlertId
from tagwatch.core.order import ZoneKnowledge
from tagwatch.core.units import Instant
from tagwatch.query.alert import alert


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The wearer's own words, and when they were written down."""

    at: Instant
    words: str


class Disclosed(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as the wearer and his defence may see it: no officer's view, no other person, and
    of a secret zone neither place nor time."""

    alert_id: AlertId
    code: str
    order_reference: str
    card: Circumstance | None
    """`for_defence`; None while there is no card."""
    is_secret: bool
    accounts: tuple[Said, ...]


def disclosed(reader: Reader, alert_id: AlertId) -> Disclosed:
    """Return the disclosable view of an alert within scope. Raises NotFound; audits either.

    Without a card nothing is known to be harmless, so nothing but the account is in it.
    """
    view = alert(reader, alert_id)
    card = None if view.circumstance is None else for_defence(view.circumstance)
    order = None if view.condition is None else view.condition.order
    reader.disclosing("disclosable", [alert_id])
    return Disclosed(
        alert_id=alert_id,
        code=reference(alert_id),
        order_reference="" if order is None else order.reference,
        card=card,
        is_secret=card is not None and card.knowledge is ZoneKnowledge.SECRET,
        accounts=tuple(
            Said(at=entry.at, words=entry.words) for entry in view.said(AlertEvent.ACCOUNT)
        ),
    )
