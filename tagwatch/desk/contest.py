"""The wearer contests a finding: an officer writes his words down, and another looks into it."""

from tagwatch.access.role import Verb
from tagwatch.core import case as cases
from tagwatch.core.case import Contest, ContestOutcome
from tagwatch.core.ids import AlertId, derived_id
from tagwatch.core.ledger import ContestAnswered, FindingContested
from tagwatch.desk.case import LINE_MOST, WORDS_MOST, OnCase, act_of, held_for, record_act
from tagwatch.desk.clerk import Done


def contest(on: OnCase, alert_id: AlertId, words: str, how: str) -> Done:
    """Record that the wearer contests a finding, in his own words.

    Raises CaseError for what is missing, Conflict if somebody changed the case meanwhile, NotFound
    outside the scope, NotRecorded.
    """
    held = held_for(on, Verb.RECORD_CASE, "contest")
    made = Contest(
        contest_id=derived_id("co", on.case_id, on.seen),
        alert_id=alert_id,
        words=words.strip()[:WORDS_MOST],
        how=how.strip()[:LINE_MOST],
        at=on.reader.now(),
        by=on.reader.actor.account_id,
    )
    event = FindingContested(**act_of(on, held), contest=made)
    return record_act(on, held, lambda: cases.contested(held, made), event)


def answer(on: OnCase, contest_id: str, outcome: ContestOutcome, words: str) -> Done:
    """Record what was found of a contest. Raises what `contest` raises."""
    held = held_for(on, Verb.DECIDE, "answer_contest")
    text, at, by = words.strip()[:WORDS_MOST], on.reader.now(), on.reader.actor.account_id
    event = ContestAnswered(**act_of(on, held), contest_id=contest_id, outcome=outcome, words=text)
    return record_act(
        on, held, lambda: cases.answered(held, contest_id, outcome, text, at, by), event
    )
