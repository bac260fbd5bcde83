"""The whole permission matrix: every route by role by how that role stands to the case.

Made from the routes as they are declared, so that a new route is in it from its first day. What a
role may do is `role`'s to say and whom it reaches `scope`'s; this says the same once more, route by
route, to be read by people, and tests hold the application against it.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.role import MATRIX, Role, Verb


class Standing(NamedTuple):
    """How somebody of a role stands to one wearer."""

    role: Role
    how: str
    reached: bool
    opened: bool = False
    """By break-glass alone."""


STANDINGS: Final = (
    Standing(Role.PRACTITIONER, "own", reached=True),
    Standing(Role.PRACTITIONER, "covered", reached=True),
    Standing(Role.PRACTITIONER, "team", reached=True),
    Standing(Role.PRACTITIONER, "agency", reached=True),
    Standing(Role.PRACTITIONER, "opened", reached=True, opened=True),
    Standing(Role.PRACTITIONER, "none", reached=False),
    Standing(Role.PRACTITIONER, "other programme", reached=False),
    Standing(Role.PRACTITIONER, "own restricted", reached=True),
    Standing(Role.PRACTITIONER, "covered restricted", reached=True),
    Standing(Role.PRACTITIONER, "colleague's restricted", reached=False),
    Standing(Role.OPERATOR, "monitored", reached=True),
    Standing(Role.OPERATOR, "restricted", reached=False),
    Standing(Role.OPERATOR, "opened restricted", reached=True, opened=True),
    Standing(Role.POLICE, "borough", reached=True),
    Standing(Role.POLICE, "legal basis", reached=True),
    Standing(Role.POLICE, "opened", reached=True, opened=True),
    Standing(Role.POLICE, "none", reached=False),
    Standing(Role.POLICE, "restricted", reached=False),
    Standing(Role.LIAISON, "speaks with a protected person", reached=True),
    Standing(Role.LIAISON, "none", reached=False),
    Standing(Role.LIAISON, "restricted", reached=False),
    Standing(Role.PARTNER, "shared", reached=False),
    Standing(Role.PARTNER, "none", reached=False),
    Standing(Role.EVALUATOR, "any", reached=False),
    Standing(Role.ADMINISTRATOR, "registered", reached=True),
    Standing(Role.ADMINISTRATOR, "restricted", reached=False),
)


class Answer(StrEnum):
    """What a route answers."""

    ALLOWED = "A"
    REFUSED = "R"
    """He is told what is missing."""
    NOT_FOUND = "N"
    """As if there were no such record."""
    OPEN = "O"
    """Nobody needs to be signed in."""


class About(StrEnum):
    """What a route is about, by the ids in its address."""

    WEARER = "one wearer"
    LIST = "those within reach"
    AGENCY = "what the own agency asked or sent"
    SHARE = "one share"
    OPENING = "one opening by break-glass"
    UNSEALING = "one opening of a sealed trail"
    INSTALLATION = "the installation"
    ASKER = "the own account"
    NOBODY = "no account"
    """A secret in the address, or nothing."""


_WEARER: Final = frozenset(
    {
        *("wearer_id", "alert_id", "order_id", "condition_id", "activation_id", "person_id"),
        *("case_id", "check_id"),
    }
)
_AGENCY: Final = frozenset({"request_id", "enquiry_id", "batch_key", "crime_id", "match_id"})
_INSTALLATION: Final = frozenset(
    {
        *(Verb.MANAGE_ACCOUNTS, Verb.PUBLISH_SETTINGS, Verb.SEE_HEALTH, Verb.SEE_AUDIT),
        *(Verb.RECORD_CONTACT, Verb.SEE_ON_CALL, Verb.RECORD_ROTA, Verb.PROPOSE_ROUTES),
        *(Verb.DECIDE_ROUTES, Verb.RELEASE_OUTBOX, Verb.SEE_PROGRAMME, Verb.SEE_ANSWER_TIMES),
        *(Verb.REGISTER_TAG, Verb.ISSUE_CREDENTIAL, Verb.LIFT_HOLD),
    }
)
_ASKER: Final = frozenset({Verb.USE_OWN_ACCOUNT, Verb.RECORD_LEAVE, Verb.RECORD_LEAVE_FOR})
_ANSWERS_ALERTS: Final = frozenset({Verb.ACT_ON_ALERT, Verb.SEE_POLICE_PAGE})

_HANDED_OUT: Final = (
    *("/answer", "/paper", "/disclosable", "/breach-pack", "/week.pdf", "/trail/export"),
    "/documents/{document_id:str}",
)
"""Ends of the addresses at which a copy to hand out is made."""


class Route(NamedTuple):
    """One route as the application declares it."""

    method: str
    path: str
    verb: Verb | None
    """None: open to everybody."""


class Row(NamedTuple):
    """One route with its answers, in the order of STANDINGS."""

    route: Route
    about: About
    answers: tuple[Answer, ...]


def about(route: Route) -> About:
    """Return what a route is about."""
    named = set(re.findall(r"\{(\w+):", route.path))
    if route.verb is None:
        return About.NOBODY
    if route.verb in _ASKER:
        return About.ASKER
    if "/wearers/{name:" in route.path or named & _WEARER:
        return About.WEARER
    if "share_id" in named:
        return About.SHARE
    if "unsealing_id" in named:
        return About.UNSEALING
    if "glass_id" in named:
        return About.OPENING
    if named & _AGENCY:
        return About.AGENCY
    return About.INSTALLATION if route.verb in _INSTALLATION else About.LIST


def answer(route: Route, standing: Standing) -> Answer:
    """Return what a route answers somebody who stands so to the case it is about."""
    if route.verb is None:
        return Answer.OPEN
    if route.verb not in MATRIX[standing.role]:
        return Answer.REFUSED
    what = about(route)
    if what is About.SHARE and standing.role is Role.PARTNER:
        return Answer.ALLOWED if standing.how == "shared" else Answer.NOT_FOUND
    if what not in (About.WEARER, About.SHARE):
        return Answer.ALLOWED
    if not standing.reached:
        return Answer.NOT_FOUND
    if _is_owners(route) and standing.how in ("team", "agency", "opened"):
        return Answer.REFUSED
    return _opened(route) if standing.opened else Answer.ALLOWED


def _is_owners(route: Route) -> bool:
    """Say whether this is for the officer who answers for the case, or his deputy, alone."""
    shares = route.verb is Verb.SHARE_CASE and route.method != "GET"
    return shares or route.path == "/wearers/{wearer_id:str}/looks"


def _opened(route: Route) -> Answer:
    """What break-glass opens is read, and its alerts are answered; nothing of it is handed out."""
    alters = route.method != "GET" and route.verb not in _ANSWERS_ALERTS
    return Answer.REFUSED if alters or route.path.endswith(_HANDED_OUT) else Answer.ALLOWED


def permissions(routes: Iterable[Route]) -> list[Row]:
    """Return the matrix of these routes."""
    ordered = sorted(routes, key=lambda route: (route.path, route.method))
    return [
        Row(route, about(route), tuple(answer(route, standing) for standing in STANDINGS))
        for route in ordered
    ]


def table(routes: Iterable[Route], purposes: Mapping[Route, str]) -> str:
    """Return the matrix as CSV, as docs/permissions.csv holds it, with why one may look."""
    heads = [f"{standing.role}: {standing.how}" for standing in STANDINGS]
    lines = [",".join(["method", "path", "permission", "about", "purpose", *heads])]
    lines += [
        ",".join(
            [
                *(row.route.method, row.route.path, row.route.verb or "", row.about.value),
                *(purposes[row.route], *row.answers),
            ]
        )
        for row in permissions(routes)
    ]
    return "\n".join(lines) + "\n"


def purpose_table() -> str:
    """Return which role can state which purpose, as Markdown."""
    lines = [f"| | {' | '.join(Role)} |", f"|---|{'|'.join(':-:' for _ in Role)}|"]
    for purpose in Purpose:
        marks = ["yes" if purpose in ALLOWED[role] else "" for role in Role]
        lines.append(f"| {purpose} | {' | '.join(marks)} |")
    return "\n".join(lines)
