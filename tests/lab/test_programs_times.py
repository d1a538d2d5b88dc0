"""Programs of the clock follow the host's clock, whatever it is."""

from datetime import UTC, datetime

import pytest

from edgebook.lab.hosts.programs.times import formatted, parse_time
from tests.lab.shellbench import Ran, at_prompt, sh

NOON = datetime(2026, 1, 15, 12, 0, 0, 5000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%s.%N", "1768478400.005000000"),
        ("%F %T", "2026-01-15 12:00:00"),
        ("%Y%m%dT%H%M%SZ", "20260115T120000Z"),
        ("%3N %z %Z %%", "005 +0000 UTC %"),
        ("%-d %e %j", "15 15 015"),
    ],
)
def test_format(pattern, text):
    """A format is filled as date(1) fills it."""
    assert text == formatted(NOON, pattern)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("now", 0),
        ("5 min ago", -300),
        ("-1 hour", -3600),
        ("+30sec", 30),
        ("2026-01-15T12:00:10Z", 10),
        ("@1768478400", 0),
    ],
)
def test_parse(text, seconds):
    """A time is read as `date -d` and `journalctl --since` read it."""
    assert seconds == round((parse_time(text, NOON) - NOON).total_seconds())


def test_parse_nonsense():
    """What is no time gives nothing."""
    assert parse_time("soon", NOON) is None


@at_prompt
async def test_date_follows_the_offset(prompt):
    """A host with a wrong clock tells the wrong time."""
    prompt.host.clock_offset_s = -3600.0
    seen = float((await prompt("date +%s.%N")).out)
    assert -3600 == round(seen - prompt.world.clock.now().timestamp())


@at_prompt
async def test_root_sets_the_clock(prompt):
    """`date -s` changes the host's offset."""
    ran = await prompt("date -u -s '2026-01-15 08:00:00' +%F")
    assert (0, "2026-01-15\n") == ran[:2]
    assert datetime(2026, 1, 15, tzinfo=UTC).date() == prompt.host.now().date()


@at_prompt
async def test_user_does_not_set_the_clock(prompt):
    """An ordinary user is refused and the clock stays."""
    ran = await prompt("date -s 2026-01-15 +%F", user="edge")
    assert (1, "date: cannot set date: Operation not permitted\n") == (ran.code, ran.err)
    assert prompt.host.clock_offset_s == 0


@at_prompt
async def test_timedatectl_value(prompt):
    """The property the preflight asks for follows the model."""
    text = "timedatectl show -p NTPSynchronized --value"
    first = (await prompt(text)).out
    prompt.host.ntp_synchronized = False
    assert ("yes\n", "no\n") == (first, (await prompt(text)).out)


def test_timedatectl_status():
    """The status has the real tool's rows and their order."""
    rows = [line.partition(":")[0].strip() for line in sh("timedatectl").out.splitlines()]
    expected = ["Local time", "Universal time", "RTC time", "Time zone", "System clock synchronized", "NTP service"]
    assert [*expected, "RTC in local TZ"] == rows


@at_prompt
async def test_set_ntp_sets_the_clock_right(prompt):
    """Switching NTP on brings the clock back."""
    prompt.host.clock_offset_s, prompt.host.ntp_synchronized = 900.0, False
    await prompt("timedatectl set-ntp true")
    assert (0.0, True) == (prompt.host.clock_offset_s, prompt.host.ntp_synchronized)


def test_set_time_with_ntp():
    """A clock that NTP keeps is not set by hand."""
    assert Ran(1, "", "Failed to set time: Automatic time synchronization is enabled\n") == sh(
        "timedatectl set-time 10:00"
    )


def test_sleep_is_scaled():
    """A long sleep passes with the world's speed."""
    assert Ran(0, "", "") == sh("sleep 20")


def test_sleep_of_nonsense():
    """What is no time is refused."""
    expected = "sleep: invalid time interval 'x'\nTry 'sleep --help' for more information.\n"
    assert Ran(1, "", expected) == sh("sleep x")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("timeout 2 sleep 60", 124),
        ("timeout 5 sh -c 'exit 3'", 3),
        ("timeout 5 nosuchcmd", 127),
        ("timeout -s KILL 1 sleep 60", 137),
    ],
)
def test_timeout(text, code):
    """`timeout` ends what takes too long and passes on how the rest ended."""
    assert code == sh(text).code


def test_uptime():
    """A host that has just booted says so."""
    assert " up 0 min,  1 user,  load average: 0.08, 0.05, 0.01\n" == sh("uptime").out[9:]
