"""Records in tables of their own, as a file that is brought in asks for them."""

from typing import Any

from sqlalchemy import StaticPool, create_engine
from sqlalchemy.event import listen

from tagwatch.core.ledger import Event
from tagwatch.core.units import Instant
from tagwatch.store import schema
from tagwatch.store.database import give_functions
from tagwatch.store.known import KnownRecords
from tagwatch.store.register import Register
from tagwatch.store.writes import Writes


class Recorded(Register):
    """The register as the line keeps it: in memory, and in tables that are written with it."""

    def __init__(self) -> None:
        super().__init__()
        # The collector may let go of it in any thread.
        self._engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        listen(self._engine, "connect", _in_plain)
        schema.metadata.create_all(self._engine)
        self._connection = self._engine.connect()

    def apply(self, event: Event, at: Instant, writes: Writes) -> None:
        super().apply(event, at, writes)
        writes.write(self._connection)

    def __del__(self) -> None:
        self._connection.close()
        self._engine.dispose()

    @property
    def known(self) -> KnownRecords:
        """The records as they are now."""
        return KnownRecords(self._connection)


def _in_plain(raw: Any, _record: Any) -> None:
    give_functions(raw, None)
