"""`tagwatch keys`: the installation's own keys are listed, rotated, written out, tried."""

import getpass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from tagwatch.access.audit import Act
from tagwatch.access.enrolment import now
from tagwatch.cli.acting import BY, Acting, acting, audited
from tagwatch.cli.key_sheet import sheet
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    Failure,
    command_app,
    installed,
    note,
    print_json,
    print_table,
)
from tagwatch.cli.passphrase import (
    PassphraseFile,
    PassphraseStdin,
    known_passphrase,
    new_passphrase,
)
from tagwatch.config import Config
from tagwatch.core.recorded_keys import KeyRotated, KeysDrilled, KeysExported
from tagwatch.core.units import DAY, Instant, iso
from tagwatch.engine import key_rotation
from tagwatch.engine.installation import OS_FILES
from tagwatch.engine.key_drill import drill as drilled
from tagwatch.engine.keys_apart import exported_keys, refuse_other_keys
from tagwatch.query.keys import KeysStand, data_keys, keys_stand
from tagwatch.store.database import reading
from tagwatch.store.journal.files import write_durably
from tagwatch.store.key_acts import key_acts
from tagwatch.store.key_export import MOST_PARTS, joined, opened, split
from tagwatch.store.rotations import Rotation

app = command_app("Keys of the installation: list, rotate, export, try a restore.")
_APPLIED: Final = "it is done, and the line has not applied its record yet: see `tagwatch status`"

KeyFiles = Annotated[
    list[Path],
    typer.Option("--keys", metavar="FILE", help="What `keys export` wrote; each part of it."),
]


@app.command("list")
def listed(data: DataFolder = DATA_DEFAULT, as_json: AsJson = False) -> None:
    """List every key by class and id, how old it is and when another is due.

    Only ids are shown: nothing of a key. Data keys of the journal are counted.
    """
    config = installed(data)
    audited(config, Act.CONSULTATION, "keys", [])
    with acting(config) as desk, reading(desk.projections) as connection:
        found = keys_stand(config, connection)
    at, counts = now(), data_keys(config)
    overdue = found.overdue(at)
    if as_json:
        said = {"data_keys": counts, "overdue": [key.id for key in overdue]}
        print_json({**msgspec.to_builtins(found), **said})
        return
    rows = [
        (
            key.key_class,
            key.id,
            "not known" if key.made_at is None else f"{(at - key.made_at) // DAY} days",
            "by itself" if key.due_at is None else iso(key.due_at)[:10],
            "OVERDUE" if key in overdue else "",
            key.words,
        )
        for key in found.keys
    ]
    print_table(("Class", "Id", "Age", "Due", "", "What it does"), rows)
    typer.echo("\n".join(_about(found, counts)))


