"""Episodes as the projections keep them: the latest version, and every version ever."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Integer, bindparam, select

from tagwatch.core.episode import Episode
from tagwatch.core.ids import ConditionId, EpisodeId, WearerId
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(Episode)
_EPISODE: Final = schema.episode.c
_WITHIN: Final = _EPISODE.entered_at.between(bindparam("start"), bindparam("end"))
_BEGUN: Final = (
    select(_EPISODE.body)
    .where(_WITHIN, _EPISODE.condition_id.is_not(None))
    .order_by(_EPISODE.entered_at, _EPISODE.episode_id)
    .limit(bindparam("most", type_=Integer))
)
_FOUND_AT: Final = (
    select(_EPISODE.body)
    .where(_EPISODE.condition_id.in_(bindparam("conditions", expanding=True)), _WITHIN)
    .order_by(_EPISODE.entered_at.desc(), _EPISODE.episode_id)
    .limit(bindparam("most", type_=Integer))
)


def put_episode(writes: Writes, episode: Episode, seq: int) -> None:
    """Write a version of an episode, caused by journal record `seq`."""
    put_progress(writes, episode)
    writes.put(
        schema.episode_version,
        {
            "episode_id": episode.episode_id,
            "version": episode.version,
            "seq": seq,
            "body": msgspec.json.encode(episode).decode(),
        },
    )


def put_progress(writes: Writes, episode: Episode) -> None:
    """Write how an episode stands, without a version of its own."""
    writes.put(
        schema.episode,
        {
            "episode_id": episode.episode_id,
            "version": episode.version,
            "wearer_id": episode.wearer_id,
            "rule": episode.rule.value,
            "condition_id": episode.condition_id,
            "phase": episode.phase.value,
            "finding": episode.finding.value,
            "entered_at": episode.entered_earliest,
            "left_at": episode.left_latest,
            "body": msgspec.json.encode(episode).decode(),
        },
    )


def episode(connection: Connection, episode_id: EpisodeId) -> Episode | None:
    """Return the latest version of one episode."""
    query = select(schema.episode.c.body).where(schema.episode.c.episode_id == episode_id)
    body = connection.scalar(query)
    return None if body is None else _DECODER.decode(body)


def episodes_of(
    connection: Connection, wearer: WearerId, since: Instant | None = None
) -> list[Episode]:
    """Return the latest version of the wearer's episodes that had not ended by `since`.

    None gives all. Oldest entry first.
    """
    table = schema.episode
    query = select(table.c.body).where(table.c.wearer_id == wearer)
    if since is not None:
        query = query.where(table.c.left_at.is_(None) | (table.c.left_at >= since))
    query = query.order_by(table.c.entered_at, table.c.episode_id)
    return [_DECODER.decode(body) for body in connection.scalars(query)]


def begun(connection: Connection, start: Instant, end: Instant, most: int) -> list[Episode]:
    """Return anybody's episodes of conditions whose earliest entry lies in [start, end]."""
    asked = {"start": start, "end": end, "most": most}
    return [_DECODER.decode(body) for body in connection.scalars(_BEGUN, asked)]


def found_at(
    connection: Connection,
    conditions: Sequence[ConditionId],
    since: Instant,
    until: Instant,
    most: int,
) -> list[Episode]:
    """Return the episodes of these conditions whose earliest entry lies in [since, until],
    the newest `most` of them."""
    asked = {"conditions": list(conditions), "start": since, "end": until, "most": most}
    return [_DECODER.decode(body) for body in connection.scalars(_FOUND_AT, asked)]


def every_episode(connection: Connection) -> list[Episode]:
    """Return the latest version of all episodes, oldest entry first."""
    table = schema.episode
    query = select(table.c.body).order_by(table.c.entered_at, table.c.episode_id)
    return [_DECODER.decode(body) for body in connection.scalars(query)]


def versions(connection: Connection, episode_id: EpisodeId) -> list[dict[str, Any]]:
    """Return every version of one episode with the seq that caused it, first version first."""
    table = schema.episode_version
    query = select(table).where(table.c.episode_id == episode_id).order_by(table.c.version)
    return [dict(row) for row in connection.execute(query).mappings()]
