"""The trees of all sources are parsed once, by one process, and let go of when they were read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import nodes_of, tree_of


@pytest.hookimpl(tryfirst=True)  # before all others are spread
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what reads the sources in one process."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("architecture"))


@pytest.fixture(scope="package", autouse=True)
def _trees() -> Iterator[None]:
    yield
    nodes_of.cache_clear()
    tree_of.cache_clear()
