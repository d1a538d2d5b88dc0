"""Units of a practice host start, fail, restart and stop as under systemd 252."""

import asyncio

import pytest

from edgebook.lab.hosts.daemon import DaemonExit
from edgebook.lab.hosts.processes import SIGKILL, SIGTERM
from edgebook.lab.hosts.units import UnitError
from tests.lab.bare import in_world, until

UNIT = """\
[Unit]
Description=Lightweight Kubernetes

[Service]
Type={type}
ExecStart=/usr/local/bin/work \\
    server \\

{more}
[Install]
WantedBy=multi-user.target
"""


def work_on(world, run, *, kind="notify", more="", host="s1", header="#!practice:work v1"):
    """Put a unit `work` on a host, whose main process is this coroutine."""
    world.daemons["work"] = run
    machine = world.hosts[host]
    machine.files.write("/usr/local/bin/work", f"{header}\n", 0o755)
    machine.files.write("/etc/systemd/system/work.service", UNIT.format(type=kind, more=more))
    return machine


async def steady(d):
    """Be ready and run until stopped."""
    d.ready()
    await d.stopped.wait()


async def broken(d):
    """Die before being ready."""
    d.log("level=fatal msg=no")
    raise DaemonExit(1)


def said(host):
    """List what the journal has about the unit."""
    return host.journal.messages("work")


@in_world
async def test_start_returns_when_the_service_is_ready(world):
    """With Type=notify a start is over when the process says so."""
    reached = asyncio.Event()

    async def slow(d):
        await d.sleep(20)
        reached.set()
        d.ready()
        await d.stopped.wait()

    host = work_on(world, slow)
    assert ("done", True) == (await host.units.start("work"), reached.is_set())


@in_world
async def test_simple_service_is_up_at_once(world):
    """With Type=simple nobody waits for the process."""

    async def silent(d):
        await d.stopped.wait()

    host = work_on(world, silent, kind="simple")
    await host.units.start("work")
    assert ("active", "running") == (host.units.state("work").active, host.units.state("work").sub)


@in_world
async def test_journal_of_a_good_start(world):
    """systemd says that it starts and that it has started."""
    host = work_on(world, steady)
    await host.units.start("work.service")
    assert [
        "Starting work.service - Lightweight Kubernetes...",
        "Started work.service - Lightweight Kubernetes.",
    ] == said(host)


@in_world
async def test_journal_of_a_failed_start(world):
    """systemd names the exit code and the result."""
    host = work_on(world, broken)
    result = await host.units.start("work")
    assert "failed" == result
    assert [
        "Starting work.service - Lightweight Kubernetes...",
        "level=fatal msg=no",
        "work.service: Main process exited, code=exited, status=1/FAILURE",
        "work.service: Failed with result 'exit-code'.",
        "Failed to start work.service - Lightweight Kubernetes.",
    ] == said(host)


@in_world
async def test_failed_service_shows_why(world):
    """State, result and exit status are those of systemctl show."""
    host = work_on(world, broken)
    await host.units.start("work")
    shown = host.units.show("work")
    wanted = {"ActiveState": "failed", "SubState": "failed", "Result": "exit-code", "ExecMainStatus": "1"}
    assert wanted == {name: shown[name] for name in wanted}


@in_world
async def test_restart_always_counts(world):
    """A service that keeps dying is started again every RestartSec, and counted."""
    host = work_on(world, broken, more="Restart=always\nRestartSec=5s\n")
    await host.units.start("work")
    await until(lambda: host.units.state("work").restarts >= 3)
    assert "work.service: Scheduled restart job, restart counter is at 3." in said(host)


@in_world
async def test_between_two_tries_it_is_activating(world):
    """While it waits for its next try the unit is activating (auto-restart)."""
    host = work_on(world, broken, more="Restart=always\nRestartSec=5min\n")
    await host.units.start("work")
    await until(lambda: host.units.state("work").sub == "auto-restart")
    assert ("activating", "exit-code") == (host.units.is_active("work"), host.units.state("work").result)


