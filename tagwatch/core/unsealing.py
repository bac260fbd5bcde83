"""A stretch of a sealed trail is opened on screen to one officer by two people. Pure.

It ends by itself, at the latest a day after it was approved. See `zones_only`.
"""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId, UnsealingId, WearerId
from tagwatch.core.request_kinds import CITES, LegalGround
from tagwatch.core.routing import Verdict
from tagwatch.core.units import DAY, Instant
from tagwatch.core.zones_only import Span

REASON_LEAST: Final = 20
WORDS_MOST: Final = 1000
LONGEST: Final = 7 * DAY
"""Of the stretch that one opening may show."""
WAITS: Final = 3 * DAY
"""So long an asking waits for a second person; then it lapses."""
WAITING_MOST: Final = 20
"""Askings of one officer that wait at the same time."""
GROUNDS: Final = (
    LegalGround.LAW_ENFORCEMENT,
    LegalGround.VITAL_INTERESTS,
    LegalGround.SAFEGUARDING,
    LegalGround.CRIME_EXEMPTION,
    LegalGround.LEGAL_PROCEEDINGS,
    LegalGround.COURT_ORDER,
)
"""On which law an officer may ask to look himself."""


class UnsealingEnd(StrEnum):
    """How an opening, or the asking for it, came to an end."""

    GIVEN_BACK = "given_back"
    """By the officer who asked: before it was decided, or when he had seen enough."""
    REVOKED = "revoked"
    """By somebody who may approve, with words."""
    EXPIRED = "expired"
    """Its time was over."""


class UnsealingState(StrEnum):
    """How an opening stands at some time."""

    WAITING = "waiting"
    LAPSED = "lapsed"
    """Nobody decided it in time."""
    OPEN = "open"
    REFUSED = "refused"
    ENDED = "ended"


class Unsealing(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of a sealed trail that an officer asked to see, as it stands."""

    unsealing_id: UnsealingId
    wearer_id: WearerId
    by: AccountId
    role: str
    agency: str
    at: Instant
    start: Instant
    end: Instant
    """The fixes of [start, end) are asked for."""
    ground: LegalGround
    cited: str
    """What the ground must cite: see `request_kinds.CITES`."""
    reason: str
    lasts_s: int
    """For how long it is open once approved, by the settings in force when it was asked."""
    verdict: Verdict | None = None
    decided_at: Instant | None = None
    decided_by: AccountId | None = None
    decision: str = ""
    """The second person's words."""
    until: Instant | None = None
    """Open to `by` in [decided_at, until); an early end moves it."""
    ending: UnsealingEnd | None = None
    ended_at: Instant | None = None
    ended_by: AccountId | None = None
    end_words: str = ""

    def state(self, at: Instant) -> UnsealingState:
        """Return how it stands at `at`."""
        if self.verdict is Verdict.REFUSED:
            return UnsealingState.REFUSED
        if self.ending is not None:
            return UnsealingState.ENDED
        if self.until is not None:
            return UnsealingState.OPEN if at < self.until else UnsealingState.ENDED
        return UnsealingState.WAITING if at < self.at + WAITS else UnsealingState.LAPSED

    @property
    def span(self) -> Span:
        """The stretch, [start, end)."""
        return self.start, self.end


class UnsealingError(ValueError):
    """What was asked, or an act on it, cannot be; `field` is the part of the form."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def check_span(span: Span, at: Instant) -> None:
    """Raise UnsealingError for a stretch that cannot be asked for at `at`."""
    start, end = span
    if end <= start:
        raise UnsealingError("end", "The end of the stretch must be after its beginning")
    if end - start > LONGEST:
        days = LONGEST // DAY
        raise UnsealingError("end", f"At most {days} days are opened at once: ask for less")
    if end > at:
        raise UnsealingError("end", "A stretch that is still to come cannot be opened")


def asked(unsealing: Unsealing) -> Unsealing:
    """Return an asking as it is kept. Raises UnsealingError for the part that cannot be taken."""
    check_span(unsealing.span, unsealing.at)
    if unsealing.ground not in GROUNDS:
        raise UnsealingError("ground", "An officer cannot look on that ground: choose another")
    reason, cited = (" ".join(text.split()) for text in (unsealing.reason, unsealing.cited))
    if not cited:
        raise UnsealingError("cited", f"Write {CITES[unsealing.ground]}")
    if len(reason) < REASON_LEAST:
        raise UnsealingError(
            "reason", f"Write why this stretch must be seen, in {REASON_LEAST} characters or more"
        )
    for field, text in (("reason", reason), ("cited", cited)):
        if len(text) > WORDS_MOST:
            raise UnsealingError(field, f"This may have {WORDS_MOST} characters, no more")
    return msgspec.structs.replace(unsealing, reason=reason, cited=cited)


def decided(
    unsealing: Unsealing, verdict: Verdict, by: AccountId, at: Instant, words: str
) -> Unsealing:
    """Return it approved or refused. Raises UnsealingError where it cannot be.

    Nobody decides what he asked himself; who else may is not asked here.
    """
    if by == unsealing.by:
        raise UnsealingError("unsealing", "Whoever asks cannot decide it: a second person must")
    if unsealing.state(at) is not UnsealingState.WAITING:
        raise UnsealingError("unsealing", "This does not wait any more: it was decided, or lapsed")
    said = _said(words)
    if not said:
        raise UnsealingError("words", "Write why you approve or refuse")
    until = Instant(at + unsealing.lasts_s * 1_000_000)
    return msgspec.structs.replace(
        unsealing,
        verdict=verdict,
        decided_at=at,
        decided_by=by,
        decision=said,
        until=until if verdict is Verdict.APPROVED else None,
    )


def ended(
    unsealing: Unsealing, ending: UnsealingEnd, by: AccountId, at: Instant, words: str
) -> Unsealing:
    """Return it ended. Raises UnsealingError where it cannot be ended so."""
    state, said = unsealing.state(at), _said(words)
    if ending is UnsealingEnd.EXPIRED:
        if unsealing.until is None or unsealing.ending is not None or at < unsealing.until:
            raise UnsealingError("unsealing", "Its time is not over, or it ended before")
        at = unsealing.until
    elif state not in (UnsealingState.WAITING, UnsealingState.OPEN):
        raise UnsealingError("unsealing", "This is over already")
    if ending is UnsealingEnd.GIVEN_BACK and by != unsealing.by:
        raise UnsealingError("unsealing", "Only who asked can give it back")
    if ending is UnsealingEnd.REVOKED and state is not UnsealingState.OPEN:
        raise UnsealingError("unsealing", "It is not open: refuse it instead")
    if ending is UnsealingEnd.REVOKED and not said:
        raise UnsealingError("words", "Write why you take it back")
    return msgspec.structs.replace(
        unsealing,
        ending=ending,
        ended_at=at,
        ended_by=by,
        end_words=said,
        until=None if unsealing.until is None else Instant(min(at, unsealing.until)),
    )


def _said(words: str) -> str:
    return " ".join(words.split())[:WORDS_MOST]
