"""The programme in figures: counts, bounds, and that no small count can be worked out."""

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from tagwatch.core.ending import LocationBearing, OrderOutcome
from tagwatch.core.ids import WearerId
from tagwatch.core.order import Programme
from tagwatch.core.outcome import Finding
from tagwatch.core.wilson import wilson
from tagwatch.report.programme_sheet import FEWEST, OrderFate, programme_sheet, withheld


def fates(count: int, outcome: OrderOutcome | None, **more) -> list[OrderFate]:
    facts = {"programme": Programme.DOMESTIC_ABUSE, "borough": "Camden"} | more
    return [
        OrderFate(wearer_id=WearerId(f"{outcome}{n}"), outcome=outcome, **facts)
        for n in range(count)
    ]


def test_what_became_of_orders_is_counted_with_bounds() -> None:
    completed = fates(20, OrderOutcome.COMPLETED)
    again = [completed[0]]  # a second order of the same person
    sheet = programme_sheet(
        [*completed, *again, *fates(10, OrderOutcome.RECALLED), *fates(6, None)]
    )
    row, total = sheet.by_programme
    assert (row.name, total.name) == ("domestic_abuse", "all")
    assert (row.uses, row.people, row.outcomes) == (37, 36, (21, 10, 0, 6))
    assert row.completed is not None
    assert row.completed.value == 21 / 31
    assert (row.completed.low, row.completed.high) == wilson(21, 31)


def test_recalls_are_told_apart_by_what_the_data_said_and_by_finding() -> None:
    seen = fates(
        7, OrderOutcome.RECALLED, bearing=LocationBearing.SUPPORTED, finding=Finding.CONFIRMED
    )
    cleared = fates(
        5, OrderOutcome.RECALLED, bearing=LocationBearing.CONTRADICTED, finding=Finding.WITHDRAWN
    )
    unused = fates(6, OrderOutcome.RECALLED, bearing=LocationBearing.NOT_USED)
    sheet = programme_sheet([*seen, *cleared, *unused])
    assert sheet.by_bearing[-1].recalls == 18
    assert sheet.by_bearing[-1].counts == (7, 5, 0, 6)
    assert sheet.by_finding[-1].counts == (7, 0, 0, 5, 6)


def test_shares_of_few_orders_are_not_shown() -> None:
    few = programme_sheet([*fates(5, OrderOutcome.COMPLETED), *fates(0, OrderOutcome.RECALLED)])
    assert few.by_programme[0].completed is None


def lines(table):
    return chain(table, zip(*table, strict=True))


@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, 12), min_size=width, max_size=width), min_size=1, max_size=6
        )
    )
)
def test_no_small_count_is_shown_or_left_alone_in_its_line(cells) -> None:
    rows = [[*row, sum(row)] for row in cells]
    table = [*rows, [sum(column) for column in zip(*rows, strict=True)]]
    shown = withheld(table)
    for row, seen in zip(table, shown, strict=True):
        for value, count in zip(row, seen, strict=True):
            assert count in (value, None)
            assert count is None or count == 0 or count >= FEWEST
    for line in lines(shown):
        # One withheld beside others that are shown could be worked out, unless those are noughts.
        if sum(count is None for count in line) == 1:
            assert not any(line)


def test_nothing_is_withheld_where_nothing_is_small() -> None:
    table = [[5, 0, 9, 14], [7, 8, 6, 21], [12, 8, 15, 35]]
    assert withheld(table) == table
