"""Who asks: a signed-in person, as far as access is concerned."""

import msgspec

from tagwatch.access.role import Duty, Role, Verb, may
from tagwatch.core.ids import AccountId
from tagwatch.core.order import Programme
from tagwatch.store.accounts import Account, Accounts


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person (or a token in a person's name) who asks or acts."""

    account_id: AccountId
    name: str
    role: Role
    agency: str = ""
    boroughs: tuple[str, ...] = ()
    duties: tuple[Duty, ...] = ()
    programmes: tuple[Programme, ...] = ()
    """Beside the own caseload only wearers of these programmes; none: of all."""
    team: str = ""
    mates: frozenset[AccountId] = frozenset()
    """The other officers of the team, whose ordinary caseloads he has too."""
    covers: frozenset[AccountId] = frozenset()
    """Officers on leave whose caseloads he has now; filled in by the reader who asks for him."""
    verbs: frozenset[Verb] | None = None
    """Only these, if asking through a token; None: all of the role."""

    def may(self, verb: Verb) -> bool:
        """Say whether this actor has the verb at all, whoever the wearer is."""
        return may(self.role, verb) and (self.verbs is None or verb in self.verbs)


def actor_of(account: Account, accounts: Accounts) -> Actor:
    """Return the actor an account is, with the officers of its team, who stand in `accounts`."""
    return Actor(
        account_id=account.account_id,
        name=account.full_name,
        role=Role(account.role),
        agency=account.agency,
        boroughs=account.boroughs,
        duties=tuple(Duty(duty) for duty in account.duties),
        programmes=tuple(Programme(name) for name in account.programmes),
        team=account.team,
        mates=accounts.mates(account),
    )
