"""A good host, and one that differs from it."""

import pytest

from tests import hostfacts


@pytest.fixture
def facts():
    """Return the function that makes the facts of a good server, changed where wanted."""
    return hostfacts.facts
