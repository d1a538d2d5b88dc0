"""Planted secrets never show: not in notebook, page, journal, result, output, logs, or any process list."""

import contextlib
import dataclasses
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives import serialization

from edgebook import lab

ROOT = Path(__file__).parents[1]
SECRETS = {
    "PLANTED_TOKEN": "planted-cluster-token-5f0c9a",
    "PLANTED_AGENT_TOKEN": "planted-agent-token-1b77e2",
    "PLANTED_SUDO": "planted-sudo-password-93d4",
    "PLANTED_PASSPHRASE": "planted-passphrase-c8aa",
}
PAUSE_S = 0.05


@pytest.fixture
def site(tmp_path):
    """Give a practice site that wants a passphrase, a sudo password and tokens from the environment, and its world."""
    with lab.running(tmp_path / "lab", speed=40.0) as running:
        running.do(want_passwords)
        key = running.site_folder / "id_ed25519"
        key.write_bytes(locked(key.read_bytes()))
        path = running.site_folder / "site.yaml"
        data = yaml.safe_load(path.read_text())
        data["ssh"] |= {"sudo": "password", "sudo_password": "env:PLANTED_SUDO", "passphrase": "env:PLANTED_PASSPHRASE"}
        data["k3s"] |= {"token": "env:PLANTED_TOKEN", "agent_token": "env:PLANTED_AGENT_TOKEN"}
        path.write_text(yaml.safe_dump(data, sort_keys=False))
        yield running


def locked(key):
    """Return a private key under the planted passphrase."""
    lock = serialization.BestAvailableEncryption(SECRETS["PLANTED_PASSPHRASE"].encode())
    read = serialization.load_ssh_private_key(key, None)
    return read.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, lock)


def want_passwords(world):
    """Let sudo on every host ask for the planted password."""
    for host in world.hosts.values():
        host.sudo = "password"
        host.users["edge"] = dataclasses.replace(host.users["edge"], password=SECRETS["PLANTED_SUDO"])


class Watch:
    """Reads the process lists of this computer and of every practice host for as long as it is open."""

    def __init__(self, running):
        self.running = running
        self.seen = set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def look(self):
        """Collect command lines until the watch is over."""
        while not self.over.wait(PAUSE_S):
            self.seen.update(local_command_lines())
            self.seen.update(self.running.do(command_lines))


def local_command_lines():
    """Return what `ps -eo args` shows on this computer, from where it reads it."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return lines


def command_lines(world):
    """Return what `ps` would show on every host."""
    return [" ".join(process.argv) for host in world.hosts.values() for process in host.processes]


def logs(world):
    """Return every host's journal, and every file that anybody may read."""
    lines = [str(entry) for host in world.hosts.values() for entry in host.journal.entries()]
    return "\n".join(lines)


def run(site, tmp_path, *more):
    """Run the install headless, as a person would, and return what it printed."""
    env = {**os.environ, **SECRETS, "EDGEBOOK_RUNS": str(tmp_path / "runs")}
    command = [sys.executable, "-m", "edgebook.cli", "run", "10", "--site", str(site.site_folder), "--apply", *more]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def found(text):
    """Return which planted secrets a text shows."""
    return sorted(name for name, value in SECRETS.items() if value in text)


def kept(tmp_path):
    """Return what the run left, by file name."""
    files = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert {".ipynb", ".html", ".jsonl", ".json"} <= {path.suffix for path in files}
    return {path.name: path.read_text(errors="replace") for path in files}


def test_a_run_that_uses_every_secret_shows_none(site, tmp_path):
    """The install succeeds with all four secrets, and none of them shows anywhere while or after it runs."""
    with Watch(site) as watch:
        code, said = run(site, tmp_path)
    assert code == 0, said
    assert [] == found(said)
    assert {} == {name: found(text) for name, text in kept(tmp_path).items() if found(text)}
    assert len(watch.seen) > 20
    assert [] == found("\n".join(watch.seen))
    assert [] == found(site.do(logs))


def test_a_run_that_fails_shows_none_either(site, tmp_path):
    """An error's text, its traceback and its page hide what the failing command was given."""
    site.break_("disk-full", "s1")
    code, said = run(site, tmp_path)
    assert code == 1, said
    assert [] == found(said)
    assert {} == {name: found(text) for name, text in kept(tmp_path).items() if found(text)}


def test_the_test_itself_would_find_a_secret():
    """A text with a planted value is reported."""
    assert ["PLANTED_SUDO"] == found(f"sudo -S <<< {SECRETS['PLANTED_SUDO']}")
