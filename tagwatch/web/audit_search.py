"""What of the audit is asked for, in page and API, and lines of it as a file."""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from tagwatch.access.audit import Act, Outcome
from tagwatch.access.sign_in import SignIn
from tagwatch.config import Config
from tagwatch.core.timetable import Edge, from_london
from tagwatch.core.units import DAY, Instant, iso
from tagwatch.query.audit import AuditEntry, AuditSearch, Place, audit_lines
from tagwatch.web.whole import whole

FIELDS: Final = (
    *("q", "who", "agency", "role", "act", "outcome", "question", "purpose"),
    *("about", "address", "since", "until", "stream"),
)
"""What the viewer can be asked for, by the names that addresses give them."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
COLUMNS: Final = (
    *("stream", "number", "at", "account", "name", "role", "act", "outcome", "question"),
    *("purpose", "reason", "about", "detail", "address"),
)


class AuditFile(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of the audit to hand out."""

    name: str
    lines: int
    sha256: str
    content: bytes
    """Base64 in JSON."""

    @property
    def said(self) -> str:
        """What the audit keeps of it."""
        return f"{self.lines} lines as {self.name.partition('.')[2]}, sha256 {self.sha256}"


def file_of(config: Config, sign_in: SignIn, search: AuditSearch, kind: str) -> AuditFile:
    """Return the lines that a search finds as `csv` or `jsonl`. Say that it is handed out by
    `exported`, before it is."""
    found = audit_lines(config, search)
    names = sign_in.names(accounts_in(found))
    rows = (_cells(entry, names) for entry in found)
    if kind == "csv":
        text = io.StringIO()
        written = csv.writer(text)
        written.writerow(COLUMNS)
        written.writerows(map(_harmless, rows))
        content = text.getvalue().encode()
    else:
        named = (dict(zip(COLUMNS, row, strict=True)) for row in rows)
        content = b"".join(msgspec.json.encode(row) + b"\n" for row in named)
    return AuditFile(
        name=f"audit.{kind}",
        lines=len(found),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )


def accounts_in(entries: Iterable[AuditEntry]) -> set[str]:
    """Return who wrote these lines."""
    return {entry.line.by for entry in entries if entry.line is not None} - {""}


def search_of(sign_in: SignIn, given: Mapping[str, str], before: str) -> AuditSearch:
    """Return what is asked for by FIELDS, and `before`, where a page left off."""
    act, outcome, until = given["act"], given["outcome"], _day(given["until"])
    return AuditSearch(
        stream=given["stream"],
        words=given["q"],
        by=_by(sign_in, given),
        role=given["role"],
        act=Act[act].value if act in Act.__members__ else 0,
        outcome=Outcome[outcome].value if outcome in Outcome.__members__ else 0,
        questions=(given["question"],) if given["question"] else None,
        purpose=given["purpose"],
        about=given["about"],
        address=given["address"],
        since=_day(given["since"]),
        until=None if until is None else Instant(until + DAY),
        before=place_of(before),
    )


def _by(sign_in: SignIn, given: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the accounts that `who` and `agency` name: by id, or by part of a name."""
    named, agency = given["who"].casefold(), given["agency"]
    if not named and not agency:
        return None
    found = {
        each.account_id
        for each in sign_in.accounts.all()
        if (not agency or each.agency == agency)
        and (named in each.full_name.casefold() or named == each.account_id.casefold())
    }
    return tuple(sorted({*found, given["who"]} if named and not agency else found))


def place_said(place: Place) -> str:
    """Return where a page left off, as an address has it."""
    return f"{place.at}.{place.seq}.{place.stream}"


def place_of(given: str) -> Place | None:
    """Return the place that an address names, None if it names none."""
    at, _, rest = given[:100].partition(".")
    seq, _, stream = rest.partition(".")
    if not (when := whole(at, digits=17)) or not (number := whole(seq, digits=15)) or not stream:
        return None
    return Place(Instant(when), stream, number)


def _day(given: str) -> Instant | None:
    """Return the London midnight that begins a date such as 2026-11-22, None if it is none."""
    try:
        return from_london(datetime.strptime(given[:10], "%Y-%m-%d"), Edge.FROM)  # noqa: DTZ007  # from_london gives it its zone
    except (ValueError, OverflowError):
        return None


def _cells(entry: AuditEntry, names: dict[str, str]) -> tuple[str, ...]:
    """Return a line as the cells of a table; one that was erased has its place and time alone."""
    line, place = entry.line, entry.place
    head = (place.stream, str(place.seq), iso(place.at))
    if line is None:
        return (*head, *("" for _ in COLUMNS[len(head) :]))
    cells = (
        *(line.by, names.get(line.by, ""), line.role, line.act.name.lower()),
        *(line.outcome.name.lower(), line.question, line.purpose, line.purpose_words),
        *(" ".join(line.ids), line.detail, line.address),
    )
    return (*head, *cells)


def _harmless(cells: tuple[str, ...]) -> list[str]:
    """Return cells none of which a spreadsheet takes for a formula."""
    return [f"'{each}" if each.startswith(_FORMULA) else each for each in cells]
