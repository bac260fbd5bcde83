"""Tables of a release of data, and the log of requests, as CSV: times in UTC, empty is unknown."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from tagwatch.core.alert import Alert, reference
from tagwatch.core.case import Decision
from tagwatch.core.data_request import DataRequest
from tagwatch.core.order import ConditionVersion, Order
from tagwatch.core.outcome import finding_words
from tagwatch.core.undermining import Undermining
from tagwatch.core.units import Instant, iso
from tagwatch.report.trail_csv import guarded

STRETCHES: Final = ("from_utc", "until_utc", "what", "fixes")
ALERTS: Final = (
    "code", "kind", "happened_at_utc", "raised_at_utc", "late_by_s", "finding", "probability",
    "closed_as", "before_he_was_told", "sentence",
)  # fmt: skip
DECISIONS: Final = (
    "at_utc", "kind", "words", "weighed", "alternatives_considered", "dissent", "second_person",
)  # fmt: skip
ORDER: Final = (
    "order", "legal_basis", "order_from_utc", "order_until_utc", "condition", "version",
    "kind", "valid_from_utc", "valid_until_utc", "told_at_utc",
)  # fmt: skip
AGAINST: Final = ("kind", "from_utc", "until_utc", "what", "source")
LOG: Final = (
    "request", "wearer", "kind", "agency", "organisation", "reference", "ground", "cited",
    "urgency", "asked_at_utc", "due_at_utc", "state", "settled_at_utc", "in_time", "how_made_sure",
    "persons_who_approved", "form", "refusal", "files", "digests", "fixes", "fetches",
    "joint_request", "people_asked_about",
)  # fmt: skip


def stretches_csv(spans: Iterable[tuple[Instant, Instant, str, int]]) -> bytes:
    """Return the stretches of a clipped trail: what is released, what is not, and gaps."""
    return _table(STRETCHES, [(iso(a), iso(b), what, str(n)) for a, b, what, n in spans])


def alerts_csv(alerts: Iterable[Alert]) -> bytes:
    """Return alerts as they may go out."""
    rows = [
        (
            reference(one.alert_id),
            one.kind.value.replace("_", " "),
            iso(one.happened_at),
            iso(one.raised_at),
            "" if one.late_by_s is None else str(one.late_by_s),
            finding_words(one.rule, one.finding, one.phase),
            f"{one.probability:.6f}",
            "" if one.disposition is None else one.disposition.replace("_", " "),
            "yes" if one.before_told else "no",
            one.sentence,
        )
        for one in alerts
    ]
    return _table(ALERTS, rows)


def decisions_csv(decisions: Iterable[Decision]) -> bytes:
    """Return decisions, whose words the caller has cleaned."""
    rows = [
        (
            iso(one.at),
            one.kind.replace("_", " "),
            one.words,
            "; ".join(one.weighed),
            "; ".join(one.alternatives),
            one.dissent,
            "" if one.agreement is None else one.agreement.value,
        )
        for one in decisions
    ]
    return _table(DECISIONS, rows)


def order_csv(orders: Iterable[Order], conditions: Sequence[ConditionVersion]) -> bytes:
    """Return orders with their conditions, whose labels the caller has cleaned."""
    rows: list[tuple[str, ...]] = []
    for order in orders:
        head = (
            order.reference,
            order.legal_basis.replace("_", " "),
            iso(order.starts_at),
            _until(order.ends_at),
        )
        own = [each for each in conditions if each.order_id == order.order_id]
        rows += [(*head, *_condition(each)) for each in own] or [(*head, *[""] * 6)]
    return _table(ORDER, rows)


def _condition(one: ConditionVersion) -> tuple[str, ...]:
    return (
        one.terms.label,
        str(one.version),
        type(one.terms).__name__,
        iso(one.valid_from),
        _until(one.valid_until),
        _until(one.told_at),
    )


def undermining_csv(found: Iterable[Undermining]) -> bytes:
    """Return what undermines the case."""
    rows = [
        (one.kind.replace("_", " "), _until(one.at), _until(one.until), one.words, one.source)
        for one in found
    ]
    return _table(AGAINST, rows)


def log_csv(requests: Iterable[tuple[DataRequest, int]]) -> bytes:
    """Return the log of requests, each with how often its files were fetched; no name is in it."""
    return _table(LOG, [_logged(one, fetches) for one, fetches in requests])


def _logged(one: DataRequest, fetches: int) -> tuple[str, ...]:
    files = () if one.release is None else one.release.files
    late = {None: "", True: "yes", False: "no"}[one.in_time]
    return (
        one.request_id,
        one.wearer_id,
        one.kind.value,
        one.requester.agency,
        one.requester.organisation,
        one.requester.reference,
        one.ground.value,
        one.cited,
        one.urgency.value,
        iso(one.asked_at),
        iso(one.due_at),
        one.state.value,
        _until(one.settled_at),
        late,
        "" if one.identified is None else one.identified.how.value,
        str(len(one.approvals)),
        "" if one.approved is None else one.approved.form.value,
        "" if one.refusal is None else one.refusal.value,
        " ".join(each.name for each in files),
        " ".join(each.sha256 for each in files),
        "" if one.release is None else str(one.release.fixes),
        str(fetches),
        one.joint_id or "",
        str(one.people),
    )


def _until(at: Instant | None) -> str:
    return "" if at is None else iso(at)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([[guarded(cell) for cell in row] for row in rows])
    return text.getvalue().encode()
