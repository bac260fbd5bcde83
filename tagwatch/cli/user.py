"""`tagwatch user`: the accounts of people."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
import typer

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import checked_reach, create_account, hash_password, now
from tagwatch.access.identity import link_identity, unlink_identity
from tagwatch.access.recovery import WITHOUT_FACTOR
from tagwatch.access.role import Duty, Role
from tagwatch.cli.acting import audited
from tagwatch.cli.init import PasswordStdin, read_password
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    Failure,
    command_app,
    installed,
    print_json,
    print_table,
)
from tagwatch.config import Config
from tagwatch.core.ids import AccountId
from tagwatch.core.order import Programme
from tagwatch.store.accounts import Accounts
from tagwatch.store.passkeys import remove_passkeys

app = command_app("Accounts: add, alter, list, disable, enable, reset, link, unlink.")

Agency = Annotated[str, typer.Option(help="Organisation; decides which wearers are seen.")]
Team = Annotated[
    str,
    typer.Option(
        help="Team of an officer within the agency: its members have each other's ordinary "
        "caseload, and not the rest of the agency's."
    ),
]
Limits = Annotated[
    list[Programme] | None,
    typer.Option(
        "--programme",
        help="Limit a practitioner or police account to a programme; repeat for more.",
    ),
]
Boroughs = Annotated[
    list[str] | None,
    typer.Option("--borough", help="Borough of a police account; repeat for more."),
]

SignInName = Annotated[str, typer.Argument(metavar="NAME", help="The sign-in name.")]


@app.command("add")
def add(
    name: SignInName,
    role: Annotated[Role, typer.Option(help="What the person is in the programme.")],
    full_name: Annotated[str, typer.Option(help="Name shown to others.")],
    data: DataFolder = DATA_DEFAULT,
    email: Annotated[str, typer.Option(help="Address for alerts.")] = "",
    agency: Agency = "",
    team: Team = "",
    programmes: Limits = None,
    borough: Boroughs = None,
    duty: Annotated[
        list[Duty] | None, typer.Option(help="A duty on top of the role; repeat for more.")
    ] = None,
    password_stdin: PasswordStdin = False,
) -> None:
    """Add an account; its second factor is enrolled at the first sign-in."""
    config = installed(data)
    password = read_password(password_stdin)
    hash_password(password)
    checked_reach(role, agency, tuple(programmes or ()), team)
    audited(config, Act.ALTERATION, "user_add", [], f"{role} account")
    account_id = create_account(
        config,
        sign_in_name=name,
        full_name=full_name,
        role=role,
        password=password,
        agency=agency,
        team=team,
        programmes=tuple(programmes or ()),
        boroughs=tuple(borough or ()),
        duties=tuple(duty or ()),
        email=email,
    )
    typer.echo(f"Added {name.strip().lower()} ({role.value}), account {account_id}.")


@app.command("alter")
def alter(
    name: SignInName,
    data: DataFolder = DATA_DEFAULT,
    agency: Annotated[str | None, typer.Option(help="The new organisation.")] = None,
    team: Annotated[str | None, typer.Option(help="The new team; '' for none.")] = None,
    programmes: Limits = None,
    every_programme: Annotated[
        bool, typer.Option("--every-programme", help="Take the limit to programmes away.")
    ] = False,
    borough: Boroughs = None,
    no_borough: Annotated[
        bool, typer.Option("--no-borough", help="Take all boroughs away.")
    ] = False,
) -> None:
    """Change which wearers an account reaches; it holds from its next request on.

    What is not given stays. Programmes and boroughs replace those the account has.
    """
    if programmes and every_programme:
        raise Failure("give either --programme or --every-programme")
    if borough and no_borough:
        raise Failure("give either --borough or --no-borough")
    config = installed(data)
    with _accounts(config) as accounts:
        held = accounts.get(_account_id(accounts, name))
    if held is None:
        raise Failure(f"there is no account named {name}: see `tagwatch user list`")
    kept = () if every_programme else tuple(Programme(each) for each in held.programmes)
    values = checked_reach(
        Role(held.role),
        held.agency if agency is None else agency,
        tuple(programmes or kept),
        held.team if team is None else team,
    )
    values["boroughs"] = () if no_borough else tuple(borough or held.boroughs)
    _alter(config, name, "user_alter", values)
    typer.echo(f"Changed {name}: {_reach_words(values)}.")


@app.command("list")
def list_accounts(data: DataFolder = DATA_DEFAULT, as_json: AsJson = False) -> None:
    """List the accounts, without their secrets."""
    config = installed(data)
    with _accounts(config) as accounts:
        found = accounts.all()
    audited(config, Act.CONSULTATION, "accounts", [], f"{len(found)} accounts")
    if as_json:
        print_json(found)
        return
    print_table(
        ("name", "full name", "role", "reaches", "duties", "state", "account"),
        (
            (
                one.sign_in_name,
                one.full_name,
                one.role,
                _reach_words(msgspec.structs.asdict(one)),
                ", ".join(one.duties),
                "active" if one.active else "disabled",
                one.account_id,
            )
            for one in found
        ),
    )


@app.command("disable")
def disable(name: SignInName, data: DataFolder = DATA_DEFAULT) -> None:
    """Shut an account out at once: its sessions end, its tokens stop."""
    config = installed(data)
    account_id = _alter(config, name, "user_disable", {"active": 0})
    with _accounts(config) as accounts:
        accounts.end_sessions(account_id)
    typer.echo(f"Disabled {name}; its sessions have ended.")


@app.command("enable")
def enable(name: SignInName, data: DataFolder = DATA_DEFAULT) -> None:
    """Let a disabled or locked account sign in again."""
    values = {"active": 1, "failures": 0, "locked_until": None}
    _alter(installed(data), name, "user_enable", values)
    typer.echo(f"Enabled {name}.")


@app.command("reset")
def reset(
    name: SignInName, data: DataFolder = DATA_DEFAULT, password_stdin: PasswordStdin = False
) -> None:
    """Give a new password, forget code app and passkeys, end the sessions.

    For who lost the phone, the passkey or the password, where there are no two administrators who
    recover an account together on the pages. The second factor is enrolled anew at the next
    sign-in, so hand the password over in person.
    """
    config = installed(data)
    with _accounts(config) as accounts:
        _account_id(accounts, name)
    hashed = hash_password(read_password(password_stdin))
    account_id = _alter(config, name, "user_reset", {"password_hash": hashed, **WITHOUT_FACTOR})
    with _accounts(config) as accounts:
        remove_passkeys(accounts, account_id)
        accounts.end_sessions(account_id)
    typer.echo(f"Reset {name}: new password; the second factor is enrolled at the next sign-in.")


@app.command("link")
def link(
    name: SignInName,
    sub: Annotated[
        str,
        typer.Argument(metavar="SUBJECT", help="How the sign-in service names the person (sub)."),
    ],
    data: DataFolder = DATA_DEFAULT,
) -> None:
    """Link an account with one of the agency's sign-in service, [oidc] in tagwatch.toml."""
    config = installed(data)
    with _accounts(config) as accounts:
        account_id = _account_id(accounts, name)
        audited(config, Act.ALTERATION, "identity_link", [account_id], config.oidc.issuer)
        link_identity(accounts, account_id, config.oidc.issuer, sub, "the machine", now())
    typer.echo(f"Linked {name} with {sub} of {config.oidc.issuer}.")


