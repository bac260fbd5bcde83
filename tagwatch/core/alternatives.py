"""Other explanations of an episode, each with what speaks for and against it."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from tagwatch.core.episode import Episode
from tagwatch.core.fix import NO_INSTANT, Mark
from tagwatch.core.outcome import Finding
from tagwatch.core.sight import Sight
from tagwatch.core.units import MINUTE, SECOND

GAP = 5 * MINUTE
"""Without a fix for longer than this the route is not known."""

CLOCK_SLACK = 2 * MINUTE
MANY_WITNESSES = 3


class Cause(StrEnum):
    """What else could have made the same fixes."""

    DRIFT = "drift of the position"
    NEIGHBOUR = "a neighbouring building or street"
    CLOCK = "an error of the tag's clock"
    GAP = "poor fixes after a tunnel or other gap"


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """One other explanation. Empty lists mean that nothing known bears on it."""

    cause: Cause
    speaks_for: tuple[str, ...] = ()
    speaks_against: tuple[str, ...] = ()


def alternatives(
    episode: Episode,
    used: Sequence[Sight],
    before: Sequence[Sight],
    history: Sequence[Episode],
) -> tuple[Alternative, ...]:
    """Return the explanations that are always weighed, for the fixes `used` by the episode.

    `before`: fixes of the route up to the episode. `history`: earlier episodes of the condition.
    """
    return (
        _drift(episode, used, history),
        _neighbour(used),
        _clock(used),
        _gap(used, before),
    )


def _drift(episode: Episode, used: Sequence[Sight], history: Sequence[Episode]) -> Alternative:
    weak = sum(e.finding in (Finding.WITHDRAWN, Finding.UNDETERMINED) for e in history)
    speaks_for = [f"earlier episodes here that were not borne out: {weak}"] if weak else []
    if len(used) == 1:
        speaks_for.append("only one fix")
    against: list[str] = []
    if episode.witnesses >= MANY_WITNESSES:
        against.append(f"{episode.witnesses} fixes far enough apart to err independently")
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


def _fixes(count: int) -> str:
    return "1 fix" if count == 1 else f"{count} fixes"
