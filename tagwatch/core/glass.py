"""Break-glass: an officer opens for a short time a record he may not see, saying why. Pure.

Whoever answers for the case is told at once, and says whether it was justified or asks why.
"""

from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId, GlassId, WearerId
from tagwatch.core.units import Instant

REASON_LEAST: Final = 20
WORDS_MOST: Final = 1000


class GlassStep(StrEnum):
    """What is done about an opening after it was made."""

    ENDED = "ended"
    """The officer closes the record before its time is over."""
    JUSTIFIED = "justified"
    ASKED = "asked"
    """Whoever answers for the case asks why."""
    EXPLAINED = "explained"


class Glass(msgspec.Struct, frozen=True, kw_only=True):
    """One opening by break-glass, as it stands."""

    glass_id: GlassId
    wearer_id: WearerId
    by: AccountId
    role: str
    agency: str
    at: Instant
    until: Instant
    """The record is open to him in [at, until); an early end moves it."""
    reason: str
    officer: AccountId | None = None
    """Who answered for the case when it was opened; None: nobody was recorded."""
    judgement: GlassStep | None = None
    """JUSTIFIED or ASKED; None: the officer who answers for the case has said nothing yet."""
    judged_at: Instant | None = None
    judged_by: AccountId | None = None
    words: str = ""
    """His, with the judgement."""
    explained_at: Instant | None = None
    explanation: str = ""
    """What the officer who opened it answered when he was asked why."""

    def is_open(self, at: Instant) -> bool:
        """Say whether the record is open to him at `at`."""
        return self.at <= at < self.until

    @property
    def is_owed(self) -> bool:
        """Whether whoever answers for the case has still to say what he makes of it."""
        return self.judgement is None or (
            self.judgement is GlassStep.ASKED and self.explained_at is not None
        )

    @property
    def is_asked(self) -> bool:
        """Whether the officer who opened it has still to explain."""
        return self.judgement is GlassStep.ASKED and self.explained_at is None


class GlassError(ValueError):
    """An opening, or an act on one, that cannot be; `field` is the part of the form."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def check_reason(reason: str) -> str:
    """Return the reason as it is kept. Raises GlassError if it is too short or too long."""
    words = " ".join(reason.split())
    if len(words) < REASON_LEAST:
        raise GlassError(
            "reason",
            f"Write why you must see this record now, in {REASON_LEAST} characters or more",
        )
    if len(words) > WORDS_MOST:
        raise GlassError("reason", f"The reason may have {WORDS_MOST} characters, no more")
    return words


def acted(glass: Glass, step: GlassStep, by: AccountId, at: Instant, words: str) -> Glass:
    """Return the opening after `step`. Raises GlassError where it cannot be taken.

    Who may take it is not asked here, save that nobody judges his own opening.
    """
    said = words.strip()[:WORDS_MOST]
    match step:
        case GlassStep.ENDED:
            _ended(glass, by, at)
            return msgspec.structs.replace(glass, until=at)
        case GlassStep.EXPLAINED:
            _explained(glass, by, said)
            return msgspec.structs.replace(glass, explained_at=at, explanation=said)
        case GlassStep.JUSTIFIED | GlassStep.ASKED:
            _judged(glass, step, by, said)
            return msgspec.structs.replace(
                glass,
                judgement=step,
                judged_at=at,
                judged_by=by,
                words=said,
                explained_at=None,
            )


def _ended(glass: Glass, by: AccountId, at: Instant) -> None:
    if by != glass.by:
        raise GlassError("glass", "Only who opened the record closes it before its time")
    if not glass.is_open(at):
        raise GlassError("glass", "The record is closed already")


def _explained(glass: Glass, by: AccountId, words: str) -> None:
    if by != glass.by:
        raise GlassError("glass", "Only who opened the record can explain it")
    if not glass.is_asked:
        raise GlassError("glass", "Nobody asks why, or it is explained already")
    if not words:
        raise GlassError("words", "Write your answer")


def _judged(glass: Glass, step: GlassStep, by: AccountId, words: str) -> None:
    if by == glass.by:
        raise GlassError("glass", "Nobody judges an opening of his own")
    if not glass.is_owed:
        raise GlassError("glass", "Somebody has answered this already")
    if step is GlassStep.ASKED and not words:
        raise GlassError("words", "Write what you ask")
