"""systemctl asks and orders units with systemd 252's words and exit codes."""

import pytest

from edgebook.lab.hosts.daemon import DaemonExit
from edgebook.lab.hosts.programs.unitstatus import ago
from tests.lab.shellbench import Ran, at_prompt, sh

UNIT = "[Unit]\nDescription=A test\n[Service]\nType=notify\nExecStart=/usr/local/bin/worker\n{more}\n[Install]\nWantedBy=multi-user.target\n"
PATH = "/etc/systemd/system/worker.service"
LINK = "/etc/systemd/system/multi-user.target.wants/worker.service"


async def steady(d):
    """Say ready and run until stopped."""
    d.log("working")
    d.ready()
    await d.stopped.wait()


async def dying(d):
    """Die at once."""
    d.log('level=fatal msg="no"')
    raise DaemonExit(1)


def install(prompt, daemon=steady, more=""):
    """Put a unit and its daemon on the host."""
    prompt.world.daemons["worker"] = daemon
    prompt.host.files.write("/usr/local/bin/worker", "#!practice:worker\n", 0o755)
    prompt.host.files.write(PATH, UNIT.format(more=more))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("systemctl is-active ssh", Ran(0, "active\n", "")),
        ("systemctl is-active ssh nope", Ran(0, "active\ninactive\n", "")),
        ("systemctl is-active nope", Ran(3, "inactive\n", "")),
        ("systemctl is-active -q nope", Ran(3, "", "")),
        ("systemctl is-enabled ssh", Ran(0, "enabled\n", "")),
        ("systemctl is-enabled nm-cloud-setup.service",
         Ran(1, "", "Failed to get unit file state for nm-cloud-setup.service: No such file or directory\n")),
        ("systemctl is-failed ssh", Ran(1, "active\n", "")),
        ("systemctl status nope", Ran(4, "", "Unit nope.service could not be found.\n")),
        ("systemctl start nope", Ran(5, "", "Failed to start nope.service: Unit nope.service not found.\n")),
        ("systemctl stop nope", Ran(5, "", "Failed to stop nope.service: Unit nope.service not loaded.\n")),
        ("systemctl restart nope", Ran(5, "", "Failed to restart nope.service: Unit nope.service not found.\n")),
        ("systemctl reload nope", Ran(5, "", "Failed to reload nope.service: Unit nope.service not found.\n")),
        ("systemctl enable nope", Ran(1, "", "Failed to enable unit: Unit file nope.service does not exist.\n")),
        ("systemctl cat nope", Ran(1, "", "No files found for nope.service.\n")),
        ("systemctl dance", Ran(1, "", "Unknown command verb dance.\n")),
        ("systemctl start", Ran(1, "", "Too few arguments.\n")),
        ("systemctl is-system-running", Ran(0, "running\n", "")),
        ("systemctl show nope -p LoadState,ActiveState", Ran(0, "LoadState=not-found\nActiveState=inactive\n", "")),
        ("systemctl show ssh -p ActiveState --value", Ran(0, "active\n", "")),
        ("systemctl get-default", Ran(0, "multi-user.target\n", "")),
    ],
)  # fmt: skip
def test_answer(text, expected):
    """Each question and each refused order has its words and its code."""
    assert expected == sh(text)


def test_inactive_is_three():
    """A unit that is there and does not run is 3."""
    assert Ran(3, "inactive\n", "") == sh("systemctl stop cron; systemctl is-active cron")


def test_user_may_not_order():
    """An ordinary user is refused, with exit code 4."""
    logs = "See system logs and 'systemctl status cron.service' for details.\n"
    expected = Ran(4, "", f"Failed to stop cron.service: Access denied\n{logs}")
    assert expected == sh("systemctl stop cron", user="edge")


@at_prompt
async def test_enable_now(prompt):
    """enable --now links, says so, and starts."""
    install(prompt)
    ran = await prompt("systemctl daemon-reload; systemctl enable --now worker; systemctl is-active worker")
    assert Ran(0, "active\n", f"Created symlink {LINK} -> {PATH}.\n") == ran


@at_prompt
async def test_disable_now(prompt):
    """disable --now unlinks and stops."""
    install(prompt)
    await prompt("systemctl enable --now worker")
    ran = await prompt("systemctl disable --now worker; systemctl is-enabled worker; systemctl is-active worker")
    assert ("disabled\ninactive\n", f'Removed "{LINK}".\n') == ran[1:]


