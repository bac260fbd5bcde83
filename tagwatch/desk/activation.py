"""A tag is fitted to a wearer, or taken off for good."""

import secrets

import msgspec
from sqlalchemy import or_, select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import ActivationId, TagId, WearerId
from tagwatch.core.inventory import UNUSABLE, TagState
from tagwatch.core.ledger import TagMoved
from tagwatch.core.person import Activation
from tagwatch.core.recorded_register import ActivationEnded, ActivationStarted
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Clerk, Conflict, Done, need, stored
from tagwatch.desk.tag_state import state_of_tag, tag_in_reach
from tagwatch.desk.wearer import in_scope
from tagwatch.store import schema
from tagwatch.store.drafts import wearer_owner


def fit_tag(
    clerk: Clerk, reader: Reader, wearer_id: WearerId, tag_id: TagId, started_at: Instant
) -> Done:
    """Record that the tag is on the wearer from `started_at`; `made_id` names the activation.

    Raises Conflict while the tag is on somebody (or the wearer has a tag on) at that time.
    """
    need(reader, Verb.FIT_TAG)
    in_scope(reader, wearer_id, "fit_tag")
    if not tag_in_reach(reader, tag_id):
        raise Conflict("This tag is not in the inventory. Enter it first.")
    column = schema.activation.c
    with reader.connection() as connection:
        rows = connection.execute(
            select(column.tag_id, column.wearer_id).where(
                or_(column.tag_id == tag_id, column.wearer_id == wearer_id),
                or_(column.ended_at.is_(None), column.ended_at > started_at),
            )
        ).all()
    if any(row.tag_id == tag_id for row in rows):
        raise Conflict("This tag is recorded as fitted at that time. End that activation first.")
    if rows:
        raise Conflict("This wearer has a tag on at that time. End that activation first.")
    state = state_of_tag(reader, tag_id, reader.now())
    if state in UNUSABLE:
        raise Conflict(
            f"This tag is recorded as {state.value}. Record on its page that it is in stock again, "
            "or choose another tag."
        )
    activation = Activation(
        activation_id=ActivationId(f"act_{secrets.token_hex(8)}"),
        tag_id=tag_id,
        wearer_id=wearer_id,
        started_at=started_at,
    )
    reader.about_to_alter("fit_tag", [wearer_id, tag_id])
    event = ActivationStarted(activation=activation, by=reader.actor.account_id)
    done = clerk.record(event)
    return msgspec.structs.replace(done, made_id=activation.activation_id)


def end_activation(
    clerk: Clerk,
    reader: Reader,
    activation_id: ActivationId,
    ended_at: Instant,
    reason: str,
    becomes: TagState = TagState.TO_BE_RETURNED,
) -> Done:
    """Record that the tag came off for good at `ended_at`, and what becomes of it.

    Raises NotFound, Conflict.
    """
    need(reader, Verb.FIT_TAG)
    current: Activation | None = stored(reader, schema.activation, activation_id, Activation)
    if current is None:
        reader.refuse("end_activation", [activation_id], "unknown")
    in_scope(reader, current.wearer_id, "end_activation")
    if current.ended_at is not None:
        raise Conflict("This activation has ended already.")
    if ended_at <= current.started_at:
        raise Conflict("A tag cannot come off before it was fitted. Correct the time.")
    reader.about_to_alter("end_activation", [current.wearer_id, activation_id])
    by = reader.actor.account_id
    done = clerk.record(
        ActivationEnded(activation_id=activation_id, ended_at=ended_at, reason=reason[:500], by=by),
        wearer_owner(current.wearer_id),
    )
    if becomes is TagState.TO_BE_RETURNED:
        return done
    # The tag goes on without him: what is said of it names no reason, which may be about him.
    return clerk.record(
        TagMoved(tag_id=current.tag_id, state=becomes, at=reader.now(), by=by, words="taken off")
    )


def swap_tag(
    clerk: Clerk,
    reader: Reader,
    activation_id: ActivationId,
    tag_id: TagId,
    at: Instant,
    reason: str,
    becomes: TagState,
) -> Done:
    """Record that another tag is on the wearer from `at`; `made_id` names its activation.

    Everything that stands against the new tag is looked at before the old one is recorded as off.
    Raises NotFound, Conflict.
    """
    need(reader, Verb.FIT_TAG)
    current: Activation | None = stored(reader, schema.activation, activation_id, Activation)
    if current is None:
        reader.refuse("swap_tag", [activation_id], "unknown")
    in_scope(reader, current.wearer_id, "swap_tag")
    if not tag_in_reach(reader, tag_id):
        raise Conflict("The new tag is not in the inventory. Enter it first.")
    state = state_of_tag(reader, tag_id, reader.now())
    if state in (*UNUSABLE, TagState.FITTED):
        raise Conflict(f"The new tag is recorded as {state.value}. Choose one that is in stock.")
    end_activation(clerk, reader, activation_id, at, reason, becomes)
    return fit_tag(clerk, reader, current.wearer_id, tag_id, at)
