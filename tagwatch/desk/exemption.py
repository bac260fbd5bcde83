"""An officer records an authorised absence, a permission or the wearer's state."""

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.exemption import STATES, Exemption, ExemptionCause
from tagwatch.core.recorded_register import ExemptionRecorded
from tagwatch.core.units import DAY
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.desk.wearer import in_scope
from tagwatch.store.exemptions import versions_of

LONGEST_DAYS = 366


class ExemptionWrong(ValueError):
    """The exemption cannot stand; the text says what to change."""


def record_exemption(clerk: Clerk, reader: Reader, exemption: Exemption, seen: int) -> Done:
    """Record the next version of an exemption; `seen` is the version that was read, 0 for none.

    Raises ExemptionWrong, Conflict if somebody changed it meanwhile, NotFound, NotRecorded.
    """
    need(reader, Verb.RECORD_CONDITION)
    in_scope(reader, exemption.wearer_id, "record_exemption")
    _check(exemption)
    with reader.connection() as connection:
        held = versions_of(connection, exemption.wearer_id)
    mine = [each for each in held if each.exemption_id == exemption.exemption_id]
    newest = max((each.version for each in mine), default=0)
    if newest != seen or exemption.version != newest + 1:
        raise Conflict(
            "Somebody changed this absence or state after your page was made: it is now version "
            f"{newest}. Load the page again and enter your change anew."
        )
    reader.about_to_alter("record_exemption", [exemption.wearer_id, exemption.exemption_id])
    event = ExemptionRecorded(exemption=exemption, by=reader.actor.account_id)
    return clerk.record(event)


def _check(exemption: Exemption) -> None:
    if exemption.ends_at is None and exemption.cause not in STATES:
        raise ExemptionWrong("Enter when it ends: only a state of the wearer may be without an end")
    if exemption.ends_at is not None and exemption.ends_at <= exemption.starts_at:
        raise ExemptionWrong("It must end after it begins")
    ends_at = exemption.ends_at or exemption.starts_at
    if ends_at - exemption.starts_at > LONGEST_DAYS * DAY:
        raise ExemptionWrong(f"It may last {LONGEST_DAYS} days at most; enter it again then")
    if exemption.cause is ExemptionCause.PERMISSION and not exemption.conditions:
        raise ExemptionWrong("Choose the conditions that the permission lifts")
    if not exemption.words.strip():
        raise ExemptionWrong("Write what it is for")
    if not exemption.approved_by.strip():
        raise ExemptionWrong("Write who allowed it, or who says that it is so")
