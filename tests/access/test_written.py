"""What a route or command declares to put on the audit is what it puts there."""

import pytest

from tagwatch.access.audit import Act, AuditLine, Outcome
from tagwatch.access.written import (
    COMBINES,
    ENTERS,
    HANDS_OUT,
    LOOKS,
    LOOKS_OR_HANDS_OUT,
    Writes,
    deviation,
    nothing,
)
from tagwatch.core.units import Instant


def line(act: Act, *ids: str, outcome: Outcome = Outcome.ANSWERED) -> AuditLine:
    return AuditLine(at=Instant(1), by="ac_1", act=act, question="q", ids=ids, outcome=outcome)


@pytest.mark.parametrize(
    ("declared", "lines", "wrong"),
    [
        (LOOKS, [line(Act.CONSULTATION, "w_1")], ""),
        (LOOKS, [], "did not write consultation"),
        (LOOKS, [line(Act.CONSULTATION, "w_2")], "names the wearer in no line"),
        (LOOKS, [line(Act.DISCLOSURE, "w_1")], "wrote disclosure, not declared"),
        (HANDS_OUT, [line(Act.CONSULTATION, "w_1")], "did not write disclosure"),
        (HANDS_OUT, [line(Act.CONSULTATION), line(Act.DISCLOSURE, "w_1")], ""),
        (LOOKS_OR_HANDS_OUT, [line(Act.DISCLOSURE, "w_1")], ""),
        (COMBINES.unless("unasked"), [line(Act.CONSULTATION)], ""),
        (COMBINES, [line(Act.CONSULTATION)], "did not write combination"),
        (nothing("why"), [], ""),
        (nothing("why"), [line(Act.CONSULTATION)], "wrote consultation, not declared"),
        (ENTERS, [line(Act.ALTERATION, "w_1", outcome=Outcome.REFUSED)], ""),
    ],
)
def test_what_is_written_is_held_against_the_declaration(
    declared: Writes, lines: list[AuditLine], wrong: str
) -> None:
    assert deviation(declared, lines, "w_1", answered=True) == wrong


def test_whoever_got_no_answer_has_read_nothing_or_less_but_done_nothing_else() -> None:
    assert deviation(ENTERS, [], "w_1", answered=False) == ""
    assert deviation(HANDS_OUT, [line(Act.CONSULTATION)], "w_1", answered=False) == ""
    assert deviation(LOOKS, [line(Act.ERASURE)], "", answered=False) != ""
