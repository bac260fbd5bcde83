"""A whole programme handed over: nothing is lost, nothing is sent, nothing comes out otherwise."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
from sqlalchemy import func, select

from tagwatch.access.enrolment import create_account
from tagwatch.access.role import Role
from tagwatch.config import Config
from tagwatch.core import ledger
from tagwatch.core.ids import ActivationId, CredentialId, TagId, WearerId
from tagwatch.core.order import Programme
from tagwatch.core.person import Activation, Credential, Scheme, Tag
from tagwatch.core.units import DAY, MINUTE, SECOND, Instant
from tagwatch.engine import installation, programme_import
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.installation import InstallationError
from tagwatch.engine.programme_export import Asked, export_programme, publish
from tagwatch.engine.programme_import import Unfinished, import_programme
from tagwatch.engine.rebuild import rebuild
from tagwatch.store import schema
from tagwatch.store.accounts import Accounts
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.journal.record import Owner, OwnerKind
from tagwatch.store.programme.check import check_programme
from tagwatch.store.programme.description import json_schema
from tagwatch.store.programme.layout import MANIFEST, Manifest, ProgrammeDamaged
from tagwatch.store.programme.tree import Tree
from tests.walk.content import content
from tests.walk.timeline import BY, HERS, HOME, World, at_time, fix, frame, metres_from, register

pytestmark = pytest.mark.xdist_group("programme")

ASKED = Asked(by="system:command", reason="contract 7 ends", at=Instant(1_900_000_000 * SECOND))
UNFINISHED = Unfinished(manifest_sha256="", at=ASKED.at, by=BY, reason="contract 8 begins")
PHOTO = b"\xff\xd8 a picture"
SECRET = sha256(b"secret of a tag").digest()


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> Config:
    """An installation with an entry, late data, an act, a photograph, and an erasure."""
    world = World.on(tmp_path_factory.mktemp("old") / "data")
    config = world.config
    create_account(
        config,
        sign_in_name="clerk",
        full_name="Demo Clerk",
        role=Role.PRACTITIONER,
        password="three unrelated words",
        account_id=BY,
        agency="probation-kent",
        team="East",
        programmes=(Programme.STALKING,),
    )
    world.record(*register("w2"), *of_kent())
    credential = Credential(
        credential_id=CredentialId("cr_1"),
        scheme=Scheme.TAGWATCH,
        secret_sha256=SECRET,
        tag_id=TagId("t_w1"),
        issued_at=world.now,
    )
    world.record(ledger.CredentialIssued(credential=credential, by=BY))
    photo = ledger.PhotoRecorded(
        wearer_id=WearerId("w1"), photo_id="ph", content=PHOTO, taken_on="", at=world.now, by=BY
    )
    world.record(photo)
    world.now = at_time("11:58")
    world.at("12:00").fix(HOME)
    for minute in range(20, 24):
        world.at(f"12:{minute}").fix(metres_from(HERS, 20, 30))
    kent = frame([fix(metres_from(HERS, 9, 9), Instant(world.now - SECOND))], "w3")
    world.record(kent)
    world.centre.apply()
    [entry] = [
        alert
        for alert in world.alerts()
        if alert.episode_id and alert.kind == "zone_entry" and alert.wearer_id == "w1"
    ]
    world.record(ledger.AlertAcknowledged(alert_id=entry.alert_id, at=world.now, by=BY))
    world.at("13:30").late_fix(metres_from(HERS, 10, 10), Instant(world.now - 65 * MINUTE))
    world.record(*gone(world))
    world.centre.apply()
    erase(world)
    world.close()
    with OwnWriter(config) as writer:
        rebuild(config, writer, writer.head().seq)
    return config


def of_kent() -> list[ledger.Event]:
    """A wearer of another agency."""
    first, *rest = register("w3")
    assert isinstance(first, ledger.WearerRecorded)
    wearer = msgspec.structs.replace(first.wearer, agency="probation-kent")
    return [msgspec.structs.replace(first, wearer=wearer), *rest]


def gone(world: World) -> list[ledger.Event]:
    """A tag of a wearer whose trail is erased afterwards."""
    activation = Activation(
        activation_id=ActivationId("a_gone"),
        tag_id=TagId("t_gone"),
        wearer_id=WearerId("w2"),
        started_at=Instant(world.now - DAY),
    )
    ended = ledger.ActivationEnded(
        activation_id=ActivationId("a_w2"), ended_at=activation.started_at, reason="swap", by=BY
    )
    body = b'{"fixes":[{"time":%d,"lon":-0.1,"lat":51.5}]}' % (world.now // SECOND)
    sent = ledger.FrameReceived(
        protocol="tagwatch",
        body=body,
        content_type="application/json",
        tag_id=TagId("t_gone"),
        activation_id=ActivationId("a_gone"),
        wearer_id="w2",
        frame_sha256=sha256(body).digest(),
    )
    tag = ledger.TagRecorded(tag=Tag(tag_id=TagId("t_gone"), serial="S-gone"), by=BY)
    return [tag, ended, ledger.ActivationStarted(activation=activation, by=BY), sent]


def erase(world: World) -> None:
    owner = Owner(OwnerKind.ACTIVATION, "a_gone")
    erased = world.centre.writer.erase(owner, None, None, world.now)
    assert erased.keys
    world.record(
        *(
            ledger.KeyDestroyed(
                owner_kind=owner.kind, owner_id=owner.id, data_class=data_class, period=period,
                reason="retention", by=BY,
            )
            for _, data_class, period in erased.keys
        )
    )  # fmt: skip
    world.centre.apply()


class OwnWriter:
    """The writer of an installation that nothing else uses."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def __enter__(self):
        self._writer = installation.open_writer(self._config)
        return self._writer

    def __exit__(self, *_: object) -> None:
        self._writer.close()


