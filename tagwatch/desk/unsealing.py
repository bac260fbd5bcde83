"""An officer asks to see a stretch of a sealed trail; a second person agrees or not; it ends.

Nobody does any of it about a wearer whom he reaches by break-glass alone.
"""

import secrets
from collections.abc import Callable

import msgspec

from tagwatch.access.reader import Reader
from tagwatch.access.refusal import Refused, lacks_verb
from tagwatch.access.role import Verb
from tagwatch.core.event import Event
from tagwatch.core.ids import UnsealingId, WearerId, derived_id
from tagwatch.core.recorded_unsealing import UnsealingAsked, UnsealingDecided, UnsealingEnded
from tagwatch.core.request_kinds import LegalGround
from tagwatch.core.routing import Verdict
from tagwatch.core.units import Instant
from tagwatch.core.unsealing import (
    WAITING_MOST,
    Unsealing,
    UnsealingEnd,
    UnsealingError,
    asked,
    decided,
    ended,
)
from tagwatch.desk.clerk import Applied, Clerk, Conflict, Done, need, need_another
from tagwatch.store.settings import settings_at
from tagwatch.store.unsealings import count_waiting, unsealing_of


class UnsealingAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer asks for: the fixes of [start, end), on which ground, and why."""

    start: Instant
    end: Instant
    ground: LegalGround
    cited: str
    reason: str
    sealed: int
    """How many fixes of the stretch are sealed."""
    gone: int
    """Of those: how many nobody can read any more."""


def ask_unsealing(clerk: Clerk, reader: Reader, wearer_id: WearerId, ask: UnsealingAsk) -> Done:
    """Ask that a stretch be opened to the actor. `made_id` of the answer names the asking.

    Raises UnsealingError for the part that cannot be taken, NotFound outside the scope, Refused
    for whoever reaches him by break-glass alone, Conflict where too many wait, NotRecorded.
    """
    need(reader, Verb.OPEN_SEALED)
    actor, at = reader.actor, reader.now()
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "ask_unsealing")
        wait = count_waiting(connection, actor.account_id, at)
        lasts_s = settings_at(connection, at).access.unsealed_s
    made = asked(
        Unsealing(
            unsealing_id=UnsealingId(derived_id("us", secrets.token_hex(16))),
            wearer_id=wearer_id,
            by=actor.account_id,
            role=actor.role.value,
            agency=actor.agency,
            at=at,
            start=ask.start,
            end=ask.end,
            ground=ask.ground,
            cited=ask.cited,
            reason=ask.reason,
            lasts_s=lasts_s,
        )
    )
    if wait >= WAITING_MOST:
        raise Conflict(
            f"{wait} askings of yours wait already: give one back, or wait until they are decided"
        )
    _something(ask)
    event = UnsealingAsked(unsealing=made)
    said = f"[{made.start}, {made.end}) {made.ground}: {made.reason[:200]}"
    return _record(clerk, reader, "ask_unsealing", made, said, event)


def decide_unsealing(
    clerk: Clerk, reader: Reader, unsealing_id: UnsealingId, verdict: Verdict, words: str
) -> Done:
    """Approve or refuse what somebody else asked to see.

    Raises NotFound outside the scope, SecondPersonMissing for whoever asked, Refused for whoever
    reaches the wearer by break-glass alone, UnsealingError without words, Conflict, NotRecorded.
    """
    need(reader, Verb.APPROVE_SEALED)
    held = _held(reader, unsealing_id, "decide_unsealing")
    need_another(reader, Verb.APPROVE_SEALED, [unsealing_id, held.wearer_id], [held.by])
    by, at = reader.actor.account_id, reader.now()
    _possible(lambda: decided(held, verdict, by, at, words))
    event = UnsealingDecided(
        unsealing_id=unsealing_id,
        wearer_id=held.wearer_id,
        verdict=verdict,
        at=at,
        by=by,
        words=words.strip(),
    )
    said = f"{verdict.value}: {event.words[:200]}"
    done = _record(clerk, reader, "decide_unsealing", held, said, event)
    return _taken(reader, done, lambda after: (after.decided_by, after.decided_at) == (by, at))


def end_unsealing(clerk: Clerk, reader: Reader, unsealing_id: UnsealingId, words: str) -> Done:
    """Give back what one asked for, or revoke what is open to another.

    Raises as `decide_unsealing` does.
    """
    need(reader, Verb.OPEN_SEALED)
    by, at = reader.actor.account_id, reader.now()
    own = _own(reader, unsealing_id)
    held = own or _held(reader, unsealing_id, "end_unsealing")
    if own is None and not reader.actor.may(Verb.APPROVE_SEALED):
        reader.refused("end_unsealing", [unsealing_id, held.wearer_id], "another's")
        raise Refused(lacks_verb(reader.actor, Verb.APPROVE_SEALED))
    ending = UnsealingEnd.GIVEN_BACK if own is not None else UnsealingEnd.REVOKED
    _possible(lambda: ended(held, ending, by, at, words))
    event = UnsealingEnded(
        unsealing_id=unsealing_id,
        wearer_id=held.wearer_id,
        ending=ending,
        at=at,
        by=by,
        words=words.strip(),
    )
    done = _record(clerk, reader, "end_unsealing", held, ending.value, event)
    return _taken(reader, done, lambda after: (after.ended_by, after.ended_at) == (by, at))


def _something(ask: UnsealingAsk) -> None:
    """Raise UnsealingError where nothing of a stretch is sealed that could be opened."""
    if not ask.sealed:
        raise UnsealingError("start", "Nothing of this stretch is sealed: his trail shows it")
    if ask.gone == ask.sealed:
        raise UnsealingError(
            "start",
            f"All {ask.sealed} sealed fixes of this stretch are gone: the keys of their days were "
            "destroyed, and nobody can read them",
        )


def _held(reader: Reader, unsealing_id: UnsealingId, verb: str) -> Unsealing:
    """Return an asking about a wearer within scope. Raises NotFound, on the audit."""
    with reader.connection() as connection:
        held = unsealing_of(connection, unsealing_id)
        if held is None:
            reader.refuse(verb, [unsealing_id], "unknown")
        reader.wearer(connection, held.wearer_id, verb)
    return held


def _own(reader: Reader, unsealing_id: UnsealingId) -> Unsealing | None:
    """Return an asking if it is the actor's own, whether or not he still reaches the wearer."""
    with reader.connection() as connection:
        held = unsealing_of(connection, unsealing_id)
    return held if held is not None and held.by == reader.actor.account_id else None


def _possible(work: Callable[[], Unsealing]) -> None:
    try:
        work()
    except UnsealingError as error:
        if error.field == "unsealing":
            raise Conflict(f"{error}.") from error
        raise


def _taken(reader: Reader, done: Done, mine: Callable[[Unsealing], bool]) -> Done:
    """Return the act as done, if the line took this one in and no other. Raises Conflict."""
    if done.applied is Applied.APPLIED:
        with reader.connection() as connection:
            after = unsealing_of(connection, UnsealingId(done.made_id))
        if after is None or not mine(after):
            raise Conflict("Somebody was faster, and nothing of yours counts: load the page again.")
    return done


def _record(
    clerk: Clerk, reader: Reader, verb: str, held: Unsealing, said: str, event: Event
) -> Done:
    reader.about_to_alter(verb, [held.unsealing_id, held.wearer_id], said)
    return msgspec.structs.replace(clerk.record(event), made_id=held.unsealing_id)