@in_world
async def test_service_that_recovers_is_active(world):
    """A try that succeeds makes the unit active; the counter stays."""
    tries = iter([broken, broken])

    async def third_time_lucky(d):
        await next(tries, steady)(d)

    host = work_on(world, third_time_lucky, more="Restart=always\nRestartSec=5s\n")
    await host.units.start("work")
    await until(lambda: host.units.is_active("work") == "active")
    assert "2" == host.units.show("work")["NRestarts"]


@in_world
async def test_start_by_hand_forgets_the_counter(world):
    """A start that a person orders begins at no restarts."""
    tries = iter([broken])

    async def second_time_lucky(d):
        await next(tries, steady)(d)

    host = work_on(world, second_time_lucky, more="Restart=always\nRestartSec=5s\n")
    await host.units.start("work")
    await until(lambda: host.units.is_active("work") == "active")
    await host.units.restart("work")
    assert 0 == host.units.state("work").restarts


@in_world
async def test_too_many_starts_in_a_row_are_refused(world):
    """Five starts within ten seconds are the limit."""
    host = work_on(world, broken, more="Restart=always\nRestartSec=10ms\n")
    await host.units.start("work")
    await until(lambda: host.units.is_active("work") == "failed")
    assert "work.service: Start request repeated too quickly." in said(host)


@in_world
async def test_on_failure_does_not_restart_a_clean_end(world):
    """Restart=on-failure leaves a service alone that ended well."""

    async def short(d):
        d.ready()

    host = work_on(world, short, more="Restart=on-failure\nRestartSec=1s\n")
    await host.units.start("work")
    await until(lambda: host.units.is_active("work") == "inactive")
    assert "work.service: Deactivated successfully." == said(host)[-1]


@in_world
async def test_stop_ends_the_process_politely(world):
    """A stop sets the daemon's event, and the journal says how it went."""
    host = work_on(world, steady)
    await host.units.start("work")
    await host.units.stop("work")
    assert [
        "Stopping work.service - Lightweight Kubernetes...",
        "work.service: Deactivated successfully.",
        "Stopped work.service - Lightweight Kubernetes.",
    ] == said(host)[2:]


@in_world
async def test_stopped_service_is_not_restarted(world):
    """Restart=always is about endings nobody ordered."""
    host = work_on(world, steady, more="Restart=always\nRestartSec=10ms\n")
    await host.units.start("work")
    await host.units.stop("work")
    await world.clock.sleep(20)
    assert ("inactive", "dead") == (host.units.state("work").active, host.units.state("work").sub)


@in_world
async def test_stop_while_waiting_for_a_restart_ends_the_tries(world):
    """A unit in auto-restart can be stopped."""
    host = work_on(world, broken, more="Restart=always\nRestartSec=5min\n")
    await host.units.start("work")
    await until(lambda: host.units.state("work").sub == "auto-restart")
    await host.units.stop("work")
    assert "inactive" == host.units.is_active("work")


@in_world
async def test_stubborn_service_is_killed(world):
    """What does not end within TimeoutStopSec is killed, and the result is timeout."""

    async def deaf(d):
        d.ready()
        await asyncio.Event().wait()

    host = work_on(world, deaf, more="TimeoutStopSec=10s\n")
    await host.units.start("work")
    await host.units.stop("work")
    assert ("timeout", "failed") == (host.units.state("work").result, host.units.is_active("work"))


@in_world
async def test_start_that_takes_too_long_fails(world):
    """A service that is not ready within TimeoutStartSec is terminated."""

    async def never(d):
        await d.stopped.wait()

    host = work_on(world, never, more="TimeoutStartSec=10s\n")
    assert "timeout" == await host.units.start("work")
    assert "work.service: start operation timed out. Terminating." in said(host)


@in_world
async def test_start_without_limit_waits(world):
    """TimeoutStartSec=0, as K3s has it, waits as long as it takes."""

    async def very_slow(d):
        await d.sleep(200)
        d.ready()
        await d.stopped.wait()

    host = work_on(world, very_slow, more="TimeoutStartSec=0\n")
    assert "done" == await host.units.start("work")


