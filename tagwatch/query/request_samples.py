"""The monthly dip sample of data requests: what was drawn, by which seed, what reviewers found."""

import msgspec
from sqlalchemy import select

from tagwatch.access.role import Verb, may
from tagwatch.core.data_request import DataRequest
from tagwatch.core.person import Wearer
from tagwatch.core.units import Instant
from tagwatch.query.data_requests import unnamed
from tagwatch.query.reader import Reader
from tagwatch.query.wearer import persons_of
from tagwatch.store import schema
from tagwatch.store.request_samples import Draw, Sampled, draws, samples

MONTHS = 24


class SampleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request of the sample that this reader may see."""

    sampled: Sampled
    request: DataRequest
    wearer: Wearer
    may_review: bool
    """He had no part in it, and nobody has reviewed it."""


class SampleView(msgspec.Struct, frozen=True, kw_only=True):
    """The sample of one month."""

    at: Instant
    months: tuple[str, ...]
    """Of which a sample was drawn, the newest first."""
    draw: Draw | None
    """None: none was drawn yet."""
    drawn: int
    reviewed: int
    overdue: int
    rows: tuple[SampleRow, ...]
    """Of these, those about wearers within scope."""


def sample_view(reader: Reader, month: str = "") -> SampleView:
    """Return the sample of a month, by default the newest; counts are of all of it, rows of those
    within scope. On the audit."""
    now, row, wearer = reader.now(), schema.data_request.c, schema.wearer.c
    with reader.connection() as connection:
        every = draws(connection, MONTHS)
        draw = next((each for each in every if month in ("", each.month)), None)
        found = [] if draw is None else samples(connection, draw.month)
        bodies = {
            name: (msgspec.json.decode(request, type=DataRequest), whose)
            for name, request, whose in (
                (each.request_id, each.body, msgspec.json.decode(each.wearer, type=Wearer))
                for each in connection.execute(
                    select(row.request_id, row.body, wearer.body.label("wearer"))
                    .select_from(
                        schema.data_request.join(schema.wearer, wearer.wearer_id == row.wearer_id)
                    )
                    .where(
                        row.request_id.in_([each.request_id for each in found]),
                        reader.scope.condition(),
                    )
                )
            )
        }
        names = {
            whose.wearer_id: [one.name for one in persons_of(connection, whose.wearer_id)]
            for _, whose in bodies.values()
        }
    plain = may(reader.actor.role, Verb.RELEASE_REQUEST)
    rows: list[SampleRow] = []
    for one in found:
        if one.request_id not in bodies:
            continue
        request, whose = bodies[one.request_id]
        shown = request if plain else unnamed(request, names[whose.wearer_id])
        mine = reader.actor.account_id in request.involved
        rows.append(
            SampleRow(
                sampled=one,
                request=shown,
                wearer=whose,
                may_review=one.reviewed_at is None and not mine,
            )
        )
    reader.consulted("request_sample", [each.sampled.request_id for each in rows])
    return SampleView(
        at=now,
        months=tuple(each.month for each in every),
        draw=draw,
        drawn=len(found),
        reviewed=sum(each.reviewed_at is not None for each in found),
        overdue=sum(each.reviewed_at is None and each.due_at <= now for each in found),
        rows=tuple(rows),
    )
