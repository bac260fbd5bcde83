"""What the fixes say of a statement, in sentences: for the page, the papers and programs."""

from typing import Final

from tagwatch.core.account import Bearing, Habit, Judgement
from tagwatch.core.habit import DayKind
from tagwatch.core.statement import Allegation, Statement
from tagwatch.web.question_words import coverage_sentence, metres
from tagwatch.web.render import clock, moment, per_cent

TONE = {Bearing.SUPPORTS: "blue", Bearing.CONTRADICTS: "blue", Bearing.CANNOT_SAY: "grey"}
"""An answer is neither good nor bad; only one that is none looks otherwise."""


def said_sentence(statement: Statement) -> str:
    """Return what is said, with when and how vague."""
    place = f" {statement.place}" if statement.place else ""
    what = {
        Allegation.THERE: f"He was at{place}",
        Allegation.PASSED: f"He passed{place}",
        Allegation.WAITED: f"He waited for about {statement.waited_s // 60} minutes at{place}",
        Allegation.FOLLOWED: f"He followed her, within {metres(statement.within_m)}",
    }[statement.claim]
    vague = f"; the place may be off by {metres(statement.vague_m)}" if statement.vague_m else ""
    return f"{what}, between {moment(statement.start)} and {moment(statement.end)}{vague}."


SAYS_LITTLE: Final = 2.0
"""A ratio below this is hardly evidence, though he was there without doubt."""
KIND_SAYS: Final = {
    DayKind.WEEKDAY: "weekdays",
    DayKind.REST_DAY: "days at a weekend or holiday",
}


def verdict_sentence(judgement: Judgement) -> str:
    """Return the answer, first word first."""
    found, held = judgement.presence, judgement.weight
    if judgement.verdict is Bearing.SUPPORTS and held.ratio < SAYS_LITTLE:
        return (
            f"The fixes support it, and say little for it: {ratio_words(held.ratio)} "
            f"({held.words}), for that is where his own days have him."
        )
    if judgement.verdict is Bearing.SUPPORTS:
        return f"The fixes support it: {ratio_words(held.ratio)} ({held.words})."
    if judgement.verdict is Bearing.CONTRADICTS:
        return f"The fixes contradict it: {ratio_words(held.ratio)} ({held.words})."
    blind = found is not None and found.unobserved_s + found.off_s > 0
    why = (
        "Part of the time was not seen, and silence is no answer."
        if blind
        else ("What was seen fits both.")
    )
    return f"Cannot say. {why} Likelihood ratio {held.ratio:g}: {held.words}."


def ratio_words(ratio: float) -> str:
    """Return how much more likely the fixes are under one proposition than the other."""
    if ratio >= 1.0:
        return f"they are {ratio:,.4g} times as likely if the first proposition is true"
    return f"they are {1.0 / ratio:,.4g} times as likely if the second proposition is true"


def seen_sentence(judgement: Judgement) -> str:
    """Return how the time was seen."""
    found = judgement.presence
    if found is None:
        both = judgement.alongside.meetings.both_seen_s if judgement.alongside else 0
        return f"Both were seen at once for {both // 60} minutes of this time."
    return coverage_sentence(found.observed_s, found.unobserved_s, found.off_s)


def approach_sentence(judgement: Judgement) -> str:
    """Return the nearest he can have come, and when."""
    found = judgement.presence
    if found is None:
        return ""
    if found.approach is None:
        return "No fix is known about this time: nothing bounds where he was."
    near = found.approach
    if judgement.verdict is Bearing.SUPPORTS:
        return ""
    if near.distance_m <= 0.0:
        if near.start == near.end:
            return f"He can have been in the place at {clock(near.start)}, by top speed alone."
        return (
            f"By top speed alone he can have been in the place between {clock(near.start)} and "
            f"{clock(near.end)}."
        )
    return (
        f"He cannot have come nearer to the place than {metres(near.distance_m)}, at "
        f"{clock(near.start)}: before and after it fixes show him too far off for the time."
    )


def chance_sentence(judgement: Judgement) -> str:
    """Return the chance of presence with its bounds."""
    found = judgement.presence
    if found is None or found.probability is None:
        return ""
    return (
        f"Chance that he was in the place at some time: {per_cent(found.probability)}. One moment "
        f"of the fixes alone shows {per_cent(found.lower)}; what is not excluded: "
        f"{per_cent(found.upper)}."
    )


def habit_sentence(habit: Habit, claim: Allegation) -> str:
    """Return how often he was there before."""
    if not habit.seen:
        return (
            f"Of the {habit.days} days before, none was seen well enough at this time of day to "
            "say how often he is there. The chance by routine is taken as even."
        )
    where = "near where she went" if claim is Allegation.FOLLOWED else "in the place"
    often = f"on {habit.there} of the {habit.seen} days before that were seen"
    next_door = ""
    if habit.chance > 0.5:
        next_door = (
            " He is usually there, as somebody who lives or works there is: that he was there "
            "then says little of anything else that is claimed."
        )
    if habit.kind is None:
        return f"At this time of day he was {where} {often}.{next_door}"
    kind = KIND_SAYS[habit.kind]
    alike = f"on {habit.kind_there} of {habit.kind_seen} {kind}"
    return f"At this time of day he was {where} {often}, {alike} among them.{next_door}"


def plain_answer(judgement: Judgement) -> str:
    """Return the answer for her who said it: nothing of where he was or is wont to be."""
    return {
        Bearing.SUPPORTS: "The tag's data support what you said.",
        Bearing.CONTRADICTS: "The tag's data do not fit what you said for that place and time. "
        "That can have many reasons: another time, another place, another person. It does not say "
        "that you did not tell what you saw.",
        Bearing.CANNOT_SAY: "The tag's data cannot say. That is no answer against you: the tag did "
        "not tell enough about that time.",
    }[judgement.verdict]
