from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from edgebook.errors import HostAuthFailed, SecretUnavailable
from edgebook.secrets import Secret
from edgebook.ssh import Host
from tests.openssh import PASSWORD, secret

pytest_plugins = ("tests.openssh",)


def test_a_wrong_user_is_refused_once(sshd, relay):
    """The error names the user and what was tried; a refusal is not repeated."""
    with pytest.raises(HostAuthFailed, match=r"refused the user 'nobody-here'; tried: key .*id_ed25519"):
        Host(sshd.target(port=relay.port, user="nobody-here")).run(["true"])
    assert 1 == relay.connections


def test_nothing_to_log_in_with_is_said(sshd):
    """A target without key, password and agent names what is missing."""
    with pytest.raises(HostAuthFailed, match="no key, no password and no agent"):
        Host(sshd.target(keys=())).run(["true"])


def test_a_key_that_is_not_there_is_named(sshd, tmp_path):
    """The path of a missing key is in the error."""
    with pytest.raises(HostAuthFailed, match="id_none cannot be read: No such file"):
        Host(sshd.target(keys=(tmp_path / "id_none",))).run(["true"])


def test_a_file_that_is_no_key_is_named(sshd, tmp_path):
    """A public key in the place of the private one is recognised."""
    with pytest.raises(HostAuthFailed, match=r"id_ed25519\.pub cannot be used"):
        Host(sshd.target(keys=(sshd.folder / "id_ed25519.pub",))).run(["true"])


@pytest.fixture
def locked_key(sshd, tmp_path):
    """The server's key with a passphrase."""
    key = tmp_path / "id_locked"
    shutil.copy(sshd.key, key)
    key.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "planted-phrase", "-f", str(key)], check=True)
    return key


def test_a_key_with_a_passphrase(sshd, tmp_path, locked_key):
    """A passphrase opens the key."""
    with Host(sshd.target(keys=(locked_key,), passphrase=secret(tmp_path, "planted-phrase"))) as host:
        assert host.run(["true"]).ok


@pytest.mark.parametrize(("phrase", "said"), [(None, "needs a passphrase"), ("planted-wrong", "does not open it")])
def test_a_passphrase_that_lacks_or_fails(sshd, tmp_path, locked_key, phrase, said):
    """Missing and wrong are told apart, and neither is shown."""
    passphrase = secret(tmp_path, phrase) if phrase else None
    with pytest.raises(HostAuthFailed, match=said) as caught:
        Host(sshd.target(keys=(locked_key,), passphrase=passphrase)).run(["true"])
    assert "planted" not in str(caught.value)


def test_a_secret_that_cannot_be_had_is_an_input_error(sshd):
    """A reference that leads nowhere is the site's mistake, not the host's."""
    with pytest.raises(SecretUnavailable):
        Host(sshd.target(keys=(), password=Secret("env:EDGEBOOK_TEST_NOT_SET"))).run(["true"])


def test_a_password_logs_in(sshd, tmp_path):
    """A user without a key gets in with a password."""
    if not sshd.users:
        pytest.skip("users with passwords need root, unshare and sudo")
    with Host(sshd.target(user="pat", keys=(), password=secret(tmp_path, PASSWORD))) as host:
        assert "pat\n" == host.run(["id", "-un"]).out


def test_an_agent_logs_in(sshd, monkeypatch):
    """A key that only the agent holds is used."""
    if not shutil.which("ssh-agent"):
        pytest.skip("no ssh-agent here")
    started = subprocess.run(["ssh-agent", "-s"], check=True, capture_output=True, text=True).stdout
    variables = dict(re.findall(r"(SSH_\w+)=([^;]+);", started))
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", variables["SSH_AUTH_SOCK"])
        subprocess.run(["ssh-add", "-q", str(sshd.key)], check=True)
        with Host(sshd.target(keys=(), agent=True)) as host:
            assert host.run(["true"]).ok
    finally:
        os.kill(int(variables["SSH_AGENT_PID"]), 15)
