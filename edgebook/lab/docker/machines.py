"""The containers of a lab: made, started, waited for, removed.

Not what happens in them later: `causes.py` breaks and mends.
"""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edgebook.errors import LabError, shorten
from edgebook.lab.docker import engine
from edgebook.lab.docker.folder import Keys
from edgebook.lab.docker.plan import LABEL, HostPlan, LabPlan

Item = TypeVar("Item")
Made = TypeVar("Made")
AT_ONCE = 4
BOOT_TIMEOUT_S = 60.0
POLL_S = 0.1
INSTANCES_EACH = 12
"""inotify instances that an idle host's systemd, journald and logind hold (10), and a little for work."""
INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
FLAGS = (
    "--stop-signal=SIGRTMIN+3",  # what tells systemd to shut down
    "--restart=on-failure",  # a reboot ends the container with 129; one that was killed by an order stays off
    "--cgroupns=private",
    # Not --privileged: a machine may lack rights that it would ask for, and a host must not set the machine's clock.
    "--cap-add=ALL",
    "--cap-drop=SYS_RESOURCE",
    "--cap-drop=SYS_TIME",
    "--cap-drop=SYS_MODULE",
    "--security-opt=seccomp=unconfined",
    "--security-opt=apparmor=unconfined",
    "--security-opt=systempaths=unconfined",
    "--device=/dev/kmsg",  # the kubelet reads it
    "--tmpfs=/run",
    "--tmpfs=/run/lock",
    "--volume=/var/lib/rancher",  # overlayfs works on a volume, and not on a container's own overlay
    "--volume=/var/lib/containerd",
)
POWERED = ("running", "paused", "restarting")
BOOTED = ("running", "degraded")


@dataclass(frozen=True)
class Machine:
    """A container of a lab as Docker knows it: `state` is created, running, paused, restarting, exited or dead."""

    name: str
    state: str

    @property
    def on(self) -> bool:
        """Whether it is powered: a paused host is, and one that reboots."""
        return self.state in POWERED


def create_command(plan: LabPlan, host: HostPlan) -> list[str]:
    """Return the words after `docker` that make a host's container."""
    return [
        "create", "--name", host.container, "--hostname", host.name,
        "--network", plan.network, "--ip", host.address,
        "--label", plan.label, "--label", f"{LABEL}.host={host.name}",
        *FLAGS, plan.image,
    ]  # fmt: skip


def make(plan: LabPlan, keys: Keys, hosts: Sequence[HostPlan]) -> None:
    """Make these hosts anew and start them; each has its keys before its first start."""
    if not hosts:
        return
    _check_room(len(hosts))

    def one(host: HostPlan) -> None:
        engine.call(*create_command(plan, host))
        engine.call("cp", "-", f"{host.container}:/", stdin=identity(keys, host.name))

    each(one, hosts)
    start(hosts)


def start(hosts: Sequence[HostPlan]) -> None:
    """Start these hosts and wait until each has booted."""
    if hosts:
        engine.call("start", *(host.container for host in hosts))
        each(_booted, hosts)


def machines(label: str) -> dict[str, Machine]:
    """Return the containers of a lab by their hosts' names."""
    line = f'{{{{.Label "{LABEL}.host"}}}} {{{{.State}}}}'
    found = (text.split() for text in engine.lines("ps", "--all", "--filter", f"label={label}", "--format", line))
    return {words[0]: Machine(words[0], words[1]) for words in found if len(words) == 2}  # noqa: PLR2004 (helpers have no host)


def remove(label: str) -> None:
    """Remove all containers with a label and their volumes, until none is left."""
    while found := engine.lines("ps", "--all", "--quiet", "--filter", f"label={label}"):
        gone = engine.ask("rm", "--force", "--volumes", *found)
        if not gone.ok and "already in progress" not in gone.err and "No such container" not in gone.err:
            raise LabError(f"Docker does not remove a host: {shorten(gone.err)}", hint="docker ps --all shows it")


def inside(host: HostPlan, *argv: str, stdin: bytes = b"", timeout_s: float = engine.CALL_TIMEOUT_S) -> engine.Answer:
    """Run a command in a host as root, past its SSH server."""
    flags = ("--interactive",) if stdin else ()
    return engine.ask("exec", *flags, host.container, *argv, stdin=stdin, timeout_s=timeout_s)


def each(act: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
    """Do one thing to many, a few at a time; every one has ended when this returns or raises."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(act, item) for item in items]
    return [one.result() for one in waiting]


def until(look: Callable[[], Item], good: Callable[[Item], bool], timeout_s: float) -> Item:
    """Look until it is good or the time is over; return what was seen last."""
    deadline = time.monotonic() + timeout_s
    while not good(seen := look()) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return seen


def identity(keys: Keys, host: str) -> bytes:
    """Pack what makes a host itself: its SSH key, and whom it lets in."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        _add(tar, "etc/ssh/ssh_host_ed25519_key", keys.hosts[host].private, 0o600, 0)
        _add(tar, "etc/ssh/ssh_host_ed25519_key.pub", keys.hosts[host].public, 0o644, 0)
        for user, uid in (("edge", 1000), ("nosudo", 1001)):
            _add(tar, f"home/{user}/.ssh/authorized_keys", keys.user.public, 0o600, uid)
    return packed.getvalue()


def _add(tar: tarfile.TarFile, path: str, content: str, mode: int, uid: int) -> None:
    data = content.encode()
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode, entry.uid, entry.gid = len(data), mode, uid, uid
    entry.mtime = int(time.time())
    tar.addfile(entry, io.BytesIO(data))


def _booted(host: HostPlan) -> None:
    """Wait until systemd has started everything; only then does PAM let users in."""
    deadline, said = time.monotonic() + BOOT_TIMEOUT_S, ""
    while time.monotonic() < deadline:
        answer = inside(host, "systemctl", "is-system-running", "--wait", timeout_s=BOOT_TIMEOUT_S)
        said = answer.out.strip() or answer.err.strip()
        if said in BOOTED:
            return
        if "is not running" in answer.err:
            raise LabError(f"{host.name} ended while it booted: {_last_words(host)}")
        time.sleep(POLL_S)
    raise LabError(f"{host.name} has not booted within {BOOT_TIMEOUT_S:g} s: {shorten(said)}")


def _last_words(host: HostPlan) -> str:
    shown = engine.ask("logs", "--tail", "3", host.container)
    code = engine.ask("inspect", "--format", "{{.State.ExitCode}}", host.container).out.strip()
    return shorten(shown.out + shown.err) or f"exit code {code}, and no word in `docker logs {host.container}`"


def _check_room(more: int) -> None:
    """Raise `LabError` where the kernel would let no more hosts watch files: they would hang in their boot."""
    try:
        most = int(INSTANCES.read_text(encoding="ascii"))
    except OSError:
        return
    there = len(engine.lines("ps", "--quiet", "--filter", f"label={LABEL}"))
    needed = (there + more) * INSTANCES_EACH
    if most < needed:
        raise LabError(
            f"{there + more} hosts need {needed} inotify instances, and this machine allows {most}",
            hint="sudo sysctl -w fs.inotify.max_user_instances=1024",
        )
