"""Keys are replaced step by step: after a cut anywhere everything opens, and it is completed."""

import shutil
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from tagwatch.access.audit import Act, AuditLine, AuditTrail, audit_line, audit_use, open_reader
from tagwatch.access.enrolment import create_account
from tagwatch.access.role import Role
from tagwatch.access.sign_in import open_sign_in
from tagwatch.config import Config
from tagwatch.config_keys import KeyRotationConfig
from tagwatch.core.ids import AccountId
from tagwatch.core.ledger import RiskNoted
from tagwatch.core.units import DAY, SECOND, Instant
from tagwatch.engine import installation, key_rotation
from tagwatch.engine.centre import InProcessCentre
from tagwatch.engine.clock import now
from tagwatch.engine.installation import InstallationError
from tagwatch.engine.resealing import Resealing
from tagwatch.notify.answer import open_links
from tagwatch.query.keys import keys_health
from tagwatch.store import rotations, schema
from tagwatch.store.account_keys import account_secrets
from tagwatch.store.accounts_schema import account
from tagwatch.store.cells import Cells
from tagwatch.store.database import Access, open_tables, reading
from tagwatch.store.field_keys import read_field_keys
from tagwatch.store.journal.errors import KeysDamaged
from tagwatch.store.journal.files import File, Mode, OsFiles
from tagwatch.store.journal.keys import INSTALLATION_KEY_NAME, Keyring
from tagwatch.store.journal.wrapping import put_installation_key, read_installation_key
from tests.store.journal.world import ANNA, BEN, draft

FILES = OsFiles()
AT = Instant(1_795_348_800 * SECOND)
WHY = ("operator", "because it is due")


class Cut(Exception):
    """The machine stops here."""


class CutFiles(OsFiles):
    """The machine's own files, until so many of their operations were done."""

    def __init__(self, after: int) -> None:
        self.left = after

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cut

    def open(self, path: Path, mode: Mode) -> File:
        file = super().open(path, mode)
        return file if mode is Mode.READ else _CutFile(self, file)

    def rename(self, old: Path, new: Path) -> None:
        self.step()
        super().rename(old, new)

    def remove(self, path: Path) -> None:
        self.step()
        super().remove(path)


class _CutFile:
    def __init__(self, files: CutFiles, file: File) -> None:
        self._files, self._file = files, file
        self.size, self.read_at, self.close = file.size, file.read_at, file.close
        self.truncate = file.truncate

    def write_at(self, offset: int, data: bytes) -> None:
        self._files.step()
        self._file.write_at(offset, data)

    def fdatasync(self) -> None:
        self._files.step()
        self._file.fdatasync()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """An installation with data keys, a field key, an account with a second factor, an audit."""
    config = Config(data=tmp_path_factory.mktemp("keys") / "data")
    with InProcessCentre.open(config) as centre:
        centre.append([draft(b"one", ANNA), draft(b"two", BEN)])
    identity = create_account(
        config,
        sign_in_name="pat",
        full_name="Pat Fictional",
        role=Role.ADMINISTRATOR,
        password=None,
    )
    sign_in = open_sign_in(config)
    sign_in.accounts.alter(identity, {"second_factor": sign_in.sealed("JBSWY3DPEHPK3PXP")})
    sign_in.accounts.close()
    audit = AuditTrail.open(config, "web")
    audit.record(line("before"))
    audit.close()
    return config


@pytest.fixture
def copied(made: Config, tmp_path: Path) -> Config:
    shutil.copytree(made.data, tmp_path / "data")
    return msgspec.structs.replace(made, data=tmp_path / "data")


def line(question: str) -> AuditLine:
    return AuditLine(at=now(), by="ac", act=Act.CONSULTATION, question=question)


def opened(config: Config) -> dict[str, object]:
    """Return everything that the keys of this folder open: raises if anything does not."""
    found: dict[str, object] = {}
    path = config.keys_folder / INSTALLATION_KEY_NAME
    for folder in key_rotation.key_folders(config, FILES):
        ring = Keyring.open(folder, FILES, path)
        found |= {f"{folder.name} {n}": ring.disclosed(n) for n in ring.slots()}
        ring.close()
    secrets = account_secrets(FILES, config.keys_folder)
    found |= {"marks": secrets.marks, "links": secrets.links}
    assert Cells(config.keys_folder).newest
    found["factor"] = factor(config)
    return found


def factor(config: Config) -> str:
    sign_in = open_sign_in(config)
    with sign_in.accounts.change() as connection:
        sealed = connection.scalars(select(account.c.second_factor)).one()
    sign_in.accounts.close()
    return sign_in.opened(sealed)


def rotate(config: Config, files: OsFiles, key_class: str) -> rotations.Rotation:
    begun = key_rotation.begin(config, files, key_class, now(), *WHY)
    return key_rotation.carry_out(config, files, begun, now())


@pytest.mark.parametrize("key_class", ["installation", "accounts"])
def test_whatever_step_is_the_last_everything_opens_and_it_is_completed(
    key_class: str, copied: Config, tmp_path: Path
) -> None:
    whole, cuts = opened(copied), 0
    former = read_installation_key(FILES, copied.keys_folder / INSTALLATION_KEY_NAME)
    kept = tmp_path / "kept"
    shutil.copytree(copied.data, kept)
    while True:
        try:
            done = rotate(copied, CutFiles(cuts), key_class)
        except Cut:
            assert opened(copied) == whole, f"cut after {cuts}"
            done = rotate(copied, FILES, key_class)
            assert opened(copied) == whole, f"cut after {cuts}, completed"
            shutil.rmtree(copied.data)
            shutil.copytree(kept, copied.data)
            cuts += 1
        else:
            break
    assert cuts > 10
    assert opened(copied) == whole
    assert not set(done.old) & set(done.new)
    if key_class == "installation":
        put_installation_key(FILES, copied.keys_folder / INSTALLATION_KEY_NAME, former)
        for folder in key_rotation.key_folders(copied, FILES):
            with pytest.raises(KeysDamaged):
                Keyring.open(folder, FILES, copied.keys_folder / INSTALLATION_KEY_NAME)
        with pytest.raises(KeysDamaged):
            Cells(copied.keys_folder)


