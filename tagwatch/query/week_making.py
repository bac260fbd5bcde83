"""Makes one wearer's overview of a week and keeps it: data, paper, and what later weeks need."""

from datetime import date
from hashlib import sha256

import msgspec
from sqlalchemy import Connection

from tagwatch.core.ids import WearerId
from tagwatch.core.units import Instant
from tagwatch.query.week import kept_overview
from tagwatch.query.week_facts import Shared, made_of, wearer_of
from tagwatch.report.paper import typeset
from tagwatch.report.week.brief import row_of
from tagwatch.report.week.facts import week_from
from tagwatch.report.week.overview import DigestRow
from tagwatch.report.week.paper import paper
from tagwatch.store.overviews import Kind, Overviews


def make_week(
    connection: Connection,
    kept: Overviews,
    wearer_id: WearerId,
    monday: date,
    made_at: Instant,
    shared: Shared,
) -> DigestRow | None:
    """Return the row of a wearer's week, having made and kept its overview unless that is there.

    The paper is that of somebody who may see all of it. None: he is no longer on record.
    """
    name, window = monday.isoformat(), week_from(monday)
    found = kept_overview(kept, wearer_id, window)
    if found is None or not kept.has(wearer_id, name, Kind.PDF):
        wearer = wearer_of(connection, wearer_id)
        if wearer is None:
            return None
        if found is None:
            found = made_of(connection, wearer, window, kept, made_at, "scheduled", shared)
        kept.put(wearer_id, name, Kind.PDF, typeset(paper(found)))
        kept.put(wearer_id, name, Kind.WEEK, msgspec.json.encode(found))
    digest = sha256(kept.get(wearer_id, name, Kind.WEEK) or b"").hexdigest()
    return row_of(found, name, digest)
