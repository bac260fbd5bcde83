"""The files of a bundle that a program reads: their names and what is in them."""

from typing import Final

import msgspec

from tagwatch.core.episode import Episode
from tagwatch.core.ids import ActivationId
from tagwatch.core.order import Order
from tagwatch.core.rules.prepare import SettingsHistory, WearerOrders
from tagwatch.core.settings import Settings
from tagwatch.core.units import Instant

CLOSED: Final = "closed/"
"""Before the name of what the redacted bundle lacks."""
ORDERS: Final = "orders.json"
SETTINGS: Final = "settings.json"
TAGS: Final = "tags.json"
FINDINGS: Final = "findings.json"
FIXES: Final = "fixes.csv"
GAPS: Final = "gaps.csv"
RECORDS: Final = "journal/records.msgpack"
REGISTER: Final = "journal/register.msgpack"
LINKS: Final = "journal/links.msgpack"
FRAME_KEYS: Final = "journal/keys.json"
REGISTER_KEYS: Final = "journal/register-keys.json"


class OrderFile(msgspec.Struct, frozen=True, kw_only=True):
    """The orders with all their versions, and what of them is judged by fixes."""

    orders: tuple[Order, ...]
    judged: WearerOrders


class Worn(msgspec.Struct, frozen=True, kw_only=True):
    """A tag on the wearer for [started_at, ended_at)."""

    activation_id: ActivationId
    model: str
    started_at: Instant
    ended_at: Instant | None


class SettingsSince(msgspec.Struct, frozen=True, kw_only=True):
    """Rule settings and the event time from which they apply."""

    since: Instant
    settings: Settings


class FindingsFile(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in the window."""

    basis: str
    """`recorded`: as the installation found it; `told`: as it follows from what he was told."""
    derived: tuple[Episode, ...]
    """Each follows from fixes, orders and settings, and is derived again by whoever verifies."""
    reported: tuple[Episode, ...]
    """The tag or the centre reported it: no place was judged, and nothing can be derived."""
    about_others: int
    """Findings that need another person's fixes, which are in no bundle."""


def history_of(found: tuple[SettingsSince, ...]) -> SettingsHistory:
    """Return the settings as the rules take them. Raises ValueError."""
    return SettingsHistory(tuple((each.since, each.settings) for each in found))
