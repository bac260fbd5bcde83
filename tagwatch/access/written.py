"""Which of the audit's six verbs a route or a command writes, as its declaration says it.

Declared beside what it does, printed in docs/audit-verbs.csv, and held against every answer.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from tagwatch.access.audit import Act, AuditLine, Outcome


class Writes(NamedTuple):
    """What goes on the audit when something was done."""

    act: Act | None
    """Always, when it was answered; None: nothing does."""
    also: tuple[Act, ...] = ()
    """What may stand beside that. A consultation may beside everything that reads."""
    none_when: str = ""
    """When it is not written, or why nothing ever is."""

    def unless(self, when: str) -> "Writes":
        """Return the same, which is not written `when`."""
        return self._replace(none_when=when)


LOOKS: Final = Writes(Act.CONSULTATION)
COLLECTS: Final = Writes(Act.COLLECTION)
ENTERS: Final = Writes(Act.ALTERATION)
HANDS_OUT: Final = Writes(Act.DISCLOSURE)
COMBINES: Final = Writes(Act.COMBINATION)
ERASES: Final = Writes(Act.ERASURE)
_HANDED_OUT: Final = "something is handed out: then a disclosure stands in its place"
LOOKS_OR_HANDS_OUT: Final = Writes(Act.CONSULTATION, (Act.DISCLOSURE,), _HANDED_OUT)
ENTERS_OR_HANDS_OUT: Final = Writes(Act.ALTERATION, (Act.DISCLOSURE,), _HANDED_OUT)
LOOKS_AROUND: Final = Writes(Act.CONSULTATION, (Act.COMBINATION,))
ENTERS_AROUND: Final = Writes(Act.ALTERATION, (Act.COMBINATION,))
HANDS_OUT_AROUND: Final = Writes(Act.DISCLOSURE, (Act.COMBINATION,))
UNASKED: Final = "nothing is asked yet: then it is a look"


def nothing(why: str) -> Writes:
    """Declare that something touches no record of a person, and why it does not."""
    return Writes(None, (), why)


FORM: Final = nothing("an empty form: nobody is named")


def deviation(
    declared: Writes, lines: Sequence[AuditLine], wearer_id: str, *, answered: bool
) -> str:
    """Say in words how what was written differs from the declaration, '' if it does not.

    `wearer_id` is whom the address names, '' if nobody; one who was not `answered` may have read
    nothing at all, but no other verb.
    """
    written = {line.act for line in lines}
    answers = {line.act for line in lines if line.outcome is Outcome.ANSWERED}
    may = {declared.act, *declared.also, *({Act.CONSULTATION} if declared.act else ())}
    if beyond := sorted(answers - may):
        return f"wrote {_said(beyond)}, not declared"
    if not answered or declared.act is None:
        return ""
    if declared.act not in written:
        return "" if declared.none_when else f"did not write {_said([declared.act])}"
    if wearer_id and not any(wearer_id in line.ids for line in lines):
        return "names the wearer in no line"
    return ""


def row(name: str, permission: str, declared: Writes) -> str:
    """Return a declaration as a line of docs/audit-verbs.csv."""
    verb = "" if declared.act is None else _said([declared.act])
    also = _said(declared.also)
    return f"{_quoted(name)},{permission},{verb},{also},{_quoted(declared.none_when)}"


def _said(acts: Iterable[Act]) -> str:
    return " ".join(act.name.lower() for act in acts)


def _quoted(text: str) -> str:
    return f'"{text}"' if "," in text else text
