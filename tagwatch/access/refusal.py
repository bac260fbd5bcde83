"""Refusals that explain themselves: what is missing, who may help, how to ask. Worded here alone.

Whether a record does not exist or is not the asker's to see is answered with the same words, which
depend on the asker and on nothing else. Nobody is named: who may help is a role.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from tagwatch.access.actor import Actor
from tagwatch.access.purpose import ALLOWED, Purpose
from tagwatch.access.purpose import SAYS as PURPOSE_SAYS
from tagwatch.access.role import MATRIX, SAYS, Role, Verb, may

PEOPLE: Final[dict[Role, str]] = {
    Role.PRACTITIONER: "probation practitioners",
    Role.OPERATOR: "operators of the monitoring centre",
    Role.POLICE: "police",
    Role.LIAISON: "liaison officers",
    Role.PARTNER: "partner agencies",
    Role.EVALUATOR: "evaluators",
    Role.ADMINISTRATOR: "administrators",
}


class Lack(StrEnum):
    """What somebody who is refused is without."""

    VERB = "verb"
    """The role has no such permission."""
    TOKEN = "token"  # a kind of lack, no secret
    """The role has the permission, the token has not."""
    PURPOSE = "purpose"
    """None is stated, or one that the role cannot state."""
    SCOPE = "scope"
    """There is no such record, or it is out of reach: which of the two is not said."""
    DUTY = "duty"
    """A duty that is given to named people."""
    OFFICER = "responsible_officer"
    """It is for the officer who answers for the case, or his deputy."""
    AGENCY = "agency"
    GLASS = "more_than_break_glass"
    """A record opened by break-glass is read, and nothing beside that."""
    SECOND_PERSON = "second_person"
    ORIGIN = "origin"
    """The form came from elsewhere, or the way in is another."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How one may ask instead."""

    says: str
    path: str
    """Of a page that this asker may open."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody is refused, and what he can do about it."""

    lack: Lack
    says: str
    helps: str = ""
    """Who may help."""
    ways: tuple[Way, ...] = ()

    @property
    def sentence(self) -> str:
        """All of it but the ways, as one text."""
        return " ".join(filter(None, (self.says, self.helps)))


class Refused(Exception):
    """The actor may not do this. The refusal is on the audit; the text names no wearer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


class NotFound(Exception):
    """There is no such thing, or it is outside the asker's scope: the answer is the same."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


_DATA: Final = Way(
    says="Ask for data by a data request: what, of which time, on which law", path="/requests"
)
_NAMED: Final = Way(
    says="Ask for data about a person you name; the answer is the same whether or not he is on "
    "the register",
    path="/requests/named/new",
)
_GLASS: Final = Way(
    says="In an emergency open a record whose exact number you know, by break-glass",
    path="/break-glass",
)
_SEARCH: Final = Way(says="Search the wearers you may see", path="/wearers")
_ASK: Final = ((_DATA, Verb.SEE_REQUESTS), (_NAMED, Verb.NAME_REQUEST))
_ABOUT_HIM: Final = frozenset(
    {
        *(Verb.SEE_ALERT, Verb.SEE_CASES, Verb.SEE_WEARER, Verb.SEE_TRAIL, Verb.SEE_LIVE),
        *(Verb.SEE_PLAN, Verb.SEE_POLICE_PAGE, Verb.SEE_INFORMED, Verb.SEE_BUNDLES),
        *(Verb.MAKE_BUNDLE, Verb.CHECK_ACCOUNT, Verb.MATCH_CRIMES, Verb.SEE_WEARERS),
    }
)
"""Of what these show, whoever lacks them can ask for data."""


def lacks_verb(actor: Actor, verb: Verb | None) -> Refusal:
    """Return why an actor without this verb is refused; None: the route names none."""
    if verb is None:
        return Refusal(
            lack=Lack.VERB, says="Nobody can do this.", helps="Tell whoever runs Tagwatch."
        )
    if may(actor.role, verb):
        return Refusal(
            lack=Lack.TOKEN,
            says=f"This token lacks the permission {verb.value} (“{SAYS[verb]}”), which the "
            "account has.",
            helps="Whoever runs the installation issues tokens, with `tagwatch token issue`.",
        )
    return Refusal(
        lack=Lack.VERB,
        says=f"Your role ({actor.role}) cannot do this. It needs the permission “{SAYS[verb]}”.",
        helps=f"{_who(verb)} can help.",
        ways=_ways(actor, _ASK) if verb in _ABOUT_HIM else (),
    )


