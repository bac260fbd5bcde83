"""Hours as people write them in a form."""

import pytest

from tagwatch.desk.weekly_row import row_text, rows_of


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Mo 09:00-17:00", ["Mo 09:00-Mo 17:00"]),
        ("Mo 19:00-07:00", ["Mo 19:00-Tu 07:00"]),
        ("Fr 17:30-Mo 08:00", ["Fr 17:30-Mo 08:00"]),
        ("Sa-Mo 22:00-06:00", ["Sa 22:00-Su 06:00", "Su 22:00-Mo 06:00", "Mo 22:00-Tu 06:00"]),
        ("Friday-Saturday 9:00 - 17:00", ["Fr 09:00-Fr 17:00", "Sa 09:00-Sa 17:00"]),
        ("Mo 09:00-10:00\n\n Tu 09:00-10:00 ", ["Mo 09:00-Mo 10:00", "Tu 09:00-Tu 10:00"]),
        ("Mo 09:00-Mo 17:00 except 2026-12-28", ["Mo 09:00-Mo 17:00 except 2026-12-28"]),
    ],
)
def test_rows_are_read_a_line_each(text: str, rows: list[str]) -> None:
    assert [row_text(row) for row in rows_of(text)] == rows


def test_daily_is_seven_rows_and_24_hours_end_the_next_day() -> None:
    assert len(rows_of("daily 19:00-07:00")) == 7
    assert row_text(rows_of("every day 00:00-00:00")[0]) == "Mo 00:00-Tu 00:00"


@pytest.mark.parametrize(
    "text", ["whenever", "Xx 09:00-17:00", "Mo 25:00-26:00", "Mo-Zz 1:00-2:00"]
)
def test_what_is_no_row_says_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="write it like Mo"):
        rows_of(text)
