"""`tagwatch outbox`: what a restore or a rebuild holds back."""

from typing import Annotated

import typer
from sqlalchemy import select

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.cli.acting import BY, acting, audited
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    command_app,
    confirm_or_fail,
    installed,
    note,
    print_json,
    print_table,
)
from tagwatch.config import Config
from tagwatch.core.ledger import OutboxReleased
from tagwatch.core.recorded_act import Release
from tagwatch.core.units import Instant, iso
from tagwatch.engine.installation import InstallationError
from tagwatch.store import schema
from tagwatch.store.database import Access, open_tables, reading

app = command_app("Send or drop what a restore holds back.")

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command("list")
def list_held(data: DataFolder = DATA_DEFAULT, as_json: AsJson = False) -> None:
    """List the notifications held back, oldest first."""
    config = installed(data)
    found = _held(config)
    alerts = dict.fromkeys(str(each["alert_id"]) for each in found)
    audited(config, Act.CONSULTATION, "outbox_list", list(alerts), f"{len(found)} notifications")
    if as_json:
        print_json(found)
        return
    print_table(
        ("since", "stage", "channel", "contact", "alert"),
        (
            (
                iso(Instant(int(r["created_at"]))),
                r["stage"],
                r["channel"],
                r["contact_id"],
                r["alert_id"],
            )
            for r in found
        ),
    )


@app.command("send")
def send(data: DataFolder = DATA_DEFAULT, yes: Yes = False) -> None:
    """Let everything held back go out, late as it is."""
    _release(installed(data), Release.SEND, yes)


@app.command("drop")
def drop(data: DataFolder = DATA_DEFAULT, yes: Yes = False) -> None:
    """Never send what is held back; the alerts stay in the list."""
    _release(installed(data), Release.DROP, yes)


def _release(config: Config, release: Release, yes: bool) -> None:
    count = len(_held(config))
    if not count:
        typer.echo("Nothing is held back.")
        return
    confirm_or_fail(f"{release.value.capitalize()} {count} notifications?", yes)
    with acting(config) as desk:
        audited(config, Act.ALTERATION, f"outbox_{release.value}", [], f"{count} notifications")
        seqs = desk.append([OutboxReleased(at=now(), by=BY, release=release)])
        if not desk.applied(seqs[-1]):
            note("Recorded; the line has not applied it yet.")
    typer.echo(f"{count} notifications {'released' if release is Release.SEND else 'dropped'}.")


def _held(config: Config) -> list[dict[str, str | int]]:
    if not config.projections_file.exists():
        raise InstallationError(f"{config.data} has no projections yet: the line has never run")
    table = schema.notification
    columns = (
        table.c.notification_id,
        table.c.alert_id,
        table.c.stage,
        table.c.contact_id,
        table.c.channel,
        table.c.created_at,
    )
    engine = open_tables(config, Access.READ)
    with reading(engine) as connection:
        query = select(*columns).where(table.c.state == "held").order_by(table.c.created_at)
        found = [dict(row) for row in connection.execute(query).mappings()]
    engine.dispose()
    return found
