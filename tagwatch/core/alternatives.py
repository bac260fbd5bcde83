"""Other explanations of an episode, each with what speaks for and against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from tagwatch.core.episode import Episode
from tagwatch.core.fix import NO_INSTANT, Mark
from tagwatch.core.jump import Jump, said_of
from tagwatch.core.outcome import Finding, RuleKind
from tagwatch.core.sight import Sight
from tagwatch.core.units import DAY, MINUTE, SECOND

FAULTS = Mark.BAD_TIME | Mark.BAD_POSITION | Mark.NOT_VALID | Mark.MOCK | Mark.CLOCK_AHEAD
"""Marks by which a tag shows that it errs."""

RECENT = 30 * DAY

GAP = 5 * MINUTE
"""Without a fix for longer than this the route is not known."""

CLOCK_SLACK = 2 * MINUTE
MANY_WITNESSES = 3
_MOST_TOLD = 3
_LEAST_LOOKED_AT = 3
"""A fix needs one on either side to be held against."""


class Cause(StrEnum):
    """What else could have made the same fixes."""

    DRIFT = "drift of the position"
    NEIGHBOUR = "a neighbouring building or street"
    CLOCK = "an error of the tag's clock"
    GAP = "poor fixes after a tunnel or other gap"
    FAULT = "a fault of this tag"
    JUMP = "an implausible jump of the position"
    BATCH = "many tags erring at once"


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """One other explanation. Empty lists mean that nothing known bears on it."""

    cause: Cause
    speaks_for: tuple[str, ...] = ()
    speaks_against: tuple[str, ...] = ()
    is_withheld: bool = False
    """What bears on it tells of other people, and is not shown here."""


class OtherTags(msgspec.Struct, frozen=True, kw_only=True):
    """Other people's tags at the time: location findings that began within `window_s` of it."""

    window_s: int
    model: str
    worn: int
    """Others who wear a tag of this model."""
    of_model: int
    """Of these, with such a finding."""
    at_place: int
    """Others, of any model, with such a finding at a place near this one."""
    radius_m: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """What explanations are weighed by, besides the fixes."""

    earlier: Sequence[Episode] = ()
    """Earlier episodes of the condition."""
    of_tag: Sequence[Episode] = ()
    """Episodes of the same activation."""
    odd: tuple[int, int] = (0, 0)
    """Fixes of the route that bear one of `FAULTS`, and all fixes of the route."""
    others: OtherTags | None = None
    jumped: tuple[Sequence[Jump], int] = ((), 0)
    """Fixes of the route that jumped, and all fixes of the route."""


def alternatives(
    episode: Episode,
    used: Sequence[Sight],
    before: Sequence[Sight],
    weighed: Weighed,
) -> tuple[Alternative, ...]:
    """Return the explanations that are always weighed, for the fixes `used` by the episode.

    `before`: fixes of the route up to the episode.
    """
    return (
        _drift(episode, used, weighed.earlier),
        _neighbour(used),
        _clock(used),
        _gap(used, before),
        _fault(episode, weighed),
        _jump(used, weighed),
        _batch(weighed.others),
    )


def _drift(episode: Episode, used: Sequence[Sight], history: Sequence[Episode]) -> Alternative:
    weak = sum(e.finding in (Finding.WITHDRAWN, Finding.UNDETERMINED) for e in history)
    speaks_for = [f"earlier episodes here that were not borne out: {weak}"] if weak else []
    if len(used) == 1:
        speaks_for.append("only one fix")
    against: list[str] = []
    # While he rests all fixes share one error: their number speaks only of what comes and goes.
    is_deep = episode.rule is not RuleKind.ZONE or episode.steady_m > 0.0
    by_network = sum(sight.is_by_network for sight in used)
    if by_network:
        several = f"{_fixes(by_network)} by Wi-Fi, cell or beacon"
        speaks_for.append(f"{several}: one wrong entry of a register would explain all of them")
    apart = min(episode.witnesses, len(used) - by_network)
    if is_deep and apart >= MANY_WITNESSES:
        against.append(f"{apart} fixes far enough apart to err independently")
    if episode.rule is RuleKind.ZONE and episode.steady_m > 0.0:
        against.append(f"no steady error below {episode.steady_m:.0f} m explains the fixes")
    elif episode.rule is RuleKind.ZONE:
        speaks_for.append("one steady error could explain all fixes")
    return Alternative(
        cause=Cause.DRIFT, speaks_for=tuple(speaks_for), speaks_against=tuple(against)
    )


