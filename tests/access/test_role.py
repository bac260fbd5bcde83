"""The permission matrix is complete, and the document prints it."""

from pathlib import Path

from tagwatch.access.role import MATRIX, SAYS, Role, Verb, may, permission_table

BEGIN, END = "<!-- matrix -->\n", "<!-- /matrix -->"


def test_every_role_and_verb_is_in_the_matrix() -> None:
    assert set(MATRIX) == set(Role)
    assert set(SAYS) == set(Verb)
    given = frozenset[Verb]().union(*MATRIX.values())
    assert given == set(Verb), "a verb nobody has"


def test_the_document_prints_the_matrix(repository: Path) -> None:
    text = (repository / "docs" / "access.md").read_text(encoding="utf-8")
    printed = text.split(BEGIN)[1].split(END)[0].strip()
    assert printed == permission_table(), "paste permission_table() into docs/access.md"


def test_read_only_roles_command_nothing() -> None:
    seeing = {verb for verb in Verb if verb.value.startswith("see_")}
    assert MATRIX[Role.EVALUATOR] <= seeing | {Verb.USE_OWN_ACCOUNT}
    asking = {Verb.USE_OWN_ACCOUNT, Verb.INFORM_SIDE, Verb.ASK_ENQUIRY, Verb.ASK_REQUEST}
    asking |= {Verb.NAME_REQUEST}
    assert MATRIX[Role.LIAISON] <= seeing | asking
    assert not may(Role.PARTNER, Verb.SEE_WEARERS)
    assert not may(Role.PARTNER, Verb.SEE_ALERTS)
    assert not may(Role.ADMINISTRATOR, Verb.SEE_TRAIL)
    assert not may(Role.EVALUATOR, Verb.SEE_WEARERS)
    assert not may(Role.POLICE, Verb.RECORD_CONDITION)
