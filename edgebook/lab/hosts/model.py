"""One practice host: its hardware, files, services, ports, addresses and power.

Not its network surroundings: `lab/network.py` decides who reaches whom.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edgebook.lab.hosts.files import FileTree
from edgebook.lab.hosts.journal import Journal
from edgebook.lab.hosts.nodes import Disk
from edgebook.lab.hosts.processes import Processes
from edgebook.lab.hosts.sudoers import grant, rights

if TYPE_CHECKING:
    from edgebook.lab.hosts.units import UnitTable
    from edgebook.lab.world import World

Answer = Callable[[str, str], tuple[int, bytes]]
"""What a listener answers over HTTPS: `answer("GET", "/ping")` gives a status and a body."""


BOOT_S = 20.0
"""How long firmware and kernel take before systemd starts, in practice seconds."""


@dataclass(frozen=True)
class User:
    """One account. `password` is what ssh and sudo ask for; empty refuses both."""

    name: str
    uid: int
    home: str
    gids: tuple[int, ...] = ()
    password: str = ""
    shell: str = "/bin/bash"


@dataclass(frozen=True)
class Listener:
    """An open port and the process that has it."""

    proto: str
    port: int
    process: str
    pid: int
    address: str = "0.0.0.0"  # noqa: S104 - a model, nothing is bound
    http: Answer | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Address:
    """An IPv4 address on an interface."""

    interface: str
    ip: str
    prefix: int
    secondary: bool = False


@dataclass(frozen=True)
class Route:
    """A route that is not the one an address brings. `destination` is `default` or a network."""

    destination: str
    via: str
    interface: str
    metric: int = 0
    kind: str = ""
    """`blackhole` for a route that swallows; nothing for one that leads somewhere."""


@dataclass(frozen=True)
class Rule:
    """One firewall rule, as `iptables -S` shows it. Empty fields match everything.

    `matches` are the options of its matches in the order given, where they are more than a port.
    """

    chain: str
    target: str
    proto: str = ""
    port: int = 0
    source: str = ""
    destination: str = ""
    interface: str = ""
    ports: tuple[int, ...] = ()
    states: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()

    def spec(self) -> str:
        """Return the rule in the words of `iptables -S`."""
        words = ["-A", self.chain]
        words += ["-s", _with_mask(self.source)] if self.source else []
        words += ["-d", _with_mask(self.destination)] if self.destination else []
        words += ["-i" if self.chain == "INPUT" else "-o", self.interface] if self.interface else []
        words += ["-p", self.proto] if self.proto else []
        words += self.matches or (["-m", self.proto, "--dport", str(self.port)] if self.port else [])
        reject = ["--reject-with", "icmp-port-unreachable"] if self.target == "REJECT" else []
        return " ".join([*words, "-j", self.target, *reject])


def _with_mask(address: str) -> str:
    return address if "/" in address else f"{address}/32"


@dataclass
class Table:
    """One table of the firewall: its rules in order, and its chains with their policies, nothing for a user's own."""

    rules: list[Rule] = field(default_factory=list)
    chains: dict[str, str] = field(default_factory=dict)


def other_tables() -> dict[str, Table]:
    """Make the tables besides `filter`; nothing in the model follows their rules."""
    built_in = {
        "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
        "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
        "raw": ("PREROUTING", "OUTPUT"),
    }
    return {name: Table(chains=dict.fromkeys(chains, "ACCEPT")) for name, chains in built_in.items()}


@dataclass(frozen=True)
class HostSpec:
    """What a host is before anybody touches it."""

    name: str
    role: str
    node_ip: str
    interface: str = "eth0"
    prefix: int = 24
    gateway: str = "10.20.0.1"
    cpus: int = 4
    memory_kb: int = 8 * 1024 * 1024
    arch: str = "x86_64"


def default_users() -> list[User]:
    """Make the accounts of a fresh host: root, who may do all; edge, who may become root; nosudo, who may not."""
    return [
        User("root", 0, "/root"),
        User("edge", 1000, "/home/edge", password="edge"),  # noqa: S106 - of a model
        User("nosudo", 1001, "/home/nosudo"),
    ]


def default_disks() -> list[Disk]:
    """Make the disks of a fresh host: the system's and the one for /var/lib."""
    return [
        Disk("/", "/dev/sda2", 30 << 20, base_kb=2_300_000),
        Disk("/var/lib", "/dev/sda3", 60 << 20, base_kb=410_000),
        Disk("/run", "tmpfs", 800_000, base_kb=900, fstype="tmpfs", base_inodes=700),
        Disk("/dev", "udev", 0, fstype="devtmpfs", inodes=0),
        Disk("/proc", "proc", 0, fstype="proc", inodes=0),
        Disk("/sys", "sysfs", 0, fstype="sysfs", inodes=0),
        Disk("/sys/fs/cgroup", "cgroup2", 0, fstype="cgroup2", inodes=0),
    ]


