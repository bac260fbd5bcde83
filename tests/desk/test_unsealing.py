"""Two who decide about the same opening at the same moment: the second is told."""

from typing import Any

import pytest

from tagwatch.access.enrolment import now
from tagwatch.core.ids import AccountId, UnsealingId, WearerId
from tagwatch.core.recorded_unsealing import UnsealingDecided
from tagwatch.core.request_kinds import LegalGround
from tagwatch.core.routing import Verdict
from tagwatch.core.units import HOUR, Instant
from tagwatch.desk.clerk import Clerk, Conflict, Done
from tagwatch.desk.unsealing import UnsealingAsk, ask_unsealing, decide_unsealing
from tagwatch.engine.centre import InProcessCentre
from tagwatch.store.database import reading
from tagwatch.store.unsealings import unsealing_of
from tests.desk.conftest import At
from tests.web.conftest import CentreJournal

HIS = WearerId("w_own")


class Beaten(Clerk):
    """A clerk before whose every act somebody else refuses the opening."""

    def __init__(self, centre: InProcessCentre, name: str) -> None:
        super().__init__(CentreJournal(centre), centre.projections)
        self._name = name

    def record(self, event: Any, owner: Any = None) -> Done:
        faster = UnsealingDecided(
            unsealing_id=UnsealingId(self._name),
            wearer_id=HIS,
            verdict=Verdict.REFUSED,
            at=now(),
            by=AccountId("ac_zones"),
            words="A call would do",
        )
        super().record(faster)
        return super().record(event, owner)


def test_of_two_who_decide_at_once_the_second_is_told_that_his_does_not_count(
    clerk: Clerk, at: At, centre: InProcessCentre
) -> None:
    ask = UnsealingAsk(
        start=Instant(now() - 2 * HOUR),
        end=Instant(now() - HOUR),
        ground=LegalGround.VITAL_INTERESTS,
        cited="A protected person",
        reason="A neighbour says he waits outside of her work",
        sealed=5,
        gone=0,
    )
    name = ask_unsealing(clerk, at("officer"), HIS, ask).made_id
    beaten, words = Beaten(centre, name), "Her life may be at risk"
    with pytest.raises(Conflict, match="nothing of yours counts"):
        decide_unsealing(beaten, at("operator"), UnsealingId(name), Verdict.APPROVED, words)
    with reading(centre.projections) as connection:
        held = unsealing_of(connection, UnsealingId(name))
    assert held is not None
    assert (held.verdict, held.decided_by) == (Verdict.REFUSED, "ac_zones")
