"""systemctl's questions and orders: its words, exit codes and properties, for units that are there, missing or masked."""

import pytest

from tests.contract.bench import Like, Ran, eventually, said

WORKER = """\
[Unit]
Description=A worker of the contract
[Service]
ExecStart=/bin/sleep 1000
[Install]
WantedBy=multi-user.target
"""
STATIC = "[Service]\nExecStart=/bin/sleep 1000\n"
FAILING = "[Service]\nExecStart=/bin/false\n"
LINK = "/etc/systemd/system/multi-user.target.wants"
LOGS = "See system logs and 'systemctl status {0}' for details.\n"
MISSING = "Failed to {0} nope.service: Unit nope.service not {1}.\n"

SAYS = [
    ("is-active ssh", Ran(0, "active\n")),
    ("is-active nope", Ran(3, "inactive\n")),
    ("is-active ssh nope", Ran(0, "active\ninactive\n")),
    ("is-active nope ssh", Ran(0, "inactive\nactive\n")),
    ("is-active -q nope", Ran(3)),
    ("is-active firewalld ufw kubelet", Ran(3, "inactive\ninactive\ninactive\n")),
    ("is-enabled ssh", Ran(0, "enabled\n")),
    ("is-enabled systemd-journald", Ran(0, "static\n")),
    ("is-enabled nm-cloud-setup.service",
     Ran(1, "", "Failed to get unit file state for nm-cloud-setup.service: No such file or directory\n")),
    ("is-failed ssh", Ran(1, "active\n")),
    ("is-failed nope", Ran(1, "inactive\n")),
    ("status nope", Ran(4, "", "Unit nope.service could not be found.\n")),
    ("status ssh >/dev/null", Ran()),
    ("cat nope", Ran(1, "", "No files found for nope.service.\n")),
    ("frobnicate", Ran(1, "", "Unknown command verb frobnicate.\n")),
    ("start", Ran(1, "", "Too few arguments.\n")),
    ("get-default", Ran(0, "multi-user.target\n")),
    ("list-jobs", Ran(0, "No jobs running.\n")),
    ("list-units --no-legend --plain ssh.service",
     Ran(0, "ssh.service loaded active running OpenBSD Secure Shell server\n")),
    ("list-units --no-legend ssh.service", Ran(0, "  ssh.service loaded active running OpenBSD Secure Shell server\n")),
    ("list-units --no-legend nope.service", Ran()),
    ("list-unit-files --no-legend ssh.service", Ran(0, "ssh.service enabled enabled\n")),
    ("list-unit-files --no-legend nope.service", Ran(1)),
    ("show nope -p LoadState,ActiveState,SubState,NRestarts,UnitFileState,Result",
     Ran(0, "Result=success\nNRestarts=0\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n")),
    ("show ssh -p SubState,LoadState", Ran(0, "LoadState=loaded\nSubState=running\n")),
    ("show ssh -p LoadState -p SubState", Ran(0, "LoadState=loaded\nSubState=running\n")),
    ("show ssh -p ActiveState --value", Ran(0, "active\n")),
    ("show ssh -p NoSuchProperty", Ran()),
    ("show ssh nope -p LoadState", Ran(0, "LoadState=loaded\n\nLoadState=not-found\n")),
    ("show ssh -p FragmentPath", Ran(0, "FragmentPath=/lib/systemd/system/ssh.service\n")),
    ("show nope -p LoadError", Ran(0, 'LoadError=org.freedesktop.systemd1.NoSuchUnit "Unit nope.service not found."\n')),
    ("--version | head -1", Ran(0, Like(r"systemd 252 \(252\.\d+-\d+~deb12u\d+\)\n"))),
]  # fmt: skip
ORDERS = [
    ("start nope", Ran(5, "", MISSING.format("start", "found"))),
    ("start --no-block nope", Ran(5, "", MISSING.format("start", "found"))),
    ("stop nope", Ran(5, "", MISSING.format("stop", "loaded"))),
    ("restart nope", Ran(5, "", MISSING.format("restart", "found"))),
    ("try-restart nope", Ran(5, "", MISSING.format("try-restart", "found"))),
    ("reload nope", Ran(5, "", MISSING.format("reload", "found"))),
    ("enable nope", Ran(1, "", "Failed to enable unit: Unit file nope.service does not exist.\n")),
    ("enable --now nope", Ran(1, "", "Failed to enable unit: Unit file nope.service does not exist.\n")),
    ("disable nope", Ran(1, "", "Failed to disable unit: Unit file nope.service does not exist.\n")),
    ("disable --now nope", Ran(1, "", "Failed to disable unit: Unit file nope.service does not exist.\n")),
    ("reset-failed nope", Ran(1, "", "Failed to reset failed state of unit nope.service: Unit nope.service not loaded.\n")),
    ("kill nope", Ran(1, "", "Failed to kill unit nope.service: Unit nope.service not loaded.\n")),
    ("kill -s NOPE ssh", Ran(1, "", 'Failed to parse signal string "NOPE".\n')),
    ("start ssh nope", Ran(5, "", MISSING.format("start", "found"))),
    ("start ssh", Ran()),
    ("reload ssh", Ran()),
    ("daemon-reload", Ran()),
    ("reset-failed", Ran()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SAYS, ids=[text for text, _ in SAYS])
def test_systemctl_answers(sh, text, expected):
    """Any user may ask; the answers, their order and their codes are systemd 252's."""
    assert expected == sh(f"systemctl {text}")


@pytest.mark.parametrize(("text", "expected"), ORDERS, ids=[text for text, _ in ORDERS])
def test_orders_to_what_is_there_and_what_is_not(root, text, expected):
    """An order to a unit that is not there says so and has a code of its own."""
    assert expected == root(f"systemctl {text}")


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_users_may_not_give_orders(sh, verb):
    """An order of an ordinary user ends with 4 and the reason that D-Bus or polkit gives."""
    done = sh(f"systemctl --no-ask-password {verb} ssh")
    assert (4, True) == (done.code, done.err.startswith(f"Failed to {verb} ssh.service: "))


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("daemon-reload", ("Reload daemon failed: ", "Failed to reload daemon: ")),
        ("enable {0}", ("Failed to enable unit: ",)),
        ("mask {0}", ("Failed to mask unit: ",)),
    ],
)
def test_users_may_not_change_units(sh, unit, order, words):
    """An ordinary user neither reloads nor enables."""
    done = sh(f"systemctl --no-ask-password {order.format(unit(WORKER))}")
    assert (1, True) == (done.code, done.err.startswith(words))


