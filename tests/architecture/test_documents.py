"""Documents say what is so: words, links and paths."""

import ast
import re

import pytest

from tests.architecture.source import CORE, ROOT, documents, line, own_files, python_files, tree_of

GLOSSARY = ROOT / "GLOSSARY.md"
TOOLS_OF_CORE = {
    *("compiled", "contour", "crossing", "gaussian", "plane", "settings", "uncertainty"),
    *("filter_area", "filter_evidence", "filter_kernel", "filter_settings"),
    *("derive", "memory", "reconcile"),
}
"""Files of core that hold mathematics, numbers and steps of calculation, not words of the field."""
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_BLOCK = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
PLACES_OF_A_MACHINE = re.compile(
    r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)(?=/|\b)(?!-)|[A-Z]:\\Users\\"
)
REGISTRIES = re.compile(r"pypi\.(?:org|io)|pythonhosted\.|npmjs\.(?:org|com)")
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".lock",
    ".json",
    ".js",
    ".css",
    ".html",
    ".yml",
    ".yaml",
    "",
}


def glossary_words() -> set[str]:
    """Return the words in code type that start the glossary's lines."""
    entries = re.findall(r"^- ((?:`\w+`(?:, )?)+):", GLOSSARY.read_text(encoding="utf-8"), re.M)
    return {word for entry in entries for word in re.findall(r"\w+", entry)}


def test_the_glossary_has_each_word_of_core() -> None:
    missing = [
        f"{node.name} ({line(path, node.lineno)})"
        for path in CORE.glob("*.py")
        if path.stem not in TOOLS_OF_CORE
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and node.name not in glossary_words()
        and not node.name.endswith("Error")
        and not _is_journal_event(node)
    ]
    assert not missing, f"add a line `- `Word`: …` to GLOSSARY.md for {missing}"


def _is_journal_event(node: ast.ClassDef) -> bool:
    return any(
        isinstance(parent, ast.Name)
        and parent.id in ("Event", "AlertAct", "CaseAct", "EnquiryAct", "RequestEvent")
        for parent in node.bases
    )


def test_the_glossary_explains_each_word_once() -> None:
    text = GLOSSARY.read_text(encoding="utf-8")
    heads = re.findall(r"^- ([^:\n]+):", text, re.M)
    words = [word.strip(" `").lower() for head in heads for word in head.split(", ")]
    assert sorted(words) == sorted(set(words)), "one line for one word"


def test_the_glossary_names_nothing_that_is_gone() -> None:
    known = {
        name.id if isinstance(name, ast.Name) else name.name
        for path in python_files(CORE)
        for node in tree_of(path).body
        for name in _named(node)
    }
    gone = {word for word in glossary_words() if word[0].isupper()} - known - {"Trail"}
    assert not gone, f"no class or type of core has these names any more: {sorted(gone)}"


def _named(node: ast.stmt):
    if isinstance(node, ast.ClassDef):
        yield node
    elif isinstance(node, ast.Assign):
        yield from (target for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target


@pytest.mark.parametrize("document", documents(), ids=lambda p: str(p.relative_to(ROOT)))
def test_each_link_leads_somewhere(document) -> None:
    text = CODE_BLOCK.sub("", document.read_text(encoding="utf-8"))
    broken = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in _anchors(file)):
            broken.append(target)
    assert not broken, f"{document.relative_to(ROOT)} links to nothing: {broken}"


def _anchors(document) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_nothing_names_a_place_on_one_machine_or_a_registry() -> None:
    found = [
        f"{line(path, number)} {match.group()}"
        for path in own_files()
        if path.suffix in TEXT and path.name != "test_documents.py"
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for match in [PLACES_OF_A_MACHINE.search(text) or REGISTRIES.search(text)]
        if match
    ]
    assert not found, f"write it so that it holds on every machine: {found}"
