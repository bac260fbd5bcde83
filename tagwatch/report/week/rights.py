"""An overview as it may be shown to somebody who may not know where certain places lie.

Everything that tells of such a condition goes out whole: place, distance and time, its alerts and
findings, and the sentences about it. What is left tells only of where he was seen.
"""

from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from tagwatch.core.ids import ConditionId
from tagwatch.core.outcome import RuleKind
from tagwatch.report.week.overview import DigestRow, Overview, Said

_ZONES: Final = (RuleKind.ZONE, RuleKind.APPROACH)


def without(overview: Overview, hidden: AbstractSet[ConditionId]) -> Overview:
    """Return the overview without all that tells of the hidden conditions, which are counted."""
    if not hidden:
        return overview
    zones = tuple(z for z in overview.zones if z.condition_id not in hidden)
    curfews = tuple(c for c in overview.curfews if c.condition_id not in hidden)
    alerts = tuple(a for a in overview.alerts if not _is_hidden(a.rule, a.condition_id, hidden))
    episodes = tuple(e for e in overview.episodes if e.condition_id not in hidden)
    gone = {each.condition_id for each in (*overview.zones, *overview.curfews)} & hidden
    versions = overview.versions
    return msgspec.structs.replace(
        overview,
        changed=_shown(overview.changed, hidden),
        praise=_shown(overview.praise, hidden),
        zones=zones,
        curfews=curfews,
        alerts=alerts,
        episodes=episodes,
        drawn=tuple(d for d in overview.drawn if d.condition_id not in hidden),
        versions=msgspec.structs.replace(
            versions, conditions=tuple(v for v in versions.conditions if v[0] not in hidden)
        ),
        withheld=len(gone),
    )


def row_without(row: DigestRow, hidden: AbstractSet[ConditionId]) -> DigestRow:
    """Return a row of the digest without what tells of the hidden conditions."""
    if not hidden:
        return row
    return msgspec.structs.replace(
        row,
        changed=_shown(row.changed, hidden),
        alerts=tuple(a for a in row.alerts if not _is_hidden(a.rule, a.condition_id, hidden)),
    )


def _is_hidden(
    rule: RuleKind | None, condition: ConditionId | None, hidden: AbstractSet[ConditionId]
) -> bool:
    """Of an alert about a zone of which it is not known which, it is not known that it is none
    of the hidden ones."""
    return condition in hidden or (condition is None and rule in _ZONES)


def _shown(said: tuple[Said, ...], hidden: AbstractSet[ConditionId]) -> tuple[Said, ...]:
    return tuple(each for each in said if each.about not in hidden)
