"""`tagwatch bundle`: evidence bundles are made, handed out and listed."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
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
from tagwatch.core.ids import WearerId
from tagwatch.core.recorded_bundle import BundleGiven, SigningKeyRotated
from tagwatch.core.units import Instant, instant, iso
from tagwatch.query.bundle import Asked
from tagwatch.query.bundle_facts import BundleRefused
from tagwatch.query.bundle_register import digest, made_on
from tagwatch.query.bundle_standing import register_lines
from tagwatch.store.bundle.manifest import redacted
from tagwatch.store.bundle.signing import former_keys, next_key, signing_key, take_over
from tagwatch.store.bundle.succession import PublishedKeys, Succession, succeeded
from tagwatch.store.bundles import bundle_made, kept_file, rotations
from tagwatch.store.database import reading
from tagwatch.store.journal.errors import JournalError
from tagwatch.store.journal.files import OsFiles

app = command_app("Evidence bundles: make, hand out, list; the key that signs them.")
UTC_DAY = timedelta(days=1)


@app.command()
def make(
    wearer: Annotated[str, typer.Argument(metavar="WEARER", help="The wearer's id.")],
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="2026-11-18, in UTC.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day, included.")],
    reason: Annotated[str, typer.Option(help="What it is for; on the audit, in the register.")],
    replaces: Annotated[str, typer.Option(metavar="BUNDLE", help="In the place of which.")] = "",
    data: DataFolder = DATA_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Make and sign a bundle of whole days, at most 31, and keep it in the register."""
    config = installed(data)
    if not reason.strip():
        raise Failure("a bundle needs its reason: name the court and the case, or who asked")
    window = _day(first), Instant(_day(last) + UTC_DAY // timedelta(microseconds=1))
    asked = Asked(by=BY, at=now(), reason=reason.strip(), replaces=replaces)
    try:
        with acting(config) as desk:
            audited(config, Act.DISCLOSURE, "make_bundle", [wearer], f"{first} {last}", reason)
            with reading(desk.projections) as connection:
                event, made = made_on(connection, config, WearerId(wearer), window, asked)
            desk.append([event])
    except (BundleRefused, JournalError) as error:
        raise Failure(str(error)) from error
    if as_json:
        print_json(event)
        return
    typer.echo(f"{event.bundle_id}: {event.size_bytes} bytes, sha256 {event.sha256}")
    typer.echo(f"signed by {event.signer}, proved to record {event.head_seq}")
    if event.redacted_sha256:
        typer.echo(f"with closed files; the redacted one has sha256 {event.redacted_sha256}")
    for words in made.differs:
        typer.echo(f"does not follow from the frames: {words}")


@app.command()
def give(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="The bundle's id.")],
    to: Annotated[str, typer.Option(help="Who receives it.")],
    how: Annotated[str, typer.Option(help="By hand, by secure mail …")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="A new file.")],
    expert: Annotated[bool, typer.Option("--expert", help="With its closed files.")] = False,
    data: DataFolder = DATA_DEFAULT,
) -> None:
    """Write a bundle into a file, and enter in the register who receives it."""
    config = installed(data)
    if not to.strip() or not how.strip():
        raise Failure("name who receives it and how: both stand in the register")
    with acting(config) as desk:
        with reading(desk.projections) as connection:
            made = bundle_made(connection, bundle)
        content = None if made is None else kept_file(config, made.wearer_id, bundle)
        if made is None or content is None:
            raise Failure(f"there is no bundle {bundle}, or its file is not kept any more")
        form = "whole" if not made.redacted_sha256 else "expert" if expert else "redacted"
        content = redacted(content) if form == "redacted" else content
        event = BundleGiven(
            bundle_id=bundle,
            wearer_id=made.wearer_id,
            form=form,
            to=to.strip(),
            how=how.strip(),
            sha256=digest(content),
            at=now(),
            by=BY,
        )
        ids = [made.wearer_id, bundle]
        audited(config, Act.DISCLOSURE, "give_bundle", ids, f"{form} {event.sha256}", to)
        desk.append([event])
        with out.open("xb") as file:
            out.chmod(0o600)
            file.write(content)
    typer.echo(f"{out}: {form}, sha256 {event.sha256}")


@app.command("list")
def listed(
    wearer: Annotated[str, typer.Argument(metavar="WEARER", help="The wearer's id.")],
    data: DataFolder = DATA_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """List a wearer's bundles, who received them, and which no longer stand."""
    config = installed(data)
    with acting(config) as desk:
        audited(config, Act.CONSULTATION, "bundles", [wearer])
        with reading(desk.projections) as connection:
            lines = register_lines(connection, WearerId(wearer))
    if as_json:
        print_json(lines)
        return
    heads = ("Bundle", "From", "Until", "Given to", "Stands")
    print_table(
        heads,
        [
            (
                line.made.bundle_id,
                iso(line.made.start)[:10],
                iso(line.made.end)[:10],
                ", ".join(line.recipients) or "nobody",
                " ".join(line.superseded) or "yes",
            )
            for line in lines
        ],
    )


@app.command()
def key(data: DataFolder = DATA_DEFAULT, as_json: AsJson = False) -> None:
    """Print the public key that signs bundles, and those that signed before.

    With --json it is the file to publish and to hand out: `verify-bundle --keys` takes it.
    """
    config = installed(data)
    files, folder = OsFiles(), config.keys_folder
    with acting(config) as desk, reading(desk.projections) as connection:
        steps = tuple(
            Succession(old=e.old, new=e.new, at=e.at, by_old=e.by_old, by_new=e.by_new)
            for e in rotations(connection)
        )
    now_signs = signing_key(files, folder).public
    if as_json:
        print_json(PublishedKeys(public=now_signs, successions=steps))
        return
    typer.echo(now_signs)
    for former in former_keys(files, folder):
        typer.echo(f"{former} (former)")


@app.command()
def rotate_key(data: DataFolder = DATA_DEFAULT) -> None:
    """Let a new key sign bundles from now on.

    The journal keeps the step, signed by the old key and by the new. After a stop in the middle
    call it again: it goes on where it was.
    """
    config = installed(data)
    files, folder = OsFiles(), config.keys_folder
    old = signing_key(files, folder)
    new = next_key(files, folder)
    audited(config, Act.ALTERATION, "rotate_signing_key", [], f"{old.public} to {new.public}")
    with acting(config) as desk:
        with reading(desk.projections) as connection:
            is_recorded = new.public in [each.new for each in rotations(connection)]
        if not is_recorded:
            step = succeeded(old.secret, new.secret, now())
            event = SigningKeyRotated(
                old=step.old,
                new=step.new,
                by_old=step.by_old,
                by_new=step.by_new,
                at=Instant(step.at),
                by=BY,
            )
            seqs = desk.append([event])
            if not desk.applied(seqs[-1]):
                raise Failure("it is recorded and not applied yet: call this again in a minute")
        take_over(files, folder)
    typer.echo(f"{new.public} signs from now on; {old.public} no longer does")
    typer.echo("Publish it: tagwatch bundle key --json > keys.json")


def _day(text: str) -> Instant:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise Failure(f"{text!r} is no day: write it as 2026-11-18") from error
    return instant(datetime.fromisoformat(f"{day.isoformat()}T00:00:00+00:00"))
