"""The monthly samples of data requests: what was drawn, from how many, and what reviewers found."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, RowMapping, select

from tagwatch.core.dip_sample import SampledRequest, SampleFinding
from tagwatch.core.ids import AccountId, RequestId
from tagwatch.core.recorded_request import SampleDrawn, SampleReviewed
from tagwatch.core.units import Instant
from tagwatch.store import schema_request
from tagwatch.store.writes import Writes

_COUNTED = msgspec.json.Decoder(tuple[tuple[str, int], ...])
_ROW = schema_request.request_sample.c


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """One month's draw."""

    month: str
    seed: str
    head_seq: int
    at: Instant
    due_at: Instant
    counted: tuple[tuple[str, int], ...]


class Sampled(NamedTuple):
    """One request of a sample."""

    month: str
    request_id: RequestId
    counts_for: str
    due_at: Instant
    reviewed_at: Instant | None
    reviewed_by: AccountId | None
    finding: SampleFinding | None
    words: str | None


def put_draw(writes: Writes, event: SampleDrawn, seq: int) -> None:
    """Write what was drawn of a month."""
    writes.put(
        schema_request.request_draw,
        {
            "month": event.month,
            "seq": seq,
            "seed": event.seed,
            "head_seq": event.head_seq,
            "at": event.at,
            "due_at": event.due_at,
            "counted": msgspec.json.encode(event.counted).decode(),
        },
    )
    for one in event.drawn:
        writes.put(schema_request.request_sample, _row(event, SampledRequest(*one)))


def _row(event: SampleDrawn, one: SampledRequest) -> dict[str, object]:
    return {
        "month": event.month,
        "request_id": one.request_id,
        "counts_for": one.group,
        "due_at": event.due_at,
        "reviewed_at": None,
        "reviewed_by": None,
        "finding": None,
        "words": None,
    }


def put_review(connection: Connection, writes: Writes, event: SampleReviewed) -> None:
    """Write what a reviewer found; the first review stands."""
    held = sampled(connection, event.month, event.request_id, writes)
    if held is None or held.reviewed_at is not None:
        writes.count("sample_reviews_not_next")
        return
    row = held._asdict() | {
        "reviewed_at": event.at,
        "reviewed_by": event.by,
        "finding": event.finding.value,
        "words": event.words,
    }
    writes.put(schema_request.request_sample, row)


def sampled(
    connection: Connection, month: str, request_id: RequestId, writes: Writes | None = None
) -> Sampled | None:
    """Return a request of a month's sample, with what `writes` holds of it."""
    for row in () if writes is None else writes.put_rows(schema_request.request_sample):
        if (row["month"], row["request_id"]) == (month, request_id):
            return _sampled(row)
    query = select(schema_request.request_sample).where(
        _ROW.month == month, _ROW.request_id == request_id
    )
    found = connection.execute(query).mappings().first()
    return None if found is None else _sampled(found)


def samples(connection: Connection, month: str) -> list[Sampled]:
    """Return the sample of a month."""
    query = (
        select(schema_request.request_sample)
        .where(_ROW.month == month)
        .order_by(_ROW.counts_for, _ROW.request_id)
    )
    return [_sampled(row) for row in connection.execute(query).mappings()]


def draws(connection: Connection, most: int) -> list[Draw]:
    """Return the newest draws, the newest first."""
    row = schema_request.request_draw.c
    query = select(row.month, row.seed, row.head_seq, row.at, row.due_at, row.counted).order_by(
        row.month.desc()
    )
    rows = connection.execute(query.limit(most)).mappings()
    return [_draw(row) for row in rows]


def _draw(row: RowMapping) -> Draw:
    return Draw(
        month=row["month"],
        seed=row["seed"],
        head_seq=row["head_seq"],
        at=Instant(row["at"]),
        due_at=Instant(row["due_at"]),
        counted=_COUNTED.decode(row["counted"]),
    )


def _sampled(row: Mapping[Any, Any]) -> Sampled:
    kept: dict[str, Any] = {str(name): value for name, value in row.items()}
    finding = kept.pop("finding")
    return Sampled(**kept, finding=None if finding is None else SampleFinding(finding))
