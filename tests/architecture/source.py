"""Reading the project's own source: the ground on which the architecture tests stand."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "tagwatch"
CORE = PACKAGE / "core"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(folder: Path) -> list[Path]:
    """Return the Python files under `folder`, sorted, without what set-up fetched."""
    return sorted(path for path in folder.rglob("*.py") if "vendor" not in path.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the parsed source of `path`."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return every node of the parsed source of `path`: walking is most of what looking takes."""
    return tuple(ast.walk(tree_of(path)))


def functions(path: Path) -> Iterator[FunctionNode]:
    """Give every function and method in the source of `path`."""
    return (node for node in nodes_of(path) if isinstance(node, FunctionNode))


def public_functions(tree: ast.Module) -> Iterator[FunctionNode]:
    """Give the functions, and the methods of classes, whose names have no leading underscore."""
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        if isinstance(node, ast.ClassDef) and node.name.startswith("_"):
            continue
        for member in inside:
            if isinstance(member, FunctionNode) and not member.name.startswith("_"):
                yield member


def dotted(node: ast.AST) -> str:
    """Return the dotted name that `node` spells, such as `datetime.now`, or ''."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def line(path: Path, number: int) -> str:
    """Return where something is, as editors read it."""
    return f"{path.relative_to(ROOT)}:{number}"


@cache
def documents() -> tuple[Path, ...]:
    """Return every Markdown file of the project."""
    return tuple(path for path in own_files() if path.suffix == ".md")


@cache
def own_files() -> tuple[Path, ...]:
    """Return the files that belong to the project: tracked, or new and not ignored."""
    asked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    paths = (ROOT / name for name in asked.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))
