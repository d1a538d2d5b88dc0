"""A real OpenSSH server on loopback, with users of its own.

Not a mock. As root the server lives in a private mount namespace: its users, its sudoers and a disk of
one megabyte exist there only, and nothing of the machine is changed. As anybody else it serves that
user alone, and the tests that need more skip and say so.

`pytest_plugins = ("tests.openssh",)` in a test module brings the fixtures. Tests import this module
before pytest meets it as a plugin, and it asserts nothing worth explaining, hence PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edgebook.lab import LabStatus
from edgebook.records import SshTarget
from edgebook.secrets import Secret
from edgebook.site import load
from edgebook.ssh import Host
from tests.relay import Relay

SSHD = Path("/usr/sbin/sshd")
PASSWORD = "planted-Sudo-pw"
PASSWORD_HASH = "$6$edgebook$.wPeg9LY1yPjOuYMzxWUwQdGZVHx6f.5Yh85oI4YwaM.O39TR2Isi42xnW9odAaX3CrGDpf65gSTWUDkwEYqc0"
USERS = {"edge": "*", "pat": PASSWORD_HASH, "nora": PASSWORD_HASH}
"""edge: sudo without password; pat: sudo with PASSWORD; nora: no sudo."""
FIRST_UID = 47110
SUDOERS = "Defaults secure_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nedge ALL=(ALL) NOPASSWD: ALL\npat ALL=(ALL) ALL\n"
NAMESPACE = """
set -eu
mkdir -p /run/sshd
for file in passwd shadow group sudoers; do mount --bind "$1/etc/$file" "/etc/$file"; done
mount -t tmpfs -o size=1m,mode=1777 none "$1/small"
shift
exec "$@"
"""


@dataclass
class Backend:
    """Hosts to run the behaviour tests on: how to reach one, and what it has."""

    name: str
    target: SshTarget
    """As a user who is not root and may become root without a password, where `has` holds `sudo`."""
    has: frozenset[str] = frozenset()

    def needs(self, *features: str) -> None:
        """Skip the test where the backend lacks a feature."""
        missing = [feature for feature in features if feature not in self.has]
        if missing:
            pytest.skip(f"the backend {self.name} has no {', '.join(missing)}")


@dataclass
class Sshd:
    """A server that was started, and how to reach it."""

    folder: Path
    port: int
    user: str
    users: bool
    more: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def key(self) -> Path:
        return self.folder / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def host_key(self, kind: str = "ed25519") -> str:
        """Return the type and the base64 text of a host key."""
        return " ".join((self.folder / f"host_{kind}.pub").read_text().split()[:2])

    def target(self, **changes: object) -> SshTarget:
        """Return a target that works, with some of it changed."""
        target = SshTarget(
            name="box",
            address="127.0.0.1",
            user=self.user,
            port=self.port,
            keys=(self.key,),
            known_hosts=(self.known_hosts,),
            sudo="nopasswd" if self.users else "root",
            connect_timeout_s=5.0,
        )
        return dataclasses.replace(target, **changes)

    def start(self) -> None:
        """Start the server and wait until it listens."""
        command = [str(SSHD), "-D", "-e", "-f", str(self.folder / "sshd_config"), "-p", str(self.port), *self.more]
        if self.users:
            command = ["unshare", "--mount", "sh", "-c", NAMESPACE, "sh", str(self.folder), *command]
        with (self.folder / "sshd.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: _listens(self.port), "sshd does not listen", (self.folder / "sshd.log").read_text)

    def stop(self) -> None:
        """Stop the server; sessions that are open go on until they end."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)


def wait_until(
    test: Callable[[], object], what: str, evidence: Callable[[], str] = str, timeout_s: float = 15.0
) -> None:
    """Poll until something is so, or fail with what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not test():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} after {timeout_s} s: {evidence()}")
        time.sleep(0.01)


def when_begun(place: str, act: Callable[[], None]) -> threading.Thread:
    """Call a function as soon as a command on this machine has made `begun` in its folder."""

    def wait() -> None:
        wait_until(Path(place, "begun").exists, "the command has not begun")
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def make_sshd(folder: Path, *, users: bool, config: str = "") -> Sshd:
    """Lay out a server's folder: keys, users, configuration."""
    for kind, options in {"ed25519": [], "ecdsa": [], "rsa": ["-b", "2048"]}.items():
        _keygen(folder / f"host_{kind}", kind, *options)
    _keygen(folder / "id_ed25519", "ed25519")
    (folder / "authorized_keys").write_text((folder / "id_ed25519.pub").read_text())
    server = Sshd(folder, _free_port(), "edge" if users else getpass.getuser(), users)
    lines = "".join(f"127.0.0.1,[127.0.0.1]:* {server.host_key(kind)}\n" for kind in ("ed25519", "ecdsa", "rsa"))
    server.known_hosts.write_text(lines)
    (folder / "sshd_config").write_text(_config(folder) + config)
    if users:
        _lay_out_users(folder)
    return server


