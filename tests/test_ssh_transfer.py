from __future__ import annotations

import dataclasses
import hashlib
import os
import threading

import pytest

from edgebook.errors import ConnectionLost, SudoRefused, TransferFailed
from edgebook.records import Payload
from edgebook.ssh import Fleet, Host, Pace
from edgebook.ssh.transfer import MARK, opened
from tests.openssh import wait_until

pytest_plugins = ("tests.openssh",)

MIB = 1024 * 1024
SIZE = 3 * MIB + 17


@pytest.fixture
def artifact(tmp_path):
    """A file of random bytes."""
    file = tmp_path / "artifact"
    file.write_bytes(os.urandom(SIZE))
    return file


def names(host, folder):
    """Return what lies in a folder of a host, hidden files too."""
    return host.run(["ls", "-A", folder], sudo=True).out.split()


def part_of(artifact, path):
    """Return where a file lies while it is on its way to a path."""
    folder, _, name = path.rpartition("/")
    with opened(artifact, "box") as source:
        return f"{folder}/.{name}.{source.mark}.{MARK}"


def sha256(host, path):
    """Return a file's sum as the host sees it."""
    return host.run(["sha256sum", path], sudo=True).check().out.split()[0]


def test_a_file_arrives_whole(host, place, artifact):
    """The content and the mode are as wanted, and nothing else stays in the folder."""
    assert host.upload(artifact, f"{place}/bin/tool", mode=0o755) is True
    assert hashlib.sha256(artifact.read_bytes()).hexdigest() == sha256(host, f"{place}/bin/tool")
    assert "755\n" == host.run(["stat", "-c", "%a", f"{place}/bin/tool"]).out
    assert ["tool"] == names(host, f"{place}/bin")


def test_a_file_that_is_there_is_not_sent_again(host, place, artifact):
    """The second upload sends nothing."""
    host.upload(artifact, f"{place}/tool", mode=0o755)
    told = []
    assert host.upload(artifact, f"{place}/tool", mode=0o755, progress=lambda *told_: told.append(told_)) is False
    assert [] == told


def test_another_mode_is_brought_about(host, place, artifact):
    """The same content with another mode gets that mode, and is not sent again for it."""
    host.upload(artifact, f"{place}/tool", mode=0o644)
    told = []
    assert host.upload(artifact, f"{place}/tool", mode=0o755, progress=lambda *told_: told.append(told_)) is True
    assert [] == told
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
    with pytest.raises(ConnectionLost, match=r"broke while `upload .*/tool`") as caught:
        through.upload(artifact, f"{shared_folder}/tool")
    assert "run again" in caught.value.hint
    before, told = relay.sent_bytes, []
    assert through.upload(artifact, f"{shared_folder}/tool", progress=lambda done, _: told.append(done)) is True
    assert told[0] >= 4 * MIB  # what is cut off may hold 2 MiB of SSH window and the sockets' buffers
    assert relay.sent_bytes - before < 16 * MIB - told[0] + MIB
    assert hashlib.sha256(artifact.read_bytes()).hexdigest() == sha256(through, f"{shared_folder}/tool")


def test_what_is_there_in_part_is_not_under_its_name(through, relay, shared_folder, tmp_path):
    """A file that is cut off in the middle keeps its earlier content until all of the new one is there."""
    artifact = tmp_path / "bundle"
    artifact.write_bytes(os.urandom(8 * MIB))
    through.write(f"{shared_folder}/tool", "old")
    relay.cut_after_bytes = 4 * MIB
    with pytest.raises(ConnectionLost):
        through.upload(artifact, f"{shared_folder}/tool")
    assert b"old" == through.read(f"{shared_folder}/tool")


@pytest.mark.parametrize("size", [1000, SIZE, SIZE + 1])
def test_a_wrong_beginning_is_sent_anew(host, place, artifact, size):
    """What lies there in part but is not the file's beginning does not end up in the file."""
    host.write(part_of(artifact, f"{place}/tool"), b"x" * size)
    assert host.upload(artifact, f"{place}/tool") is True
    assert hashlib.sha256(artifact.read_bytes()).hexdigest() == sha256(host, f"{place}/tool")


def test_what_came_whole_before_is_only_put_into_place(host, place, artifact):
    """A file that was there in full, but not under its name yet, is not sent again."""
    host.write(part_of(artifact, f"{place}/tool"), artifact.read_bytes())
    told = []
    assert host.upload(artifact, f"{place}/tool", progress=lambda done, _: told.append(done)) is True
    assert [SIZE] == told
    assert ["tool"] == names(host, place)


def test_parts_of_an_older_file_are_cleared(host, place, artifact, tmp_path):
    """What a killed run left of another version goes when the file comes whole."""
    (tmp_path / "older").write_bytes(b"older")
    host.write(part_of(tmp_path / "older", f"{place}/tool"), "old")
    host.upload(artifact, f"{place}/tool")
    assert ["tool"] == names(host, place)


