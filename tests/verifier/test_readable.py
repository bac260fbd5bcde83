"""What a person reads of a bundle: figures that hold, no belief, documents that open."""

import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

from tagwatch.report.bundle.measured import FALSE_RATE, FALSE_WORST_BOUNDS, RATES
from tagwatch.report.bundle.statement import BLANK
from tagwatch.store.bundle.manifest import opened
from tests.architecture.source import ROOT


def test_the_rates_are_those_published() -> None:
    text = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    for rate in RATES:
        assert any(
            line.startswith(f"| {rate.place}")
            and f"| {rate.possible_at_first} | {rate.confirmed} |" in line
            for line in rows
        ), rate
    assert FALSE_RATE in text
    assert FALSE_WORST_BOUNDS in " ".join(text.split())


def test_the_statement_opens_and_pre_fills_no_belief(whole) -> None:
    content = opened(whole.file).members["statement.docx"]
    with zipfile.ZipFile(BytesIO(content)) as file:
        parts = {name: ET.fromstring(file.read(name)) for name in file.namelist()}
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    texts = ["".join(p.itertext()) for p in parts["word/document.xml"].iter(f"{space}p")]
    at = texts.index("What I believe, and why")
    assert texts[at + 1].endswith(BLANK)
    assert not [t for t in texts if t.startswith(("I believe", "I am sure", "I am satisfied"))]
    assert any("liable to prosecution" in text for text in texts)


def test_the_guide_needs_no_network_and_no_program(whole) -> None:
    page = opened(whole.file).members["index.html"].decode()
    assert "<script" not in page
    for word in ("src=", "@import", "url("):
        assert word not in page
    assert "tagwatch verify-bundle FILE" in page