def test_new_unit_is_disabled_and_inactive(unit, show):
    """A unit whose file was just put there is loaded, disabled and dead."""
    seen = show(unit(WORKER), "LoadState", "ActiveState", "SubState", "UnitFileState", "Result", "MainPID", "NRestarts")
    assert {
        "MainPID": "0", "Result": "success", "NRestarts": "0", "LoadState": "loaded", "ActiveState": "inactive",
        "SubState": "dead", "UnitFileState": "disabled",
    } == seen  # fmt: skip


def test_enable_links_and_says_so(root, unit):
    """enable makes one link and names it; the second time it is silent."""
    name = unit(WORKER)
    link, file = f"{LINK}/{name}", f"/etc/systemd/system/{name}"
    assert Ran(0, "", f"Created symlink {link} -> {file}.\n") == root(f"systemctl enable {name}")
    assert Ran(0, f"{file}\nenabled\n") == root(
        f"systemctl enable {name}; readlink {link}; systemctl is-enabled {name}"
    )


def test_disable_removes_the_link(root, unit):
    """disable names the link that it removes; the second time it is silent."""
    name = unit(WORKER)
    root(f"systemctl enable {name}")
    assert Ran(0, "", f'Removed "{LINK}/{name}".\n') == root(f"systemctl disable {name}")
    assert Ran(1, "disabled\n") == root(f"systemctl disable {name}; systemctl is-enabled {name}")


def test_enable_now_starts(root, unit):
    """enable --now links and starts, disable --now unlinks and stops."""
    name = unit(WORKER)
    assert Ran(0, "active\nenabled\n") == root(
        f"systemctl -q enable --now {name}; systemctl is-active {name}; systemctl is-enabled {name}"
    )
    assert (3, "disabled\ninactive\n") == root(
        f"systemctl disable --now {name}; systemctl is-enabled {name}; systemctl is-active {name}"
    )[:2]


def test_unit_without_install_section(root, unit):
    """A unit that nothing can want is static: enable explains that, and is no error."""
    name = unit(STATIC)
    done = root(f"systemctl enable {name}")
    assert (0, True) == (done.code, done.err.startswith("The unit files have no installation config (WantedBy=, "))
    assert Ran(0, "static\n") == root(f"systemctl is-enabled {name}")


