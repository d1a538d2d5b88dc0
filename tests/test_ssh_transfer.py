from __future__ import annotations

import dataclasses
import hashlib
import os

import pytest

from edgebook.errors import ConnectionLost, SudoRefused, TransferFailed
from edgebook.ssh import Host
from edgebook.ssh.transfer import STAGING

pytest_plugins = ("tests.openssh",)

MIB = 1024 * 1024
SIZE = 3 * MIB + 17


@pytest.fixture
def artifact(tmp_path):
    """A file of random bytes."""
    file = tmp_path / "artifact"
    file.write_bytes(os.urandom(SIZE))
    return file


def staged(host):
    """Return what lies in the staging folder."""
    return host.run(["ls", "-A", STAGING]).out.split()


def sha256(host, path):
    """Return a file's sum as the host sees it."""
    return host.run(["sha256sum", path], sudo=True).check().out.split()[0]


def test_a_file_arrives_whole(host, place, artifact):
    """The content and the mode are as wanted, and nothing stays in the staging folder."""
    assert host.upload(artifact, f"{place}/bin/tool", mode=0o755) is True
    assert hashlib.sha256(artifact.read_bytes()).hexdigest() == sha256(host, f"{place}/bin/tool")
    assert "755\n" == host.run(["stat", "-c", "%a", f"{place}/bin/tool"]).out
    assert [] == staged(host)


def test_a_file_that_is_there_is_not_sent_again(host, place, artifact):
    """The second upload sends nothing."""
    host.upload(artifact, f"{place}/tool", mode=0o755)
    told = []
    assert host.upload(artifact, f"{place}/tool", mode=0o755, progress=lambda *told_: told.append(told_)) is False
    assert [] == told


def test_another_mode_is_brought_about(host, place, artifact):
    """The same content with another mode gets that mode."""
    host.upload(artifact, f"{place}/tool", mode=0o644)
    assert host.upload(artifact, f"{place}/tool", mode=0o755) is True
    assert "755\n" == host.run(["stat", "-c", "%a", f"{place}/tool"]).out


def test_progress_ends_with_all_bytes(host, place, artifact):
    """Progress starts at nothing, never goes back, and ends with the size."""
    told = []
    host.upload(artifact, f"{place}/tool", progress=lambda done, total: told.append((done, total)))
    assert ((0, SIZE), (SIZE, SIZE)) == (told[0], told[-1])
    assert sorted(told) == told


def test_an_empty_file_arrives(host, place, tmp_path):
    """No bytes are a file too."""
    (tmp_path / "empty").touch()
    assert host.upload(tmp_path / "empty", f"{place}/empty") is True
    assert b"" == host.read(f"{place}/empty")


def test_root_owns_what_sudo_installs(hosts, host, place, artifact):
    """Under sudo the file belongs to root and replaces what was there."""
    hosts.needs("sudo")
    host.write(f"{place}/tool", "old\n", sudo=True)
    host.upload(artifact, f"{place}/tool", mode=0o755, sudo=True)
    assert "root 755\n" == host.run(["stat", "-c", "%U %a", f"{place}/tool"]).out


def test_an_upload_goes_on_where_it_was_cut(through, relay, shared_folder, tmp_path):
    """After a cut in mid-file the next try sends only what the host had not written yet."""
    artifact = tmp_path / "bundle"
    artifact.write_bytes(os.urandom(16 * MIB))
    relay.cut_after_bytes = 12 * MIB
    with pytest.raises(ConnectionLost, match=r"uploading .*/tool") as caught:
        through.upload(artifact, f"{shared_folder}/tool")
    assert "run again" in caught.value.hint
    before, told = relay.sent_bytes, []
    assert through.upload(artifact, f"{shared_folder}/tool", progress=lambda done, _: told.append(done)) is True
    assert told[0] >= 4 * MIB  # what is cut off may hold 2 MiB of SSH window and the sockets' buffers
    assert relay.sent_bytes - before < 16 * MIB - told[0] + MIB
    assert hashlib.sha256(artifact.read_bytes()).hexdigest() == sha256(through, f"{shared_folder}/tool")


@pytest.mark.parametrize("size", [1000, SIZE, SIZE + 1])
def test_a_wrong_beginning_is_sent_anew(host, place, artifact, size):
    """What lies in the staging folder but is not the file's beginning does not end up in the file."""
    digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
    host.write(f"{STAGING}/{digest}.part", b"x" * size)
    assert host.upload(artifact, f"{place}/tool") is True
    assert digest == sha256(host, f"{place}/tool")


def test_a_file_that_was_staged_whole_is_only_installed(hosts, host, place, artifact):
    """What failed at the last step is not sent again."""
    hosts.needs("users")
    with Host(dataclasses.replace(hosts.target, user="nora")) as nora:
        nora.run(["mkdir", "-p", STAGING]).check()
        with pytest.raises(SudoRefused):
            nora.upload(artifact, f"{place}/tool", sudo=True)
        with pytest.raises(TransferFailed, match="Permission denied"):
            nora.upload(artifact, "/usr/local/bin/edgebook-test")
        told = []
        nora.upload(artifact, "tool", progress=lambda done, _: told.append(done))
        assert [SIZE] == told
        nora.run(["rm", "tool"]).check()


def test_no_room_in_the_staging_folder_is_found_before_sending(hosts, sshd, tmp_path, artifact):
    """A disk without room for the file on its way is named before a byte is sent."""
    hosts.needs("users", "small disk")
    told = []
    with Host(dataclasses.replace(hosts.target, user="nora")) as nora:
        nora.run(["mv", ".cache", ".cache-before"])
        nora.run(["ln", "-s", f"{sshd.folder}/small", ".cache"]).check()
        with pytest.raises(TransferFailed, match=r"no space left .*3145745 bytes are to come"):
            nora.upload(artifact, "tool", progress=lambda *_: told.append(1))
        nora.run(["rm", "-r", ".cache", ".cache/edgebook"])
    assert [] == told


def test_no_room_at_the_goal_is_named(hosts, sshd, host, artifact):
    """A disk without room for the file itself is named, and left as it was."""
    hosts.needs("small disk")
    with pytest.raises(TransferFailed, match="No space left on device"):
        host.upload(artifact, f"{sshd.folder}/small/tool")
    assert "" == host.run(["find", f"{sshd.folder}/small", "-type", "f"]).out


def test_a_local_file_that_is_not_there_is_named(hosts, tmp_path):
    """The error is about this computer's file, before anything connects."""
    with pytest.raises(TransferFailed, match=r"cannot read .*artifact: No such file"):
        Host(hosts.target).upload(tmp_path / "artifact", "/tmp/tool")


def test_a_folder_is_not_replaced(host, place, artifact):
    """A path that is a folder is refused."""
    with pytest.raises(TransferFailed, match="it is a folder"):
        host.upload(artifact, place)
