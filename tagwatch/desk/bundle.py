"""Officers enter evidence bundles in the register: that one was made, who received it, and that he
was told when it no longer stands."""

from typing import Final, NamedTuple

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import ContactId
from tagwatch.core.recorded_bundle import BundleGiven, BundleMade, ReceiverTold
from tagwatch.desk.clerk import Clerk, Done, need
from tagwatch.store.contacts import contact_of, takes_messages

LINE_MOST: Final = 200


class ReceivedBy(NamedTuple):
    """Who receives a bundle, how, and by which contact he can be told later; empty: by none."""

    to: str
    how: str
    contact_id: str = ""


class ToldOf(NamedTuple):
    """Of which bundle somebody is told, his name and contact, and up to where it is known."""

    made: BundleMade
    to: str
    contact_id: ContactId | None
    known_seq: int


class ReceiverMissing(ValueError):
    """Nobody is named who receives it. The text says what to write."""


def enter_made(reader: Reader, clerk: Clerk, event: BundleMade) -> Done:
    """Enter that a bundle was made; `made_id` names it. Raises NotFound, NotRecorded."""
    need(reader, Verb.MAKE_BUNDLE)
    done = clerk.record(event)
    return Done(seq=done.seq, applied=done.applied, made_id=event.bundle_id)


def enter_given(
    reader: Reader, clerk: Clerk, made: BundleMade, form: str, sha256: str, receiver: ReceivedBy
) -> Done:
    """Enter who receives a bundle in which form, before it leaves.

    On the audit as a disclosure before. Raises NotFound, ReceiverMissing, NotRecorded.
    """
    need(reader, Verb.MAKE_BUNDLE)
    to, how = receiver.to.strip()[:LINE_MOST], receiver.how.strip()[:LINE_MOST]
    contact = ContactId(receiver.contact_id) if receiver.contact_id else None
    if not to or not how:
        raise ReceiverMissing("Write who receives it, and how: by hand, by secure mail …")
    _check_contact(reader, contact)
    detail = f"{form} {sha256} to {to}"
    reader.disclosing("give_bundle", [made.wearer_id, made.bundle_id], detail)
    return clerk.record(
        BundleGiven(
            bundle_id=made.bundle_id,
            wearer_id=made.wearer_id,
            form=form,
            to=to,
            how=how,
            sha256=sha256,
            contact_id=contact,
            at=reader.now(),
            by=reader.actor.account_id,
        )
    )


def enter_told(reader: Reader, clerk: Clerk, telling: ToldOf, how: str) -> Done:
    """Enter that a receiver was told, and how. Raises NotFound, ReceiverMissing, NotRecorded."""
    how = how.strip()[:LINE_MOST]
    if not how:
        raise ReceiverMissing("Write how he was told: by telephone, by letter … and who answered")
    return _told(reader, clerk, telling, how, None)


def send_told(reader: Reader, clerk: Clerk, telling: ToldOf) -> Done:
    """Send the message that tells a receiver, by the contact recorded of him: it names nobody.

    Raises NotFound, ReceiverMissing, NotRecorded.
    """
    contact = telling.contact_id
    if contact is None:
        raise ReceiverMissing("No contact is recorded of him: tell him yourself, and record how")
    _check_contact(reader, contact)
    return _told(reader, clerk, telling, "by message", contact)


def _told(
    reader: Reader, clerk: Clerk, telling: ToldOf, how: str, contact: ContactId | None
) -> Done:
    need(reader, Verb.MAKE_BUNDLE)
    made = telling.made
    ids = [made.wearer_id, made.bundle_id]
    reader.about_to_alter("bundle_told", ids, f"{telling.to}: {how}")
    return clerk.record(
        ReceiverTold(
            bundle_id=made.bundle_id,
            wearer_id=made.wearer_id,
            to=telling.to,
            how=how,
            contact_id=contact,
            known_seq=telling.known_seq,
            at=reader.now(),
            by=reader.actor.account_id,
        )
    )


def _check_contact(reader: Reader, contact_id: ContactId | None) -> None:
    if contact_id is None:
        return
    with reader.connection() as connection:
        contact = contact_of(connection, contact_id)
    if contact is None or not takes_messages(contact):
        raise ReceiverMissing("That contact takes no messages: choose another, or none")
