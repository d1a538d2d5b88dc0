"""Facts: what the tools of a Debian 12 host print, read into one record."""

import pytest

from edgebook.checks import facts
from edgebook.errors import SudoRefused
from edgebook.records import Completed

GOOD = {
    "arch": "x86_64\n",
    "hostname": "s1\n",
    "cpus": "4\n",
    "meminfo": "MemTotal:        4019284 kB\nMemFree: 1 kB\n",
    "init": "systemd\n",
    "os": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
    "machine_id": "0123456789abcdef0123456789abcdef\n",
    "addresses": '[{"ifname":"lo","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8}]},'
    '{"ifname":"eth0","addr_info":[{"family":"inet","local":"10.20.0.11","prefixlen":24}]}]',
    "routes": '[{"dst":"default","gateway":"10.20.0.1","dev":"eth0","flags":[]}]',
    "cgroup_fs": "cgroup2fs\n",
    "cgroup2": "cpuset cpu io memory hugetlb pids rdma misc\n",
    "cgroup1": "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t0\t1\t1\n",
    "units": "inactive\ninactive\nactive\ninactive\ninactive\ninactive\ninactive\n",
    "nm_cloud_setup": "",
    "ntp": "yes\n",
    "disks": "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 41152736 3500000 35500000 9% /\n",
    "inodes": "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/sda1 2621440 60000 2561440 3% /\n",
    "block": '{"blockdevices":[{"name":"nvme0n1","rota":false,"tran":"nvme","type":"disk"}]}',
    "var_lib_fs": "ext2/ext3\n",
    "inotify": "128\n",
    "clock": "1700000000.5\n",
}
ROOT = {
    "clock": "1700000000.5\n",
    "tcp": 'LISTEN 0      128          0.0.0.0:22        0.0.0.0:*    users:(("sshd",pid=1,fd=3))\n'
    'LISTEN 0      4096               *:6443            *:*    users:(("k3s-server",pid=9,fd=11))\n',
    "udp": "UNCONN 0 0 0.0.0.0:8472 0.0.0.0:*\n",
    "firewall": "-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 6443 -j DROP\n",
    "selinux": "",
    "iptables": "iptables v1.8.9 (nf_tables)\n",
    "vxlan": "",
    "br_netfilter": "",
    "overlay": "",
    "filesystems": "nodev\toverlay\n\text4\n",
}


class Answering:
    """A host that answers each probe from a table; the command sent is not looked at."""

    name = "s1"

    def __init__(self, user, root=None, error=None, codes=None):
        self.user, self.root, self.error, self.codes = user, root or ROOT, error, codes or {}
        self.trips = 0

    def run_all(self, commands, *, sudo=False, timeout_s=60.0):
        """Answer a batch, as root from the second table."""
        self.trips += 1
        if sudo and self.error:
            raise self.error
        table = self.root if sudo else self.user
        answers = [Completed("s1", "probe", self.codes.get(key, 0), text) for key, text in table.items()]
        return answers + [Completed("s1", "extra", 0, "more")] * (len(commands) - len(answers))


def gather(**changes):
    """Gather the facts of a host that differs from a good one in some answers."""
    return facts.gather(Answering({**GOOD, **changes})).facts


def test_a_debian_host_is_read_whole():
    """Every tool's answer ends up in its field."""
    seen = gather()
    assert ("x86_64", "s1", 4, 3925, "systemd") == (seen.arch, seen.hostname, seen.cpus, seen.memory_mb, seen.init)
    assert "Debian GNU/Linux 12 (bookworm)" == seen.os
    assert frozenset({"127.0.0.1", "10.20.0.11"}) == seen.ips
    assert ("eth0",) == seen.default_routes
    assert (34667, 9, 3) == (seen.disks[0].free_mb, seen.disks[0].used_percent, seen.inodes_used_percent)
    assert "1.8.9" == seen.iptables
    assert "active" == seen.units["keepalived"]


def test_facts_take_two_round_trips_with_a_topics_questions_in_them():
    """However many commands, a host is asked twice."""
    host = Answering(GOOD)
    probe = facts.gather(host, {"version": ("k3s", "--version"), "db": ("ls", "/var")})
    assert 2 == host.trips
    assert ["more", "more"] == [answer.out for answer in probe.extra.values()]


def test_listeners_carry_protocol_port_and_program():
    """ss's lines become listeners; one without a program is a question mark."""
    seen = gather().listeners
    assert facts.Listener("tcp", 6443, "k3s-server") in seen
    assert facts.Listener("udp", 8472, "?") in seen


def test_a_module_that_is_built_in_counts_as_there():
    """modprobe fails where a kernel has no modules; /proc/filesystems knows overlay all the same."""
    host = Answering(GOOD, codes={"overlay": 1, "vxlan": 1})
    seen = facts.gather(host).facts.modules
    assert (True, False) == (seen["overlay"], seen["vxlan"])


@pytest.mark.parametrize("key", sorted(GOOD))
@pytest.mark.parametrize("answer", ["", "garbage \x00 %$", "[]", "{}"])
def test_a_tool_that_says_nonsense_fails_no_probe(key, answer):
    """An answer that cannot be read is a fact not known, never an error."""
    assert "s1" == gather(**{key: answer}).host


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, 0.0), (300.0, 300.0), (-300.0, -300.0)])
def test_clock_offset_is_what_the_time_of_asking_cannot_explain(monkeypatch, seconds, expected):
    """A clock within the window of asking agrees; outside it the distance to the window counts."""
    monkeypatch.setattr(facts.time, "time", lambda: 1700000000.5)
    clock = f"{1700000000.5 + seconds}\n"
    seen = facts.gather(Answering({**GOOD, "clock": clock}, {**ROOT, "clock": clock})).facts
    assert expected == pytest.approx(seen.clock_offset_s)


def test_without_sudo_the_users_facts_remain():
    """A refused sudo is a fact with its reason, not the end."""
    seen = facts.gather(Answering(GOOD, error=SudoRefused("s1", "sudo: a password is required"))).facts
    assert (False, "s1: sudo: a password is required", 4) == (seen.root, seen.root_error, seen.cpus)


def test_cgroup_v1_counts_what_is_enabled():
    """On cgroup v1 a controller counts when its last column is 1."""
    table = "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t0\t1\t0\ncpu\t2\t9\t1\n"
    assert frozenset({"cpu"}) == gather(cgroup_fs="tmpfs", cgroup1=table).cgroup_controllers


def test_an_sd_card_is_named_only_where_it_is_the_only_disk():
    """A card beside an SSD is no reason to warn."""
    card = '{"name":"mmcblk0","rota":false,"tran":null,"type":"disk"}'
    ssd = '{"name":"sda","rota":false,"tran":"usb","type":"disk"}'
    assert "mmcblk0" == gather(block=f'{{"blockdevices":[{card}]}}').removable_disk
    assert "" == gather(block=f'{{"blockdevices":[{card},{ssd}]}}').removable_disk
