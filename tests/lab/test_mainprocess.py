"""The main process of a unit ends as processes do, and systemd says how."""

import asyncio

from edgebook.lab.hosts.processes import SIGKILL, SIGTERM
from tests.lab.bare import in_world, until
from tests.lab.services import said, steady, work_on


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
