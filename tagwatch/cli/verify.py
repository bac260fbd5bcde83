"""`tagwatch verify`: is the journal what was written, and can a part of it be proved?"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from sqlalchemy import select

from tagwatch.access.audit import Act, streams
from tagwatch.cli.acting import audited, receiver
from tagwatch.cli.options import (
    DATA_DEFAULT,
    AsJson,
    DataFolder,
    Failure,
    command_app,
    installed,
    note,
    print_json,
)
from tagwatch.config import Config
from tagwatch.engine.archive_alone import ArchiveReport, check_archive
from tagwatch.engine.compare import Comparison, compare
from tagwatch.engine.installation import OS_FILES
from tagwatch.store import schema
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.drafts import wearer_owner
from tagwatch.store.heads import JOURNAL, MailedHead, joined, mailed_heads, published_of
from tagwatch.store.journal.check import ChainState
from tagwatch.store.journal.proof import InclusionProof, Verdict, check, prove, prove_owner
from tagwatch.store.journal.record import Head, Owner, OwnerKind
from tagwatch.store.journal.verify import PublishedHead, VerifyReport
from tagwatch.store.journal.verify import verify as verify_journal

app = command_app()
KINDS = {kind.name.lower(): kind for kind in OwnerKind}


@app.command()
def verify(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER]", help="A journal's folder, e.g. of a backup."),
    ] = None,
    data: DataFolder = DATA_DEFAULT,
    head: Annotated[
        list[str] | None,
        typer.Option(metavar="SEQ:DIGEST", help="A published head (or a file of it); repeat."),
    ] = None,
    wearer: Annotated[
        str | None, typer.Option(metavar="ID", help="Print proofs of one wearer's records.")
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(metavar="KIND:ID", help="The same for wearer, activation, protected, case."),
    ] = None,
    record: Annotated[
        int | None, typer.Option(metavar="SEQ", help="The same for one record.")
    ] = None,
    check_file: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", help="Check proofs against the --head given."),
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Rebuild the tables beside, and compare.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Prove the journal's chain; name damage; give and check proofs.

    Without options it reads every byte of the journal and of the audit, proves that nothing was
    altered, put in or taken out, and names what is damaged and what that costs. It needs no key.
    Exit code 0 only if the chains are whole, nothing is lost, and every head that was mailed, or
    is given as --head, is on its chain.

    Proofs are printed as lines of JSON and hold nothing of anyone else. They lead to the present
    head, or to the earlier one given as --head (the daily mail's): whoever has that head from a
    trusted place can check them with --check, without the journal.
    """
    given = [_heads(text) for text in head or ()]
    published = [each[JOURNAL] for each in given]
    if check_file is not None:
        _check_proofs(check_file, published)
        return
    if wearer is not None or owner is not None or record is not None:
        _print_proofs(installed(data), wearer, owner, record, published)
        return
    config = None if folder is not None else installed(data)
    journals = _journals(folder, config)
    wanted = _published(config, given, {name for name, _, _ in journals})
    reports = {
        name: verify_journal(path, OS_FILES, keys, wanted.get(name, ()))
        for name, path, keys in journals
    }
    compared = None
    if rebuild:
        if config is None:
            raise Failure("--rebuild compares an installation: give --data, not a FOLDER")
        compared = _compare(config, reports["journal"])
    archive = None if config is None else check_archive(config)
    _print(reports, compared, archive, as_json=as_json)
    sound = all(_is_sound(report) for report in reports.values())
    sound = sound and (archive is None or not archive.damaged)
    if not sound or (compared is not None and compared.differences):
        raise typer.Exit(1)


def _published(
    config: Config | None, given: Sequence[dict[str, PublishedHead]], chains: set[str]
) -> dict[str, list[PublishedHead]]:
    """Return the heads that were mailed or are given, by chain. Raises Failure if a chain of an
    installation is gone of which a head was mailed."""
    wanted = published_of([] if config is None else mailed_heads(config))
    for heads in given:
        for name, one in heads.items():
            wanted.setdefault(name, []).append(one)
    gone = sorted(wanted.keys() - chains)
    if config is not None and gone:
        raise Failure(f"heads were mailed of what is not here any more: {', '.join(gone)}")
    return wanted


