"""Openings by break-glass: what is owed, by whom, and what cannot be."""

import msgspec
import pytest

from tagwatch.core.glass import REASON_LEAST, Glass, GlassError, GlassStep, acted, check_reason
from tagwatch.core.ids import AccountId, GlassId, WearerId
from tagwatch.core.settings import AccessSettings
from tagwatch.core.units import HOUR, MINUTE, Instant

AT = Instant(1_000 * HOUR)
OPENER, OWNER = AccountId("ac_opener"), AccountId("ac_owner")
OPENED = Glass(
    glass_id=GlassId("gb_1"),
    wearer_id=WearerId("w_1"),
    by=OPENER,
    role="operator",
    agency="monitoring",
    at=AT,
    until=Instant(AT + HOUR),
    reason="x" * REASON_LEAST,
    officer=OWNER,
)
ASKED = acted(OPENED, GlassStep.ASKED, OWNER, Instant(AT + MINUTE), "Why?")
EXPLAINED = acted(ASKED, GlassStep.EXPLAINED, OPENER, Instant(AT + 2 * MINUTE), "Because")
JUSTIFIED = acted(EXPLAINED, GlassStep.JUSTIFIED, OWNER, Instant(AT + 3 * MINUTE), "")


def test_it_is_open_for_its_time_and_not_at_its_end() -> None:
    assert [OPENED.is_open(Instant(t)) for t in (AT - 1, AT, AT + HOUR - 1, AT + HOUR)] == [
        False,
        True,
        True,
        False,
    ]
    closed = acted(OPENED, GlassStep.ENDED, OPENER, Instant(AT + MINUTE), "")
    assert not closed.is_open(Instant(AT + MINUTE))


def test_the_owner_owes_a_word_until_he_says_that_it_was_justified() -> None:
    owed = [each.is_owed for each in (OPENED, ASKED, EXPLAINED, JUSTIFIED)]
    assert owed == [True, False, True, False]
    assert [each.is_asked for each in (OPENED, ASKED, EXPLAINED, JUSTIFIED)] == [
        False,
        True,
        False,
        False,
    ]
    again = acted(EXPLAINED, GlassStep.ASKED, OWNER, AT, "And the door?")
    assert again.is_asked


@pytest.mark.parametrize(
    ("glass", "step", "by", "words", "why"),
    [
        (OPENED, GlassStep.ENDED, OWNER, "", "Only who opened"),
        (
            msgspec.structs.replace(OPENED, until=AT),
            GlassStep.ENDED,
            OPENER,
            "",
            "closed already",
        ),
        (OPENED, GlassStep.JUSTIFIED, OPENER, "", "of his own"),
        (JUSTIFIED, GlassStep.ASKED, OWNER, "Why?", "already"),
        (OPENED, GlassStep.ASKED, OWNER, " ", "what you ask"),
        (ASKED, GlassStep.EXPLAINED, OWNER, "I", "Only who opened"),
        (OPENED, GlassStep.EXPLAINED, OPENER, "I", "Nobody asks"),
        (ASKED, GlassStep.EXPLAINED, OPENER, " ", "your answer"),
    ],
)
def test_what_cannot_be_is_said(
    glass: Glass, step: GlassStep, by: AccountId, words: str, why: str
) -> None:
    with pytest.raises(GlassError, match=why):
        acted(glass, step, by, Instant(AT + MINUTE), words)


def test_a_reason_has_twenty_characters_that_say_something() -> None:
    assert check_reason("  seen at   her door, now ") == "seen at her door, now"
    for words in ("", "x" * (REASON_LEAST - 1), "x  x" * 3 + " " * 30, "x" * 1001):
        with pytest.raises(GlassError):
            check_reason(words)
    assert check_reason("x" * REASON_LEAST) == "x" * REASON_LEAST


@pytest.mark.parametrize("seconds", [299, 14401])
def test_the_setting_has_bounds(seconds: int) -> None:
    with pytest.raises(ValueError, match="break-glass"):
        AccessSettings(glass_s=seconds)