def _neighbour(used: Sequence[Sight]) -> Alternative:
    reaching = sum(abs(s.distance_m) < s.accuracy_m_95 for s in used)
    clear = len(used) - reaching
    return Alternative(
        cause=Cause.NEIGHBOUR,
        speaks_for=(f"{_fixes(reaching)} whose 95 % circle crosses the border",)
        if reaching
        else (),
        speaks_against=(f"{_fixes(clear)} whose 95 % circle does not cross the border",)
        if clear
        else (),
    )


def _clock(used: Sequence[Sight]) -> Alternative:
    odd = sum(bool(s.marks & Mark.CLOCK_AHEAD) for s in used)
    sent = [s for s in used if s.sent_at != NO_INSTANT]
    late = [s for s in sent if abs(s.sent_at - s.at) > CLOCK_SLACK]
    speaks_for = [f"{_fixes(odd)} from the future"] if odd else []
    if late:
        speaks_for.append(f"{_fixes(len(late))} sent more than 2 minutes from their own time")
    fit = len(sent) - len(late)
    return Alternative(
        cause=Cause.CLOCK,
        speaks_for=tuple(speaks_for),
        speaks_against=(f"{_fixes(fit)} sent within 2 minutes of their own time",) if fit else (),
    )


def _gap(used: Sequence[Sight], before: Sequence[Sight]) -> Alternative:
    if not used:
        return Alternative(cause=Cause.GAP)
    if not before:
        return Alternative(cause=Cause.GAP, speaks_for=("no fix of the hour before",))
    silent = used[0].at - before[-1].at
    text = f"{silent // SECOND} s without a fix before the first one used"
    if silent > GAP:
        return Alternative(cause=Cause.GAP, speaks_for=(text,))
    return Alternative(cause=Cause.GAP, speaks_against=(text,))


def _fault(episode: Episode, weighed: Weighed) -> Alternative:
    speaks_for: list[str] = []
    against: list[str] = []
    odd, whole = weighed.odd
    if whole:
        text = f"{odd} of {_fixes(whole)} of the route marked as a fault of the tag"
        (speaks_for if odd else against).append(text)
    since = episode.entered_latest - RECENT
    weak = sum(
        e.finding in (Finding.WITHDRAWN, Finding.UNDETERMINED)
        and since <= e.entered_latest < episode.entered_latest
        for e in weighed.of_tag
    )
    if weak:
        speaks_for.append(f"findings of this tag in 30 days that were not borne out: {weak}")
    return Alternative(
        cause=Cause.FAULT, speaks_for=tuple(speaks_for), speaks_against=tuple(against)
    )


def _jump(used: Sequence[Sight], weighed: Weighed) -> Alternative:
    chosen = {sight.fix_id for sight in used}
    jumped, looked_at = weighed.jumped
    own = [jump for jump in jumped if jump.fix_id in chosen]
    others = len(jumped) - len(own)
    speaks_for = [f"a fix used lies {said_of(jump)}" for jump in own[:_MOST_TOLD]]
    if len(own) > _MOST_TOLD:
        speaks_for.append(f"and {_fixes(len(own) - _MOST_TOLD)} more of those used")
    if others:
        speaks_for.append(f"{_fixes(others)} of the route beside those used jumped")
    against: tuple[str, ...] = ()
    if looked_at >= _LEAST_LOOKED_AT and used and not own:
        against = ("none of the fixes used is out of reach of those beside it",)
    return Alternative(cause=Cause.JUMP, speaks_for=tuple(speaks_for), speaks_against=against)


def _batch(others: OtherTags | None) -> Alternative:
    if others is None:
        return Alternative(cause=Cause.BATCH)
    speaks_for: list[str] = []
    against: list[str] = []
    within = f"had a finding that began within {others.window_s // 60} minutes of this one"
    if others.worn:
        text = f"{others.of_model} of {others.worn} other people with a tag of this model {within}"
        (speaks_for if others.of_model else against).append(text)
    text = (
        f"{others.at_place or 'nobody else'} within {others.radius_m:.0f} m of this place {within}"
    )
    (speaks_for if others.at_place else against).append(text)
    return Alternative(
        cause=Cause.BATCH, speaks_for=tuple(speaks_for), speaks_against=tuple(against)
    )


def _fixes(count: int) -> str:
    return "1 fix" if count == 1 else f"{count} fixes"
