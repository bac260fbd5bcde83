"""Protected fields are sealed with another field key, a few rows between two batches of the line.

The line alone does it, and destroys the former key when a whole pass has found nothing left: nobody
else writes the tables, so nothing can be written with that key any more.
"""

from typing import Final

import structlog

from tagwatch.config import Config
from tagwatch.engine.clock import now
from tagwatch.engine.installation import OS_FILES
from tagwatch.engine.line import Line
from tagwatch.store.account_keys import wrapping_of
from tagwatch.store.field_keys import retire_field_keys
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.sealing import Sealing

_LOG: Final = structlog.get_logger("line")


class Resealing:
    """How far it has come. For the line's own thread."""

    def __init__(self, config: Config, line: Line) -> None:
        self._config = config
        self._line = line
        self._sealing = Sealing()

    def step(self) -> bool:
        """Seal a few rows; return whether there is more to do at once."""
        done = self._line.seal_anew(self._sealing)
        if done is None:
            return False
        if done:
            self._sealing = Sealing()
            folder = self._config.keys_folder
            try:
                retire_field_keys(OS_FILES, folder, wrapping_of(OS_FILES, folder), now())
            except (OSError, KeysDamaged) as error:
                # Decisions go on; the next pass, which finds nothing to do, tries it again.
                _LOG.warning("former field key not destroyed yet", error=str(error))
                return False
        return True
