"""The journal: what systemd writes of a service's life, and how journalctl finds and prints it."""

import json

import pytest

from tests.contract.bench import Like, Ran, eventually

NO_ENTRIES = "-- No entries --\n"


@pytest.fixture(scope="session", autouse=True)
def room(host):
    """Begin a new journal file: a line that is written while journald changes files may be missing from a look."""
    host.run(["journalctl", "--rotate"], sudo=True).check()


@pytest.fixture
def life(host, root, unit):
    """Start a service, stop it, and return its name and its journal once the last line is there."""

    def live(lines, *, stop=True, last="Stopped", unit_lines=""):
        name = unit(f"[Unit]\n{unit_lines}[Service]\n{lines}")
        root(f"systemctl start {name}" + (f"; systemctl stop {name}" if stop else ""))

        def seen():
            return root(f"journalctl --sync; journalctl -u {name} --no-pager -o cat").out.splitlines()

        eventually(lambda: any(last in line for line in seen()), wanted=True)
        return name, [line.replace(name, "UNIT") for line in seen()]

    return live


def test_simple_service_is_only_started(life):
    """A simple service is `Started`, without a `Starting` before it."""
    assert ["Started UNIT.", "Stopping UNIT...", "UNIT: Deactivated successfully.", "Stopped UNIT."] == life(
        "ExecStart=/bin/sleep 1000\n"
    )[1]


def test_description_is_said_behind_the_name(life):
    """With a Description systemd 252 says name and description."""
    lines = life("ExecStart=/bin/sleep 1000\n", unit_lines="Description=The one\n")[1]
    assert ("Started UNIT - The one.", "Stopped UNIT - The one.") == (lines[0], lines[-1])


def test_notify_service_is_starting_first(life):
    """A service that is waited for is `Starting`, then `Started`."""
    text = "Type=notify\nNotifyAccess=all\nExecStart=/bin/sh -c 'systemd-notify --ready; exec sleep 1000'\n"
    assert ["Starting UNIT...", "Started UNIT."] == life(text)[1][:2]


def test_oneshot_is_finished(life):
    """A oneshot is `Finished`, and what it prints is in the journal."""
    lines = life("Type=oneshot\nExecStart=/bin/echo one line\n", stop=False, last="Finished")[1]
    assert ["Starting UNIT...", "one line", "UNIT: Deactivated successfully.", "Finished UNIT."] == lines


def test_exit_code_is_named(life):
    """A main process that fails is named with its code; the result follows."""
    lines = life("ExecStart=/bin/sh -c 'exit 3'\n", stop=False, last="Failed with")[1]
    expected = [
        "UNIT: Main process exited, code=exited, status=3/NOTIMPLEMENTED",
        "UNIT: Failed with result 'exit-code'.",
    ]
    assert expected == lines[-2:]


def test_signal_is_named(life):
    """A main process that a signal ended is named with the signal."""
    lines = life("ExecStart=/bin/sh -c 'kill -KILL $$$$'\n", stop=False, last="Failed with")[1]
    assert ["UNIT: Main process exited, code=killed, status=9/KILL", "UNIT: Failed with result 'signal'."] == lines[-2:]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("ExecStart=/bin/nope\n", "203/EXEC"),
        ("User=nope\nExecStart=/bin/true\n", "217/USER"),
        ("WorkingDirectory=/nope\nExecStart=/bin/true\n", "200/CHDIR"),
    ],
)
def test_process_that_cannot_be_made_is_named(life, lines, status):
    """What systemd cannot set up ends with a code of its own that says which step failed."""
    assert f"UNIT: Main process exited, code=exited, status={status}" in life(lines, stop=False, last="Failed with")[1]


def test_failed_start_is_named(life):
    """A start that is waited for and fails ends with `Failed to start`."""
    lines = life("Type=notify\nExecStart=/bin/false\n", stop=False, last="Failed to start")[1]
    assert ["UNIT: Failed with result 'exit-code'.", "Failed to start UNIT."] == lines[-2:]