def unreachable(actor: Actor) -> Refusal:
    """Return the answer about a record that does not exist, or that the actor may not see."""
    ways = (
        (_SEARCH, Verb.SEE_WEARERS),
        (_GLASS, Verb.BREAK_GLASS),
        *_ASK,
    )
    return Refusal(
        lack=Lack.SCOPE,
        says="There is no such record, or your account may not see it: which of the two is not "
        "said. Check the reference.",
        helps="If it should be yours to see, whoever manages accounts can tell you what your "
        "account reaches, and the officer who answers for the case can change whose it is.",
        ways=_ways(actor, ways),
    )


def purpose_missing(role: Role) -> Refusal:
    """Return the answer to a program that states no purpose."""
    return Refusal(
        lack=Lack.PURPOSE,
        says="State a purpose: send it in the header X-Purpose.",
        helps=f"An account of role {role} can state {_listed(p.value for p in ALLOWED[role])}.",
    )


def purpose_unfit(why: str) -> Refusal:
    """Return why a purpose that the role can state does not serve for this wearer."""
    return Refusal(lack=Lack.PURPOSE, says=why, helps="State what you look for in truth.")


def purpose_not_of_role(role: Role, purpose: Purpose) -> Refusal:
    """Return why an account of this role cannot look for this purpose."""
    able = [PEOPLE[each] for each, stated in ALLOWED.items() if purpose in stated]
    return Refusal(
        lack=Lack.PURPOSE,
        says=f"An account of role {role} cannot look for {purpose} (“{PURPOSE_SAYS[purpose]}”). It "
        f"can state {_listed(p.value for p in ALLOWED[role])}.",
        helps=f"{_started(_listed(able))} look for that purpose.",
    )


def lacks_duty(actor: Actor, what: str) -> Refusal:
    """Return why `what`, which has a place the wearer was not told of, is not for this actor."""
    return Refusal(
        lack=Lack.DUTY,
        says=f"{what} has a place the wearer was not told of, and is for named people alone.",
        helps="The officer who answers for the case, his deputy, and whoever holds the duty "
        "secret_zones can help.",
        ways=_ways(actor, [(_DATA, Verb.SEE_REQUESTS)]),
    )


def not_his_case(what: str) -> Refusal:
    """Return why something is for the officer who answers for the case alone."""
    return Refusal(
        lack=Lack.OFFICER,
        says=f"Only the officer who answers for a case, or his deputy, {what}.",
        helps="The wearer's page says who that is.",
    )


def not_his_review() -> Refusal:
    """Return why somebody may not record this review."""
    return Refusal(
        lack=Lack.OFFICER,
        says="An order is reviewed by whoever acts under it, a restricted case by its officer or "
        "his deputy, a legal hold by whoever may set one.",
        helps="The wearer's page says who the officer is.",
    )


def other_agency(own: str) -> Refusal:
    """Return why an officer cannot enter a wearer of another agency."""
    return Refusal(
        lack=Lack.AGENCY,
        says=f"A practitioner enters wearers of the own agency only ({own or 'yours has none'}).",
        helps=f"{_who(Verb.REGISTER_WEARER, but=Role.PRACTITIONER)} can enter others.",
    )


def only_opened(done: str) -> Refusal:
    """Return why what is reached by break-glass alone cannot be `done`."""
    return Refusal(
        lack=Lack.GLASS,
        says=f"A record opened by break-glass can be read and its alerts answered, but not {done}.",
        helps="Ask the officer who answers for it.",
    )


def second_person(verb: Verb) -> Refusal:
    """Return why somebody who had a part in it cannot be the second person who decides it."""
    return Refusal(
        lack=Lack.SECOND_PERSON,
        says="This needs two people. Whoever asked for it, recorded, drew or approved it cannot "
        "decide it too: somebody else must decide.",
        helps=f"{_who(verb)} can.",
    )


def from_elsewhere(says: str, helps: str) -> Refusal:
    """Return why a way in is refused, whoever comes."""
    return Refusal(lack=Lack.ORIGIN, says=says, helps=helps)


def _people(verb: Verb, but: Role | None = None) -> list[str]:
    return [PEOPLE[role] for role in Role if verb in MATRIX[role] and role is not but]


def _who(verb: Verb, but: Role | None = None) -> str:
    return _started(_listed(_people(verb, but)))


def _ways(actor: Actor, ways: Iterable[tuple[Way, Verb]]) -> tuple[Way, ...]:
    return tuple(way for way, verb in ways if actor.may(verb))


def _listed(parts: Iterable[str]) -> str:
    *most, last = list(parts) or ["nobody"]
    return f"{', '.join(most)} and {last}" if most else last


def _started(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
