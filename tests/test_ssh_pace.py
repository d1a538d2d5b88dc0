"""The pace: a cap that several senders share."""

import threading

import pytest

from edgebook.ssh import Pace


class Time:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def sleep(self, seconds):
        """Move on."""
        self.slept.append(seconds)
        self.now += seconds


def made(bytes_per_s):
    """Return a pace and its clock."""
    time = Time()
    return Pace(bytes_per_s, clock=lambda: time.now, sleep=time.sleep), time


def test_the_bytes_of_ten_seconds_take_ten_seconds():
    """A thousand pieces of a hundred bytes, at ten thousand a second, take ten seconds, but for the last one's own."""
    pace, time = made(10_000)
    for _ in range(1_000):
        pace.wait(100)
    assert time.now - 100.0 == pytest.approx(10.0, abs=0.26)


def test_idle_time_is_not_saved_up():
    """After a minute of nothing no more than a quarter of a second's bytes go at once."""
    pace, time = made(1_000)
    pace.wait(1)
    time.now += 60.0
    for _ in range(10):
        pace.wait(100)
    assert sum(time.slept) == pytest.approx(0.65, abs=0.01)


def test_senders_share_one_cap():
    """Four senders of a second's bytes each are told to wait four seconds in all, whoever comes first."""
    latest, lock = [], threading.Lock()

    def sleep(seconds):
        with lock:
            latest.append(seconds)

    pace = Pace(1_000_000, clock=lambda: 0.0, sleep=sleep)
    senders = [threading.Thread(target=lambda: [pace.wait(10_000) for _ in range(100)]) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert max(latest) == pytest.approx(3.99, abs=0.3)


@pytest.mark.parametrize("rate", [0, -1])
def test_no_pace_at_all_is_refused(rate):
    """A cap of nothing would wait for ever."""
    with pytest.raises(ValueError, match="more than nothing"):
        Pace(rate)
