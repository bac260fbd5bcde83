"""Rule settings as the projections keep them."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.units import Instant
from tagwatch.store import schema


def settings_at(connection: Connection, at: Instant) -> Settings:
    """Return the rule settings in force at `at`: of those effective, the one published last."""
    column = schema.settings.c
    body = connection.scalar(
        select(column.body)
        .where(column.effective_from <= at)
        .order_by(column.effective_from.desc(), column.version.desc())
        .limit(1)
    )
    return DEFAULT_SETTINGS if body is None else msgspec.json.decode(body, type=Settings)
