"""The run's clock."""

from datetime import UTC, datetime, timedelta, timezone

from edgebook.clock import Clock, run_id, utc

START = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)


def test_a_fixed_clock_moves_a_second_at_each_reading():
    """The first reading of a fixed clock is its start, the next one is a second later."""
    clock = Clock(START)
    assert [START, START + timedelta(seconds=1)] == [clock.now(), clock.now()]


def test_a_stamp_does_not_move_a_fixed_clock():
    """Stamps show the last reading, however many are taken."""
    clock = Clock(START)
    clock.now()
    assert [START] * 3 == [clock.stamp() for _ in range(3)]
    assert START + timedelta(seconds=1) == clock.now()


def test_the_actions_of_a_fixed_wave_begin_together_and_last_a_second():
    """Threads may read a fixed wave in any order and get the same times."""
    wave = Clock(START).wave()
    assert [(0.0, 1.0), (0.0, 1.0)] == [(wave.start(), wave.seconds(0.0)) for _ in range(2)]


def test_the_next_fixed_wave_begins_where_the_last_one_ended():
    """A wave is one reading of the clock."""
    clock = Clock(START)
    assert [0.0, 1.0] == [clock.wave().start(), clock.wave().start()]


def test_a_real_clock_tells_utc_and_grows():
    """Real readings are aware, in UTC and never go back."""
    clock = Clock()
    first, second = clock.now(), clock.now()
    assert UTC == first.tzinfo
    assert first <= second
    assert not clock.fixed


def test_a_real_wave_measures_from_each_start():
    """A real action's seconds count from its own beginning."""
    wave = Clock().wave()
    began_s = wave.start()
    assert 0.0 <= wave.seconds(began_s) < 5.0


def test_a_time_is_written_in_utc():
    """Another zone's time is turned into UTC and ends in Z."""
    assert utc(datetime(2026, 1, 15, 9, 0, tzinfo=timezone(timedelta(hours=1)))) == "2026-01-15T08:00:00Z"


def test_a_run_id_sorts_by_time_and_names_the_runbook():
    """The id is the compact UTC time, then the notebook's name."""
    assert run_id(START, "10-install-k3s-ha") == "20260115T080000Z-10-install-k3s-ha"
