"""Who answers for an order: sentence or bail, MAPPA, organisations, officer, delivery unit."""

from enum import StrEnum
from typing import Final

import msgspec


class OrderKind(StrEnum):
    """The sentence or bail that a legal basis rests on."""

    COURT_BAIL = "court_bail"
    POLICE_BAIL = "police_bail"
    REMAND_TO_LOCAL_AUTHORITY = "remand_to_local_authority"
    STANDARD_DETERMINATE = "standard_determinate"
    EXTENDED_DETERMINATE = "extended_determinate"
    PARTICULAR_CONCERN = "particular_concern"
    LIFE = "life"
    PUBLIC_PROTECTION = "public_protection"
    DETENTION_AND_TRAINING = "detention_and_training"
    SECTION_250 = "section_250"
    COMMUNITY_ORDER = "community_order"
    SUSPENDED_SENTENCE = "suspended_sentence"
    YOUTH_REHABILITATION = "youth_rehabilitation"
    CIVIL = "civil"


class NotifyingOrganisation(StrEnum):
    """Who sent the order."""

    CROWN_COURT = "crown_court"
    MAGISTRATES_COURT = "magistrates_court"
    YOUTH_COURT = "youth_court"
    FAMILY_COURT = "family_court"
    COUNTY_COURT = "county_court"
    MILITARY_COURT = "military_court"
    SCOTTISH_COURT = "scottish_court"
    PRISON = "prison"
    PROBATION = "probation"
    HOME_OFFICE = "home_office"
    YOUTH_CUSTODY_SERVICE = "youth_custody_service"


class ResponsibleOrganisation(StrEnum):
    """Who supervises the wearer under the order."""

    PROBATION = "probation"
    POLICE = "police"
    YOUTH_JUSTICE_SERVICE = "youth_justice_service"
    FIELD_MONITORING_SERVICE = "field_monitoring_service"
    HOME_OFFICE = "home_office"


_LICENCE: Final = frozenset(
    {
        OrderKind.STANDARD_DETERMINATE,
        OrderKind.EXTENDED_DETERMINATE,
        OrderKind.PARTICULAR_CONCERN,
        OrderKind.LIFE,
        OrderKind.PUBLIC_PROTECTION,
        OrderKind.DETENTION_AND_TRAINING,
        OrderKind.SECTION_250,
    }
)
_COMMUNITY: Final = frozenset(
    {OrderKind.COMMUNITY_ORDER, OrderKind.SUSPENDED_SENTENCE, OrderKind.YOUTH_REHABILITATION}
)
_BAIL: Final = frozenset(
    {OrderKind.COURT_BAIL, OrderKind.POLICE_BAIL, OrderKind.REMAND_TO_LOCAL_AUTHORITY}
)
_RESTS_ON: Final = {"bail": _BAIL, "licence": _LICENCE, "community_sentence": _COMMUNITY}


def kinds_under(legal_basis: str) -> frozenset[OrderKind]:
    """Return the sentences or bails that this legal basis can rest on."""
    return _RESTS_ON.get(legal_basis, frozenset({OrderKind.CIVIL}))


LONDON_UNITS: Final[dict[str, tuple[str, ...]]] = {
    "Barking and Dagenham and Havering": ("Barking and Dagenham", "Havering"),
    "Brent": ("Brent",),
    "Camden and Islington": ("Camden", "Islington"),
    "Croydon": ("Croydon",),
    "Ealing and Hillingdon": ("Ealing", "Hillingdon"),
    "Enfield and Haringey": ("Enfield", "Haringey"),
    "Greenwich and Bexley": ("Greenwich", "Bexley"),
    "Hackney and City": ("Hackney", "City of London"),
    "Hammersmith, Fulham, Kensington, Chelsea and Westminster": (
        "Hammersmith and Fulham",
        "Kensington and Chelsea",
        "Westminster",
    ),
    "Harrow and Barnet": ("Harrow", "Barnet"),
    "Kingston, Richmond and Hounslow": (
        "Kingston upon Thames",
        "Richmond upon Thames",
        "Hounslow",
    ),
    "Lambeth": ("Lambeth",),
    "Lewisham and Bromley": ("Lewisham", "Bromley"),
    "Newham": ("Newham",),
    "Redbridge and Waltham Forest": ("Redbridge", "Waltham Forest"),
    "Southwark": ("Southwark",),
    "Tower Hamlets": ("Tower Hamlets",),
    "Wandsworth, Merton and Sutton": ("Wandsworth", "Merton", "Sutton"),
}
"""London's 18 probation delivery units and the boroughs of each: every borough is in one."""


def unit_of_borough(borough: str) -> str:
    """Return the delivery unit that covers a London borough, empty for any other place."""
    wanted = borough.strip().casefold()
    for unit, boroughs in LONDON_UNITS.items():
        if wanted in (name.casefold() for name in boroughs):
            return unit
    return ""


class Supervision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an order says of who answers for it. Empty and None are not recorded.

    Raises ValueError for a MAPPA level not 1 to 3 or a category not 1 to 4.
    """

    kind: OrderKind | None = None
    mappa_level: int | None = None
    mappa_category: int | None = None
    notifying: NotifyingOrganisation | None = None
    responsible: ResponsibleOrganisation | None = None
    officer: str = ""
    """The responsible officer as the order names him; his account is the wearer's `officer`."""
    unit: str = ""
    """Probation delivery unit."""
    borough: str = ""

    def __post_init__(self) -> None:
        if self.mappa_level is not None and not 1 <= self.mappa_level <= 3:
            raise ValueError(f"MAPPA level {self.mappa_level} must be 1, 2 or 3")
        if self.mappa_category is not None and not 1 <= self.mappa_category <= 4:
            raise ValueError(f"MAPPA category {self.mappa_category} must be 1, 2, 3 or 4")


def supervision_problem(legal_basis: str, found: Supervision) -> str:
    """Return why these cannot stand on one order, with what would do; empty if they can."""
    allowed = kinds_under(legal_basis)
    if found.kind is not None and found.kind not in allowed:
        names = ", ".join(sorted(kind.value.replace("_", " ") for kind in allowed))
        return (
            f"{found.kind.value.replace('_', ' ')} does not go with the legal basis "
            f"{legal_basis.replace('_', ' ')}: that rests on {names}"
        )
    covered = LONDON_UNITS.get(found.unit)
    if (
        covered is not None
        and found.borough
        and unit_of_borough(found.borough)
        not in (
            "",
            found.unit,
        )
    ):
        return (
            f"the delivery unit {found.unit} does not cover {found.borough}, which is in "
            f"{unit_of_borough(found.borough)}"
        )
    return ""
