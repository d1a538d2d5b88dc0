"""Each fault is put in at its cause, shows on the host, and can be mended by hand or healed."""

import errno
import socket
import time

import pytest

from edgebook import lab
from edgebook.errors import LabError
from edgebook.lab.causes import Grip
from edgebook.lab.faults import FAULTS, Broken
from edgebook.lab.hosts.ssh import command_line
from edgebook.lab.wire import Wire
from tests.lab.bare import call_on, in_world, until

IDS = (
    "clock-skew",
    "critical-flags-differ",
    "disk-full",
    "duplicate-hostname",
    "host-down",
    "host-frozen",
    "link-cut",
    "link-lost",
    "no-default-route",
    "port-closed",
    "read-only-path",
    "slow-link",
    "sudo-refused",
    "unit-stopped",
    "version-mismatch",
    "wrong-token",
)
SAID = {"unit-stopped": {"unit": "cron"}}
"""What must be said on bare hosts, which have no K3s to stop."""


def injected(world, fault, target="", wire=None, **options):
    """Put a fault into a world and return what holds it, and the host."""
    broken = Broken()
    name = broken.inject(fault, lambda host: Grip(host, wire), world.hosts, target=target, options=options)
    return broken, world.hosts[name]


def new_wire():
    """Make a wire to nowhere."""

    async def dial():
        raise ConnectionRefusedError

    return Wire(dial)


def test_catalogue_has_these_faults():
    """The ids are those that people and scripts use."""
    assert IDS == tuple(sorted(FAULTS))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.id)
def test_every_fault_is_explained(fault):
    """Each entry says what it is, its cause, what one sees and how to mend it."""
    assert all((fault.title, fault.cause, fault.symptoms, fault.mend, fault.targets))


@pytest.mark.parametrize("fault", IDS)
@in_world
async def test_fault_is_present_until_healed(world, fault):
    """Healing takes a fault out, and only then it is no longer listed."""
    wire = new_wire()
    broken, host = injected(world, fault, wire=wire, **SAID.get(fault, {}))
    during = broken.present()
    healed = broken.heal()
    await wire.close()
    assert ([(fault, host.name)], [(fault, host.name)], []) == (during, healed, broken.present())


@in_world
async def test_a_stopped_unit_stays_stopped_until_healed(world):
    """unit-stopped: systemd's own order, and healing gives the opposite one."""
    broken, host = injected(world, "unit-stopped", unit="cron")
    await until(lambda: host.units.is_active("cron") == "inactive")
    assert [("unit-stopped", "s2")] == broken.present()
    broken.heal()
    await until(lambda: host.units.is_active("cron") == "active")


@in_world
async def test_a_unit_that_a_host_lacks_cannot_be_stopped(world):
    """unit-stopped: bare hosts have no K3s; the sentence says what to say."""
    with pytest.raises(LabError, match="s2 has no unit k3s: say another"):
        injected(world, "unit-stopped")


@in_world
async def test_a_cut_link_is_between_two_hosts_only(world):
    """link-cut: both time out on each other, all others pass; the rules are there to be read."""
    _, host = injected(world, "link-cut", "s2", **{"with": "s1"})
    first, third = world.hosts["s1"], world.hosts["s3"]
    for one in (first, host, third):
        one.listen("tcp", 6443, process="k3s", pid=1)
    for source, target in ((host, first), (first, host)):
        with pytest.raises(OSError, match="timed out"):
            world.network.connect(source, target.node_ip, 6443)
    assert third is world.network.connect(host, third.node_ip, 6443)
    specs = [f"-A INPUT -s {first.node_ip}/32 -j DROP", f"-A OUTPUT -d {first.node_ip}/32 -j DROP"]
    assert specs == [rule.spec() for rule in host.firewall]


@in_world
async def test_a_link_is_cut_to_another_host_only(world):
    """link-cut: neither the host itself nor one that is not there."""
    for wanted in ("s2", "s9"):
        with pytest.raises(LabError, match=f"{wanted} is no other host"):
            injected(world, "link-cut", "s2", **{"with": wanted})


@in_world
async def test_a_frozen_host_is_silent_everywhere(world):
    """host-frozen: the wire holds what is sent, and other hosts get no answer."""
    wire = new_wire()
    broken, host = injected(world, "host-frozen", wire=wire)
    host.listen("tcp", 6443, process="k3s", pid=1)
    with pytest.raises(OSError, match="timed out"):
        world.network.connect(world.hosts["s1"], host.node_ip, 6443)
    assert wire.frozen
    broken.heal()
    await wire.close()
    assert (False, host) == (wire.frozen, world.network.connect(world.hosts["s1"], host.node_ip, 6443))


