"""The meter: one line on a terminal, silence elsewhere."""

import io
from types import SimpleNamespace

import pytest

from edgebook.cli import meter
from edgebook.cli.line import CLEAR
from edgebook.cli.meter import Meter, size


class Terminal(io.StringIO):
    """Output that takes itself for a terminal."""

    def isatty(self):
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (71_234_567, "71.2 MB"), (5e15, "5000.0 TB")]
)
def test_sizes_are_written_for_people(count, text):
    """In thousands, with one digit after the point."""
    assert text == size(count)


def test_a_log_stays_empty():
    """Where the output is no terminal nothing is drawn."""
    out = io.StringIO()
    with Meter(out) as shown:
        shown.tell("k3s", 1, 2)
    assert "" == out.getvalue()


def test_a_terminal_sees_sum_speed_and_names(monkeypatch):
    """What is there of all files, and which are under way."""
    monkeypatch.setattr(meter, "EVERY_S", 0.0)
    out = Terminal()
    with Meter(out) as shown:
        shown.tell(("s1", "k3s"), 500_000, 1_000_000)
        shown.tell(("s2", "images"), 0, 0)
        shown.tell(("s2", "install.sh"), 10, 10)
    line = out.getvalue().split(CLEAR)[-2]
    assert line.startswith("500.0 kB of 1.0 MB, ")
    assert line.endswith(": k3s, images")


def test_the_line_is_clean_at_the_end(monkeypatch):
    """What follows begins on an empty line."""
    monkeypatch.setattr(meter, "EVERY_S", 0.0)
    out = Terminal()
    with Meter(out) as shown:
        shown.tell("k3s", 1, 2)
    assert out.getvalue().endswith(CLEAR)


def test_what_was_there_before_is_no_speed(monkeypatch):
    """A download that goes on from its middle does not seem infinitely fast."""
    monkeypatch.setattr(meter, "EVERY_S", 0.0)
    clock = iter([0.0, 1.0, 2.0])
    monkeypatch.setattr(meter, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    out = Terminal()
    shown = Meter(out)
    shown.tell("k3s", 1_000_000, 3_000_000)
    shown.tell("k3s", 1_500_000, 3_000_000)
    assert ", 250.0 kB/s" in out.getvalue().split(CLEAR)[-1]