class Host:
    """The state of one host; everything is plain data that programs and daemons read and change.

    `files`, `units`, `journal`, `processes` have their own modules. `sudo` is what `edge` may:
    `nopasswd`, `password` or `refused`. `chains` are the firewall's with their policies, nothing for
    one of a user's. `online` says whether the Internet answers this host (it also needs a default
    route). `packages` are the Debian packages that are installed. `clock_offset_s` makes `now()`
    wrong. `disks` are by mount point. The functions in `on_exec` are called with the command line
    when a command begins over SSH.
    """

    units: UnitTable

    def __init__(self, world: World, spec: HostSpec) -> None:
        self.world, self.spec = world, spec
        self.name, self.role, self.node_ip = spec.name, spec.role, spec.node_ip
        self.cpus, self.memory_kb, self.arch = spec.cpus, spec.memory_kb, spec.arch
        self.clock_offset_s = 0.0
        self.disks = {disk.mount: disk for disk in default_disks()}
        self.files = FileTree(self.disks.values())
        self.journal = Journal(self.now)
        self.processes = Processes(self.now)
        self.listeners: dict[tuple[str, int], Listener] = {}
        self.addresses = [Address("lo", "127.0.0.1", 8), Address(spec.interface, spec.node_ip, spec.prefix)]
        self.routes = [Route("default", spec.gateway, spec.interface)]
        self.firewall: list[Rule] = []
        self.chains: dict[str, str] = {"INPUT": "ACCEPT", "FORWARD": "ACCEPT", "OUTPUT": "ACCEPT"}
        self.tables = other_tables()
        self.users = {user.name: user for user in default_users()}
        self.packages: set[str] = set()
        self.online = True
        self.ntp_synchronized = True
        self.powered = True
        self.booted_at = world.clock.now()
        self.on_exec: list[Callable[[str], None]] = []

    def __repr__(self) -> str:
        return f"Host({self.name!r})"

    @property
    def sudo(self) -> str:
        """What the user `edge` may; the files of sudo say it, and setting it writes them."""
        return rights(self.files, self.users["edge"])

    @sudo.setter
    def sudo(self, right: str) -> None:
        """Give `edge` the rule for `nopasswd` or `password`, or none (`refused`)."""
        grant(self.files, "edge", right)

    @property
    def hostname(self) -> str:
        """The name in /etc/hostname."""
        return self.files.text("/etc/hostname").strip() if self.files.exists("/etc/hostname") else "localhost"

    def now(self) -> datetime:
        """Return the time this host believes it is."""
        return self.world.clock.now() + timedelta(seconds=self.clock_offset_s)

    def user(self, name: str) -> User:
        """Return an account; raise KeyError when there is none."""
        return self.users[name]

    def ips(self) -> list[str]:
        """Return the host's own addresses, loopback first."""
        return [address.ip for address in self.addresses]

    def add_address(self, address: Address) -> None:
        """Give an interface one more address, as keepalived does with the virtual one; twice is once."""
        if address not in self.addresses:
            self.addresses.append(address)

    def remove_address(self, ip: str) -> None:
        """Take an address away; one that is not there is no error."""
        self.addresses = [address for address in self.addresses if address.ip != ip]

    def listen(
        self,
        proto: str,
        port: int,
        *,
        process: str,
        pid: int,
        address: str = "0.0.0.0",  # noqa: S104 - a model, nothing is bound
        http: Answer | None = None,
    ) -> Listener:
        """Open a port for a process; raise OSError(EADDRINUSE) when another has it."""
        if (proto, port) in self.listeners:
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        listener = Listener(proto, port, process, pid, address, http)
        self.listeners[proto, port] = listener
        return listener

    def unlisten(self, listener: Listener) -> None:
        """Close a port, unless somebody else has opened it since."""
        if self.listeners.get((listener.proto, listener.port)) is listener:
            del self.listeners[listener.proto, listener.port]

    def power_off(self) -> None:
        """Cut the power: every service and process is gone, the files stay."""
        self.powered = False
        self.units.cut_power()
        self.processes.clear()
        self.listeners.clear()
        own = ("lo", self.spec.interface)
        self.addresses = [one for one in self.addresses if one.interface in own and not one.secondary]
        self.world.power_changed(self)

    def power_on(self) -> None:
        """Boot: the units that are enabled start again."""
        if self.powered:
            return
        self.powered = True
        self.booted_at = self.world.clock.now()
        self.journal.boot += 1
        self.world.power_changed(self)
        self.units.boot()

    async def shut_down(self, *, reboot: bool = False) -> None:
        """Stop every service and go off; with `reboot` come back after the firmware's time.

        A program runs this with `world.spawn`: it outlives the session that asked for it.
        """
        await self.units.shut_down()
        self.power_off()
        if reboot:
            await self.world.clock.sleep(BOOT_S)
            self.power_on()
