"""How each fault is put into a practice site: what is changed, and how to take that back.

Not the catalogue: `faults.py` has names, defaults and texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgebook.errors import LabError
from edgebook.lab.catalogue import Options
from edgebook.lab.hosts.model import Host, Route, Rule

if TYPE_CHECKING:
    from edgebook.lab.wire import Wire

OLD_TOKEN = "/etc/rancher/k3s/config.yaml.d/90-old-cluster.yaml"  # noqa: S105 - a path, not a secret
OLD_TOKEN_FILE = "/etc/rancher/k3s/old-cluster-token"  # noqa: S105 - a path, not a secret
LOCAL_FLAGS = "/etc/rancher/k3s/config.yaml.d/50-local.yaml"
K3S_BINARY = "/usr/local/bin/k3s"
SERVICES = {"server": "k3s", "agent": "k3s-agent", "edge": "edgecore"}
OLD_BACKUP = "/var/lib/backups/image-2023.img"


@dataclass(frozen=True)
class Grip:
    """What a fault takes hold of: a host, and the wire in front of its SSH port where there is one."""

    host: Host
    wire: Wire | None = None

    @property
    def line(self) -> Wire:
        """The wire; raise `LabError` in a world without wires."""
        if self.wire is None:
            raise LabError(f"{self.host.name} has no wire in this world")
        return self.wire


@dataclass(frozen=True)
class Injected:
    """A fault that is in: how to take it out, and whether it is still there (a person may have mended it)."""

    undo: Callable[[], None]
    present: Callable[[], bool]


def port_closed(grip: Grip, options: Options) -> Injected:
    """Let the firewall drop a TCP port."""
    host, rule = grip.host, Rule("INPUT", "DROP", "tcp", int(options["port"]))
    host.firewall.insert(0, rule)
    return Injected(lambda: _drop(host, rule), lambda: rule in host.firewall)


def _drop(host: Host, rule: Rule) -> None:
    if rule in host.firewall:
        host.firewall.remove(rule)


def _file(grip: Grip, path: str, text: str, mode: int) -> Injected:
    """Place a file; taking it out brings back what was there."""
    files = grip.host.files
    before = (files.read(path), files.stat(path).mode) if files.is_file(path) else None
    files.write(path, text, mode, parents=True)

    def present() -> bool:
        return files.is_file(path) and files.text(path) == text

    def undo() -> None:
        if present():
            files.remove(path)
            if before is not None:
                files.write(path, before[0], before[1])

    return Injected(undo, present)


def wrong_token(grip: Grip, options: Options) -> Injected:
    """Leave another cluster's token file, and the drop-in that names it.

    The drop-in names a file, because K3s prefers `token-file` to `token` wherever the two are set.
    """
    token = _file(grip, OLD_TOKEN_FILE, f"{options['token']}\n", 0o600)
    drop_in = _file(grip, OLD_TOKEN, f"# left over from another cluster\ntoken-file: {OLD_TOKEN_FILE}\n", 0o600)

    def undo() -> None:
        drop_in.undo()
        token.undo()

    return Injected(undo, drop_in.present)


def version_mismatch(grip: Grip, options: Options) -> Injected:
    """Put a K3s of another version on the host."""
    return _file(grip, K3S_BINARY, f"#!practice:k3s {options['version']} amd64\n", 0o755)


def critical_flags(grip: Grip, options: Options) -> Injected:
    """Leave a setting in a drop-in that all servers must share."""
    return _file(grip, LOCAL_FLAGS, f"flannel-backend: {options['backend']}\n", 0o600)


def duplicate_hostname(grip: Grip, options: Options) -> Injected:
    """Give the host another host's name."""
    others = [host for host in grip.host.world.hosts.values() if host.role == grip.host.role and host is not grip.host]
    other = str(options["like"]) or (others[0].name if others else "s1")
    return _file(grip, "/etc/hostname", f"{other}\n", 0o644)


def clock_skew(grip: Grip, options: Options) -> Injected:
    """Set the clock wrong, with no time server to correct it."""
    host = grip.host
    host.clock_offset_s = float(options["seconds"])
    host.ntp_synchronized = False

    def undo() -> None:
        host.clock_offset_s, host.ntp_synchronized = 0.0, True

    return Injected(undo, lambda: host.clock_offset_s != 0.0)


