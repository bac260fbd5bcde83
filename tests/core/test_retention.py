"""The table of retention, and when a wearer's periods are over."""

from pathlib import Path

import msgspec
import pytest

from tagwatch.core.order import LegalBasis, Order, Programme
from tagwatch.core.retention import (
    TABLE,
    RetentionPeriods,
    forgotten_on,
    months_after,
    problems_of,
    table_markdown,
)
from tagwatch.core.settings_table import settings_table
from tagwatch.core.units import DAY, Instant, iso, parse_iso


def order(ends: str | None) -> Order:
    return Order(
        order_id="o",
        wearer_id="w",
        reference="r",
        legal_basis=LegalBasis.LICENCE,
        programme=Programme.STALKING,
        starts_at=Instant(0),
        ends_at=None if ends is None else parse_iso(ends),
    )


def test_the_document_prints_the_table_and_the_settings(repository: Path) -> None:
    said = (repository / "docs" / "retention.md").read_text(encoding="utf-8")
    source = (repository / "tagwatch" / "core" / "retention.py").read_text(encoding="utf-8")
    assert table_markdown() in said
    assert settings_table(RetentionPeriods, source) in said


def test_every_period_is_of_a_class() -> None:
    named = {row.period for row in TABLE if row.period}
    assert named | {"bundle_months"} == set(RetentionPeriods.__struct_fields__)


@pytest.mark.parametrize(
    ("ends", "on"),
    [
        (("2026-11-26T12:00:00Z",), "2032-11-26T12:00:00Z"),
        (("2026-11-26T12:00:00Z", "2027-01-31T00:00:00Z"), "2033-01-31T00:00:00Z"),
        (("2026-11-26T12:00:00Z", None), None),
        ((), None),
    ],
)
def test_a_wearer_is_forgotten_so_long_after_the_last_of_his_orders(ends, on) -> None:
    found = forgotten_on(tuple(order(end) for end in ends), RetentionPeriods())
    assert (None if found is None else iso(found)[:10]) == (None if on is None else on[:10])


def test_no_limit_forgets_nobody() -> None:
    ended = (order("2026-11-26T12:00:00Z"),)
    assert forgotten_on(ended, RetentionPeriods(order_months=0)) is None


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-12-01", 1, "2027-01-01"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_months_last(start, months, end) -> None:
    assert iso(months_after(parse_iso(f"{start}T00:00:00Z"), months))[:10] == end


def test_what_is_out_of_bounds_is_said() -> None:
    assert problems_of(RetentionPeriods()) == ()
    wrong = msgspec.structs.replace(RetentionPeriods(), backup_days=9999, order_months=3)
    assert len(problems_of(wrong)) == 2
    assert DAY
