"""A standing share of a case: what it must say, how long it reaches, and what may follow it."""

import msgspec
import pytest

from tagwatch.core.case_share import (
    ALERT_DAYS_MOST,
    LONGEST,
    PURPOSE_LEAST,
    REMIND_BEFORE,
    WORDS_MOST,
    CaseShare,
    ShareBasis,
    ShareError,
    ShareField,
    check,
    next_version,
)
from tagwatch.core.ids import AccountId, ShareId, WearerId
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant

AT = Instant(1_000 * DAY)
SHARE = CaseShare(
    share_id=ShareId("sh_1"),
    wearer_id=WearerId("w_1"),
    agency="STAC",
    purpose="p" * PURPOSE_LEAST,
    basis=ShareBasis.MAPPA,
    fields=(ShareField.WHO,),
    made_at=AT,
    until=Instant(AT + 30 * DAY),
    at=AT,
    by=AccountId("ac_officer"),
)


def but(**changes: object) -> CaseShare:
    return msgspec.structs.replace(SHARE, **changes)


def after(**changes: object) -> CaseShare:
    at = Instant(AT + HOUR)
    return msgspec.structs.replace(SHARE, **({"version": 2, "at": at} | changes))


@pytest.mark.parametrize(
    "most",
    [
        {},
        {"until": Instant(AT + 1)},
        {"until": Instant(AT + LONGEST)},
        {"purpose": "p" * WORDS_MOST},
        {"alert_days": 1},
        {"alert_days": ALERT_DAYS_MOST},
        {"fields": tuple(ShareField)},
    ],
)
def test_what_says_enough_and_ends_in_time_can_be(most: dict[str, object]) -> None:
    check(but(**most))


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"agency": ""}, "agency", "Choose the agency"),
        ({"purpose": "p" * (PURPOSE_LEAST - 1)}, "purpose", "20 characters or more"),
        ({"purpose": "p" * (WORDS_MOST + 1)}, "purpose", "1000 characters, no more"),
        ({"fields": ()}, "fields", "at least one"),
        ({"alert_days": 0}, "alert_days", "1 to 90 days"),
        ({"alert_days": ALERT_DAYS_MOST + 1}, "alert_days", "1 to 90 days"),
        ({"until": AT}, "until", "later than now"),
        ({"until": Instant(AT + LONGEST + 1)}, "until", "90 days"),
    ],
)
def test_what_is_missing_or_too_much_is_named(
    wrong: dict[str, object], field: str, words: str
) -> None:
    with pytest.raises(ShareError, match=words) as refused:
        check(but(**wrong))
    assert refused.value.field == field


def test_a_renewal_is_measured_from_when_it_is_made() -> None:
    late = Instant(AT + 29 * DAY)
    check(but(version=2, at=late, until=Instant(late + LONGEST)))
    with pytest.raises(ShareError, match="90 days"):
        check(but(version=2, at=late, until=Instant(late + LONGEST + 1)))


def test_it_reaches_from_its_beginning_up_to_its_end_and_not_at_it() -> None:
    times = (AT - 1, AT, SHARE.until - 1, SHARE.until)
    assert [SHARE.is_open(Instant(t)) for t in times] == [False, True, True, False]
    ended = after(ended_at=Instant(AT + HOUR))
    assert [ended.is_open(Instant(AT + HOUR + t)) for t in (-1, 0)] == [True, False]
    assert after(ended_at=Instant(SHARE.until + HOUR)).over_at == SHARE.until


@pytest.mark.parametrize(
    ("lasts", "before"),
    [
        (30 * DAY, REMIND_BEFORE),
        (2 * REMIND_BEFORE, REMIND_BEFORE),
        (2 * REMIND_BEFORE - 2, REMIND_BEFORE - 1),
        (2 * MINUTE, MINUTE),
    ],
)
def test_its_owner_is_asked_a_week_before_or_at_half_time(lasts: int, before: int) -> None:
    held = but(until=Instant(AT + lasts))
    assert held.until - held.remind_at == before
    assert held.at < held.remind_at < held.until


def test_the_next_version_follows_while_it_is_open() -> None:
    assert next_version(SHARE, after())
    assert next_version(SHARE, after(fields=(ShareField.ORDER,), until=Instant(AT + 2 * DAY)))
    assert next_version(SHARE, after(at=Instant(SHARE.until - 1)))
    assert not next_version(SHARE, after(at=SHARE.until))
    assert not next_version(but(ended_at=Instant(AT + 1)), after())


@pytest.mark.parametrize(
    "other",
    [
        {"version": 1},
        {"version": 3},
        {"share_id": ShareId("sh_2")},
        {"wearer_id": WearerId("w_2")},
        {"agency": "NHS"},
        {"account_id": AccountId("ac_partner")},
        {"made_at": Instant(AT + 1)},
    ],
)
def test_with_whom_and_of_whom_never_changes(other: dict[str, object]) -> None:
    assert not next_version(SHARE, after(**other))
