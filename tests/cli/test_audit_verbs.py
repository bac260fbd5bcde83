"""Every command says which verb of the audit it writes; the document holds it with every route."""

from tagwatch.cli.audit_table import table
from tagwatch.cli.audit_verbs import COMMANDS
from tests.cli.program import ROOT
from tests.cli.test_help import EVERY


def test_every_command_says_what_it_writes_or_why_nothing() -> None:
    assert set(COMMANDS) == set(EVERY), "say it in tagwatch/cli/audit_verbs.py"
    assert all(each.act is not None or each.none_when for each in COMMANDS.values())


def test_the_document_holds_what_is_declared() -> None:
    kept = (ROOT / "docs" / "audit-verbs.csv").read_text(encoding="utf-8")
    assert kept == table(), "python -m tagwatch.cli.audit_table > docs/audit-verbs.csv"
