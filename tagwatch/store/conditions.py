"""Every condition of the register, packed: an area with its corners is large, and seldom asked."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from tagwatch.core.ids import ConditionId
from tagwatch.core.order import ConditionVersion, Curfew
from tagwatch.core.rules.kept import Kept
from tagwatch.core.timetable import CurfewRow

MOST_UNPACKED: Final = 4_096
"""Conditions kept as objects too; the others are made anew when asked for."""

_Rows = tuple[CurfewRow, ...]
_Versions = tuple[ConditionVersion, ...]
_PACK: Final = msgspec.msgpack.Encoder().encode
_UNPACK: Final = msgspec.msgpack.Decoder(_Versions).decode


class Conditions(Mapping[ConditionId, _Versions]):
    """The versions of each condition, in order of version, by the condition's id."""

    def __init__(self) -> None:
        self._packed: dict[ConditionId, bytes] = {}
        self._hours: Kept[_Rows, _Rows] = Kept(MOST_UNPACKED)
        self._unpacked: Kept[ConditionId, _Versions] = Kept(MOST_UNPACKED)

    def __getitem__(self, name: ConditionId) -> _Versions:
        found = self._unpacked.get(name)
        if found is None:
            found = tuple(self._sharing(each) for each in _UNPACK(self._packed[name]))
            self._unpacked.put(name, found)
        return found

    def __iter__(self) -> Iterator[ConditionId]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, name: object) -> bool:
        return name in self._packed

    def hold(self, version: ConditionVersion) -> None:
        """Keep a version of a condition, in place of one of the same number."""
        name = version.condition_id
        held = self[name] if name in self._packed else ()
        kept = [v for v in held if v.version != version.version]
        versions = tuple(sorted([*kept, version], key=lambda v: v.version))
        self._packed[name] = _PACK(versions)
        self._unpacked.put(name, versions)

    def _sharing(self, version: ConditionVersion) -> ConditionVersion:
        """Return the same with a curfew's hours as one object for all who keep these hours."""
        terms = version.terms
        if not isinstance(terms, Curfew):
            return version
        hours = self._hours.get(terms.rows)
        if hours is None:
            self._hours.put(terms.rows, terms.rows)
            return version
        return replace(version, terms=replace(terms, rows=hours))