@at_prompt
async def test_failing_start(prompt):
    """A start that fails says how the service ended and where to look."""
    install(prompt, dying)
    expected = (
        "Job for worker.service failed because the control process exited with error code.\n"
        'See "systemctl status worker.service" and "journalctl -xeu worker.service" for details.\n'
    )
    assert Ran(1, "", expected) == await prompt("systemctl start worker")


@at_prompt
async def test_status_of_a_failed_unit(prompt):
    """A failed unit has a cross, its result, its exit status and its last words."""
    install(prompt, dying)
    await prompt("systemctl start worker")
    ran = await prompt("systemctl status worker", LANG="C.UTF-8")
    lines = ran.out.splitlines()
    assert (3, "× worker.service - A test") == (ran.code, lines[0])
    assert "     Active: failed (Result: exit-code) since " == lines[2][:46]
    assert "(code=exited, status=1/FAILURE)" in lines[3]
    assert any(line.endswith('level=fatal msg="no"') for line in lines)


@at_prompt
async def test_status_of_a_running_unit(prompt):
    """A running unit has a dot, its main process and its control group."""
    install(prompt)
    await prompt("systemctl start worker")
    lines = (await prompt("systemctl status worker", LANG="C.UTF-8")).out.splitlines()
    assert "● worker.service - A test" == lines[0]
    assert f"     Loaded: loaded ({PATH}; disabled; preset: enabled)" == lines[1]
    assert lines[3].startswith("   Main PID: ")
    assert lines[3].endswith("(worker)")


@at_prompt
async def test_show_of_a_failed_unit(prompt):
    """The properties the package asks for follow the unit."""
    install(prompt, dying)
    await prompt("systemctl start worker")
    names = "LoadState,ActiveState,SubState,NRestarts,UnitFileState,Result,ExecMainStatus"
    shown = dict(line.split("=") for line in (await prompt(f"systemctl show worker -p {names}")).out.splitlines())
    assert {
        "LoadState": "loaded", "ActiveState": "failed", "SubState": "failed", "NRestarts": "0",
        "UnitFileState": "disabled", "Result": "exit-code", "ExecMainStatus": "1",
    } == shown  # fmt: skip


@at_prompt
async def test_changed_file_warns(prompt):
    """A unit file that changed is pointed out until it is loaded again."""
    install(prompt)
    await prompt("systemctl enable --now worker")
    install(prompt, more="Restart=always")
    assert "Run 'systemctl daemon-reload' to reload units." in (await prompt("systemctl restart worker")).err
    assert "" == (await prompt("systemctl daemon-reload; systemctl restart worker")).err


@at_prompt
async def test_no_block(prompt):
    """--no-block comes back before the job is done."""
    install(prompt)
    assert Ran(0, "", "") == await prompt("systemctl start --no-block worker")


@at_prompt
async def test_mask(prompt):
    """A masked unit does not start until it is unmasked."""
    ran = await prompt("systemctl stop cron; systemctl disable cron; systemctl mask cron; systemctl start cron")
    assert ran.err.splitlines()[1:] == [
        "Created symlink /etc/systemd/system/cron.service -> /dev/null.",
        "Failed to start cron.service: Unit cron.service is masked.",
    ]
    assert 0 == (await prompt("systemctl unmask cron; systemctl start cron")).code


@at_prompt
async def test_kill_and_reset_failed(prompt):
    """A killed unit fails; reset-failed forgets it."""
    install(prompt)
    await prompt("systemctl start worker; systemctl kill -s KILL worker; sleep 1")
    assert "failed\n" == (await prompt("systemctl is-failed worker")).out
    assert "inactive\n" == (await prompt("systemctl reset-failed worker; systemctl is-active worker")).out


@at_prompt
async def test_lists(prompt):
    """Units and unit files are listed one a line."""
    units = (await prompt("systemctl list-units --type=service --no-legend --no-pager")).out
    assert "ssh.service" == units.splitlines()[2].split()[0]
    files = (await prompt("systemctl list-unit-files 'ssh*' --no-legend")).out
    assert "ssh.service enabled enabled\n" == files


def test_cat_prints_the_file():
    """`systemctl cat` prints the path and the file."""
    assert sh("systemctl cat ssh").out.startswith("# /lib/systemd/system/ssh.service\n[Unit]\n")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.25, "250ms"), (5, "5s"), (65, "1min 5s"), (3700, "1h 1min"), (90000, "1 day 1h")]
)
def test_ago(seconds, text):
    """A span is said as systemd says it."""
    assert text == ago(seconds)