def test_masked_unit_cannot_be_started(root, unit):
    """A masked unit is neither started nor enabled, and says that it is masked."""
    name = unit(WORKER)
    root(f"rm /etc/systemd/system/{name}")
    assert Ran(
        0,
        "",
        f"Unit {name} does not exist, proceeding anyway.\nCreated symlink /etc/systemd/system/{name} -> /dev/null.\n",
    ) == root(f"systemctl mask {name}")
    assert Ran(1, "", f"Failed to start {name}: Unit {name} is masked.\n") == root(f"systemctl start {name}")
    assert Ran(1, "", f"Failed to enable unit: Unit file /etc/systemd/system/{name} is masked.\n") == root(
        f"systemctl enable {name}"
    )
    assert Ran(1, "masked\n") == root(f"systemctl is-enabled {name}")
    assert Ran(0, "masked\nmasked\n") == root(f"systemctl show {name} -p LoadState,UnitFileState --value")
    assert Ran(0, "", f'Removed "/etc/systemd/system/{name}".\n') == root(f"systemctl unmask {name}")


def test_mask_does_not_overwrite_a_file(root, unit):
    """A unit whose file lies in /etc cannot be masked."""
    name = unit(WORKER)
    assert Ran(1, "", f"Failed to mask unit: File /etc/systemd/system/{name} already exists.\n") == root(
        f"systemctl mask {name}"
    )


def test_running_unit_shows_its_process(host, root, unit, show):
    """A running service has a main process of the name that its file gives, and no exit code."""
    name = unit(WORKER)
    root(f"systemctl start {name}")
    seen = show(name, "ActiveState", "SubState", "MainPID", "ExecMainStatus", "ExecMainCode", "Type", "Restart")
    pid = seen.pop("MainPID")
    assert {
        "Type": "simple", "Restart": "no", "ExecMainCode": "0", "ExecMainStatus": "0", "ActiveState": "active",
        "SubState": "running",
    } == seen  # fmt: skip
    assert "sleep\n" == host.run(["ps", "-o", "comm=", "-p", pid]).out


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ("RestartSec=5", {"RestartUSec": "5s"}),
        ("RestartSec=1500ms", {"RestartUSec": "1.500000s"}),
        ("", {"RestartUSec": "100ms", "TimeoutStartUSec": "1min 30s", "TimeoutStopUSec": "1min 30s"}),
        ("TimeoutStartSec=0", {"TimeoutStartUSec": "infinity"}),
        ("TimeoutSec=2min", {"TimeoutStartUSec": "2min", "TimeoutStopUSec": "2min"}),
        ("Restart=always", {"Restart": "always"}),
        ("KillMode=process", {"KillMode": "process"}),
        ("Environment=A=1", {"Environment": "A=1"}),
        ("RemainAfterExit=yes", {"RemainAfterExit": "yes"}),
    ],
)
def test_settings_are_shown(unit, show, lines, shown):
    """What a unit's file sets is shown under systemd's own name and in its own units."""
    assert shown == show(unit(f"{STATIC}{lines}\n"), *shown)


def test_drop_in_changes_a_unit(host, root, unit, show):
    """A drop-in counts after daemon-reload; cat shows it behind the file."""
    name = unit(STATIC)
    path = f"/etc/systemd/system/{name}.d/10-more.conf"
    host.write(path, "[Service]\nRestart=always\n", sudo=True)
    root("systemctl daemon-reload")
    assert {"Restart": "always", "DropInPaths": path} == show(name, "Restart", "DropInPaths")
    expected = f"# /etc/systemd/system/{name}\n{STATIC}\n# {path}\n[Service]\nRestart=always\n"
    assert Ran(0, expected) == root(f"systemctl cat {name}")


def test_empty_assignment_in_a_drop_in_resets(host, root, unit):
    """An empty ExecStart= in a drop-in takes the file's away."""
    name = unit("[Service]\nType=oneshot\nExecStart=/bin/false\n")
    host.write(f"/etc/systemd/system/{name}.d/10-a.conf", "[Service]\nExecStart=\nExecStart=/bin/true\n", sudo=True)
    root("systemctl daemon-reload")
    assert Ran() == root(f"systemctl start {name}")


def test_changed_file_needs_a_reload(host, root, unit, show):
    """systemd goes on with the file that it read, says so, and reads the new one after daemon-reload."""
    name = unit(WORKER)
    root(f"systemctl start {name}")
    host.write(f"/etc/systemd/system/{name}", WORKER + "# changed\n", sudo=True)
    assert {"NeedDaemonReload": "yes"} == show(name, "NeedDaemonReload")
    warning = f"Warning: The unit file, source configuration file or drop-ins of {name} changed on disk. Run 'systemctl daemon-reload' to reload units.\n"
    assert Ran(0, "", warning) == root(f"systemctl restart {name}")
    root("systemctl daemon-reload")
    assert {"NeedDaemonReload": "no"} == show(name, "NeedDaemonReload")


