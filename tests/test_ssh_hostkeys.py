from __future__ import annotations

import shutil
import subprocess

import pytest

from edgebook.errors import HostKeyMismatch, HostKeyUnknown
from edgebook.ssh.hostkeys import HostKey, expect, known_name, pinned

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIJ1oM2tVYDNYSYfo2ULFIhCkRzJXAxPkSEmVcCMAJKpN"
OTHER = "AAAAC3NzaC1lZDI1NTE5AAAAIM0vJrvKVNtPIhd6JlbKJSlZ5PPSs0OGkGpUBjwmZ8zx"

needs_keygen = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="needs ssh-keygen: apt-get install openssh-client"
)


@pytest.fixture
def judge(tmp_path):
    """Say what a known_hosts file makes of a key that 192.0.2.1 shows."""

    def judge(text, *, address="192.0.2.1", port=22, key=KEY):
        file = tmp_path / "known_hosts"
        file.write_text(text)
        shown = HostKey(known_name(address, port), "ssh-ed25519", key)
        expect(shown, pinned([file]), name="box", address=address, port=port)

    return judge


@pytest.mark.parametrize(
    "names", ["192.0.2.1", "gate,192.0.2.1", "192.0.2.*", "192.0.2.?", "[192.0.2.1]:22,192.0.2.1", "*,!192.0.2.9"]
)
def test_a_pinned_key_is_accepted(judge, names):
    """A key is accepted under each way to write the host's name."""
    judge(f"# a comment\n\n{names} ssh-ed25519 {KEY} somebody@somewhere\n")


def test_another_port_has_a_name_of_its_own(judge):
    """With a port other than 22 the line for `[address]:port` counts."""
    judge(f"[192.0.2.1]:2222 ssh-ed25519 {KEY}\n", port=2222)


def test_a_bare_address_covers_other_ports_when_its_key_fits(judge):
    """OpenSSH accepts that too."""
    judge(f"192.0.2.1 ssh-ed25519 {KEY}\n", port=2222)


def test_a_bare_address_with_another_key_says_nothing_of_other_ports(judge):
    """Another server on another port may have another key: that host is unknown, not changed."""
    with pytest.raises(HostKeyUnknown):
        judge(f"192.0.2.1 ssh-ed25519 {OTHER}\n", port=2222)


@needs_keygen
def test_a_line_hashed_by_openssh_is_understood(judge, tmp_path):
    """What `ssh-keygen -H` made of a file pins the same hosts."""
    file = tmp_path / "hashed"
    file.write_text(f"192.0.2.1 ssh-ed25519 {KEY}\n[192.0.2.1]:2222 ssh-ed25519 {KEY}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    assert "192.0.2.1" not in file.read_text()
    judge(file.read_text())
    judge(file.read_text(), port=2222)


def test_several_keys_of_one_type_may_be_pinned(judge):
    """A host that is being given a new key is pinned with both."""
    judge(f"192.0.2.1 ssh-ed25519 {OTHER}\n192.0.2.1 ssh-ed25519 {KEY}\n")


def test_an_unknown_host_names_the_way_to_trust_it(judge):
    """The error holds the fingerprint and the command that pins it."""
    with pytest.raises(HostKeyUnknown, match="edgebook site trust SITE") as caught:
        judge("")
    assert HostKey("", "ssh-ed25519", KEY).fingerprint in str(caught.value)


def test_a_negated_pattern_excludes(judge):
    """`*,!address` does not cover the address."""
    with pytest.raises(HostKeyUnknown):
        judge(f"*,!192.0.2.1 ssh-ed25519 {KEY}\n")


def test_a_changed_key_shows_both_fingerprints(judge):
    """The error shows what is pinned, where, and what the host shows."""
    with pytest.raises(HostKeyMismatch, match=r"known_hosts:1") as caught:
        judge(f"192.0.2.1 ssh-ed25519 {OTHER}\n")
    for key in (KEY, OTHER):
        assert HostKey("", "ssh-ed25519", key).fingerprint in str(caught.value)


def test_a_key_of_another_type_is_a_changed_key(judge):
    """A host that is pinned with one type and shows only another is not taken for unknown."""
    with pytest.raises(HostKeyMismatch):
        judge(f"192.0.2.1 ssh-rsa {OTHER}\n")


def test_a_revoked_key_is_refused(judge):
    """A key that is pinned and revoked is refused."""
    with pytest.raises(HostKeyMismatch, match="revoked"):
        judge(f"192.0.2.1 ssh-ed25519 {KEY}\n@revoked * ssh-ed25519 {KEY}\n")


def test_a_certificate_authority_pins_no_host(judge):
    """A line for an authority is not a line for a key."""
    with pytest.raises(HostKeyUnknown):
        judge(f"@cert-authority 192.0.2.1 ssh-ed25519 {KEY}\n")


@pytest.mark.parametrize("line", ["192.0.2.1 ssh-ed25519 %%%", "192.0.2.1", "|1|x ssh-ed25519 " + KEY, "@revoked"])
def test_a_broken_line_is_passed_over(judge, line):
    """A line that cannot be read pins nothing and hides nothing."""
    judge(f"{line}\n192.0.2.1 ssh-ed25519 {KEY}\n")


def test_a_file_that_is_not_there_pins_nothing(tmp_path):
    """A site without a known_hosts file yet knows no host."""
    assert () == pinned([tmp_path / "known_hosts"])


@needs_keygen
def test_fingerprint_is_that_of_ssh_keygen(tmp_path):
    """People compare it with what the host's console prints."""
    file = tmp_path / "key.pub"
    file.write_text(f"ssh-ed25519 {KEY}\n")
    printed = subprocess.run(["ssh-keygen", "-lf", str(file)], check=True, capture_output=True, text=True).stdout
    assert HostKey("", "ssh-ed25519", KEY).fingerprint == printed.split()[1]
