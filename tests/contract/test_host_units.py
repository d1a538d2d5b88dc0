"""Services at work: how each type starts, fails, restarts and stops, and what systemd shows of it."""

import pytest

from tests.contract.bench import Ran, eventually

SLEEP = "ExecStart=/bin/sleep 1000\n"
READY = "Type=notify\nNotifyAccess=all\nExecStart=/bin/sh -c '{0}systemd-notify --ready; exec sleep 1000'\n"
STATE = ("ActiveState", "SubState", "Result")
ENDED = ("Result", "ExecMainCode", "ExecMainStatus")
FAILED = 'Job for {0} failed because {1}.\nSee "systemctl status {0}" and "journalctl -xeu {0}" for details.\n'
CODE, TIMEOUT = "the control process exited with error code", "a timeout was exceeded"
PROTOCOL = "the service did not take the steps required by its unit configuration"
RESOURCES = "of unavailable resources or another system error"


def service(lines, *, unit=""):
    """Return a service's file."""
    return f"[Unit]\n{unit}[Service]\n{lines}"


def values(show, name, wanted=STATE):
    """Return properties of a unit as a tuple, in the order asked."""
    seen = show(name, *wanted)
    return tuple(seen[key] for key in wanted)


def reaches(show, name, wanted, keys=STATE):
    """Wait until properties of a unit are as wanted; return them as they are."""
    return eventually(lambda: values(show, name, keys), wanted)


@pytest.mark.parametrize(
    "lines",
    [
        SLEEP,
        f"Type=exec\n{SLEEP}",
        READY.format(""),
        f"ExecStartPre=-/bin/false\nExecStartPre=/bin/true\n{SLEEP}",
        f"EnvironmentFile=-/nope.env\n{SLEEP}",
        f"WorkingDirectory=-/nope\n{SLEEP}",
    ],
    ids=["simple", "exec", "notify", "pre", "no environment file", "no folder"],
)
def test_start_brings_a_service_up(root, unit, show, lines):
    """start ends with 0 and the unit is active (running); what begins with a dash may fail."""
    name = unit(service(lines))
    assert Ran() == root(f"systemctl start {name}")
    assert ("active", "running", "success") == values(show, name)


@pytest.mark.parametrize(
    ("lines", "why", "result"),
    [
        ("Type=oneshot\nExecStart=/bin/false\n", CODE, "exit-code"),
        ("Type=notify\nExecStart=/bin/true\n", PROTOCOL, "protocol"),
        ("Type=notify\nExecStart=/bin/false\n", CODE, "exit-code"),
        ("Type=notify\nTimeoutStartSec=200ms\nExecStart=/bin/sleep 1000\n", TIMEOUT, "timeout"),
        ("Type=exec\nExecStart=/bin/nope\n", CODE, "exit-code"),
        (f"ExecStartPre=/bin/false\n{SLEEP}", CODE, "exit-code"),
        (f"EnvironmentFile=/nope.env\n{SLEEP}", RESOURCES, "resources"),
    ],
    ids=[
        "oneshot",
        "notify, never ready",
        "notify, exit 1",
        "notify, too late",
        "exec, no program",
        "pre",
        "environment",
    ],
)
def test_start_that_fails_says_why(root, unit, show, lines, why, result):
    """start of a unit that does not come up ends with 1 and names the reason; so does the property Result."""
    name = unit(service(lines))
    assert Ran(1, "", FAILED.format(name, why)) == root(f"systemctl start {name}")
    assert ("failed", "failed", result) == values(show, name)


@pytest.mark.parametrize(
    ("lines", "ended"),
    [
        ("ExecStart=/bin/false\n", ("exit-code", "1", "1")),
        ("ExecStart=/bin/sh -c 'exit 7'\n", ("exit-code", "1", "7")),
        ("ExecStart=/bin/nope\n", ("exit-code", "1", "203")),
        ("User=no-such-user\nExecStart=/bin/true\n", ("exit-code", "1", "217")),
        ("WorkingDirectory=/nope\nExecStart=/bin/true\n", ("exit-code", "1", "200")),
        ("ExecStart=/bin/sh -c 'kill -KILL $$$$'\n", ("signal", "2", "9")),
        ("ExecStart=/bin/sh -c 'kill -SEGV $$$$'\n", ("signal", "2", "11")),
    ],
    ids=["1", "7", "no program", "no user", "no folder", "KILL", "SEGV"],
)
def test_simple_service_fails_after_its_start(root, unit, show, lines, ended):
    """start of a simple service ends with 0 as soon as its process is made; how that ended is shown afterwards."""
    name = unit(service(lines))
    assert Ran() == root(f"systemctl start {name}")
    assert ended == reaches(show, name, ended, ENDED)
    assert (3, "failed\n") == root(f"systemctl is-active {name}")[:2]
    assert Ran(0, "failed\n") == root(f"systemctl is-failed {name}")