@in_world
async def test_second_start_waits_for_the_first(world):
    """Two starts at once are one job with one result."""
    host = work_on(world, broken)
    results = await asyncio.gather(host.units.start("work"), host.units.start("work"))
    assert ["failed", "failed"] == results
    assert 1 == said(host).count("level=fatal msg=no")


@in_world
async def test_stop_cancels_a_start(world):
    """Who waits for the start learns that it was cancelled."""

    async def never(d):
        await d.stopped.wait()

    host = work_on(world, never, more="TimeoutStartSec=0\n")
    starting = asyncio.ensure_future(host.units.start("work"))
    await until(lambda: host.units.state("work").sub == "start")
    await host.units.stop("work")
    assert "canceled" == await starting


@in_world
async def test_killed_service_says_so(world):
    """SIGKILL gives code=killed and the result signal."""
    host = work_on(world, steady)
    await host.units.start("work")
    host.units.kill("work", SIGKILL)
    await until(lambda: host.units.is_active("work") == "failed")
    assert "work.service: Main process exited, code=killed, status=9/KILL" in said(host)
    assert "signal" == host.units.state("work").result


@in_world
async def test_kill_by_number_reaches_the_main_process(world):
    """`kill PID` works on a service, whose death is noticed."""
    host = work_on(world, steady, more="Restart=always\nRestartSec=1s\n")
    await host.units.start("work")
    host.processes.kill(host.units.state("work").main_pid, SIGKILL)
    await until(lambda: host.units.state("work").restarts == 1)
    assert "1" == host.units.show("work")["NRestarts"]


@in_world
async def test_terminated_service_ended_well(world):
    """A service that ends on SIGTERM has the result success."""
    host = work_on(world, steady)
    await host.units.start("work")
    host.units.kill("work", SIGTERM)
    await until(lambda: host.units.is_active("work") == "inactive")
    assert "success" == host.units.state("work").result


@in_world
async def test_crash_of_the_model_is_a_crash_of_the_process(world):
    """An error in a daemon's own code is loud: exit code 2, and the reason in journal and log."""

    async def defective(d):
        raise ZeroDivisionError("a defect")

    host = work_on(world, defective)
    await host.units.start("work")
    assert "work.service: Main process exited, code=exited, status=2/INVALIDARGUMENT" in said(host)
    assert any("a defect" in message for message in said(host))


@in_world
async def test_ports_go_with_the_process(world):
    """What a daemon listens on is closed when it ends, however it ends."""

    async def server(d):
        d.listen("tcp", 6443)
        await steady(d)

    host = work_on(world, server)
    await host.units.start("work")
    open_before = ("tcp", 6443) in host.listeners
    host.units.kill("work", SIGKILL)
    await until(lambda: host.units.is_active("work") == "failed")
    assert (True, False) == (open_before, ("tcp", 6443) in host.listeners)


@in_world
async def test_first_line_tells_the_daemon_its_build(world):
    """The words after the name in the executable's first line reach the daemon."""
    seen = []

    async def curious(d):
        seen.append((d.built, d.argv[1:]))
        await steady(d)

    await work_on(world, curious, header="#!practice:work v1.30.4+k3s1 amd64").units.start("work")
    assert [(("v1.30.4+k3s1", "amd64"), ["server"])] == seen


@in_world
async def test_missing_executable_is_203(world):
    """A unit without its program fails at step EXEC."""
    host = work_on(world, steady)
    host.files.remove("/usr/local/bin/work")
    await host.units.start("work")
    assert "203" == host.units.show("work")["ExecMainStatus"]


@in_world
async def test_program_can_be_a_service(world):
    """Any program is a main process; its output goes to the journal, SIGTERM ends it."""

    async def chatty(call):
        call.out("one\ntwo")
        await asyncio.Event().wait()
        return 0

    host = work_on(world, steady, kind="simple", header="#!practice:chatty")
    del world.daemons["work"]
    world.programs["chatty"] = chatty
    await host.units.start("work")
    await until(lambda: "one" in said(host))
    await host.units.stop("work")
    assert "inactive" == host.units.is_active("work")


