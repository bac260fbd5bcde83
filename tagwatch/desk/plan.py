"""A wearer's risk management plan: its next version, a review that changes nothing, a note."""

from typing import Final

import msgspec
from sqlalchemy import func, select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.ids import WearerId
from tagwatch.core.ledger import Event, PlanRecorded, PlanReviewed, RiskNoted
from tagwatch.core.risk_plan import PlanWrong, RiskPlan, changes, check, check_words
from tagwatch.core.units import DAY, Instant
from tagwatch.desk.clerk import Applied, Clerk, Conflict, Done, need
from tagwatch.desk.wearer import in_scope
from tagwatch.store import schema
from tagwatch.store.drafts import wearer_owner

LONGEST: Final = 366 * DAY
"""A plan is reviewed at least once a year."""
NOTE_MOST: Final = 4000


def record_plan(clerk: Clerk, reader: Reader, plan: RiskPlan) -> Done:
    """Record the next version of the plan; `plan.version` is one more than the one that was read.

    Raises NotFound outside the scope, PlanWrong, Conflict with what somebody else changed
    meanwhile (nothing is overwritten), NotRecorded.
    """
    need(reader, Verb.RECORD_PLAN)
    in_scope(reader, plan.wearer_id, "record_plan")
    check(plan)
    _review_in_time(reader, plan.review_at)
    protected = _protected_from(reader, plan.wearer_id)
    if any(one.person_id and one.person_id not in protected for one in plan.at_risk):
        raise PlanWrong("at_risk", "Choose persons who are recorded as protected from this wearer")
    _next(reader, plan.wearer_id, plan.version)
    ids = [plan.wearer_id, *(one.person_id for one in plan.at_risk if one.person_id)]
    reader.about_to_alter("record_plan", ids)
    event = PlanRecorded(plan=plan, at=reader.now(), by=reader.actor.account_id)
    return _once(clerk, reader, plan.wearer_id, plan.version, event)


def review_plan(
    clerk: Clerk, reader: Reader, wearer_id: WearerId, seen: int, review_at: Instant, words: str
) -> Done:
    """Record that the plan of version `seen` was looked at and stays, until `review_at`.

    Raises what `record_plan` raises; PlanWrong without words.
    """
    need(reader, Verb.RECORD_PLAN)
    in_scope(reader, wearer_id, "review_plan")
    text = words.strip()
    if not text:
        raise PlanWrong("review_words", "Write in a sentence why the plan stays as it is")
    check_words("review_words", text, NOTE_MOST)
    _review_in_time(reader, review_at)
    _next(reader, wearer_id, seen + 1)
    reader.about_to_alter("review_plan", [wearer_id])
    event = PlanReviewed(
        wearer_id=wearer_id,
        version=seen + 1,
        review_at=review_at,
        at=reader.now(),
        by=reader.actor.account_id,
        words=text,
    )
    return _once(clerk, reader, wearer_id, seen + 1, event)


def note_risk(clerk: Clerk, reader: Reader, wearer_id: WearerId, words: str) -> Done:
    """Record this officer's view of the risk today; earlier notes stay as they are.

    Raises NotFound outside the scope, PlanWrong without words, NotRecorded.
    """
    need(reader, Verb.RECORD_PLAN)
    in_scope(reader, wearer_id, "note_risk")
    text = words.strip()
    if not text:
        raise PlanWrong("risk_note", "Write the risk note")
    check_words("risk_note", text, NOTE_MOST)
    reader.about_to_alter("note_risk", [wearer_id])
    by = reader.actor.account_id
    event = RiskNoted(wearer_id=wearer_id, at=reader.now(), by=by, words=text)
    return clerk.record(event, wearer_owner(wearer_id))


def _protected_from(reader: Reader, wearer_id: WearerId) -> set[str]:
    person = schema.protected_person
    each = func.json_each(person.c.wearers).table_valued("value")
    wanted = select(person.c.person_id).select_from(person.join(each, each.c.value == wearer_id))
    with reader.connection() as connection:
        return set(connection.scalars(wanted))


def _review_in_time(reader: Reader, review_at: Instant) -> None:
    if not reader.now() < review_at <= reader.now() + LONGEST:
        raise PlanWrong("review", "The next review must be after today and within a year")


def _next(reader: Reader, wearer_id: WearerId, version: int) -> None:
    """Raise Conflict unless `version` is the one after the current one."""
    current = _version(reader, wearer_id, None)
    if (0 if current is None else current.version) == version - 1:
        return
    if current is None:
        raise Conflict("There is no plan of this version. Load the page again.")
    seen = _version(reader, wearer_id, version - 1)
    said = "; ".join(changes(seen, current)) if seen else "it was written meanwhile"
    raise Conflict(
        "Somebody changed this plan after your page was made, and nothing of yours was recorded. "
        f"What changed: {said or 'it was reviewed and left as it is'}. Load the page again and "
        "enter your change anew."
    )


def _once(clerk: Clerk, reader: Reader, wearer_id: WearerId, version: int, event: Event) -> Done:
    """Record `event`; Conflict if another officer's version came between the look and the act."""
    done = clerk.record(event, wearer_owner(wearer_id))
    if done.applied is Applied.APPLIED:
        row = schema.risk_plan_version.c
        mine = select(row.seq).where(row.wearer_id == wearer_id, row.version == version)
        with reader.connection() as connection:
            if connection.scalar(mine) != done.seq:
                _next(reader, wearer_id, version)
    return done


def _version(reader: Reader, wearer_id: WearerId, version: int | None) -> RiskPlan | None:
    """Return one version of the plan, the current one for None; None if it is not there."""
    row = schema.risk_plan_version.c
    wanted = select(row.body).where(row.wearer_id == wearer_id).order_by(row.version.desc())
    if version is not None:
        wanted = wanted.where(row.version == version)
    with reader.connection() as connection:
        body = connection.scalar(wanted.limit(1))
    return None if body is None else msgspec.json.decode(body, type=RiskPlan)
