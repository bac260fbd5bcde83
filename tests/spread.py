"""How the tests are spread over the processes that run them beside each other."""

import pytest

LONGEST_FIRST = (
    *("tests/browser/", "tests/worlds/", "tests/secret/", "tests/engine/", "tests/verifier/"),
    *("tests/faults/", "tests/walk/", "tests/web/", "tests/architecture/", "tests/golden/"),
)
"""Where long tests are, and many that one process takes. The others, short, come at the end, when
one process would wait for what another still has to do."""


def spread(items: list[pytest.Item]) -> None:
    """Put the longest first, and give tests one process that share what is made for all of them:
    in two processes it would be made twice."""
    items.sort(key=lambda item: _rank(item.nodeid))
    for item in items:
        if item.get_closest_marker("xdist_group") is None and (group := _shares(item)) is not None:
            item.add_marker(pytest.mark.xdist_group(group))


def _rank(name: str) -> int:
    begins = (n for n, folder in enumerate(LONGEST_FIRST) if name.startswith(folder))
    return next(begins, len(LONGEST_FIRST))


def _shares(item: pytest.Item) -> str | None:
    """Name what `item` shares with others: its folder or its file; None if nothing."""
    file = item.nodeid.partition("::")[0]
    wanted = getattr(item, "fixturenames", ())
    found = {
        fixture.scope
        for name in wanted
        for fixture in item.session._fixturemanager.getfixturedefs(name, item) or ()
    }
    if "package" in found:
        return file.rpartition("/")[0]
    return file if "module" in found else None
