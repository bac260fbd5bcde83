"""What is kept how long after what, on which ground, and what becomes of it then: as data.

docs/retention.md prints the table. Periods are settings that the journal keeps, for they alter
what there is; a legal hold, and what law needs kept for now, stand above all of them.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.core.order import Order
from tagwatch.core.units import DAY, Instant, instant, utc

MOST_MONTHS: Final = 1200
MOST_DAYS: Final = 3660


class RetentionPeriods(msgspec.Struct, frozen=True, kw_only=True):
    """How long what is kept. Months are of the calendar, in UTC."""

    order_months: int = 72
    """After the end of a wearer's last order: he is forgotten then, with all that is his."""
    fixes_months: int = 72
    """After receipt: fixes go at this age though the order goes on."""
    bundle_months: int = 36
    """After an evidence bundle was last given to somebody: so long its wearer is kept, for
    proceedings that rest on it."""
    quarantine_months: int = 12
    """After receipt: messages that no decoder could read."""
    crime_file_months: int = 72
    """After receipt: police's files of crimes as they came. What was read of them stays."""
    named_months: int = 24
    """After it was answered or taken back: a request about somebody who is named and is nobody on
    the register."""
    backup_days: int = 90
    """After it was made: so long may a backup be kept, for it holds keys erased since."""


class Begins(StrEnum):
    """From when a period is counted."""

    ORDER_ENDED = "the end of his last order"
    RECEIVED = "receipt"
    SETTLED = "it was answered or taken back"
    MADE = "the day it was made"
    WEARER_FORGOTTEN = "the day the wearer is forgotten"
    NEVER = "–"


class Fate(StrEnum):
    """What becomes of data whose period is over."""

    ERASED = "erased"
    COUNTED = "erased; counts stay"
    KEPT = "kept"


class KeptClass(msgspec.Struct, frozen=True, kw_only=True):
    """One class of data: a row of the table."""

    name: str
    holds: str
    period: str
    """The setting that says how long; empty: it follows another row, or words say it."""
    begins: Begins
    ground: str
    fate: Fate
    how: str


_ORDER: Final = "the order or licence condition under which he is monitored; after it limitation "
_ORDER_GROUND: Final = _ORDER + "of claims about that monitoring (Limitation Act 1980 s.2)"
_DPA: Final = "Data Protection Act 2018 s.39: not kept for longer than is necessary"
_HIS: Final = "his keys are destroyed, the rows removed"

