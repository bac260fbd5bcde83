"""What a constable may do under each legal basis: cautious words, each with its statute.

They are a reminder and no advice: what an officer may do is the officer's to judge on the day.
"""

from typing import Final

import msgspec

from tagwatch.core.order import LegalBasis


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a breach under one legal basis."""

    short: str
    """In a line, read first."""
    words: str
    source: str
    """The statute."""


POWERS: Final[dict[LegalBasis, Power]] = {
    LegalBasis.BAIL: Power(
        short="Bail: may be arrested without warrant",
        words=(
            "A constable may arrest without warrant a person on bail with a duty to surrender to "
            "a court, on reasonable grounds that he is likely to break, or has broken, a condition."
        ),
        source="Bail Act 1976, s.7(3)",
    ),
    LegalBasis.LICENCE: Power(
        short="Licence: no power of arrest by itself",
        words=(
            "A breach of licence gives no power of arrest by itself: recall is decided by "
            "probation. Ring them. Arrest may follow a recall, or an offence seen or suspected."
        ),
        source="Criminal Justice Act 2003, s.254",
    ),
    LegalBasis.COMMUNITY_SENTENCE: Power(
        short="Community sentence: no power of arrest by itself",
        words=(
            "A breach gives no power of arrest by itself: probation brings it before the court, "
            "which may issue a summons or a warrant."
        ),
        source="Sentencing Act 2020, Sch.10",
    ),
    LegalBasis.RESTRAINING_ORDER: Power(
        short="Restraining order: breach is an offence",
        words=(
            "Doing without reasonable excuse what the order prohibits is an offence. Arrest is "
            "under the general power, where it is necessary (PACE 1984, s.24)."
        ),
        source="Sentencing Act 2020, s.363",
    ),
    LegalBasis.STALKING_PROTECTION_ORDER: Power(
        short="Stalking protection order: breach is an offence",
        words=(
            "Breach without reasonable excuse is an offence. Arrest is under the general power, "
            "where it is necessary (PACE 1984, s.24)."
        ),
        source="Stalking Protection Act 2019, s.8",
    ),
    LegalBasis.DAPO: Power(
        short="Domestic abuse protection order: breach is an offence",
        words=(
            "Failing without reasonable excuse to comply is an offence. Arrest is under the "
            "general power, where it is necessary (PACE 1984, s.24)."
        ),
        source="Domestic Abuse Act 2021, s.39",
    ),
}


def powers_table() -> str:
    """Return the table as Markdown, as docs/police-page.md prints it."""
    lines = ["| legal basis | in a line | words | source |", "|---|---|---|---|"]
    lines += [
        f"| {basis.value} | {power.short} | {power.words} | {power.source} |"
        for basis, power in POWERS.items()
    ]
    return "\n".join(lines)
