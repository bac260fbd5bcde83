"""Which records and findings belong to one agency or programme: what an export of it may tell."""

import sqlite3
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from tagwatch.core.event import Event
from tagwatch.store import schema
from tagwatch.store.cells import Cells
from tagwatch.store.database import give_functions
from tagwatch.store.protected import opened_text

_OF_WEARER: Final = "SELECT wearer_id FROM {table} WHERE {key} = ?"
_TABLES: Final = {
    "activation_id": "activation",
    "tag_id": "activation",
    "order_id": "order_record",
    "condition_id": "condition",
    "alert_id": "alert",
    "case_id": "case_record",
    "enquiry_id": "enquiry",
    "request_id": "data_request",
    "episode_id": "episode",
    "exemption_id": "exemption",
    "draft_id": "zone_draft",
    "need_id": "geometry_need",
}
"""Where it says whose something is, by the name under which records and rows call it."""
_QUERIES: Final = {
    **{key: _OF_WEARER.format(table=table, key=key) for key, table in _TABLES.items()},
    "wearer_id": "SELECT wearer_id FROM wearer WHERE wearer_id = ?",
    "notification_id": (
        "SELECT alert.wearer_id FROM notification JOIN alert USING (alert_id) "
        "WHERE notification_id = ?"
    ),
    "person_id": (
        "SELECT each.value FROM protected_person, json_each(wearers) AS each "
        "WHERE person_id = ?1 UNION "
        "SELECT wearer_id FROM condition, json_each({terms}, '$.terms.protects') AS each "
        "WHERE each.value = ?1"
    ).replace("{terms}", opened_text(schema.condition, "body")),
}
_NAMES: Final = {
    **{key: (key,) for key in _QUERIES},
    "wearer": ("wearer_id",),
    "wearers": ("wearer_id",),
    "owner_id": ("wearer_id", "activation_id", "person_id", "alert_id"),
}
"""By which queries the value of a field says whose it is."""
EVERYBODYS: Final = frozenset(
    {
        "Tick", "ProcessStarted", "Applied", "HeartbeatMissed", "SettingsPublished",
        "RouteProposed", "RouteDecided", "ShiftRecorded", "OverrideRecorded", "ContactRecorded",
        "TrailSealed", "ArchiveVoided",
        "settings", "contact", "rota_shift", "rota_override", "route_proposal",
    }
)  # fmt: skip
"""Kinds of record and tables that are of all wearers, where they name none."""
_KNOWN: Final = 65_536


class ProgrammeScope:
    """The wearers of one agency or programme, and what is about them."""

    def __init__(self, projections: Path, agency: str, programme: str, cells: Cells | None) -> None:
        """An empty `agency` or `programme` asks for all."""
        self._connection = sqlite3.connect(projections)
        give_functions(self._connection, cells)
        query = "SELECT wearer_id FROM wearer WHERE ? IN ('', agency) AND ? IN ('', programme)"
        self.wearers = {row[0] for row in self._connection.execute(query, (agency, programme))}
        self.words = ", ".join(
            f"{name} {value}"
            for name, value in (("agency", agency), ("programme", programme))
            if value
        )
        self.mentioned: set[str] = set()
        """Every text of what was found in scope: whose accounts belong to it."""
        self._whose = lru_cache(_KNOWN)(self._asked)

    def close(self) -> None:
        """Let go of the tables."""
        self._connection.close()

    def has(self, kind: str, wearer: str, told: Event | Mapping[str, Any] | None) -> bool:
        """Tell whether a record or row is about one of the wearers, or about everybody.

        `wearer` is whose it is, where that is known; `told` what it says, None if erased.
        """
        if wearer:
            within = wearer in self.wearers
        elif told is None:
            within = False
        else:
            found = set(self._wearers_in(msgspec.to_builtins(told)))
            within = bool(found & self.wearers) or (not found and kind in EVERYBODYS)
        if within and told is not None:
            self.mentioned.update(_texts(msgspec.to_builtins(told)))
        return within

    def _wearers_in(self, value: Any, name: str = "") -> Iterator[str]:
        if isinstance(value, dict):
            for key, part in cast("dict[str, Any]", value).items():
                yield from self._wearers_in(part, key)
        elif isinstance(value, list | tuple):
            for part in cast("list[Any]", value):
                yield from self._wearers_in(part, name)
        elif isinstance(value, str) and value:
            for key in _NAMES.get(name, ()):
                yield from self._whose(key, value)

    def _asked(self, key: str, value: str) -> frozenset[str]:
        rows = self._connection.execute(_QUERIES[key], (value,))
        return frozenset(row[0] for row in rows if row[0])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in cast("dict[str, Any]", value).values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in cast("list[Any]", value):
            yield from _texts(part)