def test_a_killed_run_that_still_writes_does_no_harm(host, place, artifact):
    """The next run's bytes go into a new file: what a killed one still brings ends in the old one."""
    part, whole = part_of(artifact, f"{place}/tool"), artifact.read_bytes()
    host.write(part, whole[:MIB])
    script = f"(touch {place}/begun; while [ ! -e {place}/go ]; do sleep 0.05; done; cat) >>{part}"
    late = threading.Thread(target=host.run, args=(["sh", "-c", script],), kwargs={"stdin": b"late"})
    late.start()
    wait_until(lambda: "begun" in names(host, place), "the other writer has not begun")
    told = []

    def tell(done, _):
        if not told:
            host.run(["touch", f"{place}/go"]).check()
            late.join()
        told.append(done)

    host.upload(artifact, f"{place}/tool", progress=tell)
    assert (MIB, True) == (told[0], sorted(told) == told)
    assert hashlib.sha256(whole).hexdigest() == sha256(host, f"{place}/tool")


def test_no_rights_are_found_before_anything_is_sent(hosts, artifact):
    """Without sudo's consent, or without the right to write there, not a byte is sent."""
    hosts.needs("users")
    told = []
    with Host(dataclasses.replace(hosts.target, user="nora")) as nora:
        with pytest.raises(SudoRefused):
            nora.upload(artifact, "/usr/local/bin/edgebook-test", sudo=True, progress=lambda *_: told.append(1))
        with pytest.raises(TransferFailed, match="Permission denied"):
            nora.upload(artifact, "/usr/local/bin/edgebook-test")
    assert [] == told


def test_no_room_is_found_before_sending(hosts, sshd, host, artifact):
    """A disk without room for the file is named before a byte is sent, and left as it was."""
    hosts.needs("small disk")
    told = []
    with pytest.raises(TransferFailed, match=r"no space left .*3145745 bytes are to come"):
        host.upload(artifact, f"{sshd.folder}/small/tool", progress=lambda *_: told.append(1))
    assert [] == told
    assert "" == host.run(["find", f"{sshd.folder}/small", "-type", "f"]).out


def test_a_disk_that_fills_up_meanwhile_is_named(hosts, sshd, host, tmp_path):
    """When the room goes while the file is on its way, the reason is named and nothing of it stays."""
    hosts.needs("small disk")
    half = tmp_path / "half"
    half.write_bytes(os.urandom(MIB * 3 // 4))

    def fill(done, _):
        if not done:
            host.run(["sh", "-c", f"head -c {MIB // 2} /dev/zero >{sshd.folder}/small/other"]).check()

    with pytest.raises(TransferFailed, match="No space left on device"):
        host.upload(half, f"{sshd.folder}/small/tool", progress=fill)
    assert ["other"] == names(host, f"{sshd.folder}/small")
    host.run(["rm", f"{sshd.folder}/small/other"]).check()


def test_a_stretch_of_a_file_can_be_sent(host, place, artifact):
    """Bytes from the middle of a file arrive as a file of their own; their sum is not taken again here."""
    piece = artifact.read_bytes()[MIB : 2 * MIB]
    payload = Payload(artifact, MIB, hashlib.sha256(piece).hexdigest(), offset=MIB)
    assert host.upload(payload, f"{place}/piece") is True
    assert payload.sha256 == sha256(host, f"{place}/piece")


def test_bytes_that_are_not_what_they_should_be_are_refused(host, place, artifact):
    """Where the file here is not the one its sum was taken of, the host refuses it and has nothing of it."""
    with pytest.raises(TransferFailed, match="what arrives is not what was sent"):
        host.upload(Payload(artifact, SIZE, "0" * 64), f"{place}/tool")
    assert [] == names(host, place)


def test_a_file_that_became_shorter_here_is_refused(host, place, artifact):
    """Bytes that are no longer there do not make a whole file on the host."""
    with pytest.raises(TransferFailed, match="what arrives is not what was sent"):
        host.upload(Payload(artifact, SIZE + 1, "0" * 64), f"{place}/tool")
    assert "tool" not in names(host, place)


def test_a_pace_is_kept_and_shared(host, place, artifact):
    """Every byte of two uploads at once is asked of the same pace."""
    asked = []

    class Counting(Pace):
        def wait(self, size):
            asked.append(size)

    pace = Counting(1)
    uploads = [
        threading.Thread(target=host.upload, args=(artifact, f"{place}/{name}"), kwargs={"pace": pace})
        for name in ("one", "two")
    ]
    for upload in uploads:
        upload.start()
    for upload in uploads:
        upload.join()
    assert 2 * SIZE == sum(asked)
    assert sha256(host, f"{place}/one") == sha256(host, f"{place}/two")


def test_a_file_is_summed_once_for_many_hosts(monkeypatch, hosts, place, artifact):
    """Several uploads of the same file sum it once on this computer."""
    taken = []
    real = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *args: taken.append(1) or real(*args))
    with Fleet([dataclasses.replace(hosts.target, name=name) for name in ("a", "b", "c")]) as fleet:
        fleet.each(lambda host: host.upload(artifact, f"{place}/{host.name}")).require()
    assert [1] == taken


def test_a_local_file_that_is_not_there_is_named(hosts, tmp_path):
    """The error is about this computer's file, before anything connects."""
    with pytest.raises(TransferFailed, match=r"cannot read .*artifact: No such file"):
        Host(hosts.target).upload(tmp_path / "artifact", "/tmp/tool")


def test_a_folder_is_not_replaced(host, place, artifact):
    """A path that is a folder is refused."""
    with pytest.raises(TransferFailed, match="it is a folder"):
        host.upload(artifact, place)
