"""Papers: PDF of headings, lines, tables and pictures, the same bytes whenever the same is said.

Nothing here knows what a paper is about. What a person typed goes in as data and is never read as
markup; the fonts are typst's own, so that every machine sets the same page. Each paper is PDF/A-2a
and PDF/UA-1: it can be kept, and read by a screen reader.
"""

from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
import typst

from tagwatch.core.units import Instant, utc

STANDARDS: Final = ("a-2a", "ua-1")
_TEMPLATE: Final = Path(__file__).with_name("paper.typ")


class Words(msgspec.Struct, frozen=True, kw_only=True, tag="words"):
    """A paragraph; `whose` stands over words that are somebody's own."""

    text: str
    whose: str = ""


class Rows(msgspec.Struct, frozen=True, kw_only=True, tag="rows"):
    """What, and how it is."""

    rows: tuple[tuple[str, str], ...]


class Lines(msgspec.Struct, frozen=True, kw_only=True, tag="lines"):
    """A list."""

    lines: tuple[str, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True, tag="table"):
    """A table with a row of headings."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Picture(msgspec.Struct, frozen=True, kw_only=True, tag="picture"):
    """A drawing, and what it shows in words."""

    svg: str
    says: str
    is_wide: bool = False
    """Over the whole width, its words below."""


Part: TypeAlias = Words | Rows | Lines | Table | Picture


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Parts under a heading; `level` 1 or 2."""

    heading: str
    parts: tuple[Part, ...]
    level: int = 1
    apart: bool = False
    """Begins a page."""


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """All that a paper says."""

    title: str
    mark: str
    """Stands at the top of every page."""
    reference: str
    """Stands at the foot of every page, before its number."""
    as_of: Instant
    """The moment whose state it shows: the date of the document."""
    sections: tuple[Section, ...]


def typeset(paper: Paper) -> bytes:
    """Return the paper as PDF. The same paper gives the same bytes, on every machine."""
    at = utc(paper.as_of).replace(microsecond=0)
    inputs = {"paper": msgspec.json.encode(paper).decode(), "date": _date(at)}
    made: bytes = typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        pdf_standards=list(STANDARDS),
        ignore_system_fonts=True,
        sys_inputs=inputs,
        timestamp=at,
    )
    return made


def _date(at: datetime) -> str:
    return msgspec.json.encode([at.year, at.month, at.day, at.hour, at.minute, at.second]).decode()
