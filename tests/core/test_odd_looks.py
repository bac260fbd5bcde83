"""What somebody should ask about, and what is an ordinary day."""

import pytest

from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.odd_looks import (
    Audited,
    Known,
    Look,
    Looker,
    Oddity,
    odd_looks,
)
from tagwatch.core.units import DAY, HOUR, MINUTE, Instant, parse_iso

NOON = parse_iso("2026-11-18T12:00:00Z")
HE = AccountId("ac_he")
HIS, OTHERS = WearerId("w_his"), WearerId("w_other")
KNOWN = {
    HIS: Known("Alder", frozenset({HE})),
    OTHERS: Known("Birch", frozenset({AccountId("ac_she")})),
    **{WearerId(f"w_{n}"): Known(f"N{n}", frozenset()) for n in range(60)},
}


def look(at: int = NOON, wearer: str = OTHERS, line: int = 1, **changes: object) -> Look:
    told = Look(
        line, Instant(at), HE, "practitioner", "wearer", (WearerId(wearer),), False, False, ""
    )
    return told._replace(**changes)


def found(looks: list[Look], looker: Looker = Looker("Cedar", frozenset()), **alerts: object):
    seen = Audited(looks, {HE: looker}, KNOWN, alerts.get("alerts", {}))
    return odd_looks(seen)


def test_an_ordinary_day_is_not_odd() -> None:
    own = [look(NOON + n * MINUTE, HIS, n) for n in range(200)]
    once = [look(NOON + n * DAY, OTHERS, 200 + n) for n in range(2)]
    night = [look(NOON + 12 * HOUR, HIS, 300)]
    several = [look(NOON + n * 2 * MINUTE, f"w_{n}", 400 + n) for n in range(25)]
    assert found([*own, *once, *night, *several]) == ()


def test_each_rule_finds_its_own_and_says_what_is_usual() -> None:
    night = NOON + 12 * HOUR
    cases: dict[Oddity, tuple[list[Look], Looker]] = {
        Oddity.TIE: ([look()], Looker("Cedar", frozenset({OTHERS}))),
        Oddity.SAME_SURNAME: ([look()], Looker("Birch", frozenset())),
        Oddity.NIGHT: ([look(night + n * HOUR, line=n) for n in range(3)], Looker("", frozenset())),
        Oddity.MASS: (
            [look(NOON + n * MINUTE, f"w_{n}", n) for n in range(40)],
            Looker("", frozenset()),
        ),
        Oddity.NOT_HIS: ([look(NOON + n * DAY, line=n) for n in range(3)], Looker("", frozenset())),
        Oddity.REFUSED: (
            [look(NOON + n * MINUTE, line=n, refused=True) for n in range(8)],
            Looker("", frozenset()),
        ),
        Oddity.BREAK_GLASS: (
            [look(NOON + n * 9 * DAY, line=n, question="break_glass") for n in range(3)],
            Looker("", frozenset()),
        ),
        Oddity.HANDED_OUT: (
            [look(NOON + n * MINUTE, HIS, n, handed_out=True) for n in range(10)],
            Looker("", frozenset()),
        ),
        Oddity.SAME_WORDS: (
            [look(NOON + n * 3 * HOUR, f"w_{n}", n, words="Check  it") for n in range(15)],
            Looker("", frozenset()),
        ),
    }
    assert set(cases) == set(Oddity)
    for oddity, (looks, looker) in cases.items():
        kinds = {one.oddity: one for one in found(looks, looker)}
        assert oddity in kinds, oddity
        one = kinds[oddity]
        assert one.usual
        assert one.by == HE
        assert set(one.lines) <= {each.line for each in looks}


def test_an_open_alert_explains_a_look_at_night_and_one_at_anothers_wearer() -> None:
    looks = [look(NOON + 12 * HOUR + n * HOUR, line=n) for n in range(4)]
    looks += [look(NOON + n * DAY, line=10 + n) for n in range(4)]
    assert {one.oddity for one in found(looks)} == {Oddity.NIGHT, Oddity.NOT_HIS}
    open_ = {OTHERS: [(Instant(NOON - HOUR), Instant(NOON + 4 * DAY))]}
    assert found(looks, alerts=open_) == ()


@pytest.mark.parametrize("gone", range(3))
def test_a_matter_keeps_its_name_whatever_part_of_the_audit_is_read(gone: int) -> None:
    looks = [look(NOON + n * DAY, line=n) for n in range(6)]
    (whole,), (part,) = found(looks), found(looks[gone:])
    assert whole.odd_id == part.odd_id


def test_what_is_refused_or_seen_in_a_list_is_no_look_at_a_namesake() -> None:
    namesake = Looker("Birch", frozenset())
    assert found([look(refused=True)], namesake) == ()
    assert found([look(wearers=(OTHERS, HIS))], namesake) == ()
