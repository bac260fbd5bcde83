"""A bundle is what was signed or it is refused; its findings follow from its frames or differ."""

import zipfile
from io import BytesIO

import msgspec
import pytest

from tagwatch.store.bundle.manifest import (
    FORMAT,
    MANIFEST,
    OPENINGS,
    Manifest,
    commitment,
    opened,
    public_key,
    redacted,
    signed,
)
from tagwatch.store.bundle.zipped import Member, zipped
from tagwatch.verifier.content import CLOSED, FINDINGS, FIXES, RECORDS, FindingsFile
from tagwatch.verifier.verdict import State, check, same_but_closed, sentences
from tests.verifier.world import FIXES as FIXES_SENT

OTHER_KEY = bytes(range(32))


def test_what_was_found_follows_from_the_frames(whole) -> None:
    checked = check(whole.file)
    assert (checked.state, checked.kind, checked.wrong) == (State.SAME, "whole", ())
    assert (checked.fixes, checked.findings, checked.unbound) == (FIXES_SENT, 4, ())
    assert sentences(checked)[-1].startswith("SAME")
    assert not whole.differs


def test_an_ordinary_unzip_opens_it(whole) -> None:
    with zipfile.ZipFile(BytesIO(whole.file)) as file:
        assert file.testzip() is None
        listed = {each.path for each in whole.manifest.files}
        assert set(file.namelist()) == {MANIFEST, "manifest.sig", OPENINGS} | listed


@pytest.mark.parametrize("kind", ["whole", "redacted"])
def test_any_byte_changed_is_refused_and_the_place_named(whole, expert, kind) -> None:
    data = whole.file if kind == "whole" else redacted(expert.file)
    with zipfile.ZipFile(BytesIO(data)) as file:
        starts = [(info.header_offset, info.filename, info.file_size) for info in file.infolist()]
    assert len(starts) > 10
    for start, name, size in starts:
        body = start + 30 + len(name)
        places = {*range(start, body, 5), body, body + size // 3, body + size // 2, body + size - 1}
        for at in places:
            wrong = opened(_flipped(data, at)).wrong
            assert wrong, f"byte {at}, of {name}, can be changed unseen"
            if at >= body + 1:
                assert any(each.startswith(name) for each in wrong) or name in wrong[0], (at, wrong)
    directory = data.rindex(b"PK\x01\x02") - 4000
    for at in range(max(directory, body + size), len(data), 29):
        wrong = opened(_flipped(data, at)).wrong
        assert any("zip: the directory" in each and str(at)[:2] in each for each in wrong), at
    assert opened(data + b"\0").wrong
    assert opened(data[:-1]).wrong
    assert opened(b"").wrong
    assert check(_flipped(data, len(data) // 2)).state is State.REFUSED


def test_the_redacted_one_lacks_what_is_closed_and_nothing_else(expert) -> None:
    open_one = redacted(expert.file)
    checked = check(open_one)
    assert (checked.state, checked.kind, checked.basis) == (State.SAME, "redacted", "told")
    assert set(checked.withheld) == {e.path for e in expert.manifest.files if e.closed}
    assert check(expert.file).kind == "expert"
    assert same_but_closed(expert.file, open_one) == []
    assert redacted(open_one) == open_one


def test_a_file_put_in_left_out_or_put_elsewhere_is_named(whole, expert) -> None:
    members, names = _members(whole.file)
    assert _wrong([m for m in members if m.path != FIXES]) == (
        f"{FIXES}: missing",
        f"{OPENINGS}: opens {FIXES}, which is not there",
    )
    assert f"{CLOSED}more: was not signed" in _wrong([*members, Member(CLOSED + "more", b"")])
    assert any("twice" in each for each in _wrong([*members, members[-1]]))
    assert any("another order" in each for each in _wrong([*members[:-2], *members[:-3:-1]]))
    some, _ = _members(expert.file)
    without = [m for m in some if m.path != CLOSED + FINDINGS]
    assert f"{CLOSED}{FINDINGS}: missing" in _wrong(without)
    assert len(names) == len(members)


def test_a_finding_that_does_not_follow_is_told_also_of_one_who_holds_the_key(whole) -> None:
    found = opened(whole.file)
    told = msgspec.json.decode(found.members[FINDINGS], type=FindingsFile)
    worse = msgspec.structs.replace(
        told,
        derived=(
            msgspec.structs.replace(told.derived[0], probability=told.derived[0].probability / 2),
            *told.derived[1:],
        ),
    )
    checked = check(signed_by_another(whole.file, FINDINGS, msgspec.json.encode(worse)))
    assert checked.state is State.DIFFERENT
    assert any("probability" in each for each in checked.wrong)
    none = msgspec.structs.replace(told, derived=())
    checked = check(signed_by_another(whole.file, FINDINGS, msgspec.json.encode(none)))
    assert all("not recorded" in each for each in checked.wrong)
    moved = found.members[FIXES].replace(b",gnss,", b",wifi,", 1)
    assert check(signed_by_another(whole.file, FIXES, moved)).wrong == (
        f"{FIXES}: line 2 is not what the frames come to",
    )


def test_a_frame_altered_by_one_who_holds_the_signing_key_is_not_proved(whole) -> None:
    records = opened(whole.file).members[RECORDS]
    at = len(records) // 2
    forged = signed_by_another(whole.file, RECORDS, _flipped(records, at))
    checked = check(forged)
    assert checked.state is State.REFUSED
    assert any(RECORDS in each for each in checked.wrong)


def test_another_key_and_another_head_are_refused(whole) -> None:
    head = f"{whole.manifest.head.seq}:{whole.manifest.head.digest}"
    assert check(whole.file, whole.manifest.signer, head).state is State.SAME
    assert "not by the one given" in check(whole.file, "00" * 32).wrong[0]
    assert "not to the one given" in check(whole.file, "", f"1:{'0' * 64}").wrong[0]


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def _members(data: bytes) -> tuple[list[Member], list[str]]:
    with zipfile.ZipFile(BytesIO(data)) as file:
        names = file.namelist()
        return [Member(name, file.read(name)) for name in names], names


def _wrong(members: list[Member]) -> tuple[str, ...]:
    return opened(zipped(members)).wrong


def signed_by_another(data: bytes, path: str, text: bytes) -> bytes:
    """Return the bundle with another file, signed anew with another key."""
    found = opened(data)
    manifest = found.manifest
    assert manifest is not None
    members = {each.path: found.members[each.path] for each in manifest.files} | {path: text}
    salts = {each: bytes(32) for each in members}
    changed: Manifest = msgspec.structs.replace(
        manifest,
        format=FORMAT,
        signer=public_key(OTHER_KEY),
        files=tuple(
            msgspec.structs.replace(each, commitment=commitment(bytes(32), members[each.path]))
            for each in manifest.files
        ),
    )
    return signed(changed, [Member(*each) for each in members.items()], salts, OTHER_KEY)
