"""Time spans are written as systemd writes them."""

import pytest

from edgebook.lab.hosts.properties import span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "infinity"),
        (0.1, "100ms"),
        (5, "5s"),
        (1.5, "1.500000s"),
        (90, "1min 30s"),
        (120, "2min"),
        (3661, "1h 1min 1s"),
    ],
)
def test_spans(seconds, text):
    """A span has hours, minutes and seconds, and below a second milliseconds."""
    assert text == span(seconds)