def test_clean_end_is_inactive(root, unit, show):
    """A simple service that ends with 0, or by SIGTERM, is inactive (dead)."""
    for line in ("/bin/true", "/bin/sh -c 'kill -TERM $$$$'"):
        name = unit(service(f"ExecStart={line}\n"))
        root(f"systemctl start {name}")
        assert ("inactive", "dead", "success") == reaches(show, name, ("inactive", "dead", "success"))


def test_oneshot_runs_its_commands_in_order(host, root, unit, place):
    """start of a oneshot ends when its last command has."""
    name = unit(
        service(f"Type=oneshot\nExecStart=/bin/sh -c 'echo 1 >>{place}/a'\nExecStart=/bin/sh -c 'echo 2 >>{place}/a'\n")
    )
    assert Ran(3, "inactive\n") == root(f"systemctl start {name}; systemctl is-active {name}")
    assert "1\n2\n" == host.run(["cat", f"{place}/a"]).out


def test_oneshot_that_remains_is_active(root, unit, show):
    """With RemainAfterExit a oneshot is active (exited) until it is stopped."""
    name = unit(service("Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"))
    root(f"systemctl start {name}")
    before = values(show, name)
    root(f"systemctl stop {name}")
    assert (("active", "exited", "success"), ("inactive", "dead", "success")) == (before, values(show, name))


def test_start_waits_for_ready(root, unit, show, place):
    """start of a notify service waits for its word: until then the unit is activating (start)."""
    name = unit(service(READY.format(f"while [ ! -e {place}/go ]; do sleep 0.05; done; ")))
    assert Ran() == root(f"systemctl start --no-block {name}")
    assert ("activating", "start", "success") == reaches(show, name, ("activating", "start", "success"))
    assert Ran(3, "activating\n") == root(f"systemctl is-active {name}; code=$?; touch {place}/go; exit $code")
    assert ("active", "running", "success") == reaches(show, name, ("active", "running", "success"))


def test_second_start_waits_for_the_first(root, unit, show, place):
    """start of a unit that is on its way up ends when it is up."""
    name = unit(service(READY.format(f"while [ ! -e {place}/go ]; do sleep 0.05; done; ")))
    root(f"systemctl start --no-block {name}")
    reaches(show, name, ("activating", "start", "success"))
    assert Ran() == root(f"(sleep 0.2; touch {place}/go) >/dev/null 2>&1 & systemctl start {name}")
    assert ("active", "running", "success") == values(show, name)


def test_no_block_comes_back_at_once(root, unit, show):
    """With --no-block, start says nothing of what becomes of the unit, not even that stop took its place."""
    name = unit(service("Type=notify\nTimeoutStartSec=0\nExecStart=/bin/sleep 1000\n"))
    assert Ran() == root(f"systemctl start --no-block {name}")
    reaches(show, name, ("activating", "start", "success"))
    assert Ran() == root(f"systemctl stop {name}")
    assert ("inactive", "dead", "success") == values(show, name)


def test_stop_cancels_a_start(host, root, unit, show):
    """A start that is waited for ends with 1 when the unit is stopped meanwhile."""
    name = unit(service("Type=notify\nTimeoutStartSec=0\nExecStart=/bin/sleep 1000\n"))
    done = root(
        f"systemctl start {name} & pid=$!; while [ $(systemctl show {name} -p SubState --value) != start ]; do sleep 0.02; done; systemctl stop {name}; wait $pid"
    )
    assert Ran(1, "", f"Job for {name} canceled.\n") == done