def test_restarts_are_counted(life):
    """Each new try is announced with its number."""
    text = "ExecStart=/bin/false\nRestart=always\nRestartSec=50ms\n"
    lines = life(text, stop=False, last="restart counter is at 3.", unit_lines="StartLimitIntervalSec=0\n")[1]
    assert ["UNIT: Scheduled restart job, restart counter is at 2.", "Stopped UNIT.", "Started UNIT."] == _after(
        lines, "at 2."
    )


def test_refused_start_is_named(life):
    """When the limit of starts is reached the journal says so."""
    text, limit = "ExecStart=/bin/false\nRestart=always\nRestartSec=50ms\n", "StartLimitBurst=2\n"
    assert (
        "UNIT: Start request repeated too quickly."
        in life(text, stop=False, last="Failed to start", unit_lines=limit)[1]
    )


def test_missing_environment_file_is_named(life):
    """A missing EnvironmentFile is named before the failure."""
    lines = life("EnvironmentFile=/nope\nExecStart=/bin/true\n", stop=False, last="Failed to start")[1]
    expected = [
        "UNIT: Failed to load environment files: No such file or directory",
        "UNIT: Failed to run 'start' task: No such file or directory",
    ]
    assert expected == lines[-4:-2]


def test_unmet_condition_is_named(life):
    """A start that a Condition skipped is named with the condition."""
    lines = life("ExecStart=/bin/true\n", stop=False, last="was skipped", unit_lines="ConditionPathExists=/nope\n")[1]
    assert ["UNIT was skipped because of an unmet condition check (ConditionPathExists=/nope)."] == lines


def test_both_streams_are_in_the_journal(life):
    """Output and error output of a service are lines of its journal, also a last one without an end."""
    lines = life(
        "Type=oneshot\nExecStart=/bin/sh -c 'echo out; echo err >&2; printf rest'\n", stop=False, last="Finished"
    )[1]
    assert {"out", "err", "rest"} <= set(lines)


def test_only_the_units_lines(life, root):
    """-u shows one unit's lines and no other's."""
    one, _ = life("Type=oneshot\nExecStart=/bin/echo first\n", stop=False, last="Finished")
    _, lines = life("Type=oneshot\nExecStart=/bin/echo second\n", stop=False, last="Finished")
    assert ("first" in lines, root(f"journalctl -u {one} --no-pager -o cat | grep -c second").out) == (False, "0\n")


def test_lines_since_a_moment(host, life, root):
    """--since @SECONDS leaves out what was before."""
    name, _ = life("Type=oneshot\nExecStart=/bin/echo early\n", stop=False, last="Finished")
    later = int(host.run(["date", "+%s"]).out) + 1
    assert Ran() == root(f"journalctl -u {name} --since @{later + 60} --no-pager -o cat")
    assert "early" in root(f"journalctl -u {name} --since @{later - 60} --no-pager -o cat").out.splitlines()


def test_last_lines(life, root):
    """-n N keeps the last N, -r turns them round."""
    name, lines = life("Type=oneshot\nExecStart=/bin/echo x\n", stop=False, last="Finished")
    newest = [line.replace("UNIT", name) for line in lines]
    assert Ran(0, "".join(f"{line}\n" for line in newest[-2:])) == root(f"journalctl -u {name} -n 2 --no-pager -o cat")
    assert Ran(0, "".join(f"{line}\n" for line in newest[:-3:-1])) == root(
        f"journalctl -u {name} -n 2 -r --no-pager -o cat"
    )


def test_short_lines(host, life, root):
    """The usual form has time, host, program and number."""
    name, _ = life("Type=oneshot\nExecStart=/bin/echo x\n", stop=False, last="Finished")
    hostname = host.run(["uname", "-n"]).out.strip()
    assert Ran(0, Like(rf"\w{{3}} \d\d \d\d:\d\d:\d\d {hostname} echo\[\d+\]: x\n")) == root(
        f"journalctl -u {name} --no-pager | grep ' x$'"
    )


