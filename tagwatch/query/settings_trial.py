"""What would other rule settings have done? Drawn wearers, tried one after the other.

Whose trails are looked at is fixed, within scope and on the audit, when the change is proposed;
the batch process works it out, and nobody waits for it.
"""

from typing import Final

from sqlalchemy import Connection

from tagwatch.core.exemption import newest
from tagwatch.core.ids import WearerId
from tagwatch.core.rehearsal import counted, differ
from tagwatch.core.rules.prepare import Prepared, SettingsHistory, WearerOrders
from tagwatch.core.settings import Settings
from tagwatch.core.settings_trial import WearerTrial
from tagwatch.core.units import Instant
from tagwatch.query.coverage import versions_of_wearer
from tagwatch.query.rehearsal import BEFORE, Trailed, fixes_within, tried
from tagwatch.store.exemptions import versions_of
from tagwatch.store.orders import order_spans

CACHED: Final = 16_384


class SettingsPair:
    """Settings as they stand and as they are proposed, to be tried on one wearer after another."""

    def __init__(self, before: Settings, after: Settings, window: tuple[Instant, Instant]) -> None:
        # What is prepared is found again by the number of the version: each side has its own.
        self._sides = tuple(
            (SettingsHistory.of(settings), Prepared(most=CACHED)) for settings in (before, after)
        )
        self._window = window

    def tried_on(self, connection: Connection, wearer_id: WearerId) -> WearerTrial:
        """Return what the change would have done for one wearer. Raises Unrehearsed."""
        start, end = self._window
        trails = Trailed(connection, Instant(start - BEFORE), end)
        orders = WearerOrders(
            wearer_id=wearer_id,
            conditions=tuple(versions_of_wearer(connection, wearer_id)),
            exemptions=newest(versions_of(connection, wearer_id)),
            spans=order_spans(connection, wearer_id),
        )
        before, after = (
            tried(trails, orders, settings, self._window, prepared)
            for settings, prepared in self._sides
        )
        return WearerTrial(
            wearer_id=wearer_id,
            fixes=fixes_within(trails.of(wearer_id), start),
            counts=counted(before, after),
            differs=differ(before, after),
        )
