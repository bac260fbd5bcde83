"""What excuses a wearer, or did: every version, newest first."""

import msgspec
from sqlalchemy import Connection

from tagwatch.core.exemption import Exemption
from tagwatch.core.ids import WearerId
from tagwatch.query.reader import Reader
from tagwatch.store.exemptions import versions_of


class ExemptionView(msgspec.Struct, frozen=True, kw_only=True):
    """One exemption, newest version first."""

    versions: tuple[Exemption, ...]

    @property
    def newest(self) -> Exemption:
        """The version recorded last."""
        return self.versions[0]


def exemptions_of(connection: Connection, wearer_id: WearerId) -> tuple[ExemptionView, ...]:
    """Return a wearer's exemptions, latest first. The caller has checked the scope."""
    grouped: dict[str, list[Exemption]] = {}
    for version in versions_of(connection, wearer_id):
        grouped.setdefault(version.exemption_id, []).append(version)
    views = [ExemptionView(versions=tuple(versions)) for versions in grouped.values()]
    return tuple(sorted(views, key=lambda view: view.newest.starts_at, reverse=True))


def exemptions(reader: Reader, wearer_id: WearerId) -> tuple[ExemptionView, ...]:
    """Return what excuses a wearer within scope. Raises NotFound; puts either on the audit."""
    with reader.connection() as connection:
        reader.wearer(connection, wearer_id, "exemptions")
        found = exemptions_of(connection, wearer_id)
    reader.consulted("exemptions", [wearer_id])
    return found