def test_restart_always_waits_between_tries(root, unit, show):
    """A service that keeps ending is activating (auto-restart) between its tries; stop ends that."""
    name = unit(service("ExecStart=/bin/false\nRestart=always\nRestartSec=1000\n"))
    root(f"systemctl start {name}")
    wanted = ("activating", "auto-restart", "exit-code")
    assert wanted == reaches(show, name, wanted)
    assert Ran(3, "activating\n") == root(f"systemctl is-active {name}")
    assert Ran(1, "activating\n") == root(f"systemctl is-failed {name}")
    root(f"systemctl stop {name}")
    assert ("inactive", "dead") == values(show, name)[:2]


@pytest.mark.parametrize(
    ("line", "restart", "again"),
    [
        ("/bin/false", "always", True),
        ("/bin/true", "always", True),
        ("/bin/false", "on-failure", True),
        ("/bin/true", "on-failure", False),
        ("/bin/false", "no", False),
        ("/bin/true", "on-success", True),
        ("/bin/false", "on-abnormal", False),
    ],
)
def test_restart_setting_decides(root, unit, show, line, restart, again):
    """Restart= says after which endings a service is started again; NRestarts counts."""
    name = unit(service(f"ExecStart={line}\nRestart={restart}\nRestartSec=50ms\n", unit="StartLimitIntervalSec=0\n"))
    root(f"systemctl start {name}")
    if again:
        assert eventually(lambda: int(show(name, "NRestarts")["NRestarts"]) >= 2, wanted=True)
        return
    wanted = ("inactive", "0") if line == "/bin/true" else ("failed", "0")
    assert wanted == reaches(show, name, wanted, ("ActiveState", "NRestarts"))


def test_oneshot_is_not_restarted_after_success(root, unit, show):
    """A oneshot with Restart=on-failure is done when it succeeded."""
    name = unit(service("Type=oneshot\nExecStart=/bin/true\nRestart=on-failure\nRestartSec=50ms\n"))
    assert Ran() == root(f"systemctl start {name}")
    assert ("inactive", "dead", "success") == values(show, name)


def test_too_many_starts_are_refused(root, unit, show):
    """After StartLimitBurst starts the unit stays failed, start is refused, and reset-failed makes room again."""
    name = unit(
        service(
            "ExecStart=/bin/false\nRestart=on-failure\nRestartSec=50ms\n",
            unit="StartLimitBurst=3\nStartLimitIntervalSec=1000\n",
        )
    )
    root(f"systemctl start {name}")
    wanted = ("failed", "exit-code", "3")
    assert wanted == reaches(show, name, wanted, ("ActiveState", "Result", "NRestarts"))
    refused = root(f"systemctl start {name}")
    assert (1, f"Job for {name} failed because {CODE}.") == (refused.code, refused.err.splitlines()[0])
    assert Ran() == root(f"systemctl reset-failed {name}; systemctl start {name}")


def test_killed_service_comes_back(root, unit, show):
    """A service with Restart=always whose process is killed is up again, as another process."""
    name = unit(service(f"{SLEEP}Restart=always\nRestartSec=50ms\n"))
    root(f"systemctl start {name}")
    before = show(name, "MainPID")["MainPID"]
    root(f"kill -KILL {before}")
    assert eventually(lambda: values(show, name, ("NRestarts", "ActiveState")), ("1", "active")) == ("1", "active")
    assert before != show(name, "MainPID")["MainPID"]


def test_systemctl_kill_sends_the_signal(root, unit, show):
    """systemctl kill ends the main process; SIGKILL is a failure, SIGTERM is not."""
    seen = []
    for signal, wanted in (("KILL", ("failed", "signal", "9")), ("TERM", ("inactive", "success", "15"))):
        name = unit(service(SLEEP) + "[Install]\nWantedBy=multi-user.target\n")
        root(f"systemctl -q enable {name}; systemctl start {name}; systemctl kill -s {signal} {name}")
        seen.append(reaches(show, name, wanted, ("ActiveState", "Result", "ExecMainStatus")) == wanted)
    assert [True, True] == seen


