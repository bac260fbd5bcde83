"""What is asked about patterns, as an address gives it: how many weeks, until when, how near."""

from typing import Final
from urllib.parse import urlencode

import msgspec

from tagwatch.core.units import SECOND, Instant, iso, parse_iso
from tagwatch.query.question import QuestionError, Window
from tagwatch.query.stalking import RING_M, WEEKS, period
from tagwatch.web.form import Input
from tagwatch.web.question_input import Given, number_of

DEFAULT_WEEKS: Final = 4
DEFAULT_RING_M: Final = 200.0
ASKS: Final = (
    ("weeks", f"How many weeks, {WEEKS[0]} to {WEEKS[1]}; default {DEFAULT_WEEKS}"),
    ("ring", f"Metres round each zone and its buffer, {RING_M[0]:g} to {RING_M[1]:g}; default 200"),
    ("end", "ISO 8601 with zone: until when; default now"),
    ("as_of", "ISO 8601 with zone: what was received later is left out; default now"),
)


class PatternsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """One question about patterns."""

    window: Window
    ring_m: float

    @property
    def query(self) -> str:
        """What follows the `?` of the address that is answered the same."""
        return urlencode(
            {
                "weeks": str(round((self.window.end - self.window.start) / (7 * 86_400 * SECOND))),
                "ring": f"{self.ring_m:g}",
                "end": iso(self.window.end),
                "as_of": iso(self.window.known_at),
            }
        )


def inputs() -> tuple[Input, ...]:
    """Return the fields of the form."""
    low, high = WEEKS
    return (
        Input(
            name="weeks",
            label="How many weeks",
            hint=f"{low} to {high}. Four more before them are read for his earlier rate",
            classes="govuk-input--width-3",
            numeric="numeric",
        ),
        Input(
            name="ring",
            label="How far round each zone (metres)",
            hint=f"{RING_M[0]:g} to {RING_M[1]:g}, beyond its buffer",
            classes="govuk-input--width-5",
            numeric="numeric",
        ),
    )


def asked_of(given: Given, now: Instant) -> PatternsAsked:
    """Return what an address asks. Raises QuestionError."""
    now = Instant(now // SECOND * SECOND)
    weeks = _number(given, "weeks", DEFAULT_WEEKS, *WEEKS, "The number of weeks")
    if weeks != int(weeks):
        raise QuestionError("weeks", "The number of weeks must be a whole number")
    ring_m = _number(given, "ring", DEFAULT_RING_M, *RING_M, "The ring in metres")
    known_at = _instant(given, "as_of", now)
    end = _instant(given, "end", min(known_at, now))
    return PatternsAsked(window=period(int(weeks), end, known_at, now), ring_m=ring_m)


def fields_of(given: Given) -> dict[str, str]:
    """Return the values that fill the form."""
    return {
        "weeks": given.get("weeks", "").strip() or str(DEFAULT_WEEKS),
        "ring": given.get("ring", "").strip() or f"{DEFAULT_RING_M:g}",
    }


def _number(
    given: Given, name: str, otherwise: float, least: float, most: float, what: str
) -> float:
    return number_of(given, name, least, most, what) if given.get(name, "").strip() else otherwise


def _instant(given: Given, name: str, otherwise: Instant) -> Instant:
    written = given.get(name, "").strip()
    if not written:
        return otherwise
    try:
        return parse_iso(written)
    except (ValueError, OverflowError) as error:
        raise QuestionError(name, f"This is no time: {error}") from error