@in_world
async def test_a_read_only_folder_refuses_writes(world):
    """read-only-path: the error is the kernel's, and reading goes on."""
    broken, host = injected(world, "read-only-path")
    with pytest.raises(OSError, match="Read-only") as caught:
        host.files.write("/var/lib/rancher/x", "y", parents=True)
    assert errno.EROFS == caught.value.errno
    broken.heal()
    host.files.write("/var/lib/rancher/x", "y", parents=True)


@in_world
async def test_closed_port_is_a_firewall_rule(world):
    """port-closed: others time out on 6443, and the rule is there to be read."""
    _, host = injected(world, "port-closed")
    host.listen("tcp", 6443, process="k3s", pid=1)
    with pytest.raises(OSError, match="timed out") as caught:
        world.network.connect(world.hosts["s2"], host.node_ip, 6443)
    assert errno.ETIMEDOUT == caught.value.errno
    assert ["-A INPUT -p tcp -m tcp --dport 6443 -j DROP"] == [rule.spec() for rule in host.firewall]


@in_world
async def test_wrong_token_is_a_drop_in(world):
    """wrong-token: a private drop-in names another token's file."""
    _, host = injected(world, "wrong-token", "a1")
    path = "/etc/rancher/k3s/config.yaml.d/90-old-cluster.yaml"
    assert ("token-file: ", 0o600) == (host.files.text(path).splitlines()[1][:12], host.files.stat(path).mode)


@in_world
async def test_version_mismatch_is_a_binary(world):
    """version-mismatch: an executable of another version lies where K3s would be."""
    _, host = injected(world, "version-mismatch")
    first = host.files.text("/usr/local/bin/k3s").splitlines()[0]
    assert ("#!practice:k3s v1.30.4+k3s1 amd64", 0o755) == (first, host.files.stat("/usr/local/bin/k3s").mode)


@in_world
async def test_healing_brings_the_old_binary_back(world):
    """version-mismatch: what lay there before is there again."""
    world.hosts["a1"].files.write("/usr/local/bin/k3s", "#!practice:k3s v1.31.9+k3s1 amd64\n", 0o755)
    broken, host = injected(world, "version-mismatch", "a1", version="v1.29.1+k3s1")
    broken.heal()
    assert "#!practice:k3s v1.31.9+k3s1 amd64\n" == host.files.text("/usr/local/bin/k3s")


@in_world
async def test_critical_flag_is_a_drop_in(world):
    """critical-flags-differ: a drop-in sets another flannel-backend."""
    _, host = injected(world, "critical-flags-differ")
    assert "flannel-backend: host-gw\n" == host.files.text("/etc/rancher/k3s/config.yaml.d/50-local.yaml")


@in_world
async def test_duplicate_hostname_is_another_hosts(world):
    """duplicate-hostname: the host calls itself like another of its role."""
    _, host = injected(world, "duplicate-hostname")
    assert ("a2", "a1") == (host.name, host.hostname)


@in_world
async def test_duplicate_hostname_can_be_chosen(world):
    """duplicate-hostname: the option says whose name it is."""
    _, host = injected(world, "duplicate-hostname", "e1", like="s1")
    assert "s1" == host.hostname


@in_world
async def test_skewed_clock_is_ahead(world):
    """clock-skew: the host's time is off, and nothing corrects it."""
    _, host = injected(world, "clock-skew", seconds=3600)
    assert 3599 < (host.now() - world.clock.now()).total_seconds() < 3601
    assert not host.ntp_synchronized


@in_world
async def test_full_disk_refuses_writes(world):
    """disk-full: df shows 100 %, and nothing more can be written to /var/lib."""
    _, host = injected(world, "disk-full")
    assert 0 == host.files.disk("/var/lib").free_kb
    with pytest.raises(OSError, match="No space left on device"):
        host.files.write("/var/lib/x", b"x" * 2048)


@in_world
async def test_full_disk_is_mended_by_removing_the_image(world):
    """disk-full: who removes the old image has mended it."""
    broken, host = injected(world, "disk-full")
    host.files.remove("/var/lib/backups/image-2023.img")
    host.files.write("/var/lib/x", b"x" * 2048)
    assert [] == broken.present()