@app.command("unlink")
def unlink(name: SignInName, data: DataFolder = DATA_DEFAULT) -> None:
    """Take an account's links with sign-in services away, and end its sessions."""
    config = installed(data)
    with _accounts(config) as accounts:
        account_id = _account_id(accounts, name)
        audited(config, Act.ALTERATION, "identity_unlink", [account_id])
        unlink_identity(accounts, account_id)
        accounts.end_sessions(account_id)
    typer.echo(f"{name} is linked no more; its sessions have ended.")


def _reach_words(values: dict[str, Any]) -> str:
    """Return what limits an account's reach, in a few words."""
    lists = {"boroughs": values["boroughs"], "programmes": values["programmes"]}
    parts = [str(values["agency"]), f"team {values['team']}" if values["team"] else ""]
    parts += [f"{name} {', '.join(each)}" for name, each in lists.items() if each]
    return "; ".join(filter(None, parts)) or "no agency, team, borough or programme"


@contextmanager
def _accounts(config: Config) -> Generator[Accounts]:
    accounts = Accounts(config.accounts_file)
    try:
        yield accounts
    finally:
        accounts.close()


def _account_id(accounts: Accounts, name: str) -> AccountId:
    row = accounts.by_name(name.strip().lower())
    if row is None:
        raise Failure(f"there is no account named {name}: see `tagwatch user list`")
    return AccountId(row["account_id"])


def _alter(config: Config, name: str, verb: str, values: dict[str, Any]) -> AccountId:
    with _accounts(config) as accounts:
        account_id = _account_id(accounts, name)
        audited(config, Act.ALTERATION, verb, [account_id])
        accounts.alter(account_id, values)
    return account_id
