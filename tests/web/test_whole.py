"""Whole numbers from outside are bounded before they are read."""

from typing import Any

import pytest

from tagwatch.access.role import Role
from tagwatch.web.whole import whole
from tests.web.test_api import bearer


@pytest.mark.parametrize(
    ("text", "found"),
    [("0", 0), ("12", 12), ("999999", 999_999), ("1000000", 7), ("", 7), ("-1", 7), ("٣", 7)],
)
def test_only_so_many_digits_are_a_number(text: str, found: int) -> None:
    assert whole(text, 7) == found


def test_no_page_is_so_far_that_it_is_a_fault(app: Any, client: Any) -> None:
    headers = {**bearer(app, "administrator", Role.ADMINISTRATOR), "x-purpose": "upkeep"}
    said = client.get("/api/v1/break-glass/all", params={"page": "9" * 5000}, headers=headers)
    assert said.status_code == 422, said.text
    assert "whole number from 1" in said.text
