"""Bundles that are asked for and not made yet: a small file each, beside the bundles of the wearer,
so that what waits outlives every process and is erased with him.

That it was asked for is on the audit; that it was made is in the journal.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from tagwatch.config import Config
from tagwatch.core.ids import AccountId, WearerId
from tagwatch.core.units import Instant
from tagwatch.store.bundles import FOLDER, keep_durably, whose_folder

SUFFIX: Final = ".ask"
_WORDS: Final = 300


class BundleAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that batch is to make, or could not make."""

    ask_id: str
    wearer_id: WearerId
    start: Instant
    end: Instant
    reason: str
    replaces: str = ""
    at: Instant
    by: AccountId
    failure: str = ""
    """Why none can be made; empty: it waits."""
    failed_at: Instant | None = None


def put_ask(config: Config, ask: BundleAsk) -> None:
    """Keep an ask durably, or what became of it. Raises OSError."""
    keep_durably(_path(config, ask.wearer_id, ask.ask_id), msgspec.json.encode(ask))


def failed(ask: BundleAsk, why: str, at: Instant) -> BundleAsk:
    """Return the ask as one of which nothing came."""
    return msgspec.structs.replace(ask, failure=why[:_WORDS], failed_at=at)


def is_there(config: Config, ask: BundleAsk) -> bool:
    """Say whether an ask is kept still: with his data it may have been erased."""
    return _path(config, ask.wearer_id, ask.ask_id).exists()


def drop_ask(config: Config, ask: BundleAsk) -> None:
    """Take an ask away; harmless if it is gone. Raises OSError."""
    _path(config, ask.wearer_id, ask.ask_id).unlink(missing_ok=True)


def asks_of(config: Config, wearer_id: WearerId) -> list[BundleAsk]:
    """Return what was asked for of a wearer and is not made, the oldest first."""
    return _read(whose_folder(config, wearer_id).glob(f"*{SUFFIX}"))


def waiting_asks(config: Config) -> list[BundleAsk]:
    """Return everything that waits, the oldest first."""
    found = _read((config.data / FOLDER).glob(f"*/*{SUFFIX}"))
    return [ask for ask in found if not ask.failure]


def _read(paths: Iterable[Path]) -> list[BundleAsk]:
    found: list[BundleAsk] = []
    for path in paths:
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=BundleAsk))
        except FileNotFoundError:  # made, or erased, meanwhile
            continue
    return sorted(found, key=lambda ask: (ask.at, ask.ask_id))


def _path(config: Config, wearer_id: WearerId, ask_id: str) -> Path:
    return whose_folder(config, wearer_id) / f"{quote(ask_id, safe='')}{SUFFIX}"
