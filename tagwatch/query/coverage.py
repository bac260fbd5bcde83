"""What was seen of a wearer and what was not, and where a zone cannot be excluded in a gap."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from tagwatch.access.scope import may_see_zone
from tagwatch.core.between import NotExcluded
from tagwatch.core.coverage import Coverage, coverage
from tagwatch.core.exemption import newest
from tagwatch.core.fix import TagEventKind
from tagwatch.core.ids import WearerId
from tagwatch.core.order import ConditionVersion
from tagwatch.core.person import Activation, Tag, TagMode, Wearer
from tagwatch.core.rules.force import FOREVER
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import HOUR, Instant
from tagwatch.query.reader import Reader
from tagwatch.query.seen_trail import whole_trail
from tagwatch.store import schema
from tagwatch.store.exemptions import versions_of
from tagwatch.store.orders import order_spans

BESIDE: Final = 2 * HOUR
"""So much of the trail before and after the window is read, for intervals that reach into it."""

_SWITCHES: Final = (TagEventKind.POWER_OFF, TagEventKind.POWER_ON)


class CoverageView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, without the marks that would tell this reader where a secret zone lies."""

    wearer_id: WearerId
    seen: Coverage
    labels: dict[str, str]
    """Of the conditions named, by id."""
    withheld: int
    """Marks left out because their zone's place is not for this reader."""


def coverage_of(reader: Reader, wearer_id: WearerId, start: Instant, end: Instant) -> CoverageView:
    """Return what was seen in [start, end). Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "coverage")
        versions = versions_of_wearer(connection, wearer_id)
        worn, models, mode = worn_until(connection, wearer_id, end)
        low, high = Instant(start - BESIDE), Instant(end + BESIDE)
        trail = [
            TrailPart(activation, models.get(activation, ""), block)
            for activation, block in whole_trail(connection, wearer_id, low, high)
        ]
        found = coverage(
            trail,
            WearerOrders(
                wearer_id=wearer_id,
                conditions=tuple(versions),
                exemptions=newest(versions_of(connection, wearer_id)),
                spans=order_spans(connection, wearer_id),
            ),
            worn,
            mode,
            (start, end),
            settings_history(connection),
            Prepared(),
        )
    reader.consulted("coverage", [wearer_id], f"[{start}, {end})")
    return _view(reader, wearer, versions, found)


def settings_history(connection: Connection) -> SettingsHistory:
    """Return the published settings, oldest first; the built-in ones if none was published."""
    table = schema.settings.c
    rows = connection.execute(select(table.effective_from, table.body).order_by(table.version))
    found = [(Instant(row.effective_from), row.body) for row in rows]
    versions = [(since, msgspec.json.decode(body, type=Settings)) for since, body in found]
    first = versions[0][1] if versions else DEFAULT_SETTINGS
    return SettingsHistory(((Instant(-FOREVER), first), *sorted(versions, key=lambda v: v[0])))


def _view(
    reader: Reader, wearer: Wearer, versions: Sequence[ConditionVersion], found: Coverage
) -> CoverageView:
    hidden = {v.condition_id for v in versions if not may_see_zone(reader.actor, wearer, v)}
    shown: list[NotExcluded] = [m for m in found.not_excluded if m.condition_id not in hidden]
    labels = {v.condition_id: v.terms.label for v in versions if v.condition_id not in hidden}
    return CoverageView(
        wearer_id=wearer.wearer_id,
        seen=msgspec.structs.replace(found, not_excluded=tuple(shown)),
        labels={str(key): label for key, label in labels.items()},
        withheld=len(found.not_excluded) - len(shown),
    )


def versions_of_wearer(connection: Connection, wearer_id: WearerId) -> list[ConditionVersion]:
    """Return every version of a wearer's conditions. The caller has checked the scope."""
    column = schema.condition.c
    bodies = connection.scalars(select(column.body).where(column.wearer_id == wearer_id))
    return [msgspec.json.decode(body, type=ConditionVersion) for body in bodies]


def worn_until(
    connection: Connection, wearer_id: WearerId, until: Instant
) -> tuple[list[tuple[Instant, Instant]], dict[str, str], TagMode]:
    """Return when a tag was on him and not known to be off, the models, and the latest's mode."""
    column = schema.activation.c
    rows = connection.execute(
        select(column.body, schema.tag.c.body.label("tag"))
        .outerjoin(schema.tag, schema.tag.c.tag_id == column.tag_id)
        .where(column.wearer_id == wearer_id)
        .order_by(column.started_at)
    )
    spans: list[tuple[Instant, Instant]] = []
    models: dict[str, str] = {}
    mode = TagMode()
    for row in rows:
        activation = msgspec.json.decode(row.body, type=Activation)
        tag = None if row.tag is None else msgspec.json.decode(row.tag, type=Tag)
        if tag is not None:
            models[activation.activation_id], mode = tag.model, tag.mode
        ended = until if activation.ended_at is None else min(activation.ended_at, until)
        spans += _on(connection, activation, ended)
    return sorted(spans), models, mode


def _on(
    connection: Connection, activation: Activation, ended: Instant
) -> list[tuple[Instant, Instant]]:
    """Return the parts of an activation in which the tag had not said that it goes off."""
    column = schema.tag_event.c
    rows = connection.execute(
        select(column.happened_at, column.kind)
        .where(
            column.activation_id == activation.activation_id,
            column.kind.in_([kind.value for kind in _SWITCHES]),
        )
        .order_by(column.happened_at)
    )
    spans: list[tuple[Instant, Instant]] = []
    since: Instant | None = activation.started_at
    for at, kind in rows:
        if kind == TagEventKind.POWER_OFF and since is not None and at > since:
            spans.append((since, Instant(min(at, ended))))
            since = None
        elif kind == TagEventKind.POWER_ON and since is None:
            since = Instant(at)
    if since is not None and since < ended:
        spans.append((since, ended))
    return spans
