"""A request about somebody who is named: what it must say, what follows, what its asker is told."""

import msgspec
import pytest

from tagwatch.core.data_request import DataRequest, RequestError, RequestState
from tagwatch.core.ids import NamedRequestId
from tagwatch.core.named_request import (
    REOPENED_WITHIN,
    Named,
    NamedAnswer,
    NamedRequest,
    NamedState,
    answer_of,
    check_named,
    next_named,
)
from tagwatch.core.request_steps import OWED
from tagwatch.core.units import Instant
from tests.core.test_data_request import ASKED, ONE, in_state, release

_S = NamedState
FIRST = NamedRequest(
    named_id=NamedRequestId("nr_1"),
    named=Named(name="Demo Nobody", born="1989-04-27"),
    asked=ASKED,
    at=ASKED.asked_at,
    by=ONE,
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "Write the name"),
        ({"born": ""}, "a name alone is not enough"),
        ({"born": "27 April"}, "as 1989-04-27"),
        ({"name": "x" * 201}, "200 characters"),
        ({"words": "x" * 4001}, "200 characters"),
        ({"born": "", "number": "X1"}, ""),
    ],
)
def test_it_must_tell_a_person_from_others(change: dict[str, str], words: str) -> None:
    named = msgspec.structs.replace(FIRST.named, **change)
    request = msgspec.structs.replace(FIRST, named=named)
    if words:
        with pytest.raises(RequestError, match=words):
            check_named(request)
    else:
        check_named(request)


def test_it_must_say_what_every_data_request_says() -> None:
    asked = msgspec.structs.replace(ASKED, purpose="")
    with pytest.raises(RequestError, match="needed for"):
        check_named(msgspec.structs.replace(FIRST, asked=asked))


def test_only_what_the_table_has_follows() -> None:
    assert next_named(None, FIRST)
    assert not next_named(None, msgspec.structs.replace(FIRST, version=2))
    allowed = {
        (_S.WAITING, _S.MATCHED),
        (_S.WAITING, _S.NOTHING),
        (_S.WAITING, _S.WITHDRAWN),
        (_S.NOTHING, _S.MATCHED),
        (_S.MATCHED, _S.WITHDRAWN),
    }
    for before in _S:
        for after in _S:
            held = msgspec.structs.replace(FIRST, state=before)
            follows = msgspec.structs.replace(FIRST, state=after, version=2)
            assert next_named(held, follows) is ((before, after) in allowed)
            assert not next_named(held, msgspec.structs.replace(follows, version=3))


@pytest.mark.parametrize(("later", "opens"), [(-1, True), (0, False), (1, False)])
def test_what_was_answered_is_opened_again_for_a_time(later: int, opens: bool) -> None:
    held = msgspec.structs.replace(FIRST, state=_S.NOTHING)
    at = Instant(FIRST.at + REOPENED_WITHIN + later)
    after = msgspec.structs.replace(FIRST, state=_S.MATCHED, version=2, at=at)
    assert next_named(held, after) is opens


@pytest.mark.parametrize("state", RequestState)
def test_of_what_goes_on_with_it_only_a_release_is_told(state: RequestState) -> None:
    held = msgspec.structs.replace(FIRST, state=_S.MATCHED)
    followed: DataRequest = msgspec.structs.replace(in_state(state), release=None)
    told = answer_of(held, followed)
    if state in OWED:
        assert told is answer_of(FIRST, None) is NamedAnswer.WAITING
    elif state is RequestState.WITHDRAWN:
        assert told is NamedAnswer.WITHDRAWN
    else:
        nothing = msgspec.structs.replace(FIRST, state=_S.NOTHING)
        assert told is answer_of(nothing, None) is NamedAnswer.NOTHING
    given = msgspec.structs.replace(followed, release=release())
    assert answer_of(held, given) is NamedAnswer.RELEASED
    gone = msgspec.structs.replace(FIRST, state=_S.WITHDRAWN)
    assert answer_of(gone, None) is NamedAnswer.WITHDRAWN