@app.command()
def rotate(
    key_class: Annotated[
        str, typer.Argument(metavar="CLASS", help="installation, field, accounts or audit.")
    ],
    reason: Annotated[str, typer.Option(help="Why; on the audit and in the journal.")],
    data: DataFolder = DATA_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Put another key in the place of one, while the installation runs or while it stands still.

    After a stop in the middle give the same command again: it goes on where it was.
    """
    config = installed(data)
    if key_class not in key_rotation.CLASSES:
        raise Failure(
            f"{key_class!r} is no class of keys: {', '.join(key_rotation.CLASSES)}; the key that "
            "signs bundles by `tagwatch bundle rotate-key`"
        )
    if not reason.strip():
        raise Failure("a rotation needs its reason: a date, an event, who decided it")
    lock = key_rotation.turn(config, OS_FILES)
    try:
        audited(config, Act.ALTERATION, "rotate_key", [], key_class, reason.strip())
        with acting(config) as desk:
            event = _rotated(config, desk, key_class, reason.strip())
    finally:
        lock.release()
    if as_json:
        print_json(event)
        return
    typer.echo(f"{key_class}: {', '.join(event.new) or 'nothing to renew'} from now on.")
    gone = "destroyed" if event.destroyed else "kept: it alone reads what it encrypted"
    typer.echo(f"{', '.join(event.old) or 'There was none before'}: {gone}.")
    if key_class == key_rotation.INSTALLATION:
        typer.echo(
            "Backups made before are opened by keys written out before, and by those alone.\n"
            "Now: tagwatch keys export FILE --reason …, then tagwatch backup TARGET"
        )


@app.command()
def export(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    reason: Annotated[str, typer.Option(help="Why; on the audit, in the journal, on the sheet.")],
    parts: Annotated[
        int,
        typer.Option(
            min=1, max=MOST_PARTS, help="Split it into so many parts, all of which are needed."
        ),
    ] = 1,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
    data: DataFolder = DATA_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Write out the keys that a restore needs, sealed with a passphrase, and a sheet about them.

    With --parts each part lies with another person, and nobody opens a backup alone. The sheet
    lies beside the first file, named .txt: print it.
    """
    config = installed(data)
    path = target.expanduser().absolute()
    names = (
        [path]
        if parts == 1
        else [path.with_name(f"{path.name}.{n}of{parts}") for n in range(1, parts + 1)]
    )
    paper = path.with_name(f"{path.name}.txt")
    taken = [each for each in (*names, paper) if each.exists()]
    if taken:
        raise Failure(f"{taken[0]} is there already: give a new name")
    if not reason.strip():
        raise Failure("an export of keys needs its reason: it stands on the sheet")
    passphrase = new_passphrase(passphrase_file, stdin=passphrase_stdin)
    lock = key_rotation.turn(config, OS_FILES)
    try:
        audited(config, Act.DISCLOSURE, "export_keys", [], f"{parts} parts", reason.strip())
        name, whole = exported_keys(config, passphrase)
        digest = sha256(whole).hexdigest()
        contents = [whole] if parts == 1 else split(whole, parts)
        for each, content in zip(names, contents, strict=True):
            write_durably(OS_FILES, each, content)
        text = sheet(whole, parts, reason.strip())
        write_durably(OS_FILES, paper, text.encode())
        # After the files: Health goes by this record, which must not say more than there is.
        with acting(config) as desk:
            event = KeysExported(
                key_id=name,
                sha256=digest,
                parts=parts,
                at=now(),
                by=BY,
                user=getpass.getuser(),
                why=reason.strip(),
            )
            desk.append([event])
    finally:
        lock.release()
    if as_json:
        print_json({"files": names, "sheet": paper, "key_id": name, "sha256": digest})
        return
    typer.echo(text)
    typer.echo(f"Written: {', '.join(str(each) for each in names)}; the sheet: {paper}")


@app.command()
def drill(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder of a backup.")],
    keys: KeyFiles,
    passphrase_file: PassphraseFile = None,
    passphrase_stdin: PassphraseStdin = False,
    data: DataFolder = DATA_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Try a restore out of a backup and an export of keys, in a folder that is then taken away.

    Proves the chains, opens a record, the audits and every second factor, and builds the tables
    twice. The installation runs on, and keeps on record what was found.
    """
    config = installed(data)
    whole = joined(keys)
    refuse_other_keys(source, whole)
    keyset = opened(whole, known_passphrase(passphrase_file, stdin=passphrase_stdin))
    audited(config, Act.CONSULTATION, "drill_keys", [], f"installation key {whole.key_id}")
    found = drilled(config, source, keyset, lambda done: note(f"{done} records applied …"))
    words = (
        f"proved up to record {found.restored.seq}, record {found.record} opened, {found.rows} "
        "rows equal"
        if not found.wrong
        else "; ".join(found.wrong)
    )
    event = KeysDrilled(
        key_id=whole.key_id,
        backup_seq=found.restored.seq,
        backup_digest=found.restored.digest,
        passed=int(not found.wrong),
        found=words,
        at=now(),
        by=BY,
        user=getpass.getuser(),
    )
    with acting(config) as desk:
        desk.append([event])
    if as_json:
        print_json(event)
    else:
        typer.echo(f"{'The restore holds' if not found.wrong else 'NOT as it should be'}: {words}.")
    if found.wrong:
        raise typer.Exit(1)


def _rotated(config: Config, desk: Acting, key_class: str, reason: str) -> KeyRotated:
    """Begin or go on, carry out, journal; each step does no harm if it was done before."""
    user = getpass.getuser()
    rotation = key_rotation.begin(config, OS_FILES, key_class, now(), user, reason)
    done = key_rotation.carry_out(config, OS_FILES, rotation, now())
    if key_class == key_rotation.FIELD and not desk.sealed_anew(
        lambda: key_rotation.field_key_turned(config, OS_FILES, rotation)
    ):
        raise Failure(
            "the line has not sealed everything anew yet and goes on with it: see `tagwatch "
            "status`, and give this command again to put it on record"
        )
    event = _recorded(desk, done)
    if event is None:
        event = _event(done)
        seqs = desk.append([event])
        if not desk.applied(seqs[-1]):
            raise Failure(_APPLIED)
    key_rotation.end(config, OS_FILES)
    return event


def _recorded(desk: Acting, rotation: Rotation) -> KeyRotated | None:
    """Return the record of this rotation, if it was journaled before a stop."""
    with reading(desk.projections) as connection:
        acts = key_acts(connection)
    for act in acts:
        if isinstance(act, KeyRotated) and act.began_at == rotation.began_at:
            return act
    return None


def _event(rotation: Rotation) -> KeyRotated:
    return KeyRotated(
        key_class=rotation.key_class,
        old=rotation.old,
        new=rotation.new,
        destroyed=int(rotation.key_class not in key_rotation.KEPT),
        began_at=rotation.began_at,
        at=now(),
        by=BY,
        user=rotation.user,
        why=rotation.why,
    )


def _about(found: KeysStand, data: dict[str, int]) -> list[str]:
    counts = ", ".join(f"{count} {name}" for name, count in data.items() if count)
    lines = [f"Data keys of the journal: {counts or 'none'}; another for each month and owner."]
    if found.unfinished:
        lines.append(f"UNFINISHED: `tagwatch keys rotate {found.unfinished}` completes it.")
    lines.append(_exported(found.exported_at, found.exported_before))
    if found.drilled_at is None:
        lines.append("A restore was never tried: `tagwatch keys drill`.")
    else:
        held = "held" if found.drill_passed else "FAILED"
        lines.append(f"A restore was tried {iso(found.drilled_at)[:10]} and {held}.")
    return lines


def _exported(at: Instant | None, before: int) -> str:
    if at is not None:
        return f"Written out {iso(at)[:10]}."
    if before:
        return "NOT written out since the installation key was rotated: `tagwatch keys export`."
    return "NEVER written out: without an export no backup opens if this machine is lost."
