"""A rule's state machine as a table for documents, from the data that the rule itself uses."""

from collections.abc import Mapping
from enum import StrEnum


def transition_table(
    transitions: Mapping[tuple[StrEnum, StrEnum], tuple[str, StrEnum]],
) -> str:
    """Return a Markdown table: letter, state, signal, next state, in the order of the letters."""
    lines = ["| | state | signal | next state |", "|---|---|---|---|"]
    for (state, signal), (letter, after) in transitions.items():
        lines.append(f"| {letter} | {state} | {signal} | {after} |")
    return "\n".join(lines) + "\n"
