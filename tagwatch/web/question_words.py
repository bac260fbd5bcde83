"""Answers in a sentence. Never more than is known, and silence is never an answer."""

from collections.abc import Sequence

from tagwatch.core.carried import OffBody
from tagwatch.core.meeting import Answer
from tagwatch.core.units import SECOND, Instant
from tagwatch.core.visits import Visits
from tagwatch.core.was_near import WasNear
from tagwatch.query.question_area import AreaView, PersonAsked
from tagwatch.query.question_companions import CompanionsView
from tagwatch.query.question_meet import MeetView
from tagwatch.query.question_near import NearView
from tagwatch.query.question_usual import UsualView
from tagwatch.query.question_visits import VisitsView
from tagwatch.query.question_worn import WornView
from tagwatch.web.question_input import DAY_NAMES
from tagwatch.web.render import age, clock, day, moment, per_cent

LIKELY = 0.01
SURELY = 0.5


def near_sentence(view: NearView) -> str:
    """Return whether he was there, first word first."""
    found = view.found
    if found.answer is Answer.YES:
        return _yes(found, view.place_label)
    if found.answer is Answer.NO:
        return _no(found, view.place_label)
    return f"Cannot say whether he was {view.place_label}. {_why_not(found)}"


def _yes(found: WasNear, label: str) -> str:
    first, last = found.there[0][0], found.there[-1][1]
    when = f"at {moment(first)}" if first == last else f"between {between(first, last)}"
    stays = f", in {len(found.there)} stays" if len(found.there) > 1 else ""
    sure = f"probability {per_cent(found.probability)}"
    return (
        f"Yes. He was {label} {when}{stays} ({sure}, {found.witnesses} independent "
        f"{'fix' if found.witnesses == 1 else 'fixes'})."
    )


def _no(found: WasNear, label: str) -> str:
    how = ""
    if found.nearest_m:
        how = f": he cannot have come nearer to it than {metres(found.nearest_m)}"
    return f"No. He was not {label} at any time{how}. {found.fixes} fixes exclude it."


def _why_not(found: WasNear) -> str:
    if found.nearest_m is None:
        return "No fix of him is known about this time. Silence is no answer."
    words: list[str] = []
    if found.probability >= LIKELY:
        words.append(
            f"The fix that speaks most for it gives it a probability of "
            f"{per_cent(found.probability)}, and that is not enough by itself."
        )
    else:
        words.append("No fix shows him there.")
    if found.left_open_in_all:
        words.append(_open(found))
    return " ".join(words)


def _open(found: WasNear) -> str:
    """Return for how long he can have been there unseen."""
    long, gaps = age(found.left_open_s * SECOND), sum(not span.seen for span in found.left_open)
    if found.left_open_in_all == 1:
        when = f"In {long} without fixes" if gaps else f"Within {long}, by fixes that are too near,"
        return f"{when} he can have been there unseen."
    blind = f"{gaps} of them without fixes, " if gaps else ""
    what = f"{found.left_open_in_all} stretches of time, {blind}{long} together,"
    return f"In {what} he can have been there unseen."


def coverage_sentence(observed_s: int, unobserved_s: int, off_s: int) -> str:
    """Return how much of a window was seen."""
    whole = observed_s + unobserved_s + off_s
    if not whole or not observed_s:
        return "Nothing of this time was seen."
    if observed_s == whole:
        return "All of this time was seen."
    words = f"Seen for {100 * observed_s / whole:.0f} % of this time"
    if unobserved_s:
        words += f"; for {age(unobserved_s * SECOND)} no fix came as expected"
    if off_s:
        words += f"; for {age(off_s * SECOND)} no tag was on him, or it was switched off"
    return words + "."


def off_body_sentences(spans: Sequence[OffBody]) -> tuple[str, ...]:
    """Return that a tag said it was off him, and what follows."""
    found: list[str] = []
    for span in spans:
        until = f"until {moment(span.end)}, when it reported the contrary" if span.withdrawn else ""
        words = f"From {moment(span.start)} {until or 'on'} the tag reported: {span.said}."
        found.append(f"{words} What it measured then says nothing of him and is left out.")
    return tuple(found)


def visits_sentence(view: VisitsView) -> str:
    """Return first and last time, and how many stays."""
    found, label = view.found, view.place_label
    if not found.certain:
        if found.first_possible is None:
            return f"Never. He cannot have been {label} at any time of it. {_seen(found)}"
        possible = _counted(found.possible, "stay is possible", "stays are possible")
        shown = f"{possible}; he" if found.possible else "He"
        return (
            f"No stay {label} is certain. {shown} can have been there at the earliest "
            f"{moment(found.first_possible)} and at the latest {moment(found.last_possible)}. "
            f"{_seen(found)}"
        )
    stays = _counted(found.certain, "certain stay", "certain stays")
    more = f" and {found.possible} possible" if found.possible else ""
    words = (
        f"{stays}{more} {label}: first seen there {moment(found.first_certain)}, last "
        f"{moment(found.last_certain)}."
    )
    early = found.first_possible is not None and found.first_possible != found.first_certain
    if early:
        words += f" He can have been there from {moment(found.first_possible)} on."
    if found.last_possible is not None and found.last_possible != found.last_certain:
        words += f" And until {moment(found.last_possible)}."
    return f"{words} {_seen(found)}"


def _seen(found: Visits) -> str:
    return coverage_sentence(found.observed_s, found.unobserved_s, found.off_s)


def area_sentence(view: AreaView) -> str:
    """Return how many were there, cannot be excluded, and are excluded."""
    if not view.asked:
        return "No wearer within your scope had a tag on record in this time."
    whom = _counted(view.asked, "wearer", "wearers")
    there = len(view.there) or "None"
    were = "was" if len(view.there) == 1 else "were"
    words = f"{there} of {whom} within your scope {were} {view.place_label}"
    if view.not_excluded:
        words += f"; {len(view.not_excluded)} cannot be excluded"
    return f"{words}; {view.excluded} {'is' if view.excluded == 1 else 'are'} excluded."


