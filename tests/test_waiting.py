"""Waiting ends with what was seen, or with an error that repeats it."""

from types import SimpleNamespace

import pytest

from edgebook import waiting
from edgebook.errors import HostTimeout, WaitTimeout
from edgebook.waiting import Look, until


@pytest.fixture
def clock(monkeypatch):
    """Replace time by a clock that only pauses move."""
    now = [0.0]
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        now[0] += seconds

    # The module's own name for it: other threads of this process go by the real one.
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    return pauses


def test_what_is_so_already_is_not_waited_for(clock):
    """A first look that is done costs no pause."""
    assert "up" == until(lambda: Look(True, "up"), what="it", timeout_s=1)
    assert [] == clock


def test_it_looks_until_it_is_done(clock):
    """The look is repeated, and the last one's words are the answer."""
    looks = iter([Look(False, "one"), Look(False, "two"), Look(True, "three")])
    assert "three" == until(lambda: next(looks), what="it", timeout_s=10)


def test_pauses_grow_and_stay_bounded(clock):
    """Short waits stay short; long ones look every two seconds."""
    with pytest.raises(WaitTimeout):
        until(lambda: Look(False, ""), what="it", timeout_s=60)
    assert waiting.FIRST_PAUSE_S == clock[0]
    assert waiting.LONGEST_PAUSE_S == max(clock) == clock[-1]
    assert 60 >= sum(clock)


def test_a_time_out_repeats_the_last_thing_seen(clock):
    """The error says what was waited for, how long, what was seen, and what to do."""
    with pytest.raises(WaitTimeout, match=r"node s1: not within 3 s; last seen: Ready=False\n  hint: look at it"):
        until(lambda: Look(False, "Ready=False"), what="node s1", timeout_s=3, hint="look at it")


def _slow() -> Look:
    """Look at a host that is too busy to answer."""
    raise HostTimeout("s1", "`journalctl` did not end within 30 s")


def test_a_look_that_a_busy_host_does_not_answer_is_repeated(clock):
    """Four small computers that start K3s may leave a question unanswered; the next one is answered."""
    looks = iter([_slow, lambda: Look(True, "up")])

    def look() -> Look:
        return next(looks)()

    assert "up" == until(look, what="it", timeout_s=10)


def test_a_host_that_never_answers_ends_the_wait_in_its_time(clock):
    """The error keeps what was waited for, and what the host did not answer."""
    with pytest.raises(WaitTimeout, match=r"it: not within 3 s; last seen: .*journalctl"):
        until(_slow, what="it", timeout_s=3)
