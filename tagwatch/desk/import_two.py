"""Secret zones of a file wait for a second person, whoever brings the file in."""

from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from tagwatch.core import ledger
from tagwatch.core.ids import ZoneDraftId, derived_id
from tagwatch.core.order import ConditionVersion
from tagwatch.core.units import Instant
from tagwatch.core.zone_draft import ZoneDraft, needs_two
from tagwatch.desk.import_plan import Planned
from tagwatch.store.known import KnownRecords
from tagwatch.store.zone_drafts import drafts_of


class TwoPerson(NamedTuple):
    """What is to be recorded, the secret zones as drawings that wait; what stands against it; and
    what should be known before it is done."""

    planned: list[Planned]
    mistakes: list[str]
    warnings: list[str]


def two_person(
    planned: list[Planned], known: KnownRecords, connection: Connection, at: Instant
) -> TwoPerson:
    """Return the events with secret zones as drawings. One of which the same drawing waits already
    is left out; of which another one waits is a mistake."""
    kept, mistakes, again = list[Planned](), list[str](), 0
    waiting: dict[str, ZoneDraft] | None = None
    for one in planned:
        event = one.event
        if not isinstance(event, ledger.ConditionRecorded) or not _hides(event, known):
            kept.append(one)
            continue
        if waiting is None:
            waiting = {d.condition.condition_id: d for d in drafts_of(connection, None)}
        version = event.condition
        drawn = waiting.get(version.condition_id)
        if drawn is None:
            kept.append(_drafted(event, at))
        elif _timeless(drawn.condition) == _timeless(version):
            again += 1
        else:
            mistakes.append(
                f"zone {version.terms.label}: a drawing of it waits for a second person already; "
                "publish it, or take it back, first"
            )
    made = sum(isinstance(one.event, ledger.ZoneDrafted) for one in kept)
    return TwoPerson(kept, mistakes, _warnings(made, again))


def _hides(event: ledger.ConditionRecorded, known: KnownRecords) -> bool:
    versions = known.conditions.get(event.condition.condition_id)
    return needs_two(event.condition.terms, versions[-1].terms if versions else None)


def _drafted(event: ledger.ConditionRecorded, at: Instant) -> Planned:
    version, by = event.condition, event.by
    draft_id = ZoneDraftId(derived_id("zd", version.condition_id, version.version, by, at))
    draft = ZoneDraft(draft_id=draft_id, condition=version, reason=event.reason, by=by, at=at)
    return Planned(ledger.ZoneDrafted(draft=draft))


def _timeless(version: ConditionVersion) -> ConditionVersion:
    return msgspec.structs.replace(version, recorded_at=Instant(0))


def _warnings(made: int, again: int) -> list[str]:
    said: list[str] = []
    if made:
        zones = "a secret zone waits" if made == 1 else f"{made} secret zones wait"
        said.append(
            f"{zones} for a second person and protects nobody before: somebody who may see it must "
            "publish it (page: Zones to publish)"
        )
    if again:
        zones = "a secret zone waits" if again == 1 else f"{again} secret zones wait"
        said.append(f"{zones} already, drawn as this file says, until a second person publishes it")
    return said
