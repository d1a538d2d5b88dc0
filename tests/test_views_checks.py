"""The table of checks."""

import pytest

from edgebook.records import Status
from edgebook.views.checks import checks, verdict
from tests.plans import check

FAIL, WARN, UNKNOWN, SKIP = Status.FAIL, Status.WARN, Status.UNKNOWN, Status.SKIP


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ([], "No check was made."),
        ([Status.PASS], "1 check passes."),
        ([Status.PASS] * 3, "3 of 3 checks pass."),
        ([Status.PASS, FAIL, WARN], "1 of 3 checks pass, 1 fails, 1 warns."),
        ([FAIL, FAIL, UNKNOWN, SKIP], "0 of 4 checks pass, 2 fail, 1 unknown, 1 skipped."),
    ],
)
def test_the_verdict_counts_what_matters(statuses, words):
    """Passes of all, then what went wrong."""
    assert verdict([check(status=status) for status in statuses]) == words


def test_what_failed_comes_first_with_its_hint():
    """A reader need not search among a hundred passes."""
    text = repr(checks([check("sudo"), check(status=FAIL, hint="set it")]))
    assert text.index("fail") < text.index("hint: s1: Clock: set it") < text.index("Sudo")


def test_passes_are_grouped_by_check():
    """The same check on three hosts is one row with three names."""
    text = repr(checks([check(target=name) for name in ("s1", "s2", "s3")]))
    assert "s1, s2, s3" in text
    assert text.count("Clock") == 1


def test_grouped_hosts_that_saw_different_things_keep_them():
    """Nothing seen is lost in the group."""
    text = repr(checks([check(seen="1 s"), check(target="s2", seen="2 s")]))
    assert "s1: 1 s, s2: 2 s" in text


def test_evidence_is_folded_behind_the_check():
    """The page stays short; the proof is there."""
    bad = check(status=FAIL)
    object.__setattr__(bad, "evidence", "NTP service: inactive")
    html = checks([bad]).html
    assert "<details><summary>evidence</summary><pre>NTP service: inactive</pre></details>" in html


@pytest.mark.parametrize(("status", "opened"), [(FAIL, False), (WARN, True)])
def test_what_passed_is_folded_only_when_something_stops_the_run(status, opened):
    """With a warning the reader goes on and sees all of it."""
    assert ("<details open>" in checks([check("sudo"), check(status=status)]).html) is opened


def test_a_status_is_a_sign_and_a_word():
    """Nothing hangs on the colour."""
    assert "✕ fail" in checks([check(status=FAIL)]).html
