"""The paper of a release: what was asked and approved, what is in it, and what undermines the case.

It is handed out with the files: names of protected persons, and places the wearer was not told of,
are nowhere in it, save in the release for a named expert.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from tagwatch.core.request_kinds import ReleaseForm
from tagwatch.core.undermining import Undermining
from tagwatch.query.request_release import UNDERMINING, ReleaseContent
from tagwatch.report.paper import Lines, Paper, Rows, Section, Table, Words
from tagwatch.web.question_words import near_sentence
from tagwatch.web.render import moment
from tagwatch.web.words import word

PAPER: Final = "release.pdf"
MOST_LINES: Final = 400
_USE: Final = (
    "Use this for what it was asked for, and for nothing else. Pass it to nobody. Destroy it when "
    "the purpose is served."
)
_HOW: Final = (
    "A fix is a circle: its radius_m_95 is the radius in metres within which the true place lies "
    "with probability 0.95. Between two fixes the way is not known: do not join them. A gap is a "
    "gap: silence shows neither where he was nor where he was not."
)


def paper_of(made: ReleaseContent) -> Paper:
    """Return the paper. The same content gives the same paper."""
    return Paper(
        title="Release of data",
        mark="Restricted: for the purpose stated",
        reference=f"Data request {made.request.request_id}",
        as_of=made.at,
        sections=tuple(_sections(made)),
    )


def _sections(made: ReleaseContent) -> Iterator[Section]:
    yield Section(heading="What was asked and approved", parts=(_facts(made), Words(text=_USE)))
    yield Section(heading="What is in it", parts=(_files(made), Words(text=_HOW)))
    if made.has_trail:
        yield Section(heading="How the trail was limited", parts=_limits(made))
    if made.presence is not None:
        words = made.records.clean(near_sentence(made.presence))
        yield Section(
            heading="Was he in the area in that time",
            parts=(Words(text=words), Words(text=made.presence.method.how)),
        )
    heading = "What undermines the case, or weakens what was found"
    yield Section(heading=heading, parts=_against(made))


def _facts(made: ReleaseContent) -> Rows:
    asked, approval = made.request, made.approval
    minimum, who = approval.minimum, asked.requester
    wearer = made.wearer
    area = "not bound to a place" if minimum.area is None else minimum.area_label or "as asked for"
    persons = "one person" if len(asked.approvals) == 1 else f"{len(asked.approvals)} persons"
    return Rows(
        rows=(
            ("About", f"{wearer.name}{f', {wearer.crn}' if wearer.crn else ''}"),
            ("Asked by", f"{who.role}, {who.organisation}"),
            ("Their reference", who.reference or "none"),
            ("For what", made.records.clean(asked.purpose)),
            ("On which law", f"{word(asked.ground)}; {made.records.clean(asked.cited)}"),
            ("Data", "; ".join(word(one) for one in minimum.wanted)),
            ("Time", f"from {moment(minimum.start)} until {moment(minimum.end)}"),
            ("Area", made.records.clean(area)),
            ("Approved", f"{moment(approval.at)}, by {persons} who did not ask"),
            ("Form", word(approval.form)),
            ("Released", moment(made.at)),
            ("Can be fetched until", moment(approval.access_until)),
        )
    )


def _files(made: ReleaseContent) -> Table:
    rows = [
        (name, f"{len(content)}", sha256(content).hexdigest())
        for name, content in sorted(made.files.items())
    ]
    return Table(heads=("File", "Bytes", "SHA-256"), rows=tuple(rows))


def _limits(made: ReleaseContent) -> tuple[Words | Table, ...]:
    trail = made.trail
    if made.approval.minimum.area is None:
        said = f"The trail is not limited to an area. It has {len(trail.rows)} fixes."
    else:
        said = (
            f"The trail is clipped to the area: {len(trail.rows)} fixes lie in it and are in "
            f"fixes.csv; {len(trail.left_out)} of the same time lie outside and are not released. "
            f"So many of these have a 95 % circle that reaches into the area: {trail.reaching}."
        )
    shown = trail.spans[:MOST_LINES]
    rows = tuple((moment(a), moment(b), what, str(n)) for a, b, what, n in shown)
    more = (
        (Words(text=f"{len(trail.spans) - MOST_LINES} more stand in stretches.csv."),)
        if len(trail.spans) > MOST_LINES
        else ()
    )
    if not rows:
        return (Words(text=said),)
    return (Words(text=said), Table(heads=("From", "Until", "What", "Fixes"), rows=rows), *more)


def _against(made: ReleaseContent) -> tuple[Words | Table | Lines, ...]:
    found = made.undermining
    about = (
        "Fixes that contradict a finding, times of which nobody can say, gaps, findings that were "
        "withdrawn, other explanations, what he contests, how often such alerts were right: all "
        "that is on record of this time is listed, as far as it may go to whoever asked."
    )
    if made.approval.form is ReleaseForm.ORDINARY:
        about += (
            " Nothing that belongs to a place the wearer was not told of, and nothing that tells "
            "of another person, is in this release; a court can order it for a named expert."
        )
    if not found:
        return (Words(text=about), Words(text="Nothing of these kinds was found on record."))
    rows = tuple(_line(one) for one in found[:MOST_LINES])
    parts: list[Words | Table | Lines] = [
        Words(text=about),
        Table(heads=("When", "What", "Record"), rows=rows),
    ]
    if len(found) > MOST_LINES:
        parts.append(Words(text=f"{len(found) - MOST_LINES} more lines stand in {UNDERMINING}."))
    return tuple(parts)


def _line(one: Undermining) -> tuple[str, str, str]:
    when = "" if one.at is None else moment(one.at)
    if one.until is not None and one.until != one.at:
        when += f" to {moment(one.until)}"
    return when, one.words, one.source