def exported(config: Config, folder: Path) -> Manifest:
    with OwnWriter(config) as writer:
        head = writer.head()
    manifest = export_programme(config, folder, ASKED, head)
    publish(folder, manifest)
    return manifest


@pytest.fixture(scope="module")
def folder(old: Config, tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("out") / "programme"
    exported(old, made)
    return made


def new(folder: Path) -> Config:
    config = Config(data=folder)
    config.data.mkdir(parents=True)
    installation.create(config)
    return config


def found(config: Config) -> dict[str, object]:
    """What the tables hold, but for what an import may change."""
    engine = open_tables(config, Access.READ)
    try:
        held = content(engine, sent=False)
    finally:
        engine.dispose()
    for name in ("counter", "credential"):
        held.pop(name)
    return held


def count(config: Config, table: str) -> int:
    engine = open_tables(config, Access.READ)
    try:
        with reading(engine) as connection:
            query = select(func.count()).select_from(schema.metadata.tables[table])
            return connection.scalar(query) or 0
    finally:
        engine.dispose()


def test_handed_over_and_brought_in_everything_comes_out_the_same(
    old: Config, folder: Path, tmp_path: Path
) -> None:
    manifest, _ = check_programme(folder)
    config = new(tmp_path / "data")
    imported = import_programme(config, folder, UNFINISHED, lambda *_: None)
    assert (imported.differences, imported.fixes_differing) == ((), ())
    assert imported.compared > 50
    assert imported.fixes == manifest.fixes == 7
    assert found(config) == found(old)
    assert count(config, "alert") > 1
    assert count(old, "credential") == 1
    assert count(config, "credential") == 0
    engine = open_tables(config, Access.READ)
    with reading(engine) as connection:
        states = set(connection.scalars(select(schema.notification.c.state)))
        assert states <= {"held", "sent"}, "nothing of its history is ever sent"
    engine.dispose()
    assert imported.held == count(config, "notification") > 0
    accounts = Accounts(config.accounts_file)
    row = accounts.row(BY)
    accounts.close()
    assert row is not None
    assert (row["full_name"], row["active"], row["password_hash"]) == ("Demo Clerk", 0, None)
    assert (row["team"], row["programmes"]) == ("East", '["stalking"]')
    with InProcessCentre.open(config) as centre:
        last = centre.writer.head().seq
    reader = installation.open_reader(config)
    record = reader.get(last)
    reader.close()
    assert record is not None
    event = ledger.decode(record.kind, record.payload or b"")
    assert isinstance(event, ledger.ProgrammeImported)
    assert (event.records, event.head_digest) == (manifest.records, manifest.head_digest)
    again = tmp_path / "again"
    twice = exported(config, again)
    check_programme(again)
    assert twice.findings == manifest.findings
    shorter = {k: v for k, v in twice.kinds.items() if k not in ("OriginNote", "ProgrammeImported")}
    assert shorter == {k: v for k, v in manifest.kinds.items() if k != "OriginNote"}


def test_the_folder_says_what_is_in_it_and_gives_no_secret_away(folder: Path) -> None:
    manifest, _ = check_programme(folder)
    assert manifest.withheld == {"credential": 1, "erased": 1}
    [key] = manifest.erased
    assert (key.owner_id, key.data_class, key.records) == ("a_gone", "frame", 1)
    lines = b"".join(path.read_bytes() for path in sorted((folder / "records").iterdir()))
    validator = jsonschema_rs.validator_for(json_schema())
    for line in lines.splitlines():
        validator.validate(json.loads(line))
    with pytest.raises(jsonschema_rs.ValidationError):
        validator.validate({"seq": 1, "received_at": 2, "kind": "WearerRecorded", "event": {}})
    assert (folder / "files" / sha256(PHOTO).hexdigest()).read_bytes() == PHOTO
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for secret in (SECRET, SECRET.hex().encode(), msgspec.json.encode(SECRET)[1:-1], b"argon2"):
        assert secret not in everything
    tree = Tree()
    for line in lines.splitlines():
        tree.add(line)
    assert tree.root() == manifest.root
    w1 = [json.loads(line) for line in lines.splitlines() if b'"wearer":"w1"' in line]
    counts = [json.loads(line) for line in (folder / "wearers.ndjson").read_bytes().splitlines()]
    assert next(c for c in counts if c["wearer"] == "w1")["records"] == len(w1) > 8


def spoiled(folder: Path, copy: Path) -> Path:
    shutil.copytree(folder, copy)
    return copy


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda f: flip(f / "records" / "00000001.ndjson", 5000), "records/00000001.ndjson"),
        (lambda f: cut(f / "records" / "00000001.ndjson", 7), "line 7: number: 8 found, 7"),
        (lambda f: cut(f / "findings" / "alert.ndjson", 1), "findings/alert.ndjson: it has"),
        (lambda f: next((f / "files").iterdir()).unlink(), "there is no file"),
        (lambda f: next((f / "fixes").iterdir()).unlink(), "it is missing"),
        (lambda f: flip(next((f / "fixes").iterdir()), 700), "not those that were handed over"),
        (lambda f: (f / "extra.txt").write_text("x"), "does not know this file"),
        (lambda f: (f / MANIFEST).unlink(), "has no manifest.json"),
    ],
)
def test_whatever_is_changed_or_missing_is_named_and_nothing_is_brought_in(
    folder: Path, tmp_path: Path, harm, said: str
) -> None:
    harmed = spoiled(folder, tmp_path / "harmed")
    harm(harmed)
    with pytest.raises(ProgrammeDamaged, match=said):
        check_programme(harmed)
    config = new(tmp_path / "data")
    with pytest.raises(ProgrammeDamaged, match=said):
        import_programme(config, harmed, UNFINISHED, lambda *_: None)
    with InProcessCentre.open(config) as centre:
        assert centre.writer.head().seq == 0


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def cut(path: Path, line: int) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[line - 1]
    path.write_bytes(b"".join(lines))


