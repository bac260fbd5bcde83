"""Legal holds: who is on hold and why, who asked that it be lifted, and what was done before."""

from collections.abc import Sequence

import msgspec

from tagwatch.core.ids import WearerId
from tagwatch.core.person import Wearer
from tagwatch.query.reader import Reader
from tagwatch.store import holds
from tagwatch.store.holds import HoldAct


class HoldStand(msgspec.Struct, frozen=True, kw_only=True):
    """How a wearer's legal hold stands."""

    wearer_id: WearerId
    name: str
    held: HoldAct | None
    """By what he is on hold; None: he is not."""
    lift: HoldAct | None
    """That it be lifted was asked for, and is still to be decided by somebody else."""
    acts: tuple[HoldAct, ...]
    """All that was done about it, the latest first."""


class HoldList(msgspec.Struct, frozen=True, kw_only=True):
    """Wearers within scope of whom a hold was ever set."""

    on_hold: tuple[HoldStand, ...]
    """The latest first; those on whom a lift is to be decided before the others."""
    ended: tuple[HoldStand, ...]


def hold_list(reader: Reader) -> HoldList:
    """Return the holds within scope. On the audit."""
    by_wearer: dict[WearerId, list[HoldAct]] = {}
    with reader.connection() as connection:
        for act in holds.acts(connection):
            by_wearer.setdefault(act.wearer_id, []).append(act)
        wearers = reader.wearers(connection, by_wearer)
    found = [_stand(wearers[name], acts) for name, acts in by_wearer.items() if name in wearers]
    found.sort(key=lambda each: (each.lift is None, -each.acts[0].at, each.wearer_id))
    reader.consulted("holds", sorted(each.wearer_id for each in found))
    return HoldList(
        on_hold=tuple(each for each in found if each.held),
        ended=tuple(each for each in found if not each.held),
    )


def hold_of(reader: Reader, wearer_id: WearerId) -> HoldStand:
    """Return how one wearer's hold stands. On the audit. Raises NotFound."""
    with reader.connection() as connection:
        wearer = reader.wearer(connection, wearer_id, "hold")
        acts = holds.acts(connection, wearer_id)
    reader.consulted("hold", [wearer_id])
    return _stand(wearer, acts)


def _stand(wearer: Wearer, acts: Sequence[HoldAct]) -> HoldStand:
    held, lift = holds.standing(acts)
    return HoldStand(
        wearer_id=wearer.wearer_id,
        name=wearer.name,
        held=held,
        lift=lift,
        acts=tuple(acts[::-1]),
    )
