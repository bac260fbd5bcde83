"""Match episodes derived anew with those that are known, so that history is amended, not lost."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from tagwatch.core.episode import Episode
from tagwatch.core.ids import EpisodeId, derived_id
from tagwatch.core.outcome import Finding, Phase
from tagwatch.core.units import Instant

GONE: Final = "nothing of it is found any more"
"""Begins the reason of an episode that a derivation does not find again."""

_BEGUN: Final = "~"
_NO_END: Final = Instant(2**62)


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """Versions to store, and what became of every episode derived anew."""

    changed: tuple[Episode, ...]
    final: dict[EpisodeId, Episode]
    """By the id under which it was derived, the episode as it is known from now on."""


def reconcile(
    known: Sequence[Episode],
    derived: Sequence[Episode],
    cause: str,
    reserved: frozenset[EpisodeId] = frozenset(),
) -> Reconciled:
    """Return the changes that turn `known` into `derived`.

    Same rule, same condition and overlapping interval is the same episode, amended with
    version + 1. Of several known ones that became one, the oldest goes on and the others point
    to it (`merged_into`); of several derived from one, the first keeps its id and the others
    point back (`split_from`). What is derived no more is withdrawn. None is deleted.
    `reserved` ids belong to other episodes of the wearer and are not given again.
    """
    waiting = sorted((e for e in known if e.merged_into is None), key=_order)
    claimed: list[tuple[Episode, Episode]] = []
    taken: set[EpisodeId] = set()
    used = {e.episode_id for e in known} | reserved
    changed: list[Episode] = []
    final: dict[EpisodeId, Episode] = {}
    for episode in sorted(derived, key=_order):
        mine = _goes_on([e for e in waiting if e.episode_id not in taken], episode)
        if mine:
            taken |= {e.episode_id for e in mine}
            now = _amended(mine[0], episode, cause)
            claimed.append((mine[0], now))
            if now is not mine[0]:
                changed.append(now)
            changed += [_merged(old, now, cause) for old in mine[1:]]
        else:
            parent = next((old for old, _ in claimed if _same(old, episode)), None)
            now = _fresh(episode, parent, cause, used)
            used.add(now.episode_id)
            changed.append(now)
        final[episode.episode_id] = now
    changed += [
        _withdrawn(old, cause)
        for old in waiting
        if old.episode_id not in taken and not is_gone(old)
    ]
    return Reconciled(changed=tuple(changed), final=final)


def as_begun(known: EpisodeId) -> EpisodeId:
    """Return the id under which an episode that had begun before a derivation goes through it.

    An episode can bear the id of a fix that, by later fixes, opens another: so they are kept apart.
    """
    return EpisodeId(known + _BEGUN)


def set_apart(known: Sequence[Episode]) -> Callable[[Episode], Episode]:
    """Return what names an episode that had begun before a derivation, to go through it.

    One that became part of another since it was remembered goes on as that other.
    """
    part_of = {e.episode_id: e.merged_into for e in known if e.merged_into is not None}

    def named(episode: Episode) -> Episode:
        own = episode.episode_id
        while own in part_of:
            own = part_of[own]
        return msgspec.structs.replace(episode, episode_id=as_begun(own))

    return named


def is_gone(episode: Episode) -> bool:
    """Return whether an episode is kept only as history: not found again, or part of another."""
    return episode.merged_into is not None or episode.reason.startswith(GONE)


def content(episode: Episode) -> Episode:
    """Return the episode without id and lineage: what the fixes and orders say, and no more."""
    return msgspec.structs.replace(
        episode,
        episode_id=EpisodeId(""),
        version=0,
        reason="",
        merged_into=None,
        split_from=None,
    )


def _order(episode: Episode) -> tuple[Instant, Instant, str]:
    return episode.entered_latest, episode.entered_earliest, episode.episode_id


def _goes_on(waiting: Sequence[Episode], derived: Episode) -> list[Episode]:
    """Return the known episodes that this one is, the one whose id it keeps first: itself, if it
    had begun before the derivation, else the oldest; one that was withdrawn if there is no other.
    """
    found = [e for e in waiting if _same(e, derived)]
    live = [e for e in found if not is_gone(e)]
    own = [e for e in live if as_begun(e.episode_id) == derived.episode_id]
    return [*own, *(e for e in live if e not in own)] if live else found[:1]


def _same(one: Episode, derived: Episode) -> bool:
    if one.rule is not derived.rule or one.condition_id != derived.condition_id:
        return False
    if as_begun(one.episode_id) == derived.episode_id:
        return True
    return max(one.entered_earliest, derived.entered_earliest) < min(_end(one), _end(derived))


def _end(episode: Episode) -> Instant:
    if episode.left_latest is None:
        return _NO_END
    return max(episode.left_latest, Instant(episode.entered_earliest + 1))


def _amended(old: Episode, new: Episode, cause: str) -> Episode:
    # One that was gone and is found again says the same only by chance.
    if content(old) == content(new) and not is_gone(old):
        return old
    return msgspec.structs.replace(
        new,
        episode_id=old.episode_id,
        version=old.version + 1,
        reason=f"amended: {cause}; {new.reason}",
        split_from=old.split_from,
    )


def _fresh(episode: Episode, parent: Episode | None, cause: str, used: set[EpisodeId]) -> Episode:
    own, number = EpisodeId(episode.episode_id.removesuffix(_BEGUN)), 1
    while own in used:
        number += 1
        own = EpisodeId(derived_id("ep", episode.episode_id, number))
    if parent is None:
        reason = f"found by {cause}; {episode.reason}"
    else:
        reason = f"split off: {cause}; {episode.reason}"
    return msgspec.structs.replace(
        episode,
        episode_id=own,
        version=1,
        split_from=None if parent is None else parent.episode_id,
        reason=reason,
    )


def _merged(old: Episode, into: Episode, cause: str) -> Episode:
    return msgspec.structs.replace(
        _closed(old),
        version=old.version + 1,
        finding=Finding.WITHDRAWN,
        merged_into=into.episode_id,
        reason=f"one episode with another: {cause}",
    )


def _withdrawn(old: Episode, cause: str) -> Episode:
    return msgspec.structs.replace(
        _closed(old),
        version=old.version + 1,
        finding=Finding.WITHDRAWN,
        reason=f"{GONE}: {cause}",
    )


def _closed(episode: Episode) -> Episode:
    if episode.phase is Phase.ENDED:
        return episode
    last = episode.left_latest or episode.entered_latest
    return msgspec.structs.replace(
        episode, phase=Phase.ENDED, left_earliest=episode.left_earliest or last, left_latest=last
    )
