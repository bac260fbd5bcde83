"""A stay in a zone, a silence, and the alerts about them, for the tests of alerts."""

import msgspec

from tagwatch.core.alert import (
    Alert,
    AlertKind,
    Context,
    ServiceFact,
)
from tagwatch.core.episode import Episode
from tagwatch.core.ids import (
    AccountId,
    ActivationId,
    ConditionId,
    EpisodeId,
    FixId,
    PersonId,
    WearerId,
)
from tagwatch.core.outcome import (
    AlertState,
    Finding,
    Phase,
    RuleKind,
)
from tagwatch.core.raising import from_episode
from tagwatch.core.settings import AlertSettings
from tagwatch.core.units import MINUTE, SECOND, Instant

SETTINGS = AlertSettings()
HER = (PersonId("person-1"),)
OFFICER = AccountId("officer")


def at(minutes: float) -> Instant:
    return Instant(round(1_700_000_000 * SECOND + minutes * MINUTE))


def context(minutes: float = 0, fixed: float | None = None, protects: tuple = HER) -> Context:
    fixed_at = None if fixed is None else at(fixed)
    return Context(now=at(minutes), fixed_at=fixed_at, protects=protects)


def episode(
    finding: Finding = Finding.POSSIBLE, phase: Phase = Phase.OPEN, **changes: object
) -> Episode:
    stay = Episode(
        episode_id=EpisodeId("ep_1"),
        wearer_id=WearerId("w1"),
        activation_id=ActivationId("a1"),
        rule=RuleKind.ZONE,
        condition_id=ConditionId("c1"),
        condition_version=1,
        settings_version=1,
        phase=phase,
        finding=finding,
        probability=0.432,
        entered_earliest=at(-1),
        entered_latest=at(0),
        fixes=(FixId("1.0"),),
        reason="as computed",
    )
    return msgspec.structs.replace(stay, **changes)


def raised(**changes: object) -> Alert:
    (change,) = from_episode((), episode(), context())
    return msgspec.structs.replace(change.alert, **changes)


def in_state(state: AlertState, **changes: object) -> Alert:
    return raised(state=state, **changes)


def fact(phase: Phase = Phase.OPEN, kind: AlertKind = AlertKind.NO_COMMS, **more: object):
    plain = ServiceFact(
        cause="f1", kind=kind, phase=phase, happened_at=at(-20), wearer_id=WearerId("w1")
    )
    return msgspec.structs.replace(plain, **more)