def _journals(folder: Path | None, config: Config | None) -> list[tuple[str, Path, Path | None]]:
    if config is None:
        path = folder or Path()
        if not path.is_dir():
            raise Failure(f"{path} is no folder: name the folder of a journal")
        within = path / "journal" if (path / "journal").is_dir() else path
        return [("journal", within, None)]
    found: list[tuple[str, Path, Path | None]] = [
        ("journal", config.journal_folder, config.keys_folder)
    ]
    for process in streams(config):
        keys = config.keys_folder / f"audit-{process}"
        found.append((f"audit {process}", config.audit_folder(process), keys))
    return found


def _is_sound(report: VerifyReport) -> bool:
    whole = report.chain is ChainState.WHOLE and not report.damage and not report.damaged_keys
    return whole and not report.not_on_chain and not report.lost_records


def _compare(config: Config, report: VerifyReport) -> Comparison:
    post = receiver(config)
    if post is None:
        head = report.head.seq
    else:
        head = post.head().seq
        post.close()
    shown = 0

    def progress(done: int) -> None:
        nonlocal shown
        if done >= shown + 100_000:
            shown = done
            note(f"{done} records rebuilt …")

    return compare(config, head, progress)


# --- proofs ---------------------------------------------------------------------------------


def _print_proofs(
    config: Config,
    wearer: str | None,
    owner: str | None,
    record: int | None,
    published: Sequence[PublishedHead],
) -> None:
    owners: list[Owner] = []
    if wearer is not None:
        owners += _owners_of(config, wearer)
    if owner is not None:
        owners.append(_owner(owner))
    audited(config, Act.DISCLOSURE, "prove", [one.id for one in owners], f"record {record}")
    count, reached = 0, ""
    upto = _only(published) if published else None
    for proof in _proofs(config, owners, record, upto):
        typer.echo(msgspec.json.encode(proof).decode())
        count += 1
        reached = f"{proof.head_seq}:{proof.head.hex()}"
    if not count:
        raise Failure("no record is owned so: take the id as the pages or the tables show it")
    note(
        f"{count} proofs. Check with `tagwatch verify --check FILE --head SEQ:DIGEST`; they lead "
        f"to {reached}, which the checker must have from a place he trusts."
    )


def _proofs(
    config: Config, owners: Sequence[Owner], record: int | None, upto: Head | None
) -> Iterator[InclusionProof]:
    journal, keys = config.journal_folder, config.keys_folder
    if record is not None:
        yield prove(journal, OS_FILES, record, upto)
    for one in owners:
        yield from prove_owner(journal, keys, one, OS_FILES, upto)


def _owners_of(config: Config, wearer: str) -> list[Owner]:
    """Return the wearer, and the activations whose frames are his."""
    owners = [wearer_owner(wearer)]
    if config.projections_file.exists():
        column = schema.activation.c
        engine = open_tables(config, Access.READ)
        with reading(engine) as connection:
            query = select(column.activation_id).where(column.wearer_id == wearer)
            owners += [Owner(OwnerKind.ACTIVATION, name) for name in connection.scalars(query)]
        engine.dispose()
    return owners


def _owner(text: str) -> Owner:
    kind, separator, name = text.partition(":")
    if not separator or kind not in KINDS or not name:
        raise Failure(f"{text!r} is no owner: write KIND:ID, KIND one of {', '.join(KINDS)}")
    return Owner(KINDS[kind], name)


def _only(published: Sequence[PublishedHead]) -> Head:
    if len(published) != 1:
        raise Failure("give the one --head that the proofs must lead to")
    return Head(published[0].seq, bytes.fromhex(published[0].digest))


