"""Every condition of the register, packed: an area with its corners is large, and seldom asked."""

import zlib
from collections.abc import Iterator, Mapping
from datetime import time
from itertools import pairwise
from typing import Any, Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from tagwatch.core.geometry import Disc, LonLat
from tagwatch.core.ids import ConditionId, OrderId, WearerId
from tagwatch.core.order import ConditionVersion, Curfew, ExclusionZone, Terms, ZoneKnowledge
from tagwatch.core.rules.kept import Kept
from tagwatch.core.timetable import CurfewRow, Weekday
from tagwatch.core.units import Instant
from tagwatch.store import schema

MOST_UNPACKED: Final = 4_096
"""Conditions kept as objects too; the others are made anew when asked for."""

_Rows = tuple[CurfewRow, ...]
_Versions = tuple[ConditionVersion, ...]
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(_Versions).decode
_WINDOW: Final = -13
"""Raw deflate that looks back 8 KB."""


def _like(terms: Terms) -> ConditionVersion:
    return ConditionVersion(
        condition_id=ConditionId(""),
        version=1,
        order_id=OrderId(""),
        wearer_id=WearerId(""),
        terms=terms,
        valid_from=Instant(0),
        recorded_at=Instant(0),
    )


def _usual() -> bytes:
    """Return what most conditions have in common, names of fields above all."""
    evening, morning, days = time(19), time(7), [*Weekday, Weekday.MO]
    rows = tuple(
        CurfewRow(from_day=day, from_time=evening, until_day=following, until_time=morning)
        for day, following in pairwise(days)
    )
    here = LonLat(lon_deg=0.0, lat_deg=0.0)
    zone = ExclusionZone(label="", shape=Disc(centre=here, radius_m=100.0))
    return _ENCODE((_like(Curfew(label="", address=here, rows=rows)), _like(zone)))


_USUAL: Final = _usual()


def _pack(versions: _Versions) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, zdict=_USUAL)
    return packer.compress(_ENCODE(versions)) + packer.flush()


def _unpack(packed: bytes) -> _Versions:
    return _DECODE(zlib.decompressobj(_WINDOW, zdict=_USUAL).decompress(packed))


class Conditions(Mapping[ConditionId, _Versions]):
    """The versions of each condition, in order of version, by the condition's id."""

    def __init__(self) -> None:
        self._packed: dict[ConditionId, bytes] = {}
        self._hours: Kept[_Rows, _Rows] = Kept(MOST_UNPACKED)
        self._unpacked: Kept[ConditionId, _Versions] = Kept(MOST_UNPACKED)

    def __getitem__(self, name: ConditionId) -> _Versions:
        found = self._unpacked.get(name)
        if found is None:
            found = tuple(self._sharing(each) for each in _unpack(self._packed[name]))
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
        self._packed[name] = _pack(versions)
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


def condition_row(version: ConditionVersion) -> dict[str, Any]:
    """Return the row of a version in the table of conditions."""
    return {
        "condition_id": version.condition_id,
        "version": version.version,
        "wearer_id": version.wearer_id,
        "kind": terms_kind(version.terms),
        "knowledge": knowledge_of(version.terms).value,
        "body": msgspec.json.encode(version).decode(),
    }


def terms_kind(terms: Terms) -> str:
    """Return `exclusion_zone`, `curfew` or `no_contact`."""
    return str(type(terms).__struct_config__.tag)


def knowledge_of(terms: Terms) -> ZoneKnowledge:
    """Return whether the place was told to the wearer; a curfew address always was."""
    return terms.knowledge if isinstance(terms, ExclusionZone) else ZoneKnowledge.TOLD


def newest_version(connection: Connection, name: ConditionId) -> int:
    """Return the number of a condition's newest version, 0 for none."""
    column = schema.condition.c
    query = select(func.max(column.version)).where(column.condition_id == name)
    return connection.scalar(query) or 0
