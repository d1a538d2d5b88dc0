"""Hands on hosts in Docker, past SSH: commands as root, and traps that wait inside a host for their moment.

Not faults of the practice site: these hit a moment that only a test knows.
"""

import subprocess
import threading
import time

from edgebook.lab.docker.plan import lab_id
from edgebook.waiting import Look, until

LOCK = "/var/lib/edgebook/install.lock"
TRAP = """
import glob, os, subprocess, time
while not sum(map(os.path.getsize, glob.glob({parts!r}))):
    time.sleep(0.001)
subprocess.run(["sh", "-c", {act!r}])
"""
PARTS = "/usr/local/bin/.k3s.*.edgebook-part"
SSH = ("INPUT", "-p", "tcp", "--dport", "22")
TIMEOUT_S = 60.0


def container(status, host):
    """Return the name of a host's container."""
    return f"{lab_id(status.folder)}-{host}"


def inside(status, host, *argv, detached=False):
    """Run a command in a host as root and return its output; a detached one goes on by itself."""
    flags = ["--detach"] if detached else []
    done = subprocess.run(
        ["docker", "exec", *flags, container(status, host), *argv],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return done.stdout


def bring(status, host, path, goal):
    """Copy a file into a host, with its mode, as root's."""
    subprocess.run(["docker", "cp", path, f"{container(status, host)}:{goal}"], check=True, timeout=TIMEOUT_S)
    inside(status, host, "chown", "root:root", goal)


def cut_after(status, host, size_bytes):
    """Let every SSH connection of a host go silent once it has brought so many bytes."""
    taken = [
        "-m",
        "connbytes",
        "--connbytes",
        f"{size_bytes}:",
        "--connbytes-dir",
        "original",
        "--connbytes-mode",
        "bytes",
    ]
    inside(status, host, "iptables", "-A", *SSH, *taken, "-j", "DROP")


def count(status, host):
    """Let bytes through again, and count those that come over SSH from now on."""
    inside(status, host, "sh", "-c", f"iptables -F INPUT; iptables -A {' '.join(SSH)}")


def counted_bytes(status, host):
    """Return how many bytes were counted, and stop counting."""
    listed = inside(status, host, "iptables", "-nvxL", "INPUT", "-Z").splitlines()
    inside(status, host, "iptables", "-F", "INPUT")
    return int(listed[2].split()[1])


def when_uploading(status, host, act):
    """Let a shell text run in a host in the middle of an upload, whose end on the host stands still meanwhile."""
    trap = TRAP.format(parts=PARTS, act=f"pkill -STOP -x cat; {act}; pkill -CONT -x cat")
    inside(status, host, "python3", "-c", trap, detached=True)


def part_bytes(status, host):
    """Return how much of the program lies on a host in part."""
    return sum(int(line) for line in inside(status, host, "sh", "-c", f"stat -c %s {PARTS}").split())


def hold_lock(status, host):
    """Hold the installer's lock in a host: the installer begins, and waits for it."""
    inside(status, host, "flock", LOCK, "sleep", "3600", detached=True)


def free_lock(status, host):
    """Let the lock go."""
    inside(status, host, "pkill", "-x", "sleep")


def wait_for_installer(status, host):
    """Wait until the installer has begun in a host."""

    def look():
        return Look("k3s-install" in inside(status, host, "pgrep", "-af", f"^flock {LOCK} sh"), "no installer")

    until(look, what=f"the installer on {host}", timeout_s=TIMEOUT_S)


class Meanwhile:
    """Something that goes on in a thread while a run is under way; `done()` waits for it and says when it struck."""

    def __init__(self, wait, strike, after):
        self.struck_at_s = 0.0
        self._thread = threading.Thread(target=self._go, args=(wait, strike, after), daemon=True)
        self._thread.start()

    def _go(self, wait, strike, after):
        wait()
        self.struck_at_s = time.monotonic()
        strike()
        after()

    def done(self):
        """Wait for its end."""
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()
