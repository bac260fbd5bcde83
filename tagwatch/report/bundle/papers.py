"""Method statement and disclosure list of a bundle."""

from typing import Final

from tagwatch.report.bundle.measured import COMMANDS, FALSE, LIMITS, RATES
from tagwatch.report.bundle.story import Story
from tagwatch.report.paper import Lines, Paper, Part, Rows, Section, Table, Words

_HOW: Final = (
    (
        "Each message of the tag was stored as it came, before the tag was told so, in a journal "
        "whose records are chained by SHA-256. The records of this bundle are those records."
    ),
    (
        "Each fix carries a radius and the confidence level of that radius. An error model turns "
        "it into a distribution with heavy tails and a floor; a tag at rest may keep an error for "
        "hours."
    ),
    (
        "A filter that allows for errors which last gives the probability that he was inside; "
        "fixes close in time are not independent witnesses."
    ),
    (
        "A finding is possible from a low threshold on, and confirmed only from a high one, by "
        "several effective witnesses, deep enough that no steady error of 20 m explains them. "
        "Otherwise it cannot be said. No fix is no finding; intent is not judged."
    ),
    "The findings follow from fixes, orders and settings alone. The verifier derives them again.",
)


def method(story: Story) -> Paper:
    """Return the method statement with the measured rates of error."""
    heads = ("Place", "Possible at the first fix inside", "Confirmed")
    rates = Table(
        heads=heads, rows=tuple((r.place, r.possible_at_first, r.confirmed) for r in RATES)
    )
    return Paper(
        title="Method statement",
        mark="Evidence: how the findings were made",
        reference=story.reference,
        as_of=story.made_at,
        sections=(
            Section(heading="How it was decided", parts=(Lines(lines=_HOW),)),
            Section(heading="Tags worn in the time", parts=(Rows(rows=story.tags),)),
            Section(heading="Settings in force", parts=(Rows(rows=story.settings),)),
            Section(
                heading="Measured: true entries",
                parts=(
                    Words(
                        text="About 1,000 true entries a row, 30 to 60 m deep for five minutes; "
                        "with the surroundings and the tag's motion told, and with neither. What "
                        "is not confirmed was possible."
                    ),
                    rates,
                ),
            ),
            Section(heading="Measured: wrongly confirmed", parts=(Words(text=FALSE),)),
            Section(
                heading="How to measure it again",
                parts=(Lines(lines=COMMANDS), Words(text="Free software; docs/quality.md.")),
            ),
            Section(heading="What these figures do not say", parts=(Lines(lines=LIMITS),)),
        ),
    )


def disclosure(story: Story, files: tuple[tuple[str, str], ...]) -> Paper:
    """Return the list of what there is, and of what may undermine the case."""
    against: tuple[Part, ...] = (
        Words(text="Also what no rule made anything of. Nobody has chosen among it."),
        Lines(lines=story.undermining or ("Nothing of the kinds looked for is on record.",)),
    )
    return Paper(
        title="Disclosure list",
        mark="Evidence: all that is held of the window",
        reference=story.reference,
        as_of=story.made_at,
        sections=(
            Section(heading="What may undermine the case or assist the defence", parts=against),
            Section(heading="Orders", parts=(Rows(rows=story.orders),)),
            Section(heading="Conditions, every version", parts=(Rows(rows=story.conditions),)),
            Section(heading="Files of this bundle", parts=(Rows(rows=files),)),
            Section(heading="What is not here", parts=(Lines(lines=_NOT_HERE),)),
        ),
    )


_NOT_HERE: Final = (
    "Fixes of other people: a finding about an encounter cannot be derived again from here.",
    "Who the protected persons are, and how they are told.",
    (
        "Whether records of his were left out cannot be seen from a bundle: an examiner with the "
        "journal lists every record of his tag with `tagwatch verify --owner activation:ID`."
    ),
)
