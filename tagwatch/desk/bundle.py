"""Officers enter evidence bundles in the register: that one was made, and who received it."""

from typing import Final

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.recorded_bundle import BundleGiven, BundleMade
from tagwatch.desk.clerk import Clerk, Done, need

LINE_MOST: Final = 200


class ReceiverMissing(ValueError):
    """Nobody is named who receives it. The text says what to write."""


def enter_made(reader: Reader, clerk: Clerk, event: BundleMade) -> Done:
    """Enter that a bundle was made; `made_id` names it. Raises NotFound, NotRecorded."""
    need(reader, Verb.MAKE_BUNDLE)
    done = clerk.record(event)
    return Done(seq=done.seq, applied=done.applied, made_id=event.bundle_id)


def enter_given(
    reader: Reader, clerk: Clerk, made: BundleMade, form: str, sha256: str, to: str, how: str
) -> Done:
    """Enter who receives a bundle in which form, before it leaves.

    On the audit as a disclosure before. Raises NotFound, ReceiverMissing, NotRecorded.
    """
    need(reader, Verb.MAKE_BUNDLE)
    to, how = to.strip()[:LINE_MOST], how.strip()[:LINE_MOST]
    if not to or not how:
        raise ReceiverMissing("Write who receives it, and how: by hand, by secure mail …")
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
            at=reader.now(),
            by=reader.actor.account_id,
        )
    )