def excluded_sentence(view: AreaView) -> str:
    """Return how well those excluded were seen: what excludes somebody is fixes elsewhere."""
    if not view.excluded:
        return "Nobody is excluded."
    whole_s = view.excluded * (view.window.end - view.window.start) // SECOND
    share = f"{100 * view.excluded_observed_s / whole_s:.0f} %"
    what = _counted(view.excluded, "wearer is", "wearers are")
    return f"{what} excluded by fixes elsewhere: seen for {share} of the time, taken together."


def why_open(person: PersonAsked) -> str:
    """Return why somebody cannot be excluded."""
    words: list[str] = []
    if not person.fixes:
        words.append("no fix in this time")
    if person.probability >= LIKELY:
        words.append(f"a fix gives it {per_cent(person.probability)}")
    if person.left_open_s:
        long = age(person.left_open_s * SECOND)
        words.append(f"for {long} he can have been there unseen")
    return "; ".join(words) or "a fix is too near to exclude it"


def usual_sentence(view: UsualView) -> str:
    """Return where he mostly was, out of how often it was seen."""
    hours = f"{view.from_hour:02}:00 to {view.until_hour:02}:00 on a {DAY_NAMES[view.weekday]}"
    if not view.usual or not view.seen_most:
        return f"Cannot say. From {hours} he was never seen for long enough in this time."
    first = view.usual[0]
    share = f"{100 * first.share:.0f} %"
    where = "on the way, or at no place that he stops at often"
    if first.place is not None:
        home = ", which is probably his home" if first.home_probability > SURELY else ""
        named = f" ({first.label})" if first.label else ""
        where = f"at place {first.place}{named}{home}"
    seen = f"{view.seen_least}"
    if view.seen_most != view.seen_least:
        seen = f"{view.seen_least} to {view.seen_most}"
    return (
        f"From {hours} he was mostly {where}: {share} of the time that was seen. Such hours were "
        f"seen {seen} of {view.times} times; of the others nothing is known."
    )


def meet_sentence(view: MeetView) -> str:
    """Return whether the two met, and whether they must not."""
    found = view.found
    near = f"within {found.within_m:g} m of each other"
    shown = [each for each in found.meetings if each.answer is Answer.YES]
    if found.answer is Answer.YES:
        times = _counted(len(shown), "time", "times")
        days = _counted(found.days, "day", "days")
        words = f"Yes. They were {near} {times}, on {days}; first {moment(shown[0].start)}."
    elif found.answer is Answer.NO:
        words = f"No. They were not {near} at any time: both were seen all the time, apart."
    else:
        both = age(found.both_seen_s * SECOND)
        words = f"Cannot say whether they were {near}. Both were seen at once for {both}"
        words += f", certainly apart for {age(found.apart_s * SECOND)} of it."
    left_open = len(found.meetings) - len(shown)
    if left_open:
        words += f" {_counted(left_open, 'more time', 'more times')} fixes leave it possible."
    if view.forbidden:
        least = min(each.distance_m for each in view.forbidden)
        words += f" They must not meet: a condition of no contact is on record ({least:g} m)."
    return words


def companions_sentence(view: CompanionsView) -> str:
    """Return how many were with him, how many may have been, and how long he was seen himself."""
    if not view.asked:
        return "No other wearer within your scope had a tag on record in this time."
    if not view.fixes:
        return "Cannot say. No fix of him is known in this time, and silence is no answer."
    whom = _counted(view.asked, "other wearer", "other wearers")
    were = "was" if len(view.beside) == 1 else "were"
    words = f"{len(view.beside) or 'None'} of {whom} within your scope {were} within "
    words += f"{view.within_m:g} m of him by independent fixes"
    if view.possible:
        words += f"; {len(view.possible)} more may have been"
    seen = coverage_sentence(view.observed_s, view.unobserved_s, view.off_s)
    return f"{words}. Of himself: {seen[:1].lower()}{seen[1:]}"


def worn_sentence(view: WornView) -> str:
    """Return for how much of the window the tag was worn, heard and located."""
    fitted = view.seconds("fitted")
    whole = (view.window.end - view.window.start) // SECOND
    if not fitted:
        return "No tag was on record as being on him in this time."
    words = "A tag was on record as being on him all the time"
    if fitted < whole:
        words = f"A tag was on record as being on him for {age(fitted * SECOND)}"
    worn = view.seconds("worn")
    if worn < fitted:
        words += f", and by its own reports worn and switched on for {age(worn * SECOND)} of it"
    located, heard = view.seconds("located"), view.seconds("heard")
    share = f"{100 * located / fitted:.0f} %"
    words += f". It was located for {share} of it, and heard of for {100 * heard / fitted:.0f} %"
    if view.not_seen_in_all:
        gaps = _counted(view.not_seen_in_all, "stretch was", "stretches were")
        words += f"; {gaps} not seen, {age((fitted - located) * SECOND)} together"
    return words + "."


def between(first: Instant, last: Instant) -> str:
    """Return two times with the date once where it is the same."""
    if day(first) == day(last):
        return f"{clock(first)} and {clock(last)} on {day(first)}"
    return f"{moment(first)} and {moment(last)}"


def metres(distance_m: float) -> str:
    """Return a distance as a person reads it, rounded down: never farther than is known."""
    if distance_m >= 1_000:
        return f"{int(distance_m // 100) / 10:g} km"
    return f"{int(distance_m // 10) * 10} m" if distance_m >= 10 else f"{int(distance_m)} m"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
