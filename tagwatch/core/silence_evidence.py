"""What speaks for and against each possible cause of a silence.

What is not known says nothing. Points: WEAK, STRONG or DECISIVE, negative against the cause.
"""

from collections.abc import Callable, Iterator
from typing import Final

from tagwatch.core.alert import AlertKind
from tagwatch.core.fix import Motion
from tagwatch.core.silence_facts import Evidence, SilenceCause, SilenceFacts
from tagwatch.core.units import HOUR, MINUTE, SECOND

WEAK: Final = 1
STRONG: Final = 2
DECISIVE: Final = 4

LOW_PCT: Final = 20.0
CRITICAL_PCT: Final = 10.0
AMPLE_PCT: Final = 40.0
OLD_READING_S: Final = 7_200.0
CHARGED_PCT: Final = 20.0
"""More than before by this much: it was charged meanwhile."""
LONG_REST_S: Final = 1_800.0
AT_HOME_H: Final = 8.0
"""So many hours in a week make a place one of his usual ones."""
MOVES_MPS: Final = 2.0
SAME_PLACE_M: Final = 150.0
ELSEWHERE_M: Final = 800.0
RIDE_MPS: Final = 3.0
LONG_RIDE_S: Final = 7_200.0
STATION_M: Final = 200.0
NEAR_STATION_M: Final = 500.0
NEAR_M: Final = 2_000.0
ENOUGH_NEAR: Final = 3
RECORDED: Final = 0.8
NOT_RECORDED: Final = 0.2
WORSE: Final = 2.0
WORSE_M: Final = 30.0
FEWER_SATELLITES: Final = 3.0
FEW_SATELLITES: Final = 5.0
POOR_HDOP: Final = 3.0


def _says(words: str, points: int) -> Evidence:
    return Evidence(words=words, points=points)


# --- what bears on several causes -----------------------------------------------------------


def _alive(facts: SilenceFacts, *, points: int) -> Iterator[Evidence]:
    """What shows that the tag was on."""
    if facts.kind is AlertKind.NO_LOCATION:
        yield _says("the tag was heard of all the while", points)
    share = facts.recorded_share
    if share is not None and share >= RECORDED:
        yield _says("it went on measuring, and sent its fixes afterwards", points)


def _resting(facts: SilenceFacts) -> bool:
    long = facts.rested_s is not None and facts.rested_s >= LONG_REST_S
    return not _moving(facts) and (long or facts.motion is Motion.STILL)


def _moving(facts: SilenceFacts) -> bool:
    fast = facts.speed_mps is not None and facts.speed_mps >= MOVES_MPS
    went = fast or facts.going_mps is not None
    return facts.motion is Motion.MOVING or (went and facts.motion is not Motion.STILL)


def _faded(facts: SilenceFacts) -> str:
    """Return in words how reception got worse before it, empty if it did not."""
    before_m, last_m = facts.accuracy_m_95_before, facts.accuracy_m_95_last
    if before_m is not None and last_m is not None and last_m >= max(WORSE * before_m, WORSE_M):
        return f"the last circles grew from {before_m:.0f} to {last_m:.0f} m (95 %)"
    before, last = facts.satellites_before, facts.satellites_last
    fewer = before is not None and last is not None and before - last >= FEWER_SATELLITES
    if fewer and last is not None and last <= FEW_SATELLITES:
        return f"satellites fell from {before:.0f} to {last:.0f} before it"
    before, last = facts.hdop_before, facts.hdop_last
    if before is not None and last is not None and last >= max(WORSE * before, POOR_HDOP):
        return f"HDOP rose from {before:.1f} to {last:.1f} before it"
    return ""


def _hours(seconds: float) -> str:
    if seconds < HOUR / SECOND:
        return f"{seconds * SECOND / MINUTE:.0f} min"
    return f"{seconds * SECOND / HOUR:.1f} h"


# --- cause by cause -------------------------------------------------------------------------


def _battery(facts: SilenceFacts) -> Iterator[Evidence]:
    yield from _alive(facts, points=-DECISIVE)
    pct = facts.battery_pct
    if pct is not None:
        yield from _charge(facts, pct)
    after = facts.battery_pct_after
    if pct is None or after is None:
        return
    if after - pct >= CHARGED_PCT:
        yield _says(f"it came back with {after:.0f} %, charged meanwhile", WEAK)
    elif pct > CRITICAL_PCT and after > CRITICAL_PCT:
        yield _says(f"it came back with {after:.0f} %, not charged meanwhile", -STRONG)


def _charge(facts: SilenceFacts, pct: float) -> Iterator[Evidence]:
    """What the last reading says, which says less the older it is."""
    age_s = facts.battery_age_s or 0.0
    full = WEAK if age_s > OLD_READING_S else STRONG
    read = f"{pct:.0f} % at the last reading, {_hours(age_s)} before it"
    left_pct = pct - (facts.use_pct_per_h or 0.0) * age_s * SECOND / HOUR
    if facts.charging is True:
        yield _says("it was on charge when last heard of", -WEAK)
    elif left_pct <= CRITICAL_PCT:
        used = f", using {facts.use_pct_per_h:.0f} % an hour" if facts.use_pct_per_h else ""
        # An old reading that its use carries down to nothing is no weaker for its age.
        yield _says(read + used, STRONG if left_pct < pct else full)
    elif left_pct <= LOW_PCT:
        yield _says(read, WEAK)
    elif left_pct >= AMPLE_PCT:
        yield _says(read, -full)
    else:
        yield _says(read, -WEAK)


