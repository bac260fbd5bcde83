"""How often was a rule, a zone or a tag model right, as far as persons have decided?"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, or_, select

from tagwatch.core.alert import Alert
from tagwatch.core.ids import ConditionId
from tagwatch.core.outcome import AlertState, Disposition
from tagwatch.core.units import DAY, Instant
from tagwatch.core.wilson import wilson
from tagwatch.query.reader import Reader
from tagwatch.store import schema

SINCE_DAYS: Final = 90
MOST: Final = 50_000
SHOWN_FROM: Final = 10
"""A share of fewer decisions than this is not shown."""
UNDECIDED: Final = frozenset({Disposition.DUPLICATE, Disposition.UNKNOWN})
"""Say nothing of whether the alert was right."""
_ALERT: Final = msgspec.json.Decoder(Alert)


class Precision(msgspec.Struct, frozen=True, kw_only=True):
    """Of alerts of one kind that persons closed: how many were true breaches."""

    name: str
    closed: int
    dispositions: tuple[tuple[Disposition, int], ...]
    decided: int
    """Closed as anything but a duplicate or not known."""
    true: int
    low: float
    """95 % bounds of true / decided (Wilson)."""
    high: float

    @property
    def share(self) -> float | None:
        """The share of true breaches, None where too few were decided."""
        return self.true / self.decided if self.decided >= SHOWN_FROM else None


class Precisions(msgspec.Struct, frozen=True, kw_only=True):
    """By rule and by tag model, over the last SINCE_DAYS."""

    by_rule: tuple[Precision, ...]
    by_model: tuple[Precision, ...]
    is_cut: bool


def precisions(reader: Reader) -> Precisions:
    """Return how often each rule and each tag model was right, within the reader's scope."""
    since = Instant(reader.now() - SINCE_DAYS * DAY)
    with reader.connection() as connection:
        alerts = _closed(reader, connection, since)
        models = _models(connection, alerts)
    by_rule: dict[str, list[Alert]] = defaultdict(list)
    by_model: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_rule[alert.kind.value].append(alert)
        by_model[models.get(alert.episode_id or "", "unknown")].append(alert)
    reader.consulted("precision", [], f"{len(alerts)} alerts")
    return Precisions(by_rule=_each(by_rule), by_model=_each(by_model), is_cut=len(alerts) >= MOST)


def precision_of(reader: Reader, condition_id: ConditionId) -> Precision:
    """Return how often alerts about one condition were right."""
    episode = schema.episode.c
    with reader.connection() as connection:
        asked = select(episode.episode_id).where(episode.condition_id == condition_id)
        since = Instant(reader.now() - SINCE_DAYS * DAY)
        alerts = _closed(reader, connection, since, schema.alert.c.episode_id.in_(asked))
    reader.consulted("precision", [condition_id], f"{len(alerts)} alerts")
    return _of(condition_id, alerts)


def _closed(reader: Reader, connection: Connection, since: Instant, *more: object) -> list[Alert]:
    column = schema.alert.c
    query = select(column.body).where(
        column.state == AlertState.CLOSED.value, column.raised_at >= since, _his(reader)
    )
    for condition in more:
        query = query.where(condition)  # type: ignore[arg-type]  # a column expression
    bodies = connection.scalars(query.limit(MOST))
    return [alert for body in bodies if (alert := _ALERT.decode(body)).disposition is not None]


def _his(reader: Reader) -> ColumnElement[bool]:
    """Return the condition on alerts of wearers within scope, and of the installation itself. Of a
    restricted case an operator sees the open alert, and how it was closed he does not."""
    column = schema.alert.c
    known = column.wearer_id.in_(reader.scope.wearer_ids())
    return or_(known, column.wearer_id.is_(None)) if reader.scope.sees_installation else known


def _models(connection: Connection, alerts: Iterable[Alert]) -> dict[str, str]:
    """Return the tag model on which each episode's fixes were made."""
    asked = [alert.episode_id for alert in alerts if alert.episode_id is not None]
    found: dict[str, str] = {}
    for first in range(0, len(asked), 900):
        rows = connection.execute(
            select(schema.episode.c.episode_id, schema.episode.c.body).where(
                schema.episode.c.episode_id.in_(asked[first : first + 900])
            )
        )
        found |= {name: _WORN.decode(body).activation_id for name, body in rows}
    activation, tag = schema.activation.c, schema.tag.c
    tags = dict(
        connection.execute(
            select(activation.activation_id, tag.body).join(
                schema.tag, tag.tag_id == activation.tag_id
            )
        ).all()
    )
    models = {name: _MODEL.decode(body).model for name, body in tags.items()}
    return {name: models.get(worn, "unknown") for name, worn in found.items()}


class _Worn(msgspec.Struct):
    activation_id: str


class _Model(msgspec.Struct):
    model: str = "unknown"


_WORN: Final = msgspec.json.Decoder(_Worn)
_MODEL: Final = msgspec.json.Decoder(_Model)


def _each(groups: dict[str, list[Alert]]) -> tuple[Precision, ...]:
    return tuple(_of(name, alerts) for name, alerts in sorted(groups.items()))


def _of(name: str, alerts: list[Alert]) -> Precision:
    counts = Counter(alert.disposition for alert in alerts if alert.disposition is not None)
    decided = sum(n for disposition, n in counts.items() if disposition not in UNDECIDED)
    true = counts[Disposition.TRUE_BREACH]
    low, high = wilson(true, decided)
    return Precision(
        name=name,
        closed=len(alerts),
        dispositions=tuple(counts.most_common()),
        decided=decided,
        true=true,
        low=low,
        high=high,
    )
