"""Exemptions as the register keeps them: every version in the table, the newest in memory."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from tagwatch.core.exemption import OUT_OF_REACH, Exemption, ExemptionCause, is_on, newest
from tagwatch.core.ids import ExemptionId, WearerId
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.writes import Writes

_DECODER = msgspec.json.Decoder(Exemption)


class Exemptions:
    """The newest version of each exemption, by wearer."""

    def __init__(self) -> None:
        """Begin with none."""
        self._of: dict[WearerId, dict[ExemptionId, Exemption]] = defaultdict(dict)

    def hold(self, exemption: Exemption) -> None:
        """Keep a version, unless a later one is known."""
        known = self._of[exemption.wearer_id]
        held = known.get(exemption.exemption_id)
        if held is None or held.version <= exemption.version:
            known[exemption.exemption_id] = exemption

    def of(self, wearer: WearerId) -> tuple[Exemption, ...]:
        """Return those of a wearer, by id."""
        return newest(self._of.get(wearer, {}).values())

    def custody_ends(self) -> dict[WearerId, Instant]:
        """Return the last end of custody on record, by wearer."""
        found: dict[WearerId, Instant] = {}
        for wearer in self._of:
            ends = [each.ends_at for each in custodies(self.of(wearer))]
            if known := [at for at in ends if at is not None]:
                found[wearer] = max(known)
        return found

    def out_of_reach(self, wearer: WearerId, at: Instant) -> Exemption | None:
        """Return why a silent or unworn tag is no surprise at `at`: custody or death, or None."""
        found = (each for each in self._of.get(wearer, {}).values() if each.cause in OUT_OF_REACH)
        return next((each for each in found if is_on(each, at)), None)


def custodies(exemptions: Iterable[Exemption]) -> list[Exemption]:
    """Return those of the exemptions by which he is in custody."""
    custody = ExemptionCause.CUSTODY
    return [each for each in exemptions if each.cause is custody and not each.withdrawn]


def put_exemption(writes: Writes, exemption: Exemption) -> None:
    """Write one version."""
    writes.put(
        schema.exemption,
        {
            "exemption_id": exemption.exemption_id,
            "version": exemption.version,
            "wearer_id": exemption.wearer_id,
            "body": msgspec.json.encode(exemption).decode(),
        },
    )


def load_exemptions(connection: Connection) -> Exemptions:
    """Return the newest version of every exemption."""
    found = Exemptions()
    for body in connection.scalars(select(schema.exemption.c.body)):
        found.hold(_DECODER.decode(body))
    return found


def load_exemptions_of(connection: Connection, wearers: list[WearerId]) -> Exemptions:
    """Return the newest version of every exemption of these wearers."""
    found, column = Exemptions(), schema.exemption.c
    for body in connection.scalars(select(column.body).where(column.wearer_id.in_(wearers))):
        found.hold(_DECODER.decode(body))
    return found


def versions_of(connection: Connection, wearer: WearerId) -> list[Exemption]:
    """Return every version of a wearer's exemptions, by id, newest first."""
    column = schema.exemption.c
    query = (
        select(column.body)
        .where(column.wearer_id == wearer)
        .order_by(column.exemption_id, column.version.desc())
    )
    return [_DECODER.decode(body) for body in connection.scalars(query)]
