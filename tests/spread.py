"""How the tests are spread over the processes that run them beside each other."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LONGEST_FIRST = (
    *("tests/browser/", "tests/worlds/", "tests/secret/", "tests/golden/", "tests/engine/"),
    *("tests/verifier/", "tests/faults/", "tests/walk/", "tests/web/", "tests/architecture/"),
)
"""Where long tests are. The others, short, come at the end, when one process would wait for what
another still has to do."""
TOGETHER = ("tests/architecture/", "tests/secret/", "tests/verifier/")
"""Folders that share what is made once."""
SINGLY = ("tests/golden/test_scenarios.py", "tests/web/test_api.py", "tests/worlds/")
"""Long files whose tests share nothing."""


class Spread(LoadScopeScheduling):
    """A file's tests go to one process, which makes once what they share; so with some folders."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(SINGLY):
            return nodeid
        folder = next((each for each in TOGETHER if nodeid.startswith(each)), None)
        return folder or nodeid.partition("::")[0]


def scheduler(config: pytest.Config, log: Any) -> Spread | None:
    """Return what deals the tests out; None, xdist's own, where another way is asked for."""
    if config.option.dist != "loadfile":
        return None
    config.option.loadscopereorder = False
    return Spread(config, log)


def put_longest_first(items: list[pytest.Item]) -> None:
    """Put the longest first; of one rank they stay as they are."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    begins = (n for n, each in enumerate(LONGEST_FIRST) if item.nodeid.startswith(each))
    return next(begins, len(LONGEST_FIRST))