def test_stop_ends_the_process(root, unit, show, host):
    """stop ends the main process, and the unit is inactive (dead) when it comes back."""
    name = unit(service(SLEEP))
    root(f"systemctl start {name}")
    pid = show(name, "MainPID")["MainPID"]
    assert Ran() == root(f"systemctl stop {name}")
    assert (("inactive", "dead", "success"), 1) == (values(show, name), host.run(["ps", "-p", pid]).code)


def test_stop_leaves_a_failed_unit_failed(root, unit, show):
    """stop of a failed unit changes nothing; reset-failed does."""
    name = unit(service("ExecStart=/bin/false\n"))
    root(f"systemctl start {name}")
    reaches(show, name, ("failed", "failed", "exit-code"))
    assert Ran() == root(f"systemctl stop {name}")
    before = values(show, name)
    root(f"systemctl reset-failed {name}")
    assert (("failed", "failed", "exit-code"), ("inactive", "dead", "success")) == (before, values(show, name))


def test_stop_command_that_fails(root, unit, show):
    """A failing ExecStop= leaves the unit failed, though stop itself ends with 0."""
    name = unit(service(f"{SLEEP}ExecStop=/bin/false\n"))
    root(f"systemctl start {name}")
    assert Ran() == root(f"systemctl stop {name}")
    assert ("failed", "failed", "exit-code") == values(show, name)


def test_condition_that_does_not_hold(root, unit, show, place):
    """A unit whose Condition does not hold is not started, which is no error; with `!` it is the other way round."""
    name = unit(service(SLEEP, unit=f"ConditionPathExists={place}/go\nConditionPathExists=!/nope\n"))
    assert Ran() == root(f"systemctl start {name}")
    before = show(name, "ActiveState", "ConditionResult")
    root(f"touch {place}/go; systemctl start {name}")
    after = show(name, "ActiveState", "ConditionResult")
    assert (
        {"ActiveState": "inactive", "ConditionResult": "no"},
        {"ActiveState": "active", "ConditionResult": "yes"},
    ) == (before, after)


def test_environment_of_a_service(host, root, unit, place):
    """Environment= and EnvironmentFile= reach the program; a later file counts, ${A} and $$ are filled in."""
    host.write(f"{place}/env", '# a comment\nA="x y"\nB=2\n\n')
    text = f'Type=oneshot\nEnvironment="C=c d" B=1\nEnvironmentFile={place}/env\nExecStart=/bin/sh -c \'echo "${{A}}|$$B|$$C|$$HOME|$$PATH" >{place}/out\'\n'
    assert Ran() == root(f"systemctl start {unit(service(text))}")
    assert (
        "x y|2|c d||/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
        == host.run(["cat", f"{place}/out"]).out
    )


def test_user_and_folder_of_a_service(host, root, unit, place):
    """User= and WorkingDirectory= are the program's; without them it is root in /."""
    for lines, expected in (("", "root /\n"), (f"User=edge\nWorkingDirectory={place}\n", f"edge {place} /home/edge\n")):
        text = f"Type=oneshot\n{lines}ExecStart=/bin/sh -c 'echo $$(id -un) $$(pwd) $$HOME >{place}/out; chmod 666 {place}/out'\n"
        assert Ran() == root(f"rm -f {place}/out; systemctl start {unit(service(text))}")
        assert expected == host.run(["cat", f"{place}/out"]).out


def test_specifiers_are_filled_in(host, root, unit, place):
    """%n is the unit's name and %% a per cent sign."""
    name = unit(service(f"Type=oneshot\nExecStart=/bin/sh -c 'echo %n 5%% >{place}/out'\n"))
    root(f"systemctl start {name}")
    assert f"{name} 5%\n" == host.run(["cat", f"{place}/out"]).out


def test_enabled_unit_keeps_its_end(root, unit, show):
    """systemd remembers how an enabled unit ended, and forgets one that nothing wants."""
    text = service(SLEEP) + "[Install]\nWantedBy=multi-user.target\n"
    enabled, forgotten = unit(text), unit(text)
    root(f"systemctl -q enable {enabled}; systemctl start {enabled} {forgotten}; systemctl stop {enabled} {forgotten}")
    keys = ("ExecMainCode", "ExecMainStatus")
    assert (("2", "15"), ("0", "0")) == (values(show, enabled, keys), values(show, forgotten, keys))
