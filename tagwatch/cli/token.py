"""`tagwatch token`: secrets of programs (API) and of tags and gateways. Shown once, kept hashed."""

from typing import Annotated

import typer
from sqlalchemy import or_, select

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.access.role import MATRIX, Role, Verb
from tagwatch.access.sign_in import open_sign_in
from tagwatch.cli.acting import BY, acting, audited
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
from tagwatch.core.ids import AccountId, CredentialId, TagId
from tagwatch.core.person import Scheme
from tagwatch.core.recorded_register import CredentialIssued, CredentialRevoked
from tagwatch.core.units import DAY, Instant, iso
from tagwatch.ingest.credential import issue as issue_credential
from tagwatch.store import schema
from tagwatch.store.accounts import Accounts, Token
from tagwatch.store.database import Access, open_tables, reading

app = command_app("Secrets of programs and tags: issue, tag, list, revoke.")

_UNUSED = 1 * DAY


@app.command("issue")
def issue(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Account the program acts for.")],
    label: Annotated[str, typer.Option(help="What the program is, for the list.")],
    data: DataFolder = DATA_DEFAULT,
    verb: Annotated[
        list[Verb] | None,
        typer.Option(help="What it may do; repeat for more. Default: all the role may."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=730, help="Good for this long.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Issue a token of the JSON API in the name of an account; the secret is shown once."""
    config = installed(data)
    sign_in = open_sign_in(config)
    try:
        row = sign_in.accounts.by_name(name.strip().lower())
        if row is None:
            raise Failure(f"there is no account named {name}: see `tagwatch user list`")
        verbs = tuple(verb or sorted(MATRIX[Role(row["role"])]))
        account_id = AccountId(row["account_id"])
        audited(config, Act.ALTERATION, "token_issue", [account_id], label)
        until = Instant(now() + days * DAY)
        secret = sign_in.issue_token(account_id, label, verbs, until)
    finally:
        sign_in.accounts.close()
    if as_json:
        print_json({"secret": secret, "expires_at": iso(until), "verbs": verbs})
        return
    typer.echo(f"{secret}\nShown once. Send it as: Authorization: Bearer … (good for {days} days)")


@app.command("tag")
def tag(
    serial: Annotated[
        str, typer.Argument(metavar="[TAG]", help="Serial or id of a tag; none for a gateway.")
    ] = "",
    scheme: Annotated[
        Scheme, typer.Option(help="How its messages say who sends them.")
    ] = Scheme.TAGWATCH,
    data: DataFolder = DATA_DEFAULT,
    once: Annotated[
        bool, typer.Option("--use-within-a-day", help="Void if nothing used it after a day.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Issue the credential of a tag, a phone or a gateway; the secret is shown once."""
    gateway = scheme is Scheme.TRACCAR_FORWARD
    if gateway == bool(serial):
        raise Failure(
            "a gateway (--scheme traccar_forward) names its tags itself: leave TAG out"
            if gateway
            else "name the tag by its serial or id"
        )
    config = installed(data)
    with acting(config) as desk:
        tag_id = None
        if serial:
            column = schema.tag.c
            with reading(desk.projections) as connection:
                tag_id = connection.scalar(
                    select(column.tag_id).where(
                        or_(column.serial == serial, column.tag_id == serial)
                    )
                )
            if tag_id is None:
                raise Failure(f"no tag {serial} is in the inventory: enter it first")
        at = now()
        credential, secret = issue_credential(
            scheme,
            None if tag_id is None else TagId(tag_id),
            at,
            Instant(at + _UNUSED) if once else None,
        )
        audited(config, Act.ALTERATION, "issue_credential", [credential.credential_id, serial])
        seqs = desk.append([CredentialIssued(credential=credential, by=BY)])
        desk.applied(seqs[-1])
    if as_json:
        print_json({"credential_id": credential.credential_id, "secret": secret})
        return
    typer.echo(f"credential  {credential.credential_id}\nsecret      {secret}\nShown once.")


@app.command("list")
def list_tokens(data: DataFolder = DATA_DEFAULT, as_json: AsJson = False) -> None:
    """List API tokens and the credentials of tags, without their secrets."""
    config = installed(data)
    tokens = _tokens(config)
    credentials = _credentials(config)
    audited(config, Act.CONSULTATION, "tokens", [], f"{len(tokens) + len(credentials)} secrets")
    if as_json:
        print_json({"tokens": tokens, "credentials": credentials})
        return
    rows = [
        (t.token_id, "API", t.label, t.account_id, _state(t.revoked_at, t.expires_at))
        for t in tokens
    ]
    rows += [
        (c["credential_id"], c["scheme"], "", c["tag_id"] or "gateway", _state(c["revoked_at"]))
        for c in credentials
    ]
    print_table(("id", "kind", "label", "of", "state"), rows)


@app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As the list names it.")],
    data: DataFolder = DATA_DEFAULT,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "revoked by command",
) -> None:
    """Revoke an API token or the credential of a tag; the next message is refused."""
    config = installed(data)
    if any(token.token_id == token_id for token in _tokens(config)):
        audited(config, Act.ALTERATION, "token_revoke", [token_id], reason)
        accounts = Accounts(config.accounts_file)
        accounts.revoke_token(token_id, now())
        accounts.close()
    else:
        with acting(config) as desk:
            if all(one["credential_id"] != token_id for one in _credentials(config)):
                raise Failure(f"there is no token or credential {token_id}: see `token list`")
            audited(config, Act.ALTERATION, "revoke_credential", [token_id], reason)
            event = CredentialRevoked(
                credential_id=CredentialId(token_id), reason=reason[:500], by=BY
            )
            desk.applied(desk.append([event])[-1])
    typer.echo(f"Revoked {token_id}.")


def _tokens(config: Config) -> list[Token]:
    accounts = Accounts(config.accounts_file)
    try:
        return accounts.tokens()
    finally:
        accounts.close()


def _credentials(config: Config) -> list[dict[str, str | int | None]]:
    if not config.projections_file.exists():
        return []
    column = schema.credential.c
    engine = open_tables(config, Access.READ)
    try:
        with reading(engine) as connection:
            rows = connection.execute(
                select(column.credential_id, column.scheme, column.tag_id, column.revoked_at)
            )
            return [dict(row) for row in rows.mappings()]
    finally:
        engine.dispose()


def _state(revoked_at: object, expires_at: Instant | None = None) -> str:
    if revoked_at is not None:
        return "revoked"
    if expires_at is None:
        return "in force"
    return "expired" if expires_at <= now() else f"until {iso(expires_at)[:10]}"