TABLE: Final = (
    KeptClass(
        name="Frames and fixes",
        holds="what tags sent, in journal, tables and archive",
        period="fixes_months",
        begins=Begins.RECEIVED,
        ground=_ORDER_GROUND,
        fate=Fate.COUNTED,
        how="keys of the month destroyed, archive written anew",
    ),
    KeptClass(
        name="Contacts with zones",
        holds="episodes, evaluations, meetings",
        period="order_months",
        begins=Begins.ORDER_ENDED,
        ground=_ORDER_GROUND,
        fate=Fate.COUNTED,
        how=_HIS,
    ),
    KeptClass(
        name="Alerts and decisions",
        holds="alerts, circumstances, acts, calls, cases, steps",
        period="order_months",
        begins=Begins.ORDER_ENDED,
        ground="duty to account for action taken or not taken: Limitation Act 1980 s.2",
        fate=Fate.COUNTED,
        how=_HIS,
    ),
    KeptClass(
        name="Orders and register",
        holds="name, numbers, phone, notes, orders, conditions, exemptions, activations, risk plan",
        period="order_months",
        begins=Begins.ORDER_ENDED,
        ground=_ORDER_GROUND,
        fate=Fate.ERASED,
        how=_HIS,
    ),
    KeptClass(
        name="Protected persons",
        holds="name, relation, channel, what their side was told",
        period="",
        begins=Begins.WEARER_FORGOTTEN,
        ground="the order that protects them",
        fate=Fate.ERASED,
        how="with the last wearer of whom the person is protected",
    ),
    KeptClass(
        name="Photographs and documents",
        holds="pictures, descriptions, documents of cases",
        period="order_months",
        begins=Begins.ORDER_ENDED,
        ground=_ORDER_GROUND,
        fate=Fate.ERASED,
        how="keys destroyed; their bytes are in the journal and nowhere else",
    ),
    KeptClass(
        name="Weekly overviews",
        holds="a week of one wearer, as made for his officer",
        period="",
        begins=Begins.MADE,
        ground=_DPA,
        fate=Fate.ERASED,
        how="files removed after 58 weeks, and with him",
    ),
    KeptClass(
        name="Crimes and crime matches",
        holds="police's files; who was at a crime",
        period="crime_file_months",
        begins=Begins.RECEIVED,
        ground="prevention and detection of crime: Data Protection Act 2018 s.31",
        fate=Fate.COUNTED,
        how="the file's key is destroyed; his match goes with him",
    ),
    KeptClass(
        name="Account checks",
        holds="what he said, held against his fixes",
        period="order_months",
        begins=Begins.ORDER_ENDED,
        ground=_ORDER_GROUND,
        fate=Fate.ERASED,
        how=_HIS,
    ),
    KeptClass(
        name="Evidence bundles",
        holds="what was handed to court, prosecution or defence",
        period="order_months",
        begins=Begins.ORDER_ENDED,
        ground="Criminal Procedure and Investigations Act 1996, code para. 5",
        fate=Fate.ERASED,
        how="files and register removed; what was handed out cannot be called back",
    ),
    KeptClass(
        name="Enquiries and data requests",
        holds="who asked what about him, what was answered",
        period="order_months",
        begins=Begins.ORDER_ENDED,
        ground="accountability: Data Protection Act 2018 s.56",
        fate=Fate.COUNTED,
        how=_HIS,
    ),
    KeptClass(
        name="Requests about somebody who is named and not on the register",
        holds="who asked about whom, by name and number; why nothing was released",
        period="named_months",
        begins=Begins.SETTLED,
        ground="accountability: Data Protection Act 2018 s.56",
        fate=Fate.ERASED,
        how="its key is destroyed, the row removed, with a proof; with the wearer if about one",
    ),
    KeptClass(
        name="Case shares",
        holds="what of a case is shared with a partner",
        period="",
        begins=Begins.WEARER_FORGOTTEN,
        ground="the sharing agreement, while the case is open",
        fate=Fate.ERASED,
        how="with the wearer; each ends by itself before",
    ),
    KeptClass(
        name="Audit",
        holds="who saw or did what, by ids",
        period="",
        begins=Begins.RECEIVED,
        ground="Data Protection Act 2018 s.62: logging",
        fate=Fate.ERASED,
        how="ids and purposes; keys of each month are destroyed after audit.keep_years of "
        "tagwatch.toml, 7 at first (docs/audit.md)",
    ),
    KeptClass(
        name="Outbox",
        holds="messages about alerts, attempts, receipts",
        period="order_months",
        begins=Begins.ORDER_ENDED,
        ground="proof that people were told",
        fate=Fate.COUNTED,
        how="rows removed with him; the journal keeps carriers' answers by message id",
    ),
    KeptClass(
        name="Accounts of officers",
        holds="names, sessions, preferences, police links",
        period="",
        begins=Begins.NEVER,
        ground="they act for the programme",
        fate=Fate.KEPT,
        how="closed accounts stay as authors; police links about him go with him",
    ),
    KeptClass(
        name="Staged imports",
        holds="files an officer uploaded and has not confirmed",
        period="",
        begins=Begins.MADE,
        ground=_DPA,
        fate=Fate.ERASED,
        how="sealed, removed after 30 minutes",
    ),
    KeptClass(
        name="Quarantine",
        holds="messages of known tags that no decoder could read",
        period="quarantine_months",
        begins=Begins.RECEIVED,
        ground=_DPA,
        fate=Fate.COUNTED,
        how="keys of the month destroyed; with the wearer if a tag was on him",
    ),
    KeptClass(
        name="Logs",
        holds="what processes report; no personal data",
        period="",
        begins=Begins.NEVER,
        ground="running the service",
        fate=Fate.KEPT,
        how="turned over by size",
    ),
    KeptClass(
        name="Backups",
        holds="journal, keys (wrapped), archive (sealed), audit, accounts",
        period="backup_days",
        begins=Begins.MADE,
        ground="continuity; a restore repeats later erasures",
        fate=Fate.ERASED,
        how="by whoever keeps them: the register of backups says which are overdue",
    ),
)


def table_markdown() -> str:
    """Return the table as the documents print it."""
    lines = ["| class of data | holds | kept | ground | then | how |", "|---|---|---|---|---|---|"]
    default = RetentionPeriods()
    for row in TABLE:
        cells = (row.name, row.holds, kept_words(row, default), row.ground, row.fate, row.how)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def kept_words(row: KeptClass, periods: RetentionPeriods) -> str:
    """Return for how long a class is kept, in words."""
    if not row.period:
        return "–" if row.begins is Begins.NEVER else f"from {row.begins}: see how"
    count = getattr(periods, row.period)
    unit = row.period.rpartition("_")[2]
    return f"{count} {unit} after {row.begins}" if count else "no limit"


def problems_of(periods: RetentionPeriods) -> tuple[str, ...]:
    """Return what is wrong with periods that somebody wants published."""
    found: list[str] = []
    for name in periods.__struct_fields__:
        most = MOST_DAYS if name.endswith("days") else MOST_MONTHS
        count = getattr(periods, name)
        if not 0 <= count <= most:
            found.append(f"{name.replace('_', ' ')}: give 0 (no limit) to {most}, not {count}")
    if 0 < periods.order_months < 12:
        found.append("order months: less than a year would erase what an appeal may need")
    return tuple(found)


def months_after(at: Instant, months: int) -> Instant:
    """Return the same day and hour so many months later; the month's last day if it has none."""
    then = utc(at)
    count = then.year * 12 + then.month - 1 + months
    year, month = count // 12, count % 12 + 1
    following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    last = utc(Instant(instant(following) - DAY)).day
    return instant(then.replace(year=year, month=month, day=min(then.day, last)))


def ended_at(orders: tuple[Order, ...]) -> Instant | None:
    """Return when the last of a wearer's orders ended; None if one has no end, or there is none."""
    ends = [order.ends_at for order in orders]
    known = [end for end in ends if end is not None]
    return max(known) if ends and len(known) == len(ends) else None


def forgotten_on(orders: tuple[Order, ...], periods: RetentionPeriods) -> Instant | None:
    """Return when a wearer is to be forgotten; None while an order has no end, or with no limit."""
    end = ended_at(orders)
    if end is None or periods.order_months == 0:
        return None
    return months_after(end, periods.order_months)
