"""An officer opens a record that he may not see; whoever answers for the case says what he makes
of it.

There is no search: he must know an exact number. A wrong one is answered like a right one without
a reason, and how often he may guess is bounded, so that nobody learns here who is in the register.
"""

import secrets
from typing import Any

import msgspec
from sqlalchemy import func, or_, select

from tagwatch.access.guesses import MOST_WRONG, may_guess, was_right
from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.glass import Glass, GlassError, GlassStep, acted, check_reason
from tagwatch.core.ids import GlassId, WearerId, derived_id
from tagwatch.core.person import Wearer
from tagwatch.core.recorded_glass import GlassActed, GlassBroken
from tagwatch.core.units import SECOND, Instant
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.store import schema
from tagwatch.store.accounts import Accounts
from tagwatch.store.glasses import glass_of
from tagwatch.store.protected import finds, opened
from tagwatch.store.settings import settings_at

NUMBER_MOST = 80
NOTHING = (
    "Nothing was opened: no record answers to that. Check the number; of our own reference the "
    "date of birth is needed too. Your attempt is on the audit."
)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: whose record is open, and the act, None where he may see it anyway."""

    wearer_id: WearerId
    done: Done | None


def break_glass(
    clerk: Clerk,
    reader: Reader,
    accounts: Accounts,
    number: str,
    date_of_birth: str,
    reason: str,
) -> Opened:
    """Open the record that has this number (CRN, NOMIS, PNC; or our own with a date of birth).

    Raises GlassError for a reason that is none, before anything is looked up; for a number that
    no record has; and for too many of those in an hour. Raises NotFound without the verb.
    """
    need(reader, Verb.BREAK_GLASS)
    words = check_reason(reason)
    by, at = reader.actor.account_id, reader.now()
    if not number.strip():
        raise GlassError("number", "Enter the number of the record exactly")
    if not may_guess(accounts, by, at):
        reader.refused("break_glass", [], "too many guesses in an hour")
        raise GlassError(
            "number",
            f"More than {MOST_WRONG} numbers in an hour answered to no record. Wait an hour, or "
            "ring the monitoring centre",
        )
    found = _named(reader, number, date_of_birth)
    if found is None:
        reader.refused("break_glass", [], "a number that no record has")
        raise GlassError("number", NOTHING)
    was_right(accounts, by, at)
    if _reaches(reader, found.wearer_id):
        reader.consulted("break_glass", [found.wearer_id], "within scope without it")
        return Opened(wearer_id=found.wearer_id, done=None)
    glass = _glass(reader, found, words, at)
    reader.about_to_alter("break_glass", [glass.glass_id, glass.wearer_id], words[:200])
    done = clerk.record(GlassBroken(glass=glass))
    return Opened(wearer_id=found.wearer_id, done=done)


def end_glass(clerk: Clerk, reader: Reader, glass_id: GlassId) -> Done:
    """Close a record before its time. Raises Conflict, NotFound if it is not his, NotRecorded."""
    need(reader, Verb.BREAK_GLASS)
    return _act(clerk, reader, _mine(reader, glass_id, "end_glass"), GlassStep.ENDED, "")


def explain_glass(clerk: Clerk, reader: Reader, glass_id: GlassId, words: str) -> Done:
    """Answer whoever asks why. Raises GlassError without words, else as `end_glass`."""
    need(reader, Verb.BREAK_GLASS)
    return _act(clerk, reader, _mine(reader, glass_id, "explain_glass"), GlassStep.EXPLAINED, words)


def answer_glass(
    clerk: Clerk, reader: Reader, glass_id: GlassId, step: GlassStep, words: str
) -> Done:
    """Say that an opening of an own case was justified, or ask why.

    Raises NotFound for a case that is not his or one he covers, GlassError, Conflict, NotRecorded.
    """
    need(reader, Verb.ANSWER_GLASS)
    with reader.connection() as connection:
        held = glass_of(connection, glass_id)
        if held is None:
            reader.refuse("answer_glass", [glass_id], "unknown")
        wearer = reader.wearer(connection, held.wearer_id, "answer_glass")
    if not answers_for(reader, wearer):
        reader.refuse("answer_glass", [glass_id, held.wearer_id], "not his case")
    if step not in (GlassStep.JUSTIFIED, GlassStep.ASKED):
        raise GlassError("step", "Say that it was justified, or ask why")
    return _act(clerk, reader, held, step, words)


def answers_for(reader: Reader, wearer: Wearer) -> bool:
    """Say whether the case is the actor's own or one he covers; one without an officer is every
    practitioner's who may see it."""
    actor = reader.actor
    return wearer.officer in (None, actor.account_id) or wearer.officer in actor.covers


def _mine(reader: Reader, glass_id: GlassId, verb: str) -> Glass:
    with reader.connection() as connection:
        held = glass_of(connection, glass_id)
    if held is None or held.by != reader.actor.account_id:
        reader.refuse(verb, [glass_id], "unknown, or another's")
    return held


def _act(clerk: Clerk, reader: Reader, held: Glass, step: GlassStep, words: str) -> Done:
    event = GlassActed(
        glass_id=held.glass_id,
        wearer_id=held.wearer_id,
        step=step,
        at=reader.now(),
        by=reader.actor.account_id,
        words=words.strip(),
    )
    try:
        after = acted(held, step, event.by, event.at, event.words)
    except GlassError as error:
        if error.field == "glass":
            raise Conflict(str(error)) from error
        raise
    verb = {GlassStep.ENDED: "end_glass", GlassStep.EXPLAINED: "explain_glass"}
    name = verb.get(step, "answer_glass")
    reader.about_to_alter(name, [held.glass_id, held.wearer_id], step.value)
    done = clerk.record(event)
    return msgspec.structs.replace(done, made_id=after.glass_id)


def _named(reader: Reader, number: str, date_of_birth: str) -> Wearer | None:
    """Return the one record of this number; of our own reference with the date of birth."""
    wanted = " ".join(number.split()).upper()[:NUMBER_MOST]
    row = schema.wearer.c

    def field(name: str) -> Any:
        return func.upper(func.json_extract(opened(row.body), f"$.{name}"))

    query = select(row.body).where(
        or_(
            finds(row.crn, wanted),
            field("nomis_id") == wanted,
            field("pnc_ref") == wanted,
            func.upper(row.wearer_id) == wanted,
        )
    )
    with reader.connection() as connection:
        bodies = connection.scalars(query.limit(2)).all()
    found = [msgspec.json.decode(body, type=Wearer) for body in bodies]
    if len(found) != 1:
        return None
    (one,) = found
    if one.wearer_id.upper() != wanted:
        return one
    born = date_of_birth.strip()
    return one if born and one.date_of_birth == born else None


def _reaches(reader: Reader, wearer_id: WearerId) -> bool:
    row = schema.wearer.c
    query = select(row.wearer_id).where(row.wearer_id == wearer_id, reader.scope.condition())
    with reader.connection() as connection:
        return connection.scalar(query) is not None


def _glass(reader: Reader, wearer: Wearer, reason: str, at: Instant) -> Glass:
    with reader.connection() as connection:
        lasts_s = settings_at(connection, at).access.glass_s
    actor = reader.actor
    return Glass(
        glass_id=GlassId(derived_id("gb", secrets.token_hex(16))),
        wearer_id=wearer.wearer_id,
        by=actor.account_id,
        role=actor.role.value,
        agency=actor.agency,
        at=at,
        until=Instant(at + lasts_s * SECOND),
        reason=reason,
        officer=wearer.officer,
    )
