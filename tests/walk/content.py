"""The content of the projections, for comparing two runs."""

from typing import Any

import numpy as np
from sqlalchemy import Engine, select

from tagwatch.store import schema
from tagwatch.store.database import reading
from tagwatch.store.trail import unpack

STATE = frozenset({"memory", "snapshot", "cursor", "line_state", "alembic_version"})
"""How the line remembers, and where it stands: not what it decided."""


def content(projections: Engine, *, sent: bool = True) -> dict[str, Any]:
    """Return every table's rows, sorted; what was merely held back counts as due if not `sent`."""
    found: dict[str, Any] = {}
    with reading(projections) as connection:
        for name, table in schema.metadata.tables.items():
            if name in STATE:
                continue
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            found[name] = sorted((plain(row, sent=sent) for row in rows), key=repr)
    return found


def plain(row: dict[str, Any], *, sent: bool) -> dict[str, Any]:
    """Return a row that compares: fixes as text, because unknown numbers are not equal."""
    if "rows" in row:
        row["rows"] = np.array2string(unpack(row["rows"]), threshold=10**9)
    if not sent and row.get("state") == "held":
        row["state"] = "pending"
    return row
