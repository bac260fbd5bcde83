"""Rule settings as the projections keep them."""

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.rules.prepare import SettingsHistory
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.units import Instant
from tagwatch.store import schema


def settings_history(connection: Connection) -> SettingsHistory:
    """Return which rule settings apply when: of one time, those published last."""
    column = schema.settings.c
    by_time = {Instant(-(2**62)): DEFAULT_SETTINGS}
    rows = connection.execute(select(column.effective_from, column.body).order_by(column.version))
    for row in rows:
        by_time[Instant(row.effective_from)] = msgspec.json.decode(row.body, type=Settings)
    return SettingsHistory(tuple(sorted(by_time.items(), key=lambda item: item[0])))


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
