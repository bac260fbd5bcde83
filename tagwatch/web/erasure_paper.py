"""The certificate of an erasure: what was destroyed and searched, and what holds keys still."""

from tagwatch.core.recorded_erasure import DestroyedKey, ErasureProof
from tagwatch.query.retention import Forgetting
from tagwatch.report.paper import Lines, Paper, Part, Rows, Section, Table, Words, typeset
from tagwatch.web.render import moment

_OWNERS = {1: "activation", 2: "wearer", 3: "protected person", 4: "alert", 5: "installation"}
_CLASSES = {
    1: "frames and fixes",
    2: "register",
    3: "acts",
    4: "delivery",
    5: "service",
    6: "settings",
    7: "credentials",
    8: "audit",
    9: "quarantine",
    10: "risk plans",
    11: "pictures",
    12: "documents",
    13: "fixes brought back",
}


def key_words(key: DestroyedKey) -> tuple[str, str]:
    """Return whose data a key encrypted, and which."""
    kind = _OWNERS.get(key.owner_kind, str(key.owner_kind))
    return f"{kind} {key.owner_id}", _CLASSES.get(key.data_class, str(key.data_class))


def erasure_paper(found: Forgetting) -> bytes:
    """Return the certificate as PDF. The same erasure gives the same bytes."""
    event, proof = found.begun, found.proof
    facts = (
        ("Wearer, by id", event.trace.wearer_id),
        ("Begun", moment(event.at)),
        ("For", event.reason),
        ("By", event.by),
        ("Keys destroyed", "not yet" if found.forgotten_at is None else moment(found.forgotten_at)),
        ("Proved", "not yet" if found.proved_at is None else moment(found.proved_at)),
    )
    sections = [Section(heading="What this certifies", parts=(Rows(rows=facts),))]
    if proof is not None:
        sections += _sections(proof)
    return typeset(
        Paper(
            title="Certificate of erasure",
            mark="Certificate of erasure",
            reference=event.forgetting_id,
            as_of=found.proved_at or event.at,
            sections=tuple(sections),
        )
    )


def _sections(proof: ErasureProof) -> list[Section]:
    keys = tuple(
        (
            str(key.key_id),
            *key_words(key),
            key.period,
            f"{key.first_seq} to {key.last_seq}",
            f"{key.records}, {key.proved} proved",
        )
        for key in proof.keys
    )
    heads = ("Key", "Of", "Data", "Period", "Records from, to", "Records")
    searched = ", ".join(name for name, _ in proof.tables)
    files = tuple(
        (each.before, each.before_sha256[:16], each.after or "nothing", each.after_sha256[:16])
        for each in proof.rewritten
    )
    backups = tuple(
        (each.path, moment(each.at), f"{each.head_seq}:{each.head_digest[:16]}")
        for each in proof.backups
    )
    words = (
        "The records stand where they stood, and each counted as proved leads to the head below by "
        "its leaf. Nobody can read them: their keys are overwritten."
    )
    head = Rows(rows=(("Head", f"{proof.head_seq}:{proof.head_digest}"),))
    return [
        Section(
            heading="Keys destroyed",
            parts=(Words(text=words), head, Table(heads=heads, rows=keys)),
        ),
        Section(
            heading="Tables searched",
            parts=(Words(text=f"No row leads to the wearer in any of: {searched}."),),
        ),
        Section(
            heading="Archive and files",
            parts=(
                _table(("File that gave way", "SHA-256", "In its place", "SHA-256"), files),
                Words(text=f"{proof.files_gone} overviews, bundles and links were removed."),
            ),
        ),
        Section(
            heading="Backups that hold the keys still",
            parts=(_table(("Where", "Made", "Head"), backups),),
        ),
        Section(
            heading="Rows of others that name him",
            parts=(
                Lines(lines=tuple(f"{table} {key}" for table, key in proof.mentions))
                if proof.mentions
                else Words(text="None was found."),
            ),
        ),
    ]


def _table(heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Part:
    return Table(heads=heads, rows=rows) if rows else Words(text="None.")
