"""Officers at their desks: a centre in this process, and a reader for each account."""

from collections.abc import Callable, Iterator

import pytest

from tagwatch.access.audit import AuditLine, AuditTrail, audit_line, open_reader
from tagwatch.access.enrolment import now
from tagwatch.access.purpose import ALLOWED
from tagwatch.access.reader import Reader, open_projections
from tagwatch.access.scope import scope
from tagwatch.config import Config
from tagwatch.desk.clerk import Clerk
from tagwatch.engine.centre import InProcessCentre
from tests.access.test_scope import actor
from tests.web.conftest import CentreJournal, built, centre, config

__all__ = ["built", "centre", "config"]
At = Callable[[str], Reader]


@pytest.fixture
def clerk(centre: InProcessCentre) -> Clerk:
    return Clerk(CentreJournal(centre), centre.projections)


@pytest.fixture
def at(config: Config, centre: InProcessCentre) -> Iterator[At]:
    """The reader of an account."""
    engine = open_projections(config)
    audit = AuditTrail.open(config, "web")

    def reader(name: str) -> Reader:
        who = actor(name)
        return Reader(engine, scope(who, ALLOWED[who.role][0]), audit, now)

    yield reader
    audit.close()
    engine.dispose()


@pytest.fixture
def audited(config: Config) -> Callable[[], list[AuditLine]]:
    """The lines of the audit so far."""

    def lines() -> list[AuditLine]:
        reader = open_reader(config, "web")
        found = [audit_line(record) for record in reader.read(0, 2**40)]
        reader.close()
        return [line for line in found if line is not None]

    return lines
