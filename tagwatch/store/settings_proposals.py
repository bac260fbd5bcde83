"""Proposed rule settings: each, what became of its rehearsal, and what became of it."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from tagwatch.core.ids import SettingsProposalId
from tagwatch.core.recorded_settings import (
    SettingsProposed,
    SettingsPublished,
    SettingsTried,
    SettingsWithdrawn,
    WearerTried,
)
from tagwatch.core.settings import DEFAULT_SETTINGS, Settings
from tagwatch.core.settings_trial import SettingsProposal, SettingsTrial, WearerTrial
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes


class KeptProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal with what is known of it."""

    proposal: SettingsProposal
    trial: SettingsTrial | None = None
    failure: str = ""
    """Why there is no rehearsal, once that was tried."""
    version: int | None = None
    """It became; 0: it was withdrawn; None: it waits."""
    closed_at: Instant | None = None
    closed_by: str = ""
    words: str = ""

    @property
    def waits(self) -> bool:
        """Neither published nor withdrawn."""
        return self.version is None

    @property
    def is_tried(self) -> bool:
        """Its rehearsal is over, with a result or without."""
        return self.trial is not None or bool(self.failure)


def put_proposed(writes: Writes, event: SettingsProposed) -> None:
    """Write a proposal."""
    said = event.proposal
    body = msgspec.json.encode(said).decode()
    writes.put(
        schema.settings_proposal, {"proposal_id": said.proposal_id, "at": said.at, "body": body}
    )


def put_tried(writes: Writes, event: SettingsTried) -> None:
    """Write what a rehearsal came to."""
    body = None if event.trial is None else msgspec.json.encode(event.trial).decode()
    row = {"proposal_id": event.proposal_id, "at": event.at, "failure": event.failure}
    writes.put(schema.settings_trial, row | {"body": body})


def put_wearer_tried(writes: Writes, event: WearerTried) -> None:
    """Write what a proposal would have changed for one wearer."""
    row = {"proposal_id": event.proposal_id, "wearer_id": event.trial.wearer_id}
    body = msgspec.json.encode(event.trial).decode()
    writes.put(schema.settings_trial_wearer, row | {"body": body})


def put_withdrawn(writes: Writes, event: SettingsWithdrawn) -> None:
    """Write that a proposal was given up."""
    row = {"proposal_id": event.proposal_id, "version": 0, "at": event.at}
    writes.put(schema.settings_outcome, row | {"by": event.by, "words": event.words})


def put_published(writes: Writes, event: SettingsPublished, at: Instant) -> None:
    """Write which version a proposal became; nothing of settings without one."""
    if event.proposal_id is not None:
        row = {"proposal_id": event.proposal_id, "version": event.settings.version, "at": at}
        writes.put(schema.settings_outcome, row | {"by": event.by, "words": event.unrehearsed})


def _kept() -> Any:
    """Return the query for body, that of its trial, the trial's failure; version, time, author and
    words of the end."""
    said, tried, ended = (
        schema.settings_proposal,
        schema.settings_trial,
        schema.settings_outcome,
    )
    return (
        select(
            said.c.body,
            tried.c.body.label("trial"),
            tried.c.failure,
            ended.c.version,
            ended.c.at.label("closed_at"),
            ended.c.by,
            ended.c.words,
        )
        .outerjoin(tried, tried.c.proposal_id == said.c.proposal_id)
        .outerjoin(ended, ended.c.proposal_id == said.c.proposal_id)
    )


def settings_version(connection: Connection, version: int) -> Settings:
    """Return one version of the settings as published; the built-in ones where it is not."""
    column = schema.settings.c
    body = connection.scalar(select(column.body).where(column.version == version))
    return DEFAULT_SETTINGS if body is None else msgspec.json.decode(body, type=Settings)


def proposals(connection: Connection, most: int) -> list[KeptProposal]:
    """Return the newest proposals, the newest first."""
    said = schema.settings_proposal.c
    rows = connection.execute(_kept().order_by(said.at.desc(), said.proposal_id).limit(most))
    return [_read(row) for row in rows]


def untried(connection: Connection) -> list[KeptProposal]:
    """Return the proposals that wait and were not tried yet, the oldest first."""
    said, tried, ended = (
        schema.settings_proposal.c,
        schema.settings_trial.c,
        schema.settings_outcome.c,
    )
    query = _kept().where(tried.proposal_id.is_(None), ended.proposal_id.is_(None))
    return [_read(row) for row in connection.execute(query.order_by(said.at, said.proposal_id))]


def wearers_tried(connection: Connection, name: SettingsProposalId) -> list[WearerTrial]:
    """Return what a proposal would have changed, of each wearer for whom it changes anything."""
    column = schema.settings_trial_wearer.c
    query = select(column.body).where(column.proposal_id == name).order_by(column.wearer_id)
    return [msgspec.json.decode(body, type=WearerTrial) for body in connection.scalars(query)]


def proposal_of(connection: Connection, name: SettingsProposalId) -> KeptProposal | None:
    """Return one proposal, None if there is none. One published and withdrawn at once is
    published."""
    said, ended = schema.settings_proposal.c, schema.settings_outcome.c
    query = _kept().where(said.proposal_id == name).order_by(ended.version.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _read(row)


def _read(row: Row[Any]) -> KeptProposal:
    trial = None if row.trial is None else msgspec.json.decode(row.trial, type=SettingsTrial)
    return KeptProposal(
        proposal=msgspec.json.decode(row.body, type=SettingsProposal),
        trial=trial,
        failure=row.failure or "",
        version=row.version,
        closed_at=row.closed_at,
        closed_by=row.by or "",
        words=row.words or "",
    )
