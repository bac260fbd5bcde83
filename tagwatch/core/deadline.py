"""What the absence of fixes means: service facts about curfews that go unseen."""

from typing import Final

import msgspec

from tagwatch.core.episode import Episode, episode_id
from tagwatch.core.ids import ActivationId
from tagwatch.core.memory import Advanced, Memory, Unseen
from tagwatch.core.outcome import Finding, Phase, RuleKind
from tagwatch.core.rules import curfew
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, Track, WearerOrders
from tagwatch.core.rules.watch import UNSEEN, Watch
from tagwatch.core.units import DAY, SECOND, Instant

SIGHT: Final = 15 * DAY
"""No deadline is looked for in windows that begin later than this: their start is looked at."""
ALWAYS: Final = Instant(-(2**62))


def due(
    memory: Memory,
    at: Instant,
    orders: WearerOrders,
    settings: SettingsHistory,
    prepared: Prepared,
    watched_since: Instant = ALWAYS,
) -> Instant | None:
    """Return the next instant from which `at_deadline` has something to say if no fix comes.

    It may be before `at`: then a deadline has passed. Where no curfew window begins within 15
    days it is the start of the next one, to look again; None if there is none. Nothing is missed
    from before `watched_since`: the tag was not on yet, or the installation did not listen.
    """
    found: list[int] = []
    for track in prepared.tracks(orders).curfews:
        open_fact = memory.unseen.get(track.key)
        if open_fact is not None:
            found.append(open_fact.until)
            continue
        first = min((piece.start for piece in track.pieces), default=at)
        window = track.next_interval(max(at, first))
        while window is not None and window[0] < at + SIGHT:
            after_s = settings.at(Instant(window[0])).curfew.unseen_after_s
            deadline = _deadline(memory, track, window, after_s, watched_since)
            if deadline < window[1]:
                found.append(deadline)
                break
            window = track.next_interval(window[1])
        else:
            # Whoever plans deadlines asks again at this one; with none he would never ask again.
            if window is not None:
                found.append(window[0])
    return Instant(min(found)) if found else None


def _deadline(
    memory: Memory, track: Track, window: tuple[int, int], after_s: int, watched_since: int
) -> int:
    watch = memory.watches.get(track.key)
    if watch is None or watch.until <= window[0] or watch.start >= window[1]:
        watch = Watch(start=window[0], until=window[1])
    at = curfew.unseen_at(watch, memory.screened_at, after_s)
    return max(at, watched_since + after_s * SECOND)


def at_deadline(
    memory: Memory,
    at: Instant,
    orders: WearerOrders,
    settings: SettingsHistory,
    prepared: Prepared,
    watched_since: Instant = ALWAYS,
) -> Advanced:
    """Return the service facts that the absence of fixes by `at` makes, or ends.

    A curfew window in which he was not seen for the time set: UNDETERMINED, never a breach.
    """
    memory, ended = end_unseen(memory, at)
    unseen = dict(memory.unseen)
    changed = list(ended)
    for track in prepared.tracks(orders).curfews:
        piece = track.piece_at(at)
        window = piece.interval_at(at) if piece is not None else None
        if piece is None or window is None or track.key in unseen:
            continue
        rules = settings.at(at)
        after_s = rules.curfew.unseen_after_s
        deadline = _deadline(memory, track, window, after_s, watched_since)
        if at < deadline:
            continue
        since = Instant(deadline - after_s * SECOND)
        episode = Episode(
            episode_id=episode_id(
                orders.wearer_id, RuleKind.CURFEW, track.condition_id, f"unseen {since}"
            ),
            wearer_id=orders.wearer_id,
            activation_id=memory.activation_id or ActivationId(""),
            rule=RuleKind.CURFEW,
            condition_id=track.condition_id,
            condition_version=piece.condition.version,
            rule_version=curfew.VERSION,
            settings_version=rules.version,
            phase=Phase.OPEN,
            finding=Finding.UNDETERMINED,
            probability=0.0,
            witnesses=0,
            entered_earliest=since,
            entered_latest=Instant(deadline),
            fixes=(),
            reason="no fix has said where he is",
            detail=UNSEEN,
        )
        unseen[track.key] = Unseen(episode=episode, until=window[1])
        changed.append(episode)
    return Advanced(memory=msgspec.structs.replace(memory, unseen=unseen), changed=tuple(changed))


def is_unseen(episode: Episode) -> bool:
    """Return whether an episode is the service fact that a curfew went unseen."""
    return episode.rule is RuleKind.CURFEW and episode.detail == UNSEEN


def end_unseen(memory: Memory, at: int | None = None) -> tuple[Memory, tuple[Episode, ...]]:
    """Return the memory without the service facts that an answer, or the window's end, ended."""
    if not memory.unseen:
        return memory, ()
    kept: dict[str, Unseen] = {}
    ended: list[Episode] = []
    now = memory.upto if at is None else max(at, memory.upto)
    for key, fact in memory.unseen.items():
        watch = memory.watches.get(key)
        seen = memory.screened_at
        if watch is not None and watch.answered_at is not None:
            seen = max(seen, watch.answered_at)
        if seen > fact.episode.entered_earliest or now >= fact.until:
            answered = fact.episode.entered_earliest < seen < fact.until
            ended.append(
                msgspec.structs.replace(
                    fact.episode,
                    version=fact.episode.version + 1,
                    phase=Phase.ENDED,
                    left_earliest=Instant(seen if answered else fact.until),
                    left_latest=Instant(seen if answered else fact.until),
                    reason="a fix says where he is" if answered else "the curfew ended unseen",
                )
            )
        else:
            kept[key] = fact
    return msgspec.structs.replace(memory, unseen=kept), tuple(ended)
