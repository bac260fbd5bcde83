"""The same installation and readers as at the desk."""

from tests.desk.conftest import at, audited, built, centre, config

__all__ = ["at", "audited", "built", "centre", "config"]
