"""Who may review what: whoever acts under an order, keeps a restricted case, may set a hold."""

from tagwatch.access.actor import Actor
from tagwatch.access.role import Role, Verb
from tagwatch.core.order import LegalBasis
from tagwatch.core.person import Duty
from tagwatch.core.review import ReviewOf
from tagwatch.core.routing import Routes


def may_see_review(actor: Actor, what: ReviewOf) -> bool:
    """Say whether this kind of review is the actor's to know of, within his scope."""
    if what is ReviewOf.HOLD:
        return actor.may(Verb.SEE_REVIEWS) and actor.may(Verb.SEE_HOLDS)
    return actor.may(Verb.SEE_REVIEWS)


def may_record_review(
    actor: Actor, what: ReviewOf, basis: LegalBasis | None, routes: Routes
) -> bool:
    """Say whether the actor may record it; `basis` is the order's. Whom he reaches is scope's to
    say: a restricted case its officer and his deputy alone."""
    if not actor.may(Verb.RECORD_REVIEW):
        return False
    if what is ReviewOf.HOLD:
        return actor.may(Verb.SET_HOLD)
    if actor.role is Role.PRACTITIONER:
        return True
    acts = None if basis is None else routes.of(basis).acts
    return what is ReviewOf.ORDER and actor.role is Role.POLICE and acts is Duty.POLICE
