"""A fresh world is a set of bare Debian 12 hosts, the same for the same seed."""

import asyncio

import pytest

from edgebook.lab.clock import Clock
from edgebook.lab.hosts.model import Host
from edgebook.lab.world import WorldSpec, build
from tests.lab.bare import in_world, until

MACHINE_ID_DIGITS = 32


def text_of(spec, path):
    """Read one file of every host of a world built from a spec."""

    async def read():
        world = build(spec, extensions=())
        found = [host.files.text(path) for host in world.hosts.values()]
        await world.close()
        return found

    return asyncio.run(read())


@in_world
async def test_default_hosts(world):
    """There are three servers, two agents and two edge hosts, with neighbouring addresses."""
    assert {
        "s1": ("server", "10.20.0.11"),
        "s2": ("server", "10.20.0.12"),
        "s3": ("server", "10.20.0.13"),
        "a1": ("agent", "10.20.0.21"),
        "a2": ("agent", "10.20.0.22"),
        "e1": ("edge", "10.20.0.31"),
        "e2": ("edge", "10.20.0.32"),
    } == {name: (host.role, host.node_ip) for name, host in world.hosts.items()}


def test_many_hosts_have_different_addresses():
    """A hundred edge hosts share one /16 without a clash."""
    hosts = WorldSpec(edges=100).hosts()
    assert (105, {16}) == (len({host.node_ip for host in hosts}), {host.prefix for host in hosts})


def test_machine_ids_differ_between_hosts_and_repeat_with_the_seed():
    """The same seed gives the same ids, all different."""
    once, again, other = (text_of(WorldSpec(seed=seed), "/etc/machine-id") for seed in (7, 7, 8))
    assert once == again
    assert len(once) == len(set(once) - set(other))


@in_world
async def test_machine_id_has_the_right_form(world):
    """A machine id is 32 hexadecimal digits and a newline."""
    text = world.hosts["s1"].files.text("/etc/machine-id")
    assert (MACHINE_ID_DIGITS, "\n") == (len(text) - 1, text[-1])
    assert int(text, 16) > 0


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/etc/hostname", "s1\n"),
        ("/etc/hosts", "127.0.1.1\ts1\n"),
        ("/etc/os-release", "VERSION_CODENAME=bookworm\n"),
        ("/proc/1/comm", "systemd\n"),
        ("/proc/swaps", "Filename"),
        ("/proc/cgroups", "memory\t0\t68\t1\n"),
        ("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n"),
        ("/proc/sys/fs/inotify/max_user_instances", "1024\n"),
        ("/proc/sys/kernel/hostname", "s1\n"),
        ("/bin/../../etc/passwd", "edge:x:1000:1000::/home/edge:/bin/bash\n"),
        ("/lib/systemd/system/ssh.service", "OpenBSD Secure Shell server"),
    ],
)
@in_world
async def test_files_of_a_debian_host(world, path, part):
    """The files that a preflight reads are there, with Debian's content."""
    assert part in world.hosts["s1"].files.text(path)


@in_world
async def test_bare_host_has_nothing_of_k3s(world):
    """No trace of K3s is on a fresh host."""
    paths = ("/etc/rancher", "/var/lib/rancher", "/usr/local/bin/k3s", "/var/lib/kubelet")
    assert [] == [path for path in paths if world.hosts["s1"].files.exists(path)]


@in_world
async def test_memory_follows_the_model(world):
    """MemTotal is the host's memory."""
    host = world.hosts["s1"]
    host.memory_kb = 524_288
    assert "MemTotal:         524288 kB" == host.files.text("/proc/meminfo").splitlines()[0]


@in_world
async def test_processors_follow_the_model(world):
    """There is an entry for each processor."""
    host = world.hosts["s1"]
    host.cpus = 2
    assert 2 == host.files.text("/proc/cpuinfo").count("processor")


@in_world
async def test_kernel_filesystems_have_their_types(world):
    """stat -f finds cgroup2, proc and tmpfs where they belong, without limits on what has no size."""
    host = world.hosts["s1"]
    kinds = [
        host.files.disk(path).fstype for path in ("/sys/fs/cgroup", "/proc/1", "/run/lock", "/var/lib/dpkg", "/etc")
    ]
    assert ["cgroup2", "proc", "tmpfs", "ext4", "ext4"] == kinds


@in_world
async def test_base_services_run(world):
    """After the boot the base services are up: some are enabled, and Debian's own targets want the others."""
    units = world.hosts["e1"].units
    names = ("ssh", "cron", "systemd-timesyncd")
    assert {("active", "enabled")} == {(units.is_active(name), units.is_enabled(name)) for name in names}
    assert ("active", "static") == (units.is_active("dbus"), units.is_enabled("dbus"))


@in_world
async def test_ssh_listens(world):
    """The SSH service has port 22."""
    assert "sshd" == world.hosts["s1"].listeners["tcp", 22].process