def test_iso_times(life, root):
    """short-iso has the date and the zone."""
    name, _ = life("Type=oneshot\nExecStart=/bin/echo x\n", stop=False, last="Finished")
    assert Ran(0, Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000 .*\n")) == root(
        f"journalctl -u {name} -n 1 -o short-iso --no-pager"
    )


def test_json_entries(host, life, root):
    """-o json is an object a line; the fields the package may count on are there, as texts."""
    name, _ = life("Type=oneshot\nExecStart=/bin/echo x\n", stop=False, last="Finished")
    entries = [json.loads(line) for line in root(f"journalctl -u {name} -o json --no-pager").out.splitlines()]
    said, last = next(one for one in entries if one["MESSAGE"] == "x"), entries[-1]
    machine, boot = host.script("cat /etc/machine-id; tr -d - </proc/sys/kernel/random/boot_id").out.split()
    assert (name, "echo", "6", "stdout") == tuple(
        said[key] for key in ("_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "PRIORITY", "_TRANSPORT")
    )
    assert (name, "systemd", "1", machine, boot) == tuple(
        last[key] for key in ("UNIT", "SYSLOG_IDENTIFIER", "_PID", "_MACHINE_ID", "_BOOT_ID")
    )
    micros = [int(one["__REALTIME_TIMESTAMP"]) for one in entries]
    assert sorted(micros) == micros


def test_cursor_leads_on(life, root):
    """--show-cursor names a place; --after-cursor shows what came after it."""
    name, lines = life("Type=oneshot\nExecStart=/bin/echo x\n", stop=False, last="Finished")
    shown = root(f"journalctl -u {name} -n 1 --show-cursor --no-pager -o cat").out.splitlines()
    cursor = shown[-1].removeprefix("-- cursor: ")
    assert (lines[-1].replace("UNIT", name), True) == (shown[0], cursor != shown[-1])
    root(f"systemctl start {name}; journalctl --sync")
    assert "x" in root(f"journalctl -u {name} --after-cursor='{cursor}' --no-pager -o cat").out.splitlines()
    assert (
        lines[-1].replace("UNIT", name)
        not in root(f"journalctl -u {name} --after-cursor='{cursor}' -n 1 -r --no-pager -o cat").out.splitlines()[1:]
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-u nope --no-pager", Ran(0, NO_ENTRIES)),
        ("-u nope --no-pager -o cat", Ran()),
        ("-u nope --no-pager -o json", Ran()),
        ("-u nope --no-pager -q", Ran()),
        ("-t no-such-tag --no-pager", Ran(0, NO_ENTRIES)),
        ("--since garbage", Ran(1, "", "Failed to parse timestamp: garbage\n")),
        ("-o garbage", Ran(1, "", "Unknown output format 'garbage'.\n")),
        ("-p garbage", Ran(1, "", "Unknown log level garbage\n")),
        ("--sync", Ran()),
        ("-n 0 -o cat --no-pager", Ran()),
    ],
)
def test_journalctl_with_nothing_to_show(root, text, expected):
    """Without entries the usual form says so and the others are empty; what makes no sense is refused."""
    assert expected == root(f"journalctl {text}")


def test_logger_writes_a_line(root):
    """logger puts a line under a tag, with its priority."""
    root("logger -t contract-tag -p user.err 'a line'")
    seen = eventually(lambda: root("journalctl -t contract-tag -n 1 -o cat --no-pager").out, "a line\n")
    assert ("a line\n", "a line\n") == (seen, root("journalctl -t contract-tag -p err -n 1 -o cat --no-pager").out)


def test_user_sees_no_system_journal(sh):
    """An ordinary user is told that he sees no messages of the system, and sees none; the form `cat` tells him nothing."""
    hint = "Hint: You are currently not seeing messages from other users and the system.\n"
    assert (True, "") == (
        sh("journalctl -u ssh -n 1 --no-pager").err.startswith(hint),
        sh("journalctl -u ssh -o cat").err,
    )


def _after(lines, end):
    at = next(index for index, line in enumerate(lines) if line.endswith(end))
    return lines[at : at + 3]
