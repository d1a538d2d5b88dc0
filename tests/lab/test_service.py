"""Units of a practice host start, fail, restart and stop as under systemd 252."""

import asyncio

from tests.lab.bare import in_world, until
from tests.lab.services import broken, said, steady, work_on


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
