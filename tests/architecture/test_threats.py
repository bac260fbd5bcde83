"""docs/threats.md is complete: each threat has a test that exists, or says what is left of it."""

import re

import pytest

from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| threat |")
]
NAMED = sorted({path for row in ROWS for path in re.findall(r"`(tests/[^`]+)`", row[2])})
ASKED = (
    "insider looks up",
    "stolen laptop",
    "abuses his powers",
    "friend or relation has a sign-in",
    "spoofed tag",
    "chain is rebuilt",
    "secret zone",
)


@pytest.mark.parametrize("path", NAMED)
def test_each_test_that_is_named_exists(path: str) -> None:
    where = ROOT / path
    assert where.is_file() or any(where.glob("**/test_*.py")), f"{path} is named and not there"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_each_threat_says_what_stands_in_its_way_and_its_test_or_what_is_left(
    row: list[str],
) -> None:
    assert len(row) == 4, "threat, what stands in the way, tested in, what is left"
    assert row[1], "what stands in the way?"
    assert "`tests/" in row[2] or row[3], "name a test, or say what is left"


@pytest.mark.parametrize("words", ASKED)
def test_no_threat_that_must_be_answered_is_missing(words: str) -> None:
    assert any(words in row[0] for row in ROWS), words
