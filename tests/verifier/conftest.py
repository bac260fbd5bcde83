"""Bundles, each made once: tests read them."""

import pytest

from tagwatch.query.bundle import Made
from tests.verifier.world import bundle_of, walked


def _made(tmp_path_factory: pytest.TempPathFactory, *, secret: bool) -> Made:
    centre = walked(tmp_path_factory.mktemp("bundle") / "data", secret=secret)
    try:
        return bundle_of(centre)
    finally:
        centre.close()


@pytest.fixture(scope="package")
def whole(tmp_path_factory) -> Made:
    """Of places that he was told of."""
    return _made(tmp_path_factory, secret=False)


@pytest.fixture(scope="package")
def expert(tmp_path_factory) -> Made:
    """With a secret place."""
    return _made(tmp_path_factory, secret=True)
