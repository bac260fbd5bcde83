"""How often the method was right where the truth was known: figures of docs/quality.md, held to it
by a test. Whoever doubts one runs the command."""

from typing import Final, NamedTuple

COMMANDS: Final = (
    'tagwatch quality "true entries" --full --seed 1',
    'tagwatch quality "at rest" --full --seed 1',
)


class Rate(NamedTuple):
    """One class of place. Shares of about 1,000 true entries, 30 to 60 m deep, five minutes."""

    place: str
    possible_at_first: str
    """With the surroundings and the tag's motion told / with neither."""
    confirmed: str


RATES: Final = (
    Rate("open", "100 % / 100 %", "98.6 % / 94.8 %"),
    Rate("urban", "99.4 % / 99.8 %", "88.0 % / 62.6 %"),
    Rate("canyon", "99.5 % / 99.2 %", "44.1 % / 27.1 %"),
    Rate("indoor", "99.5 % / 99.7 %", "16.9 % / 6.4 %"),
)
FALSE_RATE: Final = "(at most 0.018 a week)"
FALSE_WORST: Final = "0.01"
FALSE_WORST_BOUNDS: Final = "(0.001-0.036) a week"
FALSE: Final = (
    "Somebody at rest 5 to 80 m outside a disc of 100 m, 200 person-weeks in each of the cells, a "
    "fix a minute: wrongly confirmed entries none "
    f"{FALSE_RATE} in every cell but one, a street canyon 5 m outside, with "
    f"{FALSE_WORST} {FALSE_WORST_BOUNDS}. Held possible for hours, a warning and no breach: most "
    "of the day within 20 m of the edge."
)
LIMITS: Final = (
    (
        "These are errors of a generator whose figures are frozen and published; no public data of "
        "real ankle tags exist. What holds on these errors holds on these errors."
    ),
    (
        "The class of the place (open, urban, street canyon, indoor) is not known of a fix: "
        "compare the rows, and ask which the place is."
    ),
    "A tag that is worn by another, lies elsewhere or is fed false positions is not measured.",
    "Speed is not validated and is in none of the findings.",
)