def test_what_is_overdue_or_unfinished_is_said(copied: Config) -> None:
    engine = open_tables(copied, Access.READ)
    found = keys_health(copied, engine)
    assert not found.problem
    assert found.overdue(now()) == ()
    late = {key.key_class for key in found.overdue(Instant(now() + 366 * DAY))}
    assert late == {"installation", "field", "accounts"}
    assert (found.unfinished, found.exported_at, found.drilled_at) == ("", None, None)
    never = msgspec.structs.replace(copied, key_rotation=KeyRotationConfig(days=0))
    assert keys_health(never, engine).overdue(Instant(now() + 3660 * DAY)) == ()
    key_rotation.begin(copied, FILES, "installation", now(), *WHY)
    found = keys_health(copied, engine)
    assert found.unfinished == "installation"
    assert [key.key_class for key in found.keys].count("installation") == 2
    (copied.keys_folder / INSTALLATION_KEY_NAME).unlink()
    assert "no installation key" in keys_health(copied, engine).problem
    engine.dispose()


def test_another_class_waits_until_what_was_begun_is_completed(copied: Config) -> None:
    key_rotation.begin(copied, FILES, "accounts", AT, *WHY)
    with pytest.raises(InstallationError, match="rotate accounts"):
        key_rotation.begin(copied, FILES, "installation", AT, *WHY)
    lock = key_rotation.turn(copied, FILES)
    with pytest.raises(InstallationError, match="wait until that has ended"):
        key_rotation.turn(copied, FILES)
    lock.release()


def test_who_writes_and_reads_meanwhile_goes_on_with_the_new_key(copied: Config) -> None:
    writer, reader = installation.open_writer(copied), installation.open_reader(copied)
    audit, sign_in, links = AuditTrail.open(copied, "web"), open_sign_in(copied), open_links(copied)
    sealed = sign_in.sealed("text")
    begun = key_rotation.begin(copied, FILES, "installation", AT, *WHY)
    (during,) = writer.append([draft(b"during", ANNA, period="2026-12")])
    key_rotation.carry_out(copied, FILES, begun, AT)
    key_rotation.end(copied, FILES)
    rotate(copied, FILES, "accounts")
    key_rotation.end(copied, FILES)
    (after,) = writer.append([draft(b"after", BEN, period="2027-01")])
    assert [reader.get(seq).payload for seq in (during, after)] == [b"during", b"after"]
    erased = writer.erase(ANNA, None, None, AT)
    assert len(erased.keys) == 2
    assert reader.get(during).payload is None
    audit.record(line("after"))
    assert sign_in.opened(sign_in.sealed("more")) == "more"
    assert factor(copied) == "JBSWY3DPEHPK3PXP"
    assert open_links(copied).token("no_" + "00" * 10) == links.token("no_" + "00" * 10)
    writer.close()
    with pytest.raises(InvalidTag):
        sign_in.opened(sealed)
    again = installation.open_writer(copied)
    assert again.append([draft(b"later", ANNA)])
    again.close()
    reader.close()
    audit.close()
    sign_in.accounts.close()


def test_an_audit_line_after_a_rotation_has_the_new_key_and_the_old_ones_are_read(
    copied: Config,
) -> None:
    audit = AuditTrail.open(copied, "web")
    done = rotate(copied, FILES, "audit")
    assert (done.old, done.new) == (("web/1",), ("web/2",))
    assert rotate(copied, FILES, "audit").new == ("web/2",), "given again it renews nothing"
    seq = audit.record(line("with the new"))
    audit.close()
    reader = open_reader(copied, "web")
    records = reader.read(0, seq)
    reader.close()
    assert [audit_line(record).question for record in records] == ["before", "with the new"]
    ring = Keyring.open(
        copied.keys_folder / "audit-web", FILES, copied.keys_folder / INSTALLATION_KEY_NAME
    )
    assert sorted(ring.ids_of(audit_use(now())[0], audit_use(now())[1])) == [1, 2]
    ring.close()


def test_the_line_seals_anew_between_batches_and_then_destroys_the_former(copied: Config) -> None:
    with InProcessCentre.open(copied) as centre:
        for number in range(3):
            centre.record(note(number), at=Instant(AT + number))
        centre.apply()
        begun = key_rotation.begin(copied, FILES, "field", AT, *WHY)
        assert not key_rotation.field_key_turned(copied, FILES, begun)
    with InProcessCentre.open(copied) as centre:  # it was stopped, and begins from the start
        resealing = Resealing(copied, centre.line)
        assert resealing.step()
        centre.record(note(3), at=Instant(AT + 3))
        centre.apply()
        while resealing.step():
            pass
        assert key_rotation.field_key_turned(copied, FILES, begun)
        with reading(centre.projections) as connection:
            words = connection.scalars(select(schema.risk_note.c.words)).all()
    assert sorted(words) == [f"note {number}" for number in range(4)]
    former, newest = read_field_keys(FILES, copied.keys_folder)
    assert (former.wrapped, newest.destroyed_at) == ("", None)


def note(number: int) -> RiskNoted:
    return RiskNoted(wearer_id="w_one", at=AT, words=f"note {number}", by=AccountId("ac_one"))
