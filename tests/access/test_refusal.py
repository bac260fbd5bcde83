"""What a refusal says: what is missing, and who may help. No name, and nothing of a record."""

import pytest

from tagwatch.access.actor import Actor
from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.refusal import (
    PEOPLE,
    Lack,
    NotFound,
    Refused,
    lacks_verb,
    purpose_missing,
    purpose_not_of_role,
    second_person,
    unreachable,
)
from tagwatch.access.role import SAYS, Role, Verb, may
from tagwatch.core.ids import AccountId


def of(role: Role, **more) -> Actor:
    return Actor(account_id=AccountId("ac_x"), name="Demo X", role=role, **more)


@pytest.mark.parametrize("role", Role)
def test_whoever_lacks_a_verb_is_told_which_and_who_has_it(role: Role) -> None:
    for verb in Verb:
        if may(role, verb):
            continue
        why = lacks_verb(of(role), verb)
        assert why.lack is Lack.VERB
        assert SAYS[verb] in why.says
        named = {each for each, words in PEOPLE.items() if words in why.helps.lower()}
        assert named == {each for each in Role if may(each, verb)}


def test_a_token_that_lacks_what_its_account_has_says_so() -> None:
    why = lacks_verb(of(Role.OPERATOR, verbs=frozenset({Verb.SEE_ALERTS})), Verb.SEE_TRAIL)
    assert (why.lack, "see_trail" in why.says) == (Lack.TOKEN, True)
    assert lacks_verb(of(Role.OPERATOR), None).lack is Lack.VERB


@pytest.mark.parametrize("role", Role)
def test_the_answer_about_what_is_out_of_reach_depends_on_who_asks_alone(role: Role) -> None:
    why = unreachable(of(role))
    assert why == unreachable(of(role, agency="other", boroughs=("Camden",), team="west"))
    paths = {way.path for way in why.ways}
    assert ("/break-glass" in paths) is may(role, Verb.BREAK_GLASS)
    assert ("/requests" in paths) is may(role, Verb.SEE_REQUESTS)


def test_a_purpose_is_asked_for_with_those_the_role_can_state() -> None:
    for role in Role:
        said = purpose_missing(role).helps
        assert {p for p in Purpose if p.value in said} >= set(ALLOWED[role])
    why = purpose_not_of_role(Role.EVALUATOR, Purpose.CRIME_MATCHING)
    assert "Operators of the monitoring centre and police" in why.helps


def test_the_text_of_an_exception_is_the_whole_of_it() -> None:
    why = second_person(Verb.LIFT_HOLD)
    assert why.helps == "Administrators can."
    assert str(Refused(why)) == str(NotFound(why)) == f"{why.says} {why.helps}"
