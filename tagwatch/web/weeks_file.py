"""The team's digest as a file: CSV for a spreadsheet, and the same as a tagged PDF."""

import csv
from datetime import date
from hashlib import sha256
from io import StringIO
from typing import Final

from tagwatch.core.outcome import Finding
from tagwatch.core.units import SECOND, Instant
from tagwatch.query.weeks import Digest, WeekRow
from tagwatch.report.paper import Paper, Section, Table, Words, typeset
from tagwatch.report.week.facts import week_from
from tagwatch.report.week.paper import MARK
from tagwatch.report.week.words import day, moment, share, span

HEADS: Final = (
    "WEARER", "CRN", "WEEK FROM", "CHANGE", "SURPRISE BITS", "OBSERVED PER CENT", "NOT OBSERVED S",
    "TAG OFF S", "ALERTS", "CONFIRMED",
)  # fmt: skip
MOST_ON_PAPER: Final = 2000
"""Rows; the CSV has all."""


def line_of(row: WeekRow) -> str:
    """Return the one sentence: the rarest of what changed, or that nothing did."""
    if row.row.failure:
        return f"No overview could be made: {row.row.failure}"
    if row.row.changed:
        return row.row.changed[0].sentence
    if row.observed is None:
        return "No tag was on him in this week, or it was switched off."
    return "Nothing that was seen differs from what is usual for him."


def seen_of(row: WeekRow) -> str:
    """Return how much of the week was seen."""
    on_s = row.row.observed_s + row.row.unobserved_s
    if not on_s:
        return "nothing"
    missed = f", {span(row.row.unobserved_s)} not" if row.row.unobserved_s else ""
    return f"{share(row.row.observed_s, on_s)} observed{missed}"


def alerts_of(row: WeekRow) -> str:
    """Return how many alerts there were."""
    many, sure = len(row.row.alerts), _confirmed(row)
    if not many:
        return "none"
    return f"{many}, {sure} confirmed" if sure else str(many)


def as_csv(found: Digest) -> bytes:
    """Return all rows as CSV."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADS)
    for row in found.rows:
        seen = "" if row.observed is None else f"{100 * row.observed:.1f}"
        writer.writerow(
            (
                _safe(row.wearer.name), row.wearer.crn or "", found.monday, _safe(line_of(row)),
                f"{row.surprise:.2f}", seen, row.row.unobserved_s, row.row.off_s,
                len(row.row.alerts), _confirmed(row),
            )
        )  # fmt: skip
    return text.getvalue().encode()


def as_pdf(found: Digest, now: Instant) -> bytes:
    """Return the digest as a tagged PDF; the same digest gives the same bytes."""
    return typeset(digest_paper(found, now))


def digest_paper(found: Digest, now: Instant) -> Paper:
    """Return the digest as a paper, those first whose week differs most."""
    as_of = now if found.made is None else found.made.at
    if not found.monday:
        said, which = "No weekly overviews were made yet.", "none"
    else:
        start, end = week_from(date.fromisoformat(found.monday))
        which = f"{day(start)} to {day(Instant(end - SECOND))}"
        said = (
            f"{which}: {found.total} wearers, those first whose week differs most from their own "
            "past. It says what was seen, and nothing about why."
        )
    parts: list[Words | Table] = [Words(text=said)]
    if found.rows:
        rows = [
            (row.wearer.name, line_of(row), seen_of(row), alerts_of(row))
            for row in found.rows[:MOST_ON_PAPER]
        ]
        heads = ("Wearer", "What changed most", "Seen", "Alerts")
        parts.append(Table(heads=heads, rows=tuple(rows)))
    if (rest := len(found.rows) - MOST_ON_PAPER) > 0:
        parts.append(Words(text=f"And {rest} more: the file as CSV has all of them."))
    if found.made is not None and found.made.failed:
        parts.append(Words(text=f"{found.made.failed} overviews could not be made."))
    digest = sha256("".join(f"{r.row.wearer_id} {r.row.sha256}\n" for r in found.rows).encode())
    parts.append(Words(text=f"SHA-256 over the overviews it rests on: {digest.hexdigest()}."))
    return Paper(
        title="Weeks of the team",
        mark=MARK,
        reference=f"Weeks of the team, {which}, as of {moment(as_of)}",
        as_of=as_of,
        sections=(Section(heading="Everybody in a line", parts=tuple(parts)),),
    )


def _confirmed(row: WeekRow) -> int:
    return sum(alert.finding is Finding.CONFIRMED for alert in row.row.alerts)


def _safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