def _check_proofs(path: Path, published: Sequence[PublishedHead]) -> None:
    head = _only(published)
    wrong = proved = 0
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            proof = msgspec.json.decode(line, type=InclusionProof)
        except msgspec.DecodeError as error:
            raise Failure(f"{path}, line {number} is no proof: {error}") from error
        verdict = check(proof, head)
        if verdict is Verdict.PROVED:
            proved += 1
        else:
            wrong += 1
            typer.echo(f"line {number}, record {proof.seq}: not proved; {verdict.value}")
    typer.echo(f"{proved} proved, {wrong} not.")
    if wrong or not proved:
        raise typer.Exit(1)


def _heads(text: str) -> dict[str, PublishedHead]:
    """Read `SEQ:DIGEST`, the JSON of the daily mail, or a file of either; by chain."""
    if not text.startswith("{") and ":" not in text and Path(text).is_file():
        text = Path(text).read_text(encoding="utf-8").strip()
    try:
        if text.startswith("{"):
            return _mailed(text)
        seq, _, digest = text.partition(":")
        if len(bytes.fromhex(digest)) == 32:
            return {JOURNAL: PublishedHead(seq=int(seq), digest=digest.lower())}
    except (ValueError, msgspec.DecodeError):
        pass  # one sentence for all of them follows
    raise Failure(
        f"{text!r} is no head: write SEQ:DIGEST as the mail has it, 64 hexadecimal digits"
    )


def _mailed(text: str) -> dict[str, PublishedHead]:
    """Read the JSON of the daily mail. Raises Failure if its joined digest is not of its heads."""
    body = msgspec.json.decode(text, type=dict[str, Any])
    mailed = msgspec.convert({**body, "at": 0}, MailedHead)
    heads = mailed.of_chains()
    if mailed.joined and mailed.joined != joined(heads):
        raise Failure("the heads in this mail are not those its digest `joined` was made of")
    return heads


# --- printing -------------------------------------------------------------------------------


def _print(
    reports: dict[str, VerifyReport],
    compared: Comparison | None,
    archive: ArchiveReport | None,
    *,
    as_json: bool,
) -> None:
    if as_json:
        said: dict[str, Any] = {
            name: {**msgspec.to_builtins(report), "sound": _is_sound(report)}
            for name, report in reports.items()
        }
        print_json({"journals": said, "archive": archive, "rebuild": compared})
        return
    for name, report in reports.items():
        typer.echo("\n".join(_words(name, report)))
    if archive is not None and archive.files:
        typer.echo(f"archive: {archive.files} files, {archive.bytes} bytes")
        for file in archive.damaged:
            typer.echo(f"  damage: {file.path}, {file.fixes} fixes: {file.why}")
    if compared is not None:
        typer.echo("\n".join(_compared_words(compared)))


def _words(name: str, report: VerifyReport) -> Iterable[str]:
    yield (
        f"{name}: chain {report.chain.value}, {report.records} records in {report.segments} "
        f"segments, head {report.head.seq}:{report.head.digest}"
    )
    for words in report.contradictions:
        yield f"  contradiction: {words}"
    for place in report.damage:
        lost = place.lost
        cost = "costs no record" if lost is None else f"costs {lost.first_seq} to {lost.last_seq}"
        yield (
            f"  damage: segment {place.segment}, bytes {place.start} to {place.end}: "
            f"{place.reason}; {cost}"
        )
    if report.torn_tail is not None:
        yield "  a torn tail follows the last commit; it was never acknowledged"
    if report.erased_keys or report.damaged_keys:
        yield f"  keys: {report.erased_keys} destroyed lawfully, {report.damaged_keys} damaged"
    for head in report.not_on_chain:
        yield f"  NOT on this chain: head {head.seq}:{head.digest}"


def _compared_words(compared: Comparison) -> Iterable[str]:
    upto = f"up to record {compared.fresh_seq} (late data up to {compared.late_seq})"
    if not compared.differences:
        yield f"tables: {compared.rows} rows equal a rebuild {upto}"
        return
    yield f"tables: NOT what a rebuild {upto} gives"
    for one in compared.differences:
        yield f"  {one.table}: {one.rows} rows differ, first {'; '.join(one.first)}"