def test_unit_runs_on_without_its_file(root, unit, show):
    """A running unit whose file is gone is not-found and active, and is forgotten when it stops."""
    name = unit(STATIC)
    root(f"systemctl start {name}; rm /etc/systemd/system/{name}; systemctl daemon-reload")
    running = show(name, "LoadState", "ActiveState", "UnitFileState")
    assert {"LoadState": "not-found", "ActiveState": "active", "UnitFileState": ""} == running
    assert Ran(5, "", f"Failed to start {name}: Unit {name} not found.\n") == root(
        f"systemctl stop {name}; systemctl start {name}"
    )


def test_reload_needs_a_way_to_reload(root, unit):
    """A unit without ExecReload cannot be reloaded; reload-or-restart restarts it."""
    name = unit(WORKER)
    root(f"systemctl start {name}")
    why = f"Failed to reload {name}: Job type reload is not applicable for unit {name}.\n"
    assert (3, why) == (
        root(f"systemctl reload {name}").code,
        root(f"systemctl reload {name}").err.removesuffix(LOGS.format(name)),
    )
    assert Ran() == root(f"systemctl reload-or-restart {name}")


def test_try_restart_leaves_a_stopped_unit_alone(root, unit):
    """try-restart of a unit that does not run does nothing, and is no error."""
    name = unit(WORKER)
    assert Ran(3, "inactive\n") == root(f"systemctl try-restart {name}; systemctl is-active {name}")


def test_restart_makes_a_new_process(root, unit, show):
    """restart ends the process and makes another."""
    name = unit(WORKER)
    root(f"systemctl start {name}")
    before = show(name, "MainPID")
    root(f"systemctl restart {name}")
    assert before != show(name, "MainPID")


def test_start_of_a_running_unit_does_nothing(root, unit, show):
    """start twice is once."""
    name = unit(WORKER)
    root(f"systemctl start {name}")
    before = show(name, "MainPID")
    assert (Ran(), before) == (root(f"systemctl start {name}"), show(name, "MainPID"))


def test_stop_of_a_stopped_unit_does_nothing(root, unit):
    """stop of a unit that does not run is no error."""
    name = unit(WORKER)
    assert Ran() == root(f"systemctl stop {name}")


def test_bad_file_is_refused(root, unit, show):
    """A file that runs nothing, or a program by a relative path, is a bad setting."""
    for text in ("[Service]\nType=simple\n", "[Service]\nExecStart=bin/x\n"):
        name = unit(text)
        why = f"Failed to start {name}: Unit {name} has a bad unit file setting.\n{LOGS.format(name)}"
        assert (Ran(1, "", why), {"LoadState": "bad-setting"}) == (
            root(f"systemctl start {name}"),
            show(name, "LoadState"),
        )


def test_status_of_a_failed_unit(host, root, unit):
    """status ends with 3 and tells the result, the exit code and the last words."""
    name = unit(FAILING)
    root(f"systemctl start {name}")
    assert "failed\n" == eventually(lambda: host.run(["systemctl", "is-active", name]).out, "failed\n")
    done = said(host.run(["systemctl", "status", name, "--no-pager"], sudo=True))
    lines = done.out.splitlines()
    assert (3, f"x {name}", f"     Loaded: loaded (/etc/systemd/system/{name}; static)") == (done.code, *lines[:2])
    assert lines[2].startswith("     Active: failed (Result: exit-code) since ")
    assert any("ExecStart=/bin/false (code=exited, status=1/FAILURE)" in line for line in lines)
    assert lines[-1].endswith(f"{name}: Failed with result 'exit-code'.")


def test_failed_units_are_listed(host, root, unit):
    """A failed unit is listed with a mark, the system is degraded, and reset-failed mends both."""
    name = unit(FAILING)
    root(f"systemctl start {name}")
    wanted = f"* {name} loaded failed failed {name}\n"
    assert wanted == eventually(
        lambda: host.run(["systemctl", "--failed", "--no-legend", "list-units", name]).out, wanted
    )
    assert Ran(1, "degraded\n") == said(host.run(["systemctl", "is-system-running"]))
    root(f"systemctl reset-failed {name}")
    assert Ran() == said(host.run(["systemctl", "--failed", "--no-legend", "list-units", name]))
