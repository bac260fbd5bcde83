"""Weekly overviews, evidence bundles and released files of somebody whose data are lawfully erased
go with them."""

import sqlite3
from contextlib import closing

from tagwatch.config import Config
from tagwatch.core.ids import WearerId
from tagwatch.store.bundles import forget_files
from tagwatch.store.journal.record import Owner, OwnerKind
from tagwatch.store.overviews import Overviews
from tagwatch.store.request_files import forget_released


def forget_overviews(config: Config, owner: Owner) -> int:
    """Take away every weekly overview and evidence bundle that the erased data went into: a
    wearer's, or those of whoever wore the tag of an activation. Returns how many files. Raises
    OSError."""
    if owner.kind is OwnerKind.WEARER:
        return _forget(config, owner.id)
    if owner.kind is not OwnerKind.ACTIVATION or not config.projections_file.exists():
        return 0
    address = f"file:{config.projections_file}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=30.0)) as tables:
        query = "SELECT wearer_id FROM activation WHERE activation_id = ?"
        found = tables.execute(query, [owner.id]).fetchone()
    return 0 if found is None else _forget(config, found[0])


def _forget(config: Config, wearer: str) -> int:
    overviews = Overviews(config.overviews_folder).forget(WearerId(wearer))
    return overviews + forget_files(config, wearer) + forget_released(config, wearer)