@in_world
async def test_environment_reaches_the_process(world):
    """Environment, then EnvironmentFile; a file with a dash may be missing."""
    seen = {}

    async def curious(d):
        seen.update(d.env)
        await steady(d)

    more = 'Environment="A=1 2" B=old\nEnvironmentFile=-/etc/missing\nEnvironmentFile=/etc/default/%N\n'
    host = work_on(world, curious, more=more)
    host.files.write("/etc/default/work", "# comment\nB='new value'\nC=\n")
    await host.units.start("work")
    assert ("1 2", "new value", "") == (seen["A"], seen["B"], seen["C"])


@in_world
async def test_missing_environment_file_fails_the_start(world):
    """A file without a dash must be there."""
    host = work_on(world, steady, more="EnvironmentFile=/etc/missing\n")
    await host.units.start("work")
    assert "resources" == host.units.state("work").result


@in_world
async def test_start_pre_that_fails_stops_the_start(world):
    """ExecStartPre must end with zero."""

    async def false(call):
        return 1

    world.add_program("no", false)
    host = work_on(world, steady, more="ExecStartPre=/usr/bin/no\n")
    await host.units.start("work")
    assert "work.service: Control process exited, code=exited, status=1/FAILURE" in said(host)


@in_world
async def test_start_pre_with_a_dash_may_fail(world):
    """ExecStartPre=-… is tried and not judged."""

    async def false(call):
        return 1

    world.add_program("no", false)
    host = work_on(world, steady, more="ExecStartPre=-/usr/bin/no\nExecStartPre=-/usr/bin/missing\n")
    assert "done" == await host.units.start("work")


@in_world
async def test_oneshot_runs_and_is_done(world):
    """A oneshot unit is inactive again after it ran."""
    ran = []

    async def once(call):
        ran.append(call.argv)
        return 0

    host = work_on(world, steady, kind="oneshot", header="#!practice:once")
    del world.daemons["work"]
    world.programs["once"] = once
    assert ("done", "inactive", 1) == (await host.units.start("work"), host.units.is_active("work"), len(ran))


@in_world
async def test_oneshot_that_remains_is_active(world):
    """With RemainAfterExit=yes it counts as active (exited)."""

    async def once(call):
        return 0

    host = work_on(world, steady, kind="oneshot", more="RemainAfterExit=yes\n", header="#!practice:once")
    del world.daemons["work"]
    world.programs["once"] = once
    await host.units.start("work")
    assert ("active", "exited") == (host.units.state("work").active, host.units.state("work").sub)


@in_world
async def test_enable_makes_the_link(world):
    """Enabling links the unit into the target that wants it; the second time there is nothing to do."""
    host = work_on(world, steady)
    link = "/etc/systemd/system/multi-user.target.wants/work.service"
    assert [(link, "/etc/systemd/system/work.service")] == host.units.enable("work")
    assert ("enabled", []) == (host.units.is_enabled("work"), host.units.enable("work"))


@in_world
async def test_disable_removes_the_link(world):
    """Disabling takes the link away and leaves the unit."""
    host = work_on(world, steady)
    host.units.enable("work")
    assert 1 == len(host.units.disable("work"))
    assert ("disabled", "loaded") == (host.units.is_enabled("work"), host.units.load_state("work"))


@pytest.mark.parametrize(
    ("name", "state"), [("ssh", "enabled"), ("nothing", ""), ("nm-cloud-setup.service", "")]
)
@in_world
async def test_enabled_state_of_other_units(world, name, state):
    """A unit that is not there has no enabled state."""
    assert state == world.hosts["s1"].units.is_enabled(name)


@in_world
async def test_unit_without_install_section_is_static(world):
    """What nothing can want is static."""
    host = work_on(world, steady)
    text = host.files.text("/etc/systemd/system/work.service").partition("[Install]")[0]
    host.files.write("/etc/systemd/system/work.service", text)
    assert "static" == host.units.is_enabled("work")


@in_world
async def test_unknown_unit_is_refused(world):
    """systemctl start of what is not there ends with 5."""
    with pytest.raises(UnitError, match=r"Unit nothing.service not found\.") as caught:
        await world.hosts["s1"].units.start("nothing")
    assert 5 == caught.value.code


