"""A legal hold is set by one person; that it be lifted one person asks and another decides, for
what was held may then be gone for good."""

from enum import StrEnum
from typing import Final

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.core.ledger import (
    LegalHoldEnded,
    LegalHoldLiftAsked,
    LegalHoldLiftRefused,
    LegalHoldSet,
)
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, need_another
from tagwatch.store import holds
from tagwatch.store.holds import HoldAct

WHY_MOST: Final = 2000


class LiftDecision(StrEnum):
    """What becomes of the wish to lift a hold."""

    LIFT = "lift"
    KEEP = "keep"


def set_hold(clerk: Clerk, reader: Reader, wearer_id: WearerId, why: str) -> Done:
    """Keep all there is of a wearer, however old it becomes.

    Raises Conflict without a reason or if he is on hold, NotFound outside the scope, NotRecorded.
    """
    need(reader, Verb.SET_HOLD)
    held, _ = _standing(reader, wearer_id, "set_hold")
    reason = _reason(why, "Enter the law or the decision on which the hold rests.")
    if held is not None:
        raise Conflict("He is on hold already: see by whom and why.")
    reader.about_to_alter("set_hold", [wearer_id], reason)
    by = reader.actor.account_id
    return clerk.record(LegalHoldSet(wearer_id=wearer_id, at=reader.now(), why=reason, by=by))


def ask_lift(clerk: Clerk, reader: Reader, wearer_id: WearerId, why: str) -> Done:
    """Ask that a hold be lifted; until somebody else does, it stands. Raises as `set_hold`."""
    need(reader, Verb.SET_HOLD)
    held, lift = _standing(reader, wearer_id, "ask_hold_lift")
    reason = _reason(why, "Enter why the hold is no longer needed.")
    if held is None:
        raise Conflict("He is not on hold.")
    if lift is not None:
        raise Conflict("That it be lifted is asked for already, and waits for a second person.")
    reader.about_to_alter("ask_hold_lift", [wearer_id], reason)
    by = reader.actor.account_id
    return clerk.record(LegalHoldLiftAsked(wearer_id=wearer_id, at=reader.now(), why=reason, by=by))


def decide_lift(
    clerk: Clerk, reader: Reader, wearer_id: WearerId, decision: LiftDecision, why: str
) -> Done:
    """Lift a hold that somebody else asked to lift, or let it stand. Raises as `set_hold`."""
    need(reader, Verb.LIFT_HOLD)
    _, lift = _standing(reader, wearer_id, "decide_hold_lift")
    reason = _reason(why, "Enter why you decide so.")
    by = reader.actor.account_id
    if lift is None:
        raise Conflict("Nobody asks that a hold of his be lifted.")
    if decision is LiftDecision.LIFT and lift.by == by:
        need_another(reader, Verb.LIFT_HOLD, [wearer_id], [by])
    reader.about_to_alter("decide_hold_lift", [wearer_id], f"{decision.value}: {reason}")
    kind = LegalHoldEnded if decision is LiftDecision.LIFT else LegalHoldLiftRefused
    return clerk.record(kind(wearer_id=wearer_id, at=reader.now(), why=reason, by=by))


def _standing(
    reader: Reader, wearer_id: WearerId, verb: str
) -> tuple[HoldAct | None, HoldAct | None]:
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, verb)
        return holds.standing(holds.acts(connection, wearer_id))


def _reason(why: str, otherwise: str) -> str:
    reason = why.strip()
    if not reason:
        raise Conflict(otherwise)
    if len(reason) > WHY_MOST:
        raise Conflict(f"The reason has {len(reason):,} characters, {WHY_MOST:,} at the most.")
    return reason
