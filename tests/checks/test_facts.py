"""Facts: what the tools of a Debian 12 host print, read into one record."""

from types import SimpleNamespace

import pytest

from edgebook.checks import facts
from edgebook.errors import SudoRefused
from edgebook.records import Completed

DF = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 41152736 3500000 35500000 9% /\n"
DATA_DF = DF + "/dev/sdb1 41152736 35500000 3500000 91% /var/lib/rancher\n"
MOUNTS = "/dev/sda1 / ext4 rw,relatime 0 0\n/dev/sdb1 /var/lib/rancher ext4 rw,noatime 0 0\n"
GOOD = {
    "disk": DF,
    "inodes": "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/sda1 2621440 60000 2561440 3% /\n",
    "file_system": "ext2/ext3\next2/ext3\n",
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
    "chrony": "",
    "mounts": MOUNTS,
    "block": '{"blockdevices":[{"name":"nvme0n1","rota":false,"tran":"nvme","type":"disk"}]}',
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
    "built_in": "/proc/sys/net/bridge\n",
}


class Answering:
    """A host that answers each probe from a table; the command sent is not looked at."""

    name = "s1"

    def __init__(self, user, root=None, error=None, codes=None, seconds=0.0):
        self.user, self.root, self.error, self.codes = user, root or ROOT, error, codes or {}
        self.seconds = seconds
        self.trips = 0

    def connect(self):
        """Connect to nothing."""

    def run_all(self, commands, *, sudo=False, timeout_s=60.0):
        """Answer a batch, as root from the second table."""
        self.trips += 1
        if sudo and self.error:
            raise self.error
        table = self.root if sudo else self.user
        answers = [self._said(self.codes.get(key, 0), text) for key, text in table.items()]
        return answers + [self._said(0, "more")] * (len(commands) - len(answers))

    def _said(self, code, text):
        return Completed("s1", "probe", code, text, seconds=self.seconds)


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
    assert (34667, 9, 3) == (seen.disk.free_mb, seen.disk.used_percent, seen.inodes_used_percent)
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


def test_a_part_of_the_kernel_that_is_built_in_counts_as_there():
    """modprobe fails where a kernel has no modules: /proc/filesystems, /sys/module and /proc/sys tell all the same."""
    host = Answering(GOOD, codes={"overlay": 1, "vxlan": 1, "br_netfilter": 1})
    assert {"vxlan": False, "br_netfilter": True, "overlay": True} == facts.gather(host).facts.modules


@pytest.mark.parametrize(
    ("kernel", "chrony", "kept"),
    [
        ("yes\n", "", True),
        ("no\n", "", False),
        ("no\n", "7F7F0101,,10,1795364937.8,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,Normal\n", True),
        ("no\n", "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n", False),
        ("", "", None),
    ],
)
def test_a_clock_that_chrony_keeps_is_kept(kernel, chrony, kept):
    """Where the kernel was told nothing, as in a container, chrony's own word counts."""
    assert kept is gather(ntp=kernel, chrony=chrony).ntp


def test_the_disk_is_the_one_below_the_data_folder():
    """df, df -i and stat -f answer for each folder on the way that is there; the last one counts."""
    seen = gather(disk=DATA_DF, file_system="ext2/ext3\nzfs\n")
    assert (facts.Disk("/var/lib/rancher", 3417, 91), "zfs") == (seen.disk, seen.file_system)


@pytest.mark.parametrize(
    ("more", "folder", "expected"),
    [
        ("", "/var/lib/rancher/k3s", False),
        ("/dev/sdb1 /var/lib/rancher ext4 ro,noatime 0 0\n", "/var/lib/rancher/k3s", True),
        ("/dev/sdb1 /var/lib/rancher ext4 ro,noatime 0 0\n", "/var/lib", False),
        ("tmpfs /sys/fs/cgroup tmpfs ro,nosuid 0 0\n", "/var/lib/rancher", False),
    ],
)
def test_a_read_only_data_folder_is_seen(more, folder, expected):
    """What counts is the mount the folder lies on, and of two at one place the later one."""
    host = Answering({**GOOD, "mounts": MOUNTS + more})
    assert expected is facts.gather(host, data_folder=folder).facts.read_only


@pytest.mark.parametrize("key", sorted(GOOD))
@pytest.mark.parametrize("answer", ["", "garbage \x00 %$", "[]", "{}"])
def test_a_tool_that_says_nonsense_fails_no_probe(key, answer):
    """An answer that cannot be read is a fact not known, never an error."""
    assert "s1" == gather(**{key: answer}).host


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, 0.0), (300.0, 300.0), (-300.0, -300.0)])
def test_clock_offset_is_what_the_time_of_asking_cannot_explain(monkeypatch, seconds, expected):
    """A clock within the window of asking agrees; outside it the distance to the window counts."""
    monkeypatch.setattr(facts, "time", SimpleNamespace(time=lambda: 1700000000.5))
    clock = f"{1700000000.5 + seconds}\n"
    seen = facts.gather(Answering({**GOOD, "clock": clock}, {**ROOT, "clock": clock})).facts
    assert expected == pytest.approx(seen.clock_offset_s)


def test_the_time_of_asking_is_that_of_the_round(monkeypatch):
    """Connecting may take long; a clock is compared with the time in which the host was asked."""
    monkeypatch.setattr(facts, "time", SimpleNamespace(time=lambda: 1700000000.5))
    clock = "1700000000.0\n"
    seen = facts.gather(Answering({**GOOD, "clock": clock}, {**ROOT, "clock": clock}, seconds=0.2)).facts
    assert -0.3 == pytest.approx(seen.clock_offset_s)


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
