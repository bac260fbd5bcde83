"""The trees of all sources are parsed once, by one process, and let go of when they were read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import tree_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what reads the sources in one process."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("architecture"))


@pytest.fixture(scope="package", autouse=True)
def _trees() -> Iterator[None]:
    yield
    tree_of.cache_clear()
