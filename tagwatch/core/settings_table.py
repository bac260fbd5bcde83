"""Settings as a table for documents: names and values from the struct, words from its source text.

The words beside a field are the string that follows it in the class; a caller reads the source
file (core reads none) and hands its text over.
"""

import ast
from itertools import pairwise
from typing import Any

import msgspec


def settings_table(struct: type[msgspec.Struct], source: str) -> str:
    """Return a Markdown table of `struct`'s fields: name, default, meaning.

    `source` is the text of the module that defines it. Raises ValueError if the class is not in it.
    """
    words = _words(struct.__name__, source)
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    for field in msgspec.structs.fields(struct):
        meaning = " ".join(words.get(field.name, "").split())
        lines.append(f"| `{field.name}` | {_shown(field.default)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    if isinstance(value, msgspec.Struct):
        parts = (f"{name} {_shown(getattr(value, name))}" for name in value.__struct_fields__)
        return ", ".join(parts)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(name: str, source: str) -> dict[str, str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _documented(node.body)
    raise ValueError(f"class {name} is not in this source text; hand over its own module's")


def _documented(body: list[ast.stmt]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, after in pairwise(body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            found[field.target.id] = str(after.value.value)
    return found