@in_world
async def test_stopping_an_unknown_unit_is_refused(world):
    """systemctl stop of what is not there ends with 5."""
    with pytest.raises(UnitError, match=r"Unit nothing.service not loaded\.") as caught:
        await world.hosts["s1"].units.stop("nothing")
    assert 5 == caught.value.code


@in_world
async def test_masked_unit_does_not_start(world):
    """A mask wins over everything."""
    host = world.hosts["s1"]
    host.units.mask("cron")
    assert "masked" == host.units.is_enabled("cron")
    with pytest.raises(UnitError, match="is masked"):
        await host.units.start("cron")


@in_world
async def test_unmasked_unit_starts_again(world):
    """Taking the mask away leaves the unit as it was."""
    host = world.hosts["s1"]
    host.units.mask("cron")
    host.units.unmask("cron")
    assert ("loaded", "done") == (host.units.load_state("cron"), await host.units.start("cron"))


@in_world
async def test_changed_unit_wants_a_reload(world):
    """A running unit is used as it was loaded until daemon-reload."""
    host = work_on(world, steady)
    await host.units.start("work")
    path = "/etc/systemd/system/work.service"
    host.files.write(path, host.files.text(path).replace("Lightweight", "Heavyweight"))
    before = (host.units.needs_reload("work"), host.units.show("work")["Description"])
    host.units.daemon_reload()
    after = (host.units.needs_reload("work"), host.units.show("work")["Description"])
    assert ((True, "Lightweight Kubernetes"), (False, "Heavyweight Kubernetes")) == (before, after)


@in_world
async def test_new_unit_needs_no_reload(world):
    """A unit that systemd has not loaded yet is read when it is needed."""
    host = work_on(world, steady)
    assert "no" == host.units.show("work")["NeedDaemonReload"]


@in_world
async def test_drop_in_changes_a_unit(world):
    """A file in NAME.d adds to, or takes back, what the unit says."""
    host = work_on(world, broken, more="Restart=no\n")
    host.files.write("/etc/systemd/system/work.service.d/10-again.conf", "[Service]\nRestart=always\n", parents=True)
    assert "always" == host.units.show("work")["Restart"]


@in_world
async def test_power_cut_ends_units_without_a_word(world):
    """No unit stops in an orderly way when the power goes."""
    host = work_on(world, steady)
    await host.units.start("work")
    before = said(host)
    host.power_off()
    await asyncio.sleep(0)
    assert (before, "inactive", {}) == (said(host), host.units.is_active("work"), host.listeners)


@in_world
async def test_power_on_starts_what_is_enabled(world):
    """After the boot only the enabled units run."""
    host = work_on(world, steady)
    host.units.enable("work")
    host.power_off()
    host.power_on()
    await until(lambda: host.units.is_active("work") == "active")
    assert "active" == host.units.is_active("ssh")


@in_world
async def test_unit_that_is_not_enabled_stays_down_after_boot(world):
    """What nobody wants at boot is not started."""
    host = work_on(world, steady)
    await host.units.start("work")
    host.power_off()
    host.power_on()
    await until(lambda: host.units.is_active("ssh") == "active")
    assert "inactive" == host.units.is_active("work")


@in_world
async def test_reset_failed_forgets_the_failure(world):
    """A failed unit is inactive after reset-failed."""
    host = work_on(world, broken)
    await host.units.start("work")
    host.units.reset_failed("work")
    assert ("inactive", "success") == (host.units.is_active("work"), host.units.state("work").result)


@in_world
async def test_main_pid_is_in_the_process_table(world):
    """The main process is one that ps lists."""
    host = work_on(world, steady)
    await host.units.start("work")
    process = host.processes.get(host.units.state("work").main_pid)
    assert ("/usr/local/bin/work", "server") == process.argv


@in_world
async def test_exec_stop_runs_before_the_end(world):
    """ExecStop gets the number of the main process."""
    seen = []

    async def farewell(call):
        seen.append(call.argv[1:])
        return 0

    world.add_program("farewell", farewell)
    host = work_on(world, steady, more="ExecStop=/usr/bin/farewell $MAINPID\n")
    await host.units.start("work")
    pid = host.units.state("work").main_pid
    await host.units.stop("work")
    assert [[str(pid)]] == seen
