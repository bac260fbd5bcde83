"""Rule settings that somebody proposes, and what they would have done on past trails."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from tagwatch.core.ids import AccountId, SettingsProposalId, WearerId
from tagwatch.core.outcome import AlertClass, RuleKind
from tagwatch.core.settings import Settings
from tagwatch.core.units import Instant

TRIED: Final = ("errors", "zone", "curfew", "encounter", "filter", "motion")
"""Sections that decide what is found of a place: they can be tried on past trails. Silence, strap,
battery and the clocks of alerts follow what arrived when, and cannot."""


class RuleCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many alerts of one rule and class, as things stand and with what is proposed."""

    rule: RuleKind
    kind: AlertClass
    before: int
    after: int


class WearerTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What the proposal would have changed for one wearer."""

    wearer_id: WearerId
    fixes: int
    counts: tuple[RuleCount, ...]
    differs: bool = False
    """Other alerts, or the same number of them at other times."""


class SettingsProposal(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that one person wants in force, and on whose past trails they are tried."""

    proposal_id: SettingsProposalId
    settings: Settings
    seen_version: int
    """The version they were made from, 0 for the built-in ones."""
    by: AccountId
    at: Instant
    start: Instant
    end: Instant
    """The past that is tried is [start, end)."""
    wearers: tuple[WearerId, ...] = ()
    """Drawn evenly from `wearers_all`; none where nothing of it can be tried."""
    wearers_all: int = 0
    """So many within scope had conditions, and a tag on in that time."""


class SettingsTrial(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a rehearsal in sums, which tell of nobody."""

    begun_at: Instant
    took_ms: int
    tried: int
    """Wearers with a fix in that time."""
    without_fixes: int
    failed: tuple[str, ...]
    """Why it could not be worked out, once for each wearer of whom it could not."""
    unreached: int
    """Wearers whose turn did not come in the time there was."""
    fixes: int
    counts: tuple[RuleCount, ...]
    differing: int
    """For so many wearers it makes a difference."""


def sections_changed(before: Settings, after: Settings) -> tuple[str, ...]:
    """Return the names of the sections in which two settings differ."""
    names = [name for name in after.__struct_fields__ if name != "version"]
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def can_be_tried(before: Settings, after: Settings) -> bool:
    """Say whether the change can alter what is found on a past trail."""
    return bool({*sections_changed(before, after)} & {*TRIED})


def summed(
    trials: Sequence[WearerTrial],
    failed: Sequence[str],
    unreached: int,
    begun_at: Instant,
    took_ms: int,
) -> SettingsTrial:
    """Return the result over all wearers."""
    was, then = Counter[tuple[RuleKind, AlertClass]](), Counter[tuple[RuleKind, AlertClass]]()
    for trial in trials:
        for count in trial.counts:
            was[count.rule, count.kind] += count.before
            then[count.rule, count.kind] += count.after
    return SettingsTrial(
        begun_at=begun_at,
        took_ms=took_ms,
        tried=sum(trial.fixes > 0 for trial in trials),
        without_fixes=sum(trial.fixes == 0 for trial in trials),
        failed=tuple(failed),
        unreached=unreached,
        fixes=sum(trial.fixes for trial in trials),
        counts=tuple(
            RuleCount(rule=rule, kind=kind, before=was[rule, kind], after=then[rule, kind])
            for rule in RuleKind
            for kind in AlertClass
            if was[rule, kind] or then[rule, kind]
        ),
        differing=sum(trial.differs for trial in trials),
    )


def most_first(trials: Sequence[WearerTrial]) -> tuple[WearerTrial, ...]:
    """Return the wearers for whom it makes a difference, those with the most of it first."""
    return tuple(sorted((t for t in trials if t.differs), key=lambda t: (-_moved(t), t.wearer_id)))


def _moved(trial: WearerTrial) -> int:
    return sum(abs(count.after - count.before) for count in trial.counts)
