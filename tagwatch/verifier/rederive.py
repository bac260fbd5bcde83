"""Derives the findings again from the raw frames, and says where they differ from those recorded.

*Same* means identical findings, and probabilities within 1e-6: the last bit of a logarithm differs
between processors.
"""

from collections.abc import Sequence
from typing import Final

from tagwatch.core.deadline import is_unseen
from tagwatch.core.derive import Prepared, derive_findings
from tagwatch.core.episode import Episode
from tagwatch.core.ledger import SettingsPublished
from tagwatch.core.order import ConditionVersion
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.recorded_register import ActivationStarted, ConditionRecorded
from tagwatch.core.rules.prepare import SettingsHistory, WearerOrders
from tagwatch.core.trail import TrailPart
from tagwatch.core.units import Instant, iso
from tagwatch.verifier.content import history_of
from tagwatch.verifier.reading import Evidence

TOLERANCE: Final = 1e-6
DERIVED: Final = frozenset({RuleKind.ZONE, RuleKind.APPROACH, RuleKind.CURFEW})
_EXACT: Final = (
    "activation_id", "condition_version", "rule_version", "settings_version", "phase", "finding",
    "entered_earliest", "entered_latest", "left_earliest", "left_latest", "confirmed_at",
    "witnesses", "before_told", "fixes",
)  # fmt: skip
_NEAR: Final = ("probability", "steady_m")


def derivable(episode: Episode) -> bool:
    """Say whether a finding follows from fixes, orders and settings alone, as it stands now."""
    stands = episode.finding is not Finding.WITHDRAWN and episode.merged_into is None
    return episode.rule in DERIVED and stands and not is_unseen(episode)


def derived(
    parts: Sequence[TrailPart],
    orders: WearerOrders,
    settings: SettingsHistory,
    window: tuple[int, int],
) -> tuple[Episode, ...]:
    """Return the findings that follow from a trail, and reach into the window."""
    within = (Instant(window[0]), Instant(window[1]))
    found = derive_findings(parts, orders, settings, within, Prepared())
    return tuple(each for each in found if derivable(each))


def differences(recorded: Sequence[Episode], found: Sequence[Episode]) -> list[str]:
    """Return in words where the findings differ; empty: they are the same."""
    said: list[str] = []
    left = list(found)
    for one in recorded:
        other = next((each for each in left if _key(each) == _key(one)), None)
        if other is None:
            said.append(f"{_name(one)}: recorded as {one.finding}, and not found again")
            continue
        left.remove(other)
        said += _fields(one, other)
    said += [f"{_name(each)}: found as {each.finding}, and not recorded" for each in left]
    return said


def _fields(one: Episode, other: Episode) -> list[str]:
    said: list[str] = []
    for name in _EXACT:
        was, now = getattr(one, name), getattr(other, name)
        if was != now:
            said.append(f"{_name(one)}: {name} recorded {_short(was)}, found {_short(now)}")
    for name in _NEAR:
        was, now = getattr(one, name), getattr(other, name)
        if abs(was - now) > TOLERANCE:
            said.append(f"{_name(one)}: {name} recorded {was}, found {now}")
    return said


def judged_again(evidence: Evidence, window: tuple[int, int]) -> list[str]:
    """Return where the findings of a bundle differ from what its frames come to."""
    settings = history_of(evidence.settings)
    found = derived(evidence.parts, evidence.orders.judged, settings, window)
    return differences(evidence.findings.derived, found)


def unbound(evidence: Evidence) -> list[str]:
    """Return in words which versions of conditions and settings, and which tags, no record that
    opens bears out: they stand on the signature alone."""
    events = [event for _, event in evidence.register]
    written = [_written(e.condition) for e in events if isinstance(e, ConditionRecorded)]
    said = [
        f"condition {each.condition_id} version {each.version}"
        for each in evidence.orders.judged.conditions
        if _written(each) not in written
    ]
    published = [e.settings for e in events if isinstance(e, SettingsPublished)]
    said += [
        f"settings version {each.settings.version}"
        for each in evidence.settings[1:]
        if each.settings not in published
    ]
    fitted = {e.activation.activation_id for e in events if isinstance(e, ActivationStarted)}
    worn = {part.activation_id for part in evidence.parts}
    return said + [f"tag fitted as {name}" for name in sorted(worn - fitted)]


def _written(version: ConditionVersion) -> tuple[object, ...]:
    """Return what of a condition its own record says; when he was told another one may."""
    return (
        version.condition_id, version.order_id, version.terms, version.valid_from,
        version.thresholds,
    )  # fmt: skip


def _key(episode: Episode) -> tuple[object, ...]:
    return episode.rule, episode.condition_id, episode.fixes[:1]


def _name(episode: Episode) -> str:
    place = f" {episode.condition_id}" if episode.condition_id else ""
    return f"{episode.rule}{place} from {iso(episode.entered_latest)}"


def _short(value: object) -> str:
    return str(value) if len(str(value)) < 80 else f"{str(value)[:77]}…"