@in_world
async def test_host_clock_can_be_wrong(world):
    """A host's own time is the world's plus its offset."""
    host = world.hosts["s1"]
    host.clock_offset_s = 3600
    assert 3599 < (host.now() - world.clock.now()).total_seconds() < 3601


@in_world
async def test_reboot_brings_the_host_back(world):
    """A reboot stops what runs, and comes back with another boot id and the same files."""
    host = world.hosts["s1"]
    boot_id = host.files.text("/proc/sys/kernel/random/boot_id")
    host.files.write("/home/edge/kept", "x")
    world.spawn(host.shut_down(reboot=True))
    await until(lambda: not host.powered)
    await until(lambda: host.powered and host.units.is_active("ssh") == "active")
    assert (True, True) == (
        host.files.exists("/home/edge/kept"),
        boot_id != host.files.text("/proc/sys/kernel/random/boot_id"),
    )


@in_world
async def test_power_off_twice_is_once(world):
    """Switching on what is on changes nothing."""
    host = world.hosts["s1"]
    boots = host.journal.boot
    host.power_on()
    assert boots == host.journal.boot


@in_world
async def test_power_hooks_hear_both_ways(world):
    """Extensions learn when a host goes off and on."""
    heard = []
    world.power_hooks.append(lambda host: heard.append((host.name, host.powered)))
    world.hosts["s1"].power_off()
    world.hosts["s1"].power_on()
    assert [("s1", False), ("s1", True)] == heard


@in_world
async def test_power_off_ends_running_programs(world):
    """A program that runs when the power goes is gone."""
    host = world.hosts["s1"]

    async def sleeper():
        host.processes.begin(["sleep", "60"])
        await asyncio.sleep(60)

    task = world.spawn(sleeper())
    await until(lambda: any(process.argv[0] == "sleep" for process in host.processes))
    host.power_off()
    await asyncio.wait({task})
    assert task.cancelled()


def test_time_passes_faster():
    """Twenty practice seconds at speed 200 take a tenth of a second."""

    async def measure():
        clock = Clock(speed=200)
        await clock.sleep(20)
        return clock.elapsed_s()

    assert 20 <= asyncio.run(measure()) < 100


def test_waiting_ends_with_the_time():
    """A wait for an event that does not come ends, and says so."""

    async def measure():
        clock = Clock(speed=1000)
        event = asyncio.Event()
        missed = await clock.wait(event, 5)
        event.set()
        return missed, await clock.wait(event, 5)

    assert (False, True) == asyncio.run(measure())


def test_speed_is_positive():
    """A clock that stands still is refused."""
    with pytest.raises(ValueError, match="speed is 0"):
        Clock(speed=0)


@in_world
async def test_errors_of_background_tasks_are_logged(world, caplog):
    """A background task that fails leaves its reason in the log."""

    async def failing():
        raise ZeroDivisionError("a defect")

    await asyncio.wait({world.spawn(failing(), name="the task")})
    await asyncio.sleep(0)
    assert "the task failed" in caplog.text


def test_closing_awaits_the_extensions():
    """What an extension left to close is closed with the world."""
    closed = []

    async def closer():
        closed.append(True)

    async def body():
        world = build(WorldSpec(servers=1, agents=0, edges=0), extensions=())
        world.closers.append(closer)
        await world.close()

    asyncio.run(body())
    assert [True] == closed


def test_extension_is_installed_in_each_world():
    """The practice site's own extensions are there by default."""

    async def body():
        world = build(WorldSpec(servers=1, agents=0, edges=0))
        shell = world.shell
        await world.close()
        return shell

    assert asyncio.run(body()) is not None


@in_world
async def test_users_of_a_host(world):
    """There are root and the SSH user; others are not known."""
    host = world.hosts["s1"]
    assert (0, 1000) == (host.user("root").uid, host.user("edge").uid)
    with pytest.raises(KeyError):
        host.user("nobody")


@in_world
async def test_journal_filters_by_unit(world):
    """A unit's journal has its own lines only, by short name too."""
    journal = world.hosts["s1"].journal
    journal.add("one\ntwo", unit="k3s.service", identifier="k3s", pid=7)
    assert ["one", "two"] == journal.messages("k3s") == journal.messages("k3s.service")


@in_world
async def test_journal_can_be_followed(world):
    """Who waits for more is woken by the next line."""
    journal = world.hosts["s1"].journal
    last = journal.last
    waiting = asyncio.ensure_future(journal.more(last))
    await asyncio.sleep(0)
    journal.add("news")
    await waiting
    assert ["news"] == [entry.message for entry in journal.entries(after=last)]


@in_world
async def test_repr_of_a_host_is_short(world):
    """A host shows its name."""
    host: Host = world.hosts["s1"]
    assert "Host('s1')" == repr(host)
