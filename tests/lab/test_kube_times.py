"""Timestamps and durations as Kubernetes and kubectl write them."""

from datetime import UTC, datetime

import pytest

from edgebook.lab.kube.times import age, human_duration, micro, parse, stamp

MOMENT = datetime(2026, 1, 15, 8, 0, 1, 250000, tzinfo=UTC)


def test_stamp_has_seconds():
    """A creationTimestamp has whole seconds and a Z."""
    assert stamp(MOMENT) == "2026-01-15T08:00:01Z"


def test_micro_has_microseconds():
    """A renewTime has six digits of a second."""
    assert micro(MOMENT) == "2026-01-15T08:00:01.250000Z"


def test_parse_reads_both_forms():
    """Either form comes back as the time it was written from."""
    assert (parse(micro(MOMENT)), parse(stamp(MOMENT)).second) == (MOMENT, 1)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (-1, "0s"),
        (-5, "<invalid>"),
        (119, "119s"),
        (120, "2m"),
        (135, "2m15s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600 + 60, "8h"),
        (47 * 3600, "47h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (8 * 86400 + 3600, "8d"),
        (729 * 86400, "729d"),
        (730 * 86400, "2y"),
        (731 * 86400, "2y1d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_durations_have_kubectls_two_units(seconds, shown):
    """Every step of kubectl's AGE column is met."""
    assert shown == human_duration(seconds)


def test_age_without_a_time_is_unknown():
    """An object without a timestamp has the age kubectl shows for it."""
    assert age(None, MOMENT) == "<unknown>"
