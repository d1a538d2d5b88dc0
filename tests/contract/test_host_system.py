"""What a host says of itself: kernel, processors, memory, disks, clock, names, processes and packages."""

import re
import time

import pytest

from tests.contract.bench import Like, Ran, eventually, said

DENIED = r"(Access denied|Interactive authentication required\.)"

SAYS = [
    ("uname -s; uname -o", Ran(0, "Linux\nGNU/Linux\n")),
    ("uname -m", Ran(0, Like(r"(x86_64|aarch64|armv7l)\n"))),
    ("uname -r", Ran(0, Like(r"\d+\.\d+\S*\n"))),
    ("[ $(uname -n) = $(cat /proc/sys/kernel/hostname) ] && [ $(uname -n) = $(hostname) ] && echo same", Ran(0, "same\n")),
    ("cat /etc/hostname | wc -l", Ran(0, "1\n")),
    ("hostname -s | wc -l", Ran(0, "1\n")),
    ("hostname other", Ran(1, "", "hostname: you must be root to change the host name\n")),
    ("hostnamectl --static | wc -l", Ran(0, "1\n")),
    ("nproc", Ran(0, Like(r"[1-9]\d*\n"))),
    ("nproc --nope", Ran(1, "", "nproc: unrecognized option '--nope'\nTry 'nproc --help' for more information.\n")),
    ("grep -c ^processor /proc/cpuinfo", Ran(0, Like(r"[1-9]\d*\n"))),
    ("awk '/^MemTotal:/{print NF, $3}' /proc/meminfo", Ran(0, "3 kB\n")),
    ("grep -cE '^(MemFree|MemAvailable|SwapTotal): +[0-9]+ kB$' /proc/meminfo", Ran(0, "3\n")),
    ("head -1 /proc/swaps", Ran(0, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")),
    ("head -1 /proc/cgroups", Ran(0, "#subsys_name\thierarchy\tnum_cgroups\tenabled\n")),
    ("awk '$1 ~ /^(cpu|cpuset|memory|pids)$/ {print $NF}' /proc/cgroups", Ran(0, "1\n1\n1\n1\n")),
    ("stat -fc %T /sys/fs/cgroup", Ran(0, Like(r"(tmpfs|cgroup2fs)\n"))),
    ("grep -cw overlay /proc/filesystems; grep -cw ext4 /proc/filesystems", Ran(0, "1\n1\n")),
    ("awk 'NF != 6' /proc/mounts", Ran()),
    ("awk '$2 == \"/\" {print $2, substr($4, 1, 2)}' /proc/mounts", Ran(0, "/ rw\n")),
    ("awk '{print NF}' /proc/uptime", Ran(0, "2\n")),
    ("cut -d' ' -f1,2 /proc/version", Ran(0, "Linux version\n")),
    ("cat /proc/1/comm", Ran(0, "systemd\n")),
    ("ps -o comm= -p 1", Ran(0, "systemd\n")),
    ("wc -c </etc/machine-id", Ran(0, "33\n")),
    ("wc -c </proc/sys/kernel/random/boot_id", Ran(0, "37\n")),
    ("cat /proc/sys/fs/inotify/max_user_instances", Ran(0, Like(r"\d+\n"))),
    ("cat /proc/sys/fs/inotify/max_user_watches", Ran(0, Like(r"\d+\n"))),
    ("cat /proc/sys/net/ipv4/ip_forward", Ran(0, Like(r"[01]\n"))),
    ("grep ^PRETTY_NAME= /etc/os-release", Ran(0, 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n')),
    ("grep -c ^12 /etc/debian_version", Ran(0, "1\n")),
    ("ls -d /sys/module/no_such_module /proc/sys/net/nope 2>/dev/null; echo $?", Ran(0, "2\n")),
    ("getenforce", Ran(127, "", "edgebook: 1: getenforce: not found\n")),
    ("id -u; id -un; id -gn", Ran(0, Like(r"\d+\nedge\nedge\n"))),
    ("id", Ran(0, Like(r"uid=(\d+)\(edge\) gid=\1\(edge\) groups=\1\(edge\)(,.*)?\n"))),
    ("id no-such-user", Ran(1, "", "id: 'no-such-user': no such user\n")),
    ("whoami", Ran(0, "edge\n")),
    ("getent passwd root | cut -d: -f1-4,6,7", Ran(0, "root:x:0:0:/root:/bin/bash\n")),
    ("getent passwd edge | cut -d: -f1,6,7", Ran(0, "edge:/home/edge:/bin/bash\n")),
    ("getent passwd no-such-user", Ran(2)),
    ("getent group sudo | cut -d: -f1,3", Ran(0, "sudo:27\n")),
    ("getent nope x 2>&1 >/dev/null", Ran(1, "Unknown database: nope\n")),
    ("getent shadow root", Ran(2)),
    ("date -u -d @0 +%Y-%m-%dT%H:%M:%SZ", Ran(0, "1970-01-01T00:00:00Z\n")),
    ("date -d '2026-01-02 03:04:05 UTC' +%s", Ran(0, "1767323045\n")),
    ("date +%s.%N", Ran(0, Like(r"\d{10}\.\d{9}\n"))),
    ("date nonsense", Ran(1, "", "date: invalid date 'nonsense'\n")),
    ("date -s @0 >/dev/null", Ran(1, "", "date: cannot set date: Operation not permitted\n")),
    ("timedatectl show -p NTPSynchronized --value", Ran(0, Like(r"(yes|no)\n"))),
    ("timedatectl show -p Timezone --value", Ran(0, Like(r"\S+\n"))),
    ("timedatectl frobnicate", Ran(1, "", "Unknown command verb frobnicate.\n")),
    ("timedatectl --no-ask-password set-ntp true", Ran(1, "", Like(rf"Failed to set ntp: {DENIED}\n"))),
    ("free -m | awk '{print $1}'", Ran(0, "total\nMem:\nSwap:\n")),
    ("free -b | awk 'NR == 2 {print NF}'", Ran(0, "7\n")),
    ("df -P / | head -1", Ran(0, Like(r"Filesystem +1024-blocks +Used +Available +Capacity +Mounted on\n"))),
    ("df -Pk / /var/lib | awk 'NR > 1 {print NF, $5}' | tr -d 0-9", Ran(0, " %\n %\n")),
    ("df -Pi / | head -1", Ran(0, Like(r"Filesystem +Inodes +IUsed +IFree +IUse% +Mounted on\n"))),
    ("df -Pi /var/lib | awk 'NR == 2 {print NF}'", Ran(0, "6\n")),
    ("df -B1 --output=avail /var/lib | tail -1", Ran(0, Like(r" *\d+\n"))),
    ("df -Pk / /nope >/dev/null", Ran(1, "", "df: /nope: No such file or directory\n")),
    ("df -Pk /var/lib/no/such/folder", Ran(1, "", "df: /var/lib/no/such/folder: No such file or directory\n")),
    ("lsblk -dnJo NAME,ROTA,TRAN,TYPE | head -2", Ran(0, '{\n   "blockdevices": [\n')),
    ("lsblk -J -o NAME /dev/nope >/dev/null", Ran(32, "", Like(r"lsblk: /dev/nope: not a block device\n"))),
    ("kill -0 4194303 2>/dev/null; echo $?; /bin/kill 4194303", Ran(1, "1\n", "/bin/kill: (4194303): No such process\n")),
    ("pgrep -x sshd >/dev/null; echo $?; pgrep -x no-such-program; echo $?", Ran(0, "0\n1\n")),
    ("pkill -x no-such-program", Ran(1)),
    ("pidof no-such-program", Ran(1)),
    ("ps -p 4194303 -o comm=", Ran(1)),
    ("ps -C sshd -o comm= | head -1", Ran(0, "sshd\n")),
    ("ps -eo pid,comm | head -2", Ran(0, "    PID COMMAND\n      1 systemd\n")),
    ("ps -ef | head -1", Ran(0, "UID          PID    PPID  C STIME TTY          TIME CMD\n")),
    ("ps aux | head -1", Ran(0, "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n")),
    ("dpkg -s sudo | grep -e ^Package -e ^Status", Ran(0, "Package: sudo\nStatus: install ok installed\n")),
    ("dpkg -s no-such-package",
     Ran(1, "", "dpkg-query: package 'no-such-package' is not installed and no information is available\n"
         "Use dpkg --info (= dpkg-deb --info) to examine archive files.\n")),
    ("dpkg-query -W -f='${Status}\\n' sudo", Ran(0, "install ok installed\n")),
    ("dpkg-query -W no-such-package", Ran(1, "", "dpkg-query: no packages found matching no-such-package\n")),
    ("dpkg -l no-such-package", Ran(1, "", "dpkg-query: no packages found matching no-such-package\n")),
    ("dpkg -L no-such-package",
     Ran(1, "", "dpkg-query: package 'no-such-package' is not installed\n"
         "Use dpkg --contents (= dpkg-deb --contents) to list archive files contents.\n")),
    ("dpkg --print-architecture", Ran(0, Like(r"(amd64|arm64|armhf)\n"))),
    ("apt-get install -y sudo", Ran(100, Like(r".*"), Like(r"E: .*are you root\?\n"))),
    ("apt-get frobnicate", Ran(100, "", "E: Invalid operation frobnicate\n")),
]  # fmt: skip
ROOT_SAYS = [
    ("apt-get install -y --no-install-recommends no-such-package",
     Ran(100, "Reading package lists...\nBuilding dependency tree...\nReading state information...\n",
         "E: Unable to locate package no-such-package\n")),
    ("apt-get remove -y no-such-package", Ran(100, Like(r"Reading .*"), "E: Unable to locate package no-such-package\n")),
    ("apt-get install -y sudo | grep -c '^sudo is already the newest version'", Ran(0, "1\n")),
    ("sysctl -n net.ipv4.conf.lo.forwarding", Ran(0, Like(r"[01]\n"))),
    ("sysctl net.ipv4.conf.lo.forwarding", Ran(0, Like(r"net\.ipv4\.conf\.lo\.forwarding = [01]\n"))),
    ("sysctl -n no.such.key", Ran(1, "", "sysctl: cannot stat /proc/sys/no/such/key: No such file or directory\n")),
    ("sysctl -w no.such.key=1", Ran(1, "", "sysctl: cannot stat /proc/sys/no/such/key: No such file or directory\n")),
    ("sysctl -p /nope", Ran(1, "", 'sysctl: cannot open "/nope": No such file or directory\n')),
    ("modprobe no_such_module",
     Ran(1, "", Like(r"modprobe: FATAL: Module no_such_module not found in directory /lib/modules/\S+\n"))),
    ("modprobe -n no_such_module",
     Ran(1, "", Like(r"modprobe: FATAL: Module no_such_module not found in directory /lib/modules/\S+\n"))),
    ("modprobe -q no_such_module", Ran(1)),
    ("id -u; pwd", Ran(0, "0\n/home/edge\n")),
    ("echo $PATH", Ran(0, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n")),
    ("getent shadow root | cut -d: -f1", Ran(0, "root\n")),
    ("swapon --show | wc -l", Ran(0, Like(r"\d+\n"))),
    ("iptables -V", Ran(0, Like(r"iptables v1\.8\.9 \((nf_tables|legacy)\)\n"))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SAYS, ids=[text for text, _ in SAYS])
def test_host_describes_itself(sh, text, expected):
    """What an ordinary user learns of the host, and in which form."""
    assert expected == sh(text)


@pytest.mark.parametrize(("text", "expected"), ROOT_SAYS, ids=[text for text, _ in ROOT_SAYS])
def test_host_describes_itself_to_root(root, text, expected):
    """What root learns and may order, and how what cannot be is refused."""
    assert expected == root(text)


def test_clock_is_this_computers(host):
    """The host's clock and this computer's agree to a second or two."""
    began = time.time()
    there = float(host.run(["date", "+%s.%N"]).out)
    assert began - 2 <= there <= time.time() + 2


def test_sysctl_sets_what_it_shows(root, sh):
    """A parameter that is set shows in /proc/sys and is loaded from a file."""
    path = "/proc/sys/net/ipv4/conf/lo/forwarding"
    before = sh(f"cat {path}").out
    try:
        assert Ran(0, "net.ipv4.conf.lo.forwarding = 1\n") == root("sysctl -w net.ipv4.conf.lo.forwarding=1")
        assert Ran(0, "1\n") == sh(f"cat {path}")
        load = "echo 'net.ipv4.conf.lo.forwarding = 0' >/tmp/contract.conf; sysctl -p /tmp/contract.conf; rm /tmp/contract.conf"
        assert (Ran(0, "net.ipv4.conf.lo.forwarding = 0\n"), Ran(0, "0\n")) == (root(load), sh(f"cat {path}"))
    finally:
        root(f"echo {before.strip()} >{path}")


def test_users_may_not_set_parameters(sh):
    """An ordinary user is refused by the file itself."""
    path = "/proc/sys/net/ipv4/conf/lo/forwarding"
    assert Ran(2, "", f"edgebook: 1: cannot create {path}: Permission denied\n") == sh(f"echo 1 >{path}")


def test_machine_ids_differ(host, neighbour):
    """Two hosts have two machine ids and two names."""
    names = [one.script("cat /etc/machine-id; uname -n").out for one in (host, neighbour)]
    assert 4 == len({*names[0].split(), *names[1].split()})


def test_machine_id_is_hexadecimal(host):
    """A machine id is 32 small hexadecimal digits."""
    assert re.fullmatch(r"[0-9a-f]{32}\n", host.run(["cat", "/etc/machine-id"]).out)


def test_processes_are_found_by_their_words(raw, sh):
    """A running command is found by its whole line, and gone when it was ended."""
    channel = raw.get_transport().open_session()
    channel.exec_command("sleep 1000.25")
    assert 0 == eventually(lambda: sh("pgrep -f '^sleep 1000.25' >/dev/null").code, 0)
    sh("pkill -f '^sleep 1000.25'")
    assert (-1, 1) == (channel.recv_exit_status(), sh("pgrep -f '^sleep 1000.25' >/dev/null").code)
    channel.close()


@pytest.fixture(scope="module")
def chrony(host):
    """Have chrony on the host; on Debian it is not always there."""
    host.script("command -v chronyc || apt-get install -y chrony", sudo=True, timeout_s=300).check()
    yield
    host.run(["systemctl", "start", "chrony"], sudo=True).check()


def test_chrony_tells_its_state_in_fields(chrony, root, sh):
    """chronyc -c tracking is one line of 14 values; the last says whether the clock is kept."""
    root("systemctl start chrony")
    line = Like(r"([^,\n]*,){13}(Normal|Not synchronised)\n")
    assert Ran(0, line) == eventually(lambda: sh("chronyc -c tracking"), Ran(0, line))


def test_chrony_that_is_stopped_is_named(chrony, root, sh):
    """Without its daemon chronyc says so on its output, and ends with 1."""
    root("systemctl stop chrony")
    assert Ran(1, "506 Cannot talk to daemon\n") == sh("chronyc -c tracking")


def test_users_may_not_end_others(sh):
    """A signal to another user's process is refused."""
    assert Ran(1, "", "/bin/kill: (1): Operation not permitted\n") == sh("/bin/kill 1")


def test_timezone_does_not_change_seconds(host):
    """`+%s` and `-u` count the same moment, whatever the zone."""
    assert "" == said(host.script('[ "$(date +%s)" -le "$(TZ=Asia/Tokyo date +%s)" ]')).out
