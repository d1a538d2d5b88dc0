"""Figures: medians, minima and ratios of what several tools took for the same work."""

import random

import pytest

from tests.benchmarks.hosts.figures import Measured, Timing, shuffled, unmet

OURS = Timing("edgebook", (1.1, 0.9, 5.0))
FAST = Timing("scp", (1.0, 0.8, 1.2))
SLOW = Timing("rsync", (2.0, 0.7, 2.2))
ABSENT = Timing("fabric", missing="not installed: fabric")


def row(*timings, aim=1.2):
    """Put timings into a row."""
    return Measured("upload", "200 MB", aim, timings)


def test_the_median_is_not_moved_by_one_slow_run():
    """Five seconds once, on a busy machine, leave the median where it was."""
    assert 1.1 == OURS.median_s


def test_the_minimum_is_the_least():
    """The minimum is one run's time."""
    assert 0.9 == OURS.minimum_s


def test_the_fastest_stands_first():
    """Rows are read from the top; what did not run is not among those timed."""
    assert ("scp", "edgebook", "rsync") == tuple(one.entrant for one in row(SLOW, ABSENT, OURS, FAST).timed)


def test_ratios_are_to_the_fastest_median():
    """The fastest has 1, whoever it is."""
    measured = row(OURS, FAST, SLOW)
    assert [1.1, 1.0, 2.0] == [pytest.approx(measured.ratio(one)) for one in measured.timings]


def test_ratios_of_minima_are_to_the_least_minimum():
    """The least minimum may be another's than the fastest median."""
    measured = row(OURS, FAST, SLOW)
    assert [9 / 7, 8 / 7, 1.0] == [pytest.approx(measured.ratio_of_minima(one)) for one in measured.timings]


def test_the_verdict_is_against_the_fastest_peer():
    """Ours by its median against the peer with the least median."""
    verdict = row(OURS, SLOW, FAST).verdict
    assert ("scp", 1.1, True) == (verdict.peer, pytest.approx(verdict.ratio), verdict.met)


def test_ours_may_be_the_fastest():
    """Then the ratio is below 1: it is to the fastest peer, not to the fastest of all."""
    assert 0.5 == pytest.approx(row(Timing("edgebook", (1.0,)), SLOW).verdict.ratio)


def test_the_first_of_ours_counts():
    """A second way of ours is there to explain, and makes no verdict better."""
    quick = Timing("edgebook in one round", (0.1,))
    assert 1.1 == pytest.approx(row(OURS, quick, FAST).verdict.ratio)


def test_a_first_of_ours_that_failed_is_not_replaced_by_a_peer():
    """Where the first of ours has no time, the next of ours counts."""
    failed, other = Timing("edgebook", missing="failed: x"), Timing("edgebook runbook 10", (3.0,))
    assert 3.0 == pytest.approx(row(failed, other, FAST).verdict.ratio)


@pytest.mark.parametrize("timings", [(OURS, ABSENT), (ABSENT, FAST), ()])
def test_without_two_sides_there_is_no_verdict(timings):
    """Nothing is guessed for a tool that is not there."""
    assert row(*timings).verdict is None


def test_only_missed_aims_are_named():
    """A row without a verdict is not missed."""
    missed = Measured("preflight", "five hosts", 0.1, (OURS, FAST))
    assert ["preflight"] == unmet([row(OURS, FAST), missed, row(OURS, ABSENT)])


def test_every_round_has_everybody_once():
    """The order changes, and nobody is left out."""
    rounds = shuffled(5, 20, random.Random(7))
    assert [[0, 1, 2, 3, 4]] * 20 == [sorted(order) for order in rounds]
    assert 10 < len({tuple(order) for order in rounds})


def test_a_seed_gives_the_order():
    """Two runs with one seed take the same turns."""
    assert shuffled(4, 6, random.Random(1)) == shuffled(4, 6, random.Random(1))
