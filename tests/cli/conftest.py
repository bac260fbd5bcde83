import logging

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging_as_it_was():
    """A command sets up the logs of its process; here that process is everyone's."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
