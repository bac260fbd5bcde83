"""The trees of all sources are parsed once, by one process, and let go of when they were read."""

from collections.abc import Iterator

import pytest

from tests.architecture.source import nodes_of, tree_of


@pytest.fixture(scope="package", autouse=True)
def _trees() -> Iterator[None]:
    yield
    nodes_of.cache_clear()
    tree_of.cache_clear()