def _rest(facts: SilenceFacts) -> Iterator[Evidence]:
    if _resting(facts):
        how = f" for {_hours(facts.rested_s)}" if facts.rested_s else ""
        yield _says(f"he had been at rest{how}", WEAK)
    elif _moving(facts):
        yield _says("he was moving when last located", -STRONG)
    if facts.rested_here_h is not None and facts.rested_here_h >= AT_HOME_H:
        yield _says(f"he spent {facts.rested_here_h:.0f} h of the week before here", WEAK)
    if not _moving(facts) and (faded := _faded(facts)):
        yield _says(faded, WEAK)
    if facts.moved_m is not None:
        if facts.moved_m <= SAME_PLACE_M:
            yield _says(f"the first fix after it lies {facts.moved_m:.0f} m from the last", WEAK)
        elif facts.moved_m >= ELSEWHERE_M:
            yield _says(f"the first fix after it lies {facts.moved_m:.0f} m away", -STRONG)


def _underground(facts: SilenceFacts) -> Iterator[Evidence]:
    if facts.recorded_by_satellite:
        yield _says("it had satellite fixes meanwhile", -DECISIVE)
    if _resting(facts):
        yield _says("he had been at rest", -STRONG)
    elif _moving(facts):
        yield _says("he was moving when last located", WEAK)
        if faded := _faded(facts):
            yield _says(faded, WEAK)
    if facts.station_m is not None:
        near = f"a station or line {facts.station_m:.0f} m from the last fix"
        if facts.station_m <= NEAR_STATION_M:
            yield _says(near, STRONG if facts.station_m <= STATION_M else WEAK)
        else:
            yield _says(near, -WEAK)
    if facts.vanished_here:
        often = f"{facts.vanished_here} earlier gaps of the week began here and ended elsewhere"
        yield _says(often, STRONG if facts.vanished_here > 1 else WEAK)
    if facts.lasted_s > LONG_RIDE_S:
        yield _says(f"it lasted {_hours(facts.lasted_s)}, longer than a ride", -STRONG)
    if facts.moved_m is not None:
        if facts.moved_m <= SAME_PLACE_M:
            yield _says("the first fix after it lies at the same place", -WEAK)
        elif facts.moved_m >= ELSEWHERE_M and (facts.moved_mps or 0.0) >= RIDE_MPS:
            yield _says(f"the first fix after it lies {facts.moved_m:.0f} m on", WEAK)


def _network(facts: SilenceFacts) -> Iterator[Evidence]:
    if facts.kind is AlertKind.NO_LOCATION:
        yield _says("the tag was heard of all the while", -DECISIVE)
        return
    share = facts.recorded_share
    if share is not None and share >= RECORDED:
        yield _says("it went on measuring and could not send", DECISIVE)
    elif share is not None and share <= NOT_RECORDED:
        yield _says("it has sent next to nothing of that time so far", -WEAK)
    other = facts.elsewhere
    if other is None:
        return
    if other.outage_tags:
        yield _says(f"{other.outage_tags} tags fell silent together", DECISIVE)
    elif other.near >= ENOUGH_NEAR and 2 * other.near_silent >= other.near:
        yield _says(f"{other.near_silent} of {other.near} other tags near it fell silent", STRONG)
    elif other.near >= ENOUGH_NEAR and not other.near_silent:
        yield _says(f"all {other.near} other tags near it were heard of", -STRONG)


def _off(facts: SilenceFacts) -> Iterator[Evidence]:
    yield from _alive(facts, points=-DECISIVE)
    if facts.power_off_at is not None:
        yield _says("the tag reported that it was switched off", DECISIVE)
    if facts.power_on_at is not None:
        yield _says("the tag reported afterwards that it was switched on", STRONG)
    if facts.charging is True:
        yield _says("it was on charge when last heard of", WEAK)
    share = facts.recorded_share
    if share is not None and share <= NOT_RECORDED:
        yield _says("it has sent next to nothing of that time so far", WEAK)


def _shielding(facts: SilenceFacts) -> Iterator[Evidence]:
    if facts.jamming_at is not None:
        yield _says("the tag itself reported signs of jamming", STRONG)
    if facts.tampered:
        yield _says(f"the tag reported in the hour before: {facts.tampered}", WEAK)
    if facts.recorded_by_satellite:
        yield _says("it had satellite fixes meanwhile, so these were not shielded", -STRONG)
    other = facts.elsewhere
    if other is None:
        return
    if other.outage_tags or (other.near >= ENOUGH_NEAR and 2 * other.near_silent >= other.near):
        yield _says("other tags fell silent as well", -STRONG)
    elif other.near >= ENOUGH_NEAR and not other.near_silent:
        yield _says(f"all {other.near} other tags near it were heard of", WEAK)


EVIDENCE: Final[dict[SilenceCause, Callable[[SilenceFacts], Iterator[Evidence]]]] = {
    SilenceCause.BATTERY: _battery,
    SilenceCause.REST: _rest,
    SilenceCause.UNDERGROUND: _underground,
    SilenceCause.NETWORK: _network,
    SilenceCause.OFF: _off,
    SilenceCause.SHIELDING: _shielding,
}


def unknown_of(facts: SilenceFacts) -> Iterator[str]:
    """Yield what is not known about a silence."""
    yield (
        "where he is: the last fix says where he was"
        if facts.ended_at is None
        else ("where he was meanwhile")
    )
    if facts.battery_pct is None:
        yield "the tag's battery before it"
    if facts.motion is Motion.UNKNOWN:
        yield "whether the tag felt itself moving"
    if facts.station_m is None:
        yield "how near a station or line is: none is loaded"
    if facts.kind is AlertKind.NO_LOCATION:
        return
    if facts.recorded_share is None:
        yield "whether the tag goes on measuring: that shows when it is heard of again"
    other = facts.elsewhere
    if other is None or other.near < ENOUGH_NEAR:
        yield f"how other tags near it fared: fewer than {ENOUGH_NEAR} are"
    yield "which operator's network the tag uses"
