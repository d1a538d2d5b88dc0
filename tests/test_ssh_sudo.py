from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
from pathlib import Path

import pytest

from edgebook.errors import SudoRefused
from edgebook.ssh import Host
from tests.openssh import PASSWORD, secret

pytest_plugins = ("tests.openssh",)


def test_sudo_without_password(hosts, host):
    """A user with NOPASSWD is root under sudo."""
    hosts.needs("sudo")
    assert "0\n" == host.run(["id", "-u"], sudo=True).out


@pytest.fixture
def as_user(hosts, tmp_path):
    """Return hosts for other users of the server."""
    hosts.needs("users")
    opened = []

    def as_user(user, **changes):
        opened.append(Host(dataclasses.replace(hosts.target, user=user, **changes)))
        return opened[-1]

    yield as_user
    for host in opened:
        host.close()


def test_sudo_with_password(as_user, tmp_path):
    """A password on standard input makes root, and the command's own input follows it."""
    host = as_user("pat", sudo="password", sudo_password=secret(tmp_path, PASSWORD))
    assert "0\nsaid" == host.run(["sh", "-c", "id -u; cat"], sudo=True, stdin=b"said").out


def test_sudo_that_asks_for_no_password_does_not_leak_it(as_user, tmp_path):
    """Where sudo does not ask, the password is eaten, not handed to the command as its input."""
    host = as_user("edge", sudo="password", sudo_password=secret(tmp_path, PASSWORD))
    assert "said" == host.run(["cat"], sudo=True, stdin=b"said").out


def test_sudo_with_password_again(as_user, tmp_path):
    """The second command works the same, whether sudo remembers or not."""
    host = as_user("pat", sudo="password", sudo_password=secret(tmp_path, PASSWORD))
    assert ["x", "x"] == [host.run(["cat"], sudo=True, stdin=b"x").out for _ in range(2)]


def test_secret_variable_under_sudo_with_password(as_user, tmp_path):
    """Password, secret variable and input travel on one stream and stay apart."""
    host = as_user("pat", sudo="password", sudo_password=secret(tmp_path, PASSWORD))
    token = secret(tmp_path, "tok en-$(id)-\"'").value()
    done = host.run(["sh", "-c", 'printf %s "$TOKEN"; cat'], sudo=True, env={"TOKEN": token, "B": "1"}, stdin=b"+in")
    assert f"{token}+in" == done.out


@pytest.mark.parametrize(
    ("user", "changes", "said"),
    [
        ("pat", {}, "a password is required"),
        ("nora", {}, "a password is required"),
        ("nora", {"sudo": "password", "sudo_password": PASSWORD}, "not in the sudoers file"),
        ("pat", {"sudo": "password", "sudo_password": "wrong-one"}, "incorrect password attempt"),
    ],
)
def test_sudo_refused(as_user, tmp_path, user, changes, said):
    """Each way in which sudo refuses raises `SudoRefused` with what it said and a hint."""
    if "sudo_password" in changes:
        changes = changes | {"sudo_password": secret(tmp_path, changes["sudo_password"])}
    with pytest.raises(SudoRefused, match=said) as caught:
        as_user(user, **changes).run(["id"], sudo=True)
    assert "sudoers.d" in caught.value.hint


def test_sudo_refused_for_a_round(as_user):
    """A round that may not start raises the same."""
    with pytest.raises(SudoRefused):
        as_user("nora").run_all([["id"], ["id"]], sudo=True)


def test_no_secret_is_in_the_process_list(as_user, tmp_path):
    """While commands with secrets run under sudo, no process of the host has one among its words."""
    host = as_user("pat", sudo="password", sudo_password=secret(tmp_path, PASSWORD))
    token = secret(tmp_path, "planted-token-4711").value()
    seen, stop = set(), threading.Event()
    watcher = threading.Thread(target=_watch_processes, args=(seen, stop))
    watcher.start()
    for _ in range(5):
        host.run(["sh", "-c", "sleep 0.05"], sudo=True, env={"TOKEN": token})
        host.write(f"/tmp/edgebook-{os.getpid()}-token", token, mode=0o600, sudo=True)
    host.run(["rm", f"/tmp/edgebook-{os.getpid()}-token"], sudo=True)
    stop.set()
    watcher.join()
    assert any(b"sleep 0.05" in line for line in seen)
    assert [] == [line for line in seen if token.encode() in line or PASSWORD.encode() in line]


def _watch_processes(seen, stop):
    while not stop.is_set():
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                seen.add(process.read_bytes())


def test_a_round_and_a_file_with_password(as_user, tmp_path):
    """Rounds and files work the same where sudo asks for a password."""
    host = as_user("pat", sudo="password", sudo_password=secret(tmp_path, PASSWORD))
    path = f"/tmp/edgebook-{os.getpid()}-file"
    assert host.write(path, "a\n", mode=0o600, sudo=True) is True
    assert ["a\n", ""] == [one.out for one in host.run_all([["cat", path], ["rm", path]], sudo=True)]