def disk_full(grip: Grip, _options: Options) -> Injected:
    """Fill the disk for /var/lib with an old image."""
    files = grip.host.files
    files.mkdir("/var/lib/backups", 0o755, parents=True)
    files.allocate(OLD_BACKUP, files.disk("/var/lib").free_kb * 1024)

    def undo() -> None:
        if files.exists(OLD_BACKUP):
            files.remove(OLD_BACKUP)

    return Injected(undo, lambda: files.exists(OLD_BACKUP))


def no_default_route(grip: Grip, _options: Options) -> Injected:
    """Take the default route away."""
    host = grip.host
    before = list(host.routes)
    host.routes = [route for route in before if route.destination != "default"]

    def present() -> bool:
        return not any(route.destination == "default" for route in host.routes)

    def undo() -> None:
        if present():
            host.routes += [route for route in before if route.destination == "default"] or [_gateway(host)]

    return Injected(undo, present)


def _gateway(host: Host) -> Route:
    return Route("default", host.spec.gateway, host.spec.interface)


def sudo_refused(grip: Grip, _options: Options) -> Injected:
    """Let sudo want a password from the user."""
    host, before = grip.host, grip.host.sudo
    host.sudo = "refused"

    def undo() -> None:
        host.sudo = before

    return Injected(undo, lambda: host.sudo == "refused")


def host_down(grip: Grip, _options: Options) -> Injected:
    """Cut the power."""
    host = grip.host
    host.power_off()
    return Injected(host.power_on, lambda: not host.powered)


def link_lost(grip: Grip, options: Options) -> Injected:
    """Cut the link when the Nth command from now begins, or the first with a text in it; once."""
    host, wire, match = grip.host, grip.line, str(options["match"])
    left = int(options["command"])

    def hook(text: str) -> None:
        nonlocal left
        left -= 0 if match and match not in text else 1
        if left == 0 or (match and match in text):
            undo()
            wire.cut(float(options["seconds"]))

    def undo() -> None:
        if hook in host.on_exec:
            host.on_exec.remove(hook)

    host.on_exec.append(hook)
    return Injected(undo, lambda: hook in host.on_exec)


def slow_link(grip: Grip, options: Options) -> Injected:
    """Delay every byte on the SSH wire by half of the round-trip time."""
    wire = grip.line
    wire.latency_ms = float(options["rtt_ms"]) / 2

    def undo() -> None:
        wire.latency_ms = 0.0

    return Injected(undo, lambda: wire.latency_ms > 0)


def host_frozen(grip: Grip, _options: Options) -> Injected:
    """Let a host hang: its SSH port takes connections and says nothing, and no other host hears from it."""
    host, wire, network = grip.host, grip.line, grip.host.world.network
    cuts = {frozenset((host.name, other)) for other in host.world.hosts if other != host.name} - network.cuts
    network.cuts |= cuts
    wire.freeze()

    def undo() -> None:
        network.cuts -= cuts
        wire.thaw()

    return Injected(undo, lambda: wire.frozen)


def unit_stopped(grip: Grip, options: Options) -> Injected:
    """Stop a service, the role's own K3s where none is named."""
    host = grip.host
    name = str(options["unit"]) or SERVICES[host.role]
    if host.units.file(name) is None:
        raise LabError(f"unit-stopped: {host.name} has no unit {name}: say another with -o unit=")
    stopping = host.world.spawn(host.units.stop(name))

    def present() -> bool:
        return not stopping.done() or host.units.is_active(name) != "active"

    def undo() -> None:
        if present():
            host.world.spawn(host.units.start(name))

    return Injected(undo, present)


def link_cut(grip: Grip, options: Options) -> Injected:
    """Let a host drop all packets of another one, both ways."""
    host = grip.host
    others = {name: other for name, other in host.world.hosts.items() if other is not host}
    wanted = str(options["with"]) or next(iter(others), "")
    if wanted not in others:
        raise LabError(f"link-cut: {wanted or 'nobody'} is no other host here", hint=f"with={'|'.join(others)}")
    ip = others[wanted].node_ip
    rules = (Rule("INPUT", "DROP", source=ip), Rule("OUTPUT", "DROP", destination=ip))
    host.firewall[:0] = rules

    def undo() -> None:
        for rule in rules:
            _drop(host, rule)

    return Injected(undo, lambda: any(rule in host.firewall for rule in rules))


def read_only(grip: Grip, options: Options) -> Injected:
    """Make the disk below a folder read-only, as a kernel does with a failing one."""
    disk = grip.host.files.disk(str(options["path"]))
    before, disk.read_only = disk.read_only, True

    def undo() -> None:
        disk.read_only = before

    return Injected(undo, lambda: disk.read_only)
