"""Whose a message is: a tag's backlog may reach back to the person who wore it before."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from tagwatch.core.fix import Decoded, FixBlock, Mark, TagEvent
from tagwatch.core.ids import ActivationId, TagId
from tagwatch.core.person import Activation
from tagwatch.core.units import Instant
from tagwatch.ingest.protocol.message import Part
from tagwatch.ingest.register import Register

_BAD_TIME: Final = int(Mark.BAD_TIME)


class Share(NamedTuple):
    """What of a message belongs to one owner."""

    activation: Activation | None
    part: Part
    first: int
    """Its fixes lie within [first, last) of the message."""
    last: int
    newest: Instant
    oldest: Instant


def shares_of(
    decoded: Decoded, register: Register, tag_id: TagId, received_at: Instant
) -> list[Share]:
    """Return the shares of a message by the activation in force at each fix and event."""
    fixes, events = decoded.fixes, decoded.events
    fixed_at = fixes["fixed_at"]
    earliest = [event.happened_at for event in events]
    latest = list(earliest)
    if len(fixes):
        earliest.append(Instant(int(fixed_at[0])))
        latest.append(Instant(int(fixed_at[-1])))
    if not latest:
        earliest = latest = [received_at]
    oldest, newest = min(earliest), max(latest)
    first = register.worn_at(tag_id, oldest)
    if oldest == newest or (first is not None and first is register.worn_at(tag_id, newest)):
        last = _newest(fixes, events, newest)
        return [Share(first, Part((), ()), 0, len(fixes), last, oldest)]
    return _split(decoded, register, tag_id)


def _newest(fixes: FixBlock, events: Sequence[TagEvent], newest: Instant) -> Instant:
    """Return the newest time of a message, a fix with an unusable clock not counted."""
    if not len(fixes) or not int(fixes["marks"][-1]) & _BAD_TIME:
        return newest
    usable = fixes["fixed_at"][(fixes["marks"] & _BAD_TIME) == 0]
    times = [event.happened_at for event in events] + [Instant(int(at)) for at in usable[-1:]]
    return max(times, default=newest)


def _split(decoded: Decoded, register: Register, tag_id: TagId) -> list[Share]:
    fixes, events = decoded.fixes, decoded.events
    owners: dict[ActivationId | None, Activation | None] = {}
    rows: dict[ActivationId | None, list[int]] = {}
    others: dict[ActivationId | None, list[int]] = {}
    for row, at in enumerate(fixes["fixed_at"].tolist()):
        worn = register.worn_at(tag_id, at)
        owner = worn.activation_id if worn else None
        owners.setdefault(owner, worn)
        rows.setdefault(owner, []).append(row)
    for event in events:
        worn = register.worn_at(tag_id, event.happened_at)
        owner = worn.activation_id if worn else None
        owners.setdefault(owner, worn)
        others.setdefault(owner, []).append(event.index)
    shares: list[Share] = []
    for owner, activation in owners.items():
        own = fixes[np.array(rows.get(owner, []), dtype=np.intp)]
        places = own["index"].tolist()
        said_by = [event for event in events if event.index in set(others.get(owner, ()))]
        times = [event.happened_at for event in said_by] + own["fixed_at"].tolist()
        newest = _newest(own, said_by, max(times))
        part = Part(frozenset(places), frozenset(others.get(owner, ())))
        first, last = (min(places), max(places) + 1) if places else (0, 0)
        shares.append(Share(activation, part, first, last, newest, min(times)))
    return shares
