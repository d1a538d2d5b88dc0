from __future__ import annotations

import subprocess

import pytest

from edgebook.errors import HostKeyMismatch, HostUnreachable
from edgebook.ssh import Host, HostKey, scan, trust

pytest_plugins = ("tests.openssh",)


def test_scan_shows_one_key_a_kind(sshd):
    """The keys are those of the host's own files, under the name known_hosts has for it."""
    wanted = [f"[127.0.0.1]:{sshd.port} {sshd.host_key(kind)}" for kind in ("ed25519", "ecdsa", "rsa")]
    assert wanted == [key.line for key in scan(sshd.target())]


def test_scan_needs_no_login(sshd):
    """A user whom the host does not know may look at its keys."""
    assert 3 == len(scan(sshd.target(user="nobody-here", keys=())))


def test_scan_through_a_jump_host(sshd):
    """A host behind another is scanned through it."""
    assert 3 == len(scan(sshd.target(jump=sshd.target(name="gate"))))


def test_scan_of_a_host_that_is_down(sshd):
    """A closed port is an error with the host's name."""
    with pytest.raises(HostUnreachable, match="box: "):
        scan(sshd.target(port=1))


def test_a_trusted_host_is_reached(sshd, tmp_path):
    """What `trust` has written is what connecting needs."""
    target = sshd.target(known_hosts=(tmp_path / "site" / "known_hosts",))
    assert 3 == len(trust(tmp_path / "site" / "known_hosts", [target]))
    with Host(target) as host:
        assert host.run(["true"]).ok


def test_openssh_understands_what_is_written(sshd, tmp_path):
    """`ssh-keygen -F` finds the host in the file."""
    trust(tmp_path / "known_hosts", [sshd.target()])
    name = f"[127.0.0.1]:{sshd.port}"
    subprocess.run(["ssh-keygen", "-F", name, "-f", str(tmp_path / "known_hosts")], check=True, capture_output=True)


def test_trusting_again_adds_nothing(sshd, tmp_path):
    """A host that is pinned already leaves the file as it is."""
    file = tmp_path / "known_hosts"
    trust(file, [sshd.target()])
    before = file.read_text()
    assert () == trust(file, [sshd.target()])
    assert before == file.read_text()


def test_only_what_was_compared_is_pinned(sshd, tmp_path):
    """Keys that a person has looked at are written as they are, without looking again."""
    key = scan(sshd.target())[0]
    assert (key,) == trust(tmp_path / "known_hosts", [sshd.target()], keys=[key])
    assert f"{key.line}\n" == (tmp_path / "known_hosts").read_text()


def test_other_lines_stay(sshd, tmp_path):
    """Comments and other hosts' keys are kept as they were."""
    file = tmp_path / "known_hosts"
    file.write_text("# the cabinet\n192.0.2.1 ssh-ed25519 AAAA\n")
    trust(file, [sshd.target()])
    assert file.read_text().startswith("# the cabinet\n192.0.2.1 ssh-ed25519 AAAA\n[127.0.0.1]:")


@pytest.fixture
def outdated(sshd, tmp_path):
    """A known_hosts file with another key for the server."""
    file = tmp_path / "known_hosts"
    other = "AAAAC3NzaC1lZDI1NTE5AAAAIJ1oM2tVYDNYSYfo2ULFIhCkRzJXAxPkSEmVcCMAJKpN"
    file.write_text(f"{HostKey(f'[127.0.0.1]:{sshd.port}', 'ssh-ed25519', other).line}\n")
    return file


def test_a_changed_key_is_not_replaced_unasked(sshd, outdated):
    """Trusting a host whose key has changed is an error, and the file stays."""
    before = outdated.read_text()
    with pytest.raises(HostKeyMismatch, match=r"SHA256:.*SHA256:"):
        trust(outdated, [sshd.target()])
    assert before == outdated.read_text()


def test_a_changed_key_is_replaced_when_asked(sshd, outdated):
    """With `replace` the new key takes the old one's place."""
    trust(outdated, [sshd.target()], replace=True)
    with Host(sshd.target(known_hosts=(outdated,))) as host:
        assert host.run(["true"]).ok
    assert 3 == len(outdated.read_text().splitlines())