class Cut(Exception):
    """The process dies."""


@pytest.mark.parametrize("where", ["journaled", "applied", "concluded"])
def test_cut_short_it_is_refused_to_others_and_goes_on_where_it_was(
    old: Config, folder: Path, tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programme_import, "GROUP", 10)
    config = new(tmp_path / "data")

    def dies(what: str, done: int) -> None:
        if what == where and done >= 20:
            raise Cut

    def no_accounts(*_: object) -> int:
        raise Cut

    with monkeypatch.context() as patched:
        if where == "concluded":
            patched.setattr(programme_import, "_accounts", no_accounts)
        with pytest.raises(Cut):
            import_programme(config, folder, UNFINISHED, dies)
    with pytest.raises(InstallationError, match="half of a programme"):
        InProcessCentre.open(config)
    other = spoiled(folder, tmp_path / "other")
    (other / MANIFEST).write_bytes((other / MANIFEST).read_bytes() + b"\n")
    with pytest.raises(InstallationError, match="another programme"):
        import_programme(config, other, UNFINISHED, lambda *_: None)
    imported = import_programme(config, folder, UNFINISHED, lambda *_: None)
    assert imported.differences == ()
    assert found(config) == found(old)
    with pytest.raises(InstallationError, match="a new installation"):
        import_programme(config, folder, UNFINISHED, lambda *_: None)


def test_of_one_agency_nothing_of_others_is_told(old: Config, tmp_path: Path) -> None:
    folder, config = tmp_path / "kent", new(tmp_path / "data")
    with OwnWriter(old) as writer:
        head = writer.head()
    asked = ASKED._replace(agency="probation-kent")
    manifest = export_programme(old, folder, asked, head)
    publish(folder, manifest)
    check_programme(folder)
    assert manifest.scope == "agency probation-kent"
    assert (manifest.fixes, manifest.kinds["FrameReceived"]) == (1, 1)
    assert manifest.kinds["ConditionRecorded"] == 2
    assert manifest.withheld["scope"] > 10
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for name in (b"Demo Wearer w1", b"Demo Wearer w2", b"a_w1", b"S-w2"):
        assert name not in everything
    assert b"Demo Wearer w3" in everything
    imported = import_programme(config, folder, UNFINISHED, lambda *_: None)
    assert count(config, "wearer") == 1
    assert imported.fixes_differing == ()
    others = {one.table for one in imported.differences}
    assert others <= {"circumstance"}, "a card says how often others, and other tags, were so"
    with pytest.raises(InstallationError, match="no wearer of programme knife_crime"):
        export_programme(old, tmp_path / "none", ASKED._replace(programme="knife_crime"), head)


def test_a_folder_that_is_not_empty_is_refused(old: Config, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    with OwnWriter(old) as writer:
        head = writer.head()
    with pytest.raises(InstallationError, match="not empty"):
        export_programme(old, tmp_path, ASKED, head)