@in_world
async def test_missing_route_cuts_the_internet(world):
    """no-default-route: only the site's own network is left."""
    broken, host = injected(world, "no-default-route")
    without = world.network.has_internet(host)
    broken.heal()
    assert (False, True) == (without, world.network.has_internet(host))


@in_world
async def test_route_added_by_hand_stays_single(world):
    """no-default-route: healing after a repair adds no second route."""
    broken, host = injected(world, "no-default-route")
    host.routes = list(world.hosts["s2"].routes)
    broken.heal()
    assert 1 == len(host.routes)


@in_world
async def test_sudo_is_refused_and_given_back(world):
    """sudo-refused: the way to root is as before after healing."""
    broken, host = injected(world, "sudo-refused")
    during = host.sudo
    broken.heal()
    assert ("refused", "nopasswd") == (during, host.sudo)


@in_world
async def test_host_down_has_no_power(world):
    """host-down: the host is off, and boots when it is healed."""
    broken, host = injected(world, "host-down")
    off = host.powered
    broken.heal()
    await until(lambda: host.units.is_active("ssh") == "active")
    assert (False, True) == (off, host.powered)


@in_world
async def test_slow_link_delays_each_way(world):
    """slow-link: half of the round-trip time is on each way."""
    wire = new_wire()
    injected(world, "slow-link", wire=wire, rtt_ms=120)
    await wire.close()
    assert 60 == wire.latency_ms


@pytest.mark.parametrize(
    ("options", "cut_at"), [({}, 1), ({"command": 3}, 3), ({"match": "install.sh"}, 4), ({"match": "none"}, 0)]
)
@in_world
async def test_link_is_lost_at_the_chosen_command(world, options, cut_at):
    """link-lost: the cut comes when the Nth command, or the first that matches, begins; once."""
    wire, begun, cuts = new_wire(), [], []
    wire.cut = lambda seconds=0: cuts.append((len(begun), seconds))
    _, host = injected(world, "link-lost", wire=wire, **options)

    async def shell(_make, text):
        begun.append(text)
        return 0

    world.shell = shell
    for text in ("id", "df", "ls", "sh /tmp/install.sh", "id", "id"):
        await command_line(host, lambda argv: call_on(host, *argv), text)
    del wire.cut
    await wire.close()
    assert ([(cut_at - 1, 3.0)] if cut_at else []) == cuts
    assert 6 == len(begun)


@in_world
async def test_same_fault_again_replaces_it(world):
    """Putting a fault in twice is one fault, with the newer options."""
    broken, host = injected(world, "clock-skew", seconds=60)
    broken.inject("clock-skew", Grip, world.hosts, options={"seconds": 120})
    broken.heal()
    assert (0.0, []) == (host.clock_offset_s, broken.present())


@in_world
async def test_healing_can_be_for_one_host(world):
    """Only the faults of the named host are taken out."""
    broken = Broken()
    for target in ("s1", "s2"):
        broken.inject("clock-skew", Grip, world.hosts, target=target)
    assert [("clock-skew", "s2")] == broken.heal(target="s2")
    assert [("clock-skew", "s1")] == broken.present()


@in_world
async def test_text_for_a_number_is_refused(world):
    """An option that must be a number says so."""
    with pytest.raises(LabError, match="option seconds is a number, not 'soon'"):
        injected(world, "clock-skew", seconds="soon")


@in_world
async def test_wire_fault_needs_a_wire(world):
    """A world without wires cannot have a slow link."""
    with pytest.raises(LabError, match="has no wire"):
        injected(world, "slow-link")


@in_world(servers=1, agents=0, edges=0)
async def test_default_target_falls_back(world):
    """On a small site the next host in the list is taken."""
    _, host = injected(world, "disk-full")
    assert "s1" == host.name


def test_lost_link_comes_back(tmp_path):
    """On a running site the cut refuses new connections for its time, then the port is open again."""
    with lab.running(tmp_path / "lab", servers=1, agents=0, edges=0, extensions=()) as site:
        port = site.status().hosts[0].port
        site.break_("link-lost", "s1", seconds=0.2)
        site.do(lambda world: [hook("any command") for hook in list(world.hosts["s1"].on_exec)])
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), 5)
        deadline = time.monotonic() + 5
        while not site.do(lambda _: site.lab.wires["s1"].listening):
            assert time.monotonic() < deadline
        assert () == site.status().faults
