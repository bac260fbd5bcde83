"""Print what every page, endpoint and command puts on the audit:
`python -m tagwatch.cli.audit_table > docs/audit-verbs.csv`."""

import sys
from collections.abc import Iterator

from tagwatch.access.written import row
from tagwatch.cli.audit_verbs import ALONE, COMMANDS
from tagwatch.web.permissions import declared_writes


def table() -> str:
    """Return every route, command and act of the installation with its verb, as CSV."""
    return "\n".join(["name,permission,verb,also,none when or why none", *_rows()]) + "\n"


def _rows() -> Iterator[str]:
    for route, writes in declared_writes():
        permission = "everybody" if route.verb is None else route.verb
        yield row(f"{route.method} {route.path}", permission, writes)
    for name, writes in COMMANDS.items():
        yield row(f"tagwatch {name}", "command line", writes)
    for name, writes in ALONE.items():
        yield row(f"by itself: {name}", "", writes)


if __name__ == "__main__":
    sys.stdout.write(table())
