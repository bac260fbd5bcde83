"""Rule settings are published as a new version."""

import msgspec
from sqlalchemy import func, select

from tagwatch.access.reader import Reader
from tagwatch.access.role import Verb
from tagwatch.core.holidays import HolidaySettings
from tagwatch.core.ledger import SettingsPublished
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.units import Instant
from tagwatch.desk.clerk import Clerk, Conflict, Done, need
from tagwatch.store import schema


def publish_settings(
    clerk: Clerk, reader: Reader, settings: Settings, seen_version: int, effective_from: Instant
) -> Done:
    """Publish `settings` as the version after `seen_version`, in force from `effective_from`.

    Raises Conflict if a newer version was published meanwhile or it would act on the past.
    """
    need(reader, Verb.PUBLISH_SETTINGS)
    with reader.connection() as connection:
        newest = connection.scalar(select(func.max(schema.settings.c.version))) or 0
    if newest != seen_version:
        raise Conflict(f"Version {newest} was published after your page was made. Read it first.")
    if effective_from < reader.now():
        raise Conflict("Settings take effect from now on, never in the past. Correct the time.")
    published = msgspec.structs.replace(settings, version=newest + 1)
    reader.about_to_alter("publish_settings", [], f"version {newest + 1}")
    return clerk.record(
        SettingsPublished(
            settings=published, effective_from=effective_from, by=reader.actor.account_id
        )
    )


def publish_holidays(
    clerk: Clerk,
    reader: Reader,
    holidays: HolidaySettings,
    seen_version: int,
    effective_from: Instant,
) -> Done:
    """Publish the newest settings with these bank holidays. Raises what `publish_settings` does."""
    column = schema.settings.c
    with reader.connection() as connection:
        body = connection.scalar(select(column.body).order_by(column.version.desc()).limit(1))
    newest = DEFAULT_SETTINGS if body is None else msgspec.json.decode(body, type=Settings)
    changed = msgspec.structs.replace(newest, holidays=holidays)
    return publish_settings(clerk, reader, changed, seen_version, effective_from)
