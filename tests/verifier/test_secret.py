"""Where a secret place lies is nowhere in a redacted bundle: not in bytes, pictures or numbers."""

import re
import zipfile
import zlib
from io import BytesIO

import msgspec
import pypdfium2
import pytest

from tagwatch.store.bundle.manifest import opened, redacted
from tagwatch.verifier.content import CLOSED, FINDINGS, FindingsFile
from tests.verifier.world import HIDDEN, HIDDEN_LABEL, HIDDEN_M


@pytest.fixture(scope="module")
def shown(expert) -> dict[str, bytes]:
    """The files of the redacted bundle, and what is packed or printed in them."""
    found = dict(opened(redacted(expert.file)).members)
    for name, content in list(found.items()):
        if name.endswith(".docx"):
            with zipfile.ZipFile(BytesIO(content)) as inner:
                found |= {f"{name}/{part}": inner.read(part) for part in inner.namelist()}
        if name.endswith(".pdf"):
            found[f"{name}/text"] = _printed(content).encode()
            for number, stream in enumerate(
                re.findall(rb"stream\r?\n(.*?)endstream", content, re.S)
            ):
                try:
                    found[f"{name}/{number}"] = zlib.decompress(stream)
                except zlib.error:
                    continue
    return found


def test_neither_name_nor_place_nor_size_of_it_is_there(shown, expert) -> None:
    words = [
        HIDDEN_LABEL,
        HIDDEN_LABEL.upper(),
        HIDDEN_LABEL.split()[0],
        "c_hidden",
        *(f"{value:.{digits}f}" for value in (HIDDEN.lon_deg, HIDDEN.lat_deg) for digits in (4, 5)),
        repr(HIDDEN.lon_deg)[:9],
        repr(HIDDEN.lat_deg)[:9],
        f"{HIDDEN_M:g}",
        "Demo Person",
    ]
    known = dict(opened(expert.file).members)
    assert any(HIDDEN_LABEL.encode() in text for text in known.values()), "the test finds nothing"
    for word in words:
        held = [name for name, text in shown.items() if _holds(text, word)]
        assert not held, f"{word} stands in {held}"


def test_no_number_of_what_was_found_there_is_there(shown, expert) -> None:
    whole = msgspec.json.decode(opened(expert.file).members[CLOSED + FINDINGS], type=FindingsFile)
    told = msgspec.json.decode(shown[FINDINGS], type=FindingsFile)
    hidden = [each for each in whole.derived if each.condition_id == "c_hidden"]
    assert hidden
    assert not [each for each in told.derived if each.condition_id == "c_hidden"]
    ids = {each.episode_id for each in hidden}
    for name, text in shown.items():
        assert not [one for one in ids if one.encode() in text], name


def test_pictures_are_framed_without_it(shown, expert) -> None:
    closed = opened(expert.file).members[CLOSED + "exhibits/map.svg"].decode()
    assert closed.count('stroke="#942514"') == 2
    assert shown["exhibits/map.svg"].decode().count('stroke="#942514"') == 1


def _holds(text: bytes, word: str) -> bool:
    """Say whether a word stands there by itself, in any of the ways a file may write it."""
    for coded in (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be")):
        for at in re.finditer(re.escape(coded), text):
            around = text[max(0, at.start() - 1) : at.start()] + text[at.end() : at.end() + 1]
            if not word.isdigit() or not re.search(rb"[0-9a-f.]", around):
                return True
    return False


def _printed(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()
