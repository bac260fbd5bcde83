"""How long the viewer of the audit takes with a million lines: pages, filters, words, one line."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tagwatch.access.actor import Actor
from tagwatch.access.audit import Act, AuditLine, AuditTrail
from tagwatch.access.audit_index import caught_up
from tagwatch.access.role import Role
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.units import Instant
from tagwatch.engine import installation
from tagwatch.query.audit import AuditSearch, audit

LINES = 1_000_000
START = 1_780_000_000_000_000


def _written(config: Config, lines: int) -> None:
    trail = AuditTrail.open(config, "web")
    for first in range(0, lines, 5_000):
        trail.send(*(_line(number) for number in range(first, first + 5_000))).result(60)
    trail.close()


def _line(number: int) -> AuditLine:
    return AuditLine(
        at=Instant(START + number * 1_000_000),
        by=f"ac_{number % 400}",
        role="practitioner",
        act=Act.CONSULTATION if number % 10 else Act.ALTERATION,
        question=f"question_{number % 40}",
        purpose="supervision",
        purpose_words=f"a visit, number {number % 1000}",
        ids=(f"w_{number % 2000}", f"al_{number}"),
        address="10.0.0.1",
    )


@pytest.mark.bench
def test_pages_of_a_million_lines(tmp_path: Path) -> None:
    config = Config(data=tmp_path / "data")
    installation.create(config)
    _written(config, LINES)
    begun = time.perf_counter()
    with caught_up(config, 10 * LINES) as (_, whole):
        assert whole
    print(f"\nindex of {LINES:,} lines made in {time.perf_counter() - begun:.0f} s")
    trail = AuditTrail.open(config, "command")
    actor = Actor(account_id=AccountId("ac_administrator"), name="A", role=Role.ADMINISTRATOR)
    searches = {
        "newest": AuditSearch(),
        "one wearer": AuditSearch(about="w_77"),
        "one account": AuditSearch(by=("ac_12",)),
        "refused": AuditSearch(outcome=2),
        "question and purpose": AuditSearch(questions=("question_7",), purpose="supervision"),
        "words within one account": AuditSearch(by=("ac_12",), words="number 412"),
        "words that nothing has": AuditSearch(words="nowhere"),
    }
    for name, search in searches.items():
        middle = _middle(partial(audit, config, trail, actor, Instant(START), search, ""))
        print(f"{name}: {middle * 1000:.0f} ms")
    trail.close()


def _middle(work: Callable[[], object]) -> float:
    taken: list[float] = []
    for _ in range(5):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