@pytest.fixture(scope="session")
def sshd() -> Iterator[Sshd]:
    """A running server."""
    with running_sshd() as server:
        yield server


@pytest.fixture(scope="session")
def sshd_backend(sshd: Sshd) -> Backend:
    """The server as a backend of the behaviour tests."""
    features = {"signals", "real time"}
    features |= {"unprivileged"} if sshd.user != "root" else set()
    features |= {"users", "sudo", "small disk"} if sshd.users else set()
    return Backend("sshd", sshd.target(), frozenset(features))


@pytest.fixture(scope="session")
def lab_backend(practice: LabStatus) -> Backend:
    """The first host of the practice site as a backend: no signals, no users of other rights, no small disk."""
    site = load(practice.site_folder)
    return Backend("lab", site.target(site.servers[0].name), frozenset({"sudo", "unprivileged"}))


@pytest.fixture(params=["sshd", "lab"])
def hosts(request: pytest.FixtureRequest) -> Backend:
    """Each backend in turn: `NAME` stands for the fixture `NAME_backend`."""
    return request.getfixturevalue(f"{request.param}_backend")


@pytest.fixture
def host(hosts: Backend) -> Iterator[Host]:
    """A host of the backend; its connection is closed at the end."""
    with Host(hosts.target) as host:
        yield host


@pytest.fixture
def place(host: Host) -> Iterator[str]:
    """An empty folder on the host, of the user's own."""
    folder = f"/tmp/edgebook-test-{os.urandom(6).hex()}"
    host.run(["mkdir", "-m", "755", folder]).check()
    yield folder
    host.run(["rm", "-rf", folder], sudo=True)


@pytest.fixture
def shared_folder() -> Iterator[str]:
    """An empty folder of this machine that every user of the server may write to."""
    folder = Path(tempfile.mkdtemp(prefix="edgebook-test-", dir="/tmp"))
    folder.chmod(0o777)
    yield str(folder)
    shutil.rmtree(folder)


@pytest.fixture
def relay(sshd: Sshd) -> Iterator[Relay]:
    """A relay in front of the server."""
    relay = Relay(sshd.port)
    yield relay
    relay.close()


@pytest.fixture
def through(sshd: Sshd, relay: Relay) -> Iterator[Host]:
    """A host that is reached through the relay."""
    with Host(sshd.target(port=relay.port)) as host:
        yield host


@contextlib.contextmanager
def running_sshd(config: str = "") -> Iterator[Sshd]:
    """Start a server in a folder of its own, or skip with the reason why there can be none."""
    if not SSHD.exists():
        pytest.skip(f"no OpenSSH server here: {SSHD} is missing (apt-get install openssh-server)")
    # Not pytest's tmp_path: that lies in a folder which only its owner may enter, and there are other users.
    folder = Path(tempfile.mkdtemp(prefix="edgebook-sshd-", dir="/tmp"))
    folder.chmod(0o755)
    server = make_sshd(folder, users=_can_have_users(), config=config)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def secret(folder: Path, value: str) -> Secret:
    """Return a reference to a secret that lies in a file."""
    file = folder / f"secret-{os.urandom(4).hex()}"
    file.write_text(value + "\n")
    return Secret(f"file:{file}")


def _config(folder: Path) -> str:
    keys = "".join(f"HostKey {folder}/host_{kind}\n" for kind in ("ed25519", "ecdsa", "rsa"))
    return f"""{keys}ListenAddress 127.0.0.1
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication yes
AcceptEnv LC_*
Subsystem sftp internal-sftp
MaxStartups 100
"""


def _lay_out_users(folder: Path) -> None:
    (folder / "etc").mkdir()
    (folder / "small").mkdir()
    texts = {name: Path(f"/etc/{name}").read_text() for name in ("passwd", "shadow", "group")}
    for number, (user, password) in enumerate(USERS.items(), start=FIRST_UID):
        home = folder / "home" / user
        home.mkdir(parents=True)
        os.chown(home, number, number)
        texts["passwd"] += f"{user}:x:{number}:{number}::{home}:/bin/sh\n"
        texts["shadow"] += f"{user}:{password}:19000:0:99999:7:::\n"
        texts["group"] += f"{user}:x:{number}:\n"
    for name, text in {**texts, "sudoers": SUDOERS}.items():
        (folder / "etc" / name).write_text(text)
        (folder / "etc" / name).chmod(0o440 if name in ("sudoers", "shadow") else 0o644)


def _keygen(path: Path, kind: str, *options: str) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, *options, "-N", "", "-C", "edgebook-test", "-f", str(path)], check=True
    )


def _can_have_users() -> bool:
    if os.geteuid() != 0 or not shutil.which("sudo") or not shutil.which("unshare"):
        return False
    script = 'mount -t tmpfs none "$1"'
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, "sh", folder], capture_output=True, check=False
        )
    return done.returncode == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
