"""The hosts that the contract holds for: the practice site's own, and real Linux in containers.

Each claim is asked of both. Where they differ, the containers are right and the practice site is mended.
"""

from __future__ import annotations

import contextlib
import os
import socket
from dataclasses import replace

import paramiko
import pytest

from edgebook import lab
from edgebook.site import load
from edgebook.ssh import Host
from tests.contract.bench import said
from tests.dockerhosts import docker_reason

SPEED = 20.0
CLEAN_UNITS = """\
for name; do
  systemctl stop "$name" 2>/dev/null; systemctl reset-failed "$name" 2>/dev/null
  rm -rf "/etc/systemd/system/$name" "/etc/systemd/system/$name.d" "/etc/systemd/system/multi-user.target.wants/$name"
done
"""


@pytest.fixture(scope="session", params=["embedded", "docker"])
def site(request, tmp_path_factory):
    """Each kind of site in turn."""
    if request.param == "docker":
        if docker_reason():
            pytest.skip(docker_reason())
        status = request.getfixturevalue("docker_site")
        lab.reset(status.folder)
        yield load(status.site_folder)
        return
    with lab.running(tmp_path_factory.mktemp("contract") / "lab", speed=SPEED) as running:
        yield load(running.site_folder)


@pytest.fixture(scope="session")
def target(site):
    """Tell how the first server is reached as `edge`, who may become root."""
    return site.target(site.servers[0].name)


@pytest.fixture(scope="session")
def host(target):
    """Connect to the first server as `edge`, who may become root."""
    with Host(target) as host:
        yield host


@pytest.fixture(scope="session")
def nobody(target):
    """Connect to the first server as `nosudo`, who may not become root."""
    with Host(replace(target, user="nosudo")) as host:
        yield host


@pytest.fixture(scope="session")
def neighbour(site):
    """Connect to the second server."""
    with Host(site.target(site.servers[1].name)) as host:
        yield host


@pytest.fixture
def sh(host):
    """Run a shell text as `edge`; the shell's name is `edgebook`."""
    return lambda text, *args, stdin=b"": said(host.script(text, args, stdin=stdin))


@pytest.fixture
def root(host):
    """Run a shell text as root; the shell's name is `edgebook`."""
    return lambda text, *args, stdin=b"": said(host.script(text, args, stdin=stdin, sudo=True))


@pytest.fixture
def place(host):
    """Give an empty folder on the host, of the user's own; it goes at the end."""
    folder = f"/tmp/contract-{os.urandom(6).hex()}"
    host.run(["mkdir", folder]).check()
    yield folder
    host.script('umount "$1/small" 2>/dev/null; rm -rf "$1"', [folder], sudo=True)


@pytest.fixture
def unit(host):
    """Make services of the test's own from their files' text; they go at the end.

    A unit of a new name is read when it is first asked for, without daemon-reload.
    """
    made = []

    def make(text, *, name=""):
        name = name or f"contract-{os.urandom(4).hex()}.service"
        made.append(name)
        host.write(f"/etc/systemd/system/{name}", text, sudo=True)
        return name

    yield make
    if made:
        host.script(CLEAN_UNITS, made, sudo=True)


@pytest.fixture
def show(host):
    """Ask for properties of a unit, as a mapping."""

    def ask(name, *wanted):
        done = host.run(["systemctl", "show", name, "-p", ",".join(wanted)])
        return dict(line.split("=", 1) for line in done.out.splitlines())

    return ask


@pytest.fixture(scope="session")
def connect(target):
    """Open a connection with nothing of edgebook around it."""
    with contextlib.ExitStack() as opened:

        def open_one():
            client = paramiko.SSHClient()
            opened.callback(client.close)
            client.load_host_keys(str(target.known_hosts[0]))
            sock = socket.create_connection((target.address, target.port), timeout=10)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.connect(
                target.address,
                target.port,
                target.user,
                key_filename=str(target.keys[0]),
                sock=sock,
                allow_agent=False,
                look_for_keys=False,
            )
            return client

        yield open_one


@pytest.fixture(scope="session")
def raw(connect):
    """Give one such connection for the session."""
    return connect()


@pytest.fixture(scope="session")
def sftp(raw):
    """Give an SFTP session of the user's own."""
    with raw.open_sftp() as session:
        yield session
