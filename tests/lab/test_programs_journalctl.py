"""journalctl filters and prints the journal as the real one does."""

import json

import pytest

from tests.lab.shellbench import Ran, at_prompt, sh


def fill(prompt):
    """Write three entries of a service and one of the kernel."""
    journal = prompt.host.journal
    for number in range(3):
        journal.add(f"line {number}", unit="k3s.service", identifier="k3s", pid=812)
    journal.add("worse", unit="k3s.service", identifier="k3s", pid=812, priority=3)
    journal.add("eth0: up", identifier="kernel")


@pytest.mark.parametrize(
    ("options", "out"),
    [
        ("-u k3s -n 60 --no-pager -o cat", "line 0\nline 1\nline 2\nworse\n"),
        ("-u k3s -n 1 -o cat", "worse\n"),
        ("-u k3s.service -o cat -r -n 2", "worse\nline 2\n"),
        ("-u k3s -p err -o cat", "worse\n"),
        ("-u k3s -p 3 -o cat", "worse\n"),
        ("-u k3s -g 'line [12]' -o cat", "line 1\nline 2\n"),
        ("-k -o cat", "eth0: up\n"),
        ("-t kernel -o cat", "eth0: up\n"),
        ("-u nope", "-- No entries --\n"),
        ("-u nope -q", ""),
        ("-u k3s --since '1 hour ago' -n 1 -o cat", "worse\n"),
        ("-u k3s --until '1 hour ago'", "-- No entries --\n"),
        ("-xeu k3s --no-pager -o cat -n1", "worse\n"),
    ],
)
def test_filter(options, out):
    """Each filter keeps what it names."""

    @at_prompt
    async def show(prompt):
        fill(prompt)
        assert Ran(0, out, "") == await prompt(f"journalctl {options}")

    show()


@at_prompt
async def test_short_line(prompt):
    """A line has time, host, name, number and message."""
    fill(prompt)
    line = (await prompt("journalctl -u k3s -n 1")).out
    assert " s1 k3s[812]: worse\n" == line[15:]


@at_prompt
async def test_short_iso(prompt):
    """short-iso has a full time with its zone."""
    fill(prompt)
    stamp = (await prompt("journalctl -u k3s -n 1 -o short-iso")).out.split()[0]
    assert ("T", "+0000") == (stamp[10], stamp[-5:])


@at_prompt
async def test_json(prompt):
    """Each line of the JSON is an entry with the journal's field names."""
    fill(prompt)
    entry = json.loads((await prompt("journalctl -u k3s -n 1 -o json")).out)
    assert ("worse", "k3s", "812", "3", "k3s.service") == tuple(
        entry[name] for name in ("MESSAGE", "SYSLOG_IDENTIFIER", "_PID", "PRIORITY", "_SYSTEMD_UNIT")
    )
    assert entry["__REALTIME_TIMESTAMP"].isdigit()


@at_prompt
async def test_systemd_speaks_of_a_unit(prompt):
    """What systemd says of a unit is under UNIT, as in the real journal."""
    entry = json.loads((await prompt("journalctl -u ssh -n 1 -o json")).out)
    assert ("init.scope", "ssh.service") == (entry["_SYSTEMD_UNIT"], entry["UNIT"])


@at_prompt
async def test_follow(prompt):
    """-f prints what comes until it is ended."""
    fill(prompt)
    ran = await prompt("timeout 20 journalctl -u k3s -f -n 1 -o cat & sleep 5; logger_is_not_there 2>/dev/null; wait")
    assert "worse\n" == ran.out


def test_user_sees_nothing():
    """A user outside adm is told why there is nothing."""
    ran = sh("journalctl -u ssh", user="edge")
    assert (1, "") == ran[:2]
    assert "No journal files were opened due to insufficient permissions." == ran.err.splitlines()[-1]


@at_prompt
async def test_boots(prompt):
    """Each boot has its number; -b is the last."""
    prompt.host.power_off()
    prompt.host.power_on()
    boots = (await prompt("sleep 2; journalctl --list-boots")).out.splitlines()
    assert ["-1", "0"] == [line.split()[0] for line in boots]


def test_unknown_output():
    """An output format that is none is refused."""
    assert 1 == sh("journalctl -o nonsense").code
