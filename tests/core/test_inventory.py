"""Where a tag is, from who wore it and what was said of it."""

import pytest

from tagwatch.core.inventory import TagMove, TagState, tag_state
from tagwatch.core.person import Activation
from tagwatch.core.units import Instant


def worn(start: int, end: int | None) -> Activation:
    return Activation(activation_id="a", tag_id="t", wearer_id="w", started_at=start, ended_at=end)


@pytest.mark.parametrize(
    ("moves", "activations", "expected"),
    [
        ([], [], TagState.IN_STOCK),
        ([(1, TagState.ISSUED)], [], TagState.ISSUED),
        ([(20, TagState.ISSUED)], [], TagState.IN_STOCK),
        ([(1, TagState.ISSUED)], [worn(2, None)], TagState.FITTED),
        ([(1, TagState.ISSUED)], [worn(2, 20)], TagState.FITTED),
        ([(1, TagState.ISSUED)], [worn(2, 10)], TagState.TO_BE_RETURNED),
        ([(5, TagState.LOST)], [worn(2, 5)], TagState.LOST),
        ([(6, TagState.FAULTY), (7, TagState.IN_STOCK)], [worn(2, 5)], TagState.IN_STOCK),
        ([(1, TagState.ISSUED)], [worn(11, None)], TagState.ISSUED),
    ],
)
def test_it_is_where_it_was_said_to_be_last_unless_it_is_on_somebody(
    moves, activations, expected
) -> None:
    said = [TagMove(at=Instant(at), state=state) for at, state in moves]
    assert tag_state(said, activations, Instant(10)) is expected
