from __future__ import annotations

import pytest

from edgebook.errors import HostError, TransferFailed
from edgebook.ssh import Host

pytest_plugins = ("tests.openssh",)


def mode(host, path):
    """Return a file's mode as the host prints it."""
    return host.run(["stat", "-c", "%a", path], sudo=True).check().out.strip()


def test_bytes_come_back_as_they_were_written(host, place):
    """Any bytes survive the way there and back."""
    data = bytes(range(256)) * 100 + b"\n\n"
    assert host.write(f"{place}/file", data) is True
    assert data == host.read(f"{place}/file")


@pytest.mark.parametrize("data", ["", "no line end", "one\n", "ü\n"])
def test_texts_are_written_as_utf8(host, place, data):
    """A text is written in UTF-8, an empty one too."""
    host.write(f"{place}/file", data)
    assert data.encode() == host.read(f"{place}/file")


def test_the_same_content_again_changes_nothing(host, place):
    """Writing what is there already is not a change, and leaves the file alone."""
    host.write(f"{place}/file", "a\n")
    before = host.run(["stat", "-c", "%i", f"{place}/file"]).out
    assert host.write(f"{place}/file", "a\n") is False
    assert before == host.run(["stat", "-c", "%i", f"{place}/file"]).out


def test_another_mode_is_a_change(host, place):
    """The same content with another mode is brought to that mode."""
    host.write(f"{place}/file", "a\n", mode=0o644)
    assert host.write(f"{place}/file", "a\n", mode=0o600) is True
    assert "600" == mode(host, f"{place}/file")


def test_mode_is_as_wanted_from_the_start(host, place):
    """A file with a secret has its mode, whatever the user's umask."""
    host.write(f"{place}/file", "a\n", mode=0o640)
    assert "640" == mode(host, f"{place}/file")


def test_folders_are_made(host, place):
    """The folder of a file is made, 0755, with those above it."""
    host.write(f"{place}/one/two/file", "a\n")
    assert ["755", "755"] == [mode(host, f"{place}/{folder}") for folder in ("one", "one/two")]


def test_a_path_is_a_word(host, place):
    """Blanks, quotes and `$()` in a path are part of the name."""
    path = f'{place}/it\'s a $(name) "here"'
    host.write(path, "a\n")
    assert b"a\n" == host.read(path)


def test_root_writes_what_the_user_may_not(hosts, host, place):
    """Under sudo the file belongs to root, and the user cannot read it."""
    hosts.needs("sudo")
    host.write(f"{place}/file", "a\n", mode=0o600, sudo=True)
    assert "root\n" == host.run(["stat", "-c", "%U", f"{place}/file"]).out
    assert b"a\n" == host.read(f"{place}/file", sudo=True)
    with pytest.raises(HostError, match="Permission denied"):
        host.read(f"{place}/file")


def test_owner_is_set_and_seen(hosts, host, place):
    """An owner is given to the file; another user or group is a change, the right one is not."""
    hosts.needs("sudo")
    write = [
        host.write(f"{place}/file", "a\n", owner=owner, sudo=True) for owner in ("root", "edge", "edge", "edge:edge")
    ]
    assert [True, True, False, True] == write
    assert "edge\n" == host.run(["stat", "-c", "%U", f"{place}/file"]).out


def test_the_first_content_is_kept(host, place):
    """With `backup` what was there before edgebook stays, with its mode, over any number of writes."""
    host.run(["sh", "-c", 'echo first >"$0"; chmod 600 "$0"', f"{place}/file"]).check()
    for text in ("second\n", "third\n"):
        host.write(f"{place}/file", text, backup=True)
    assert b"first\n" == host.read(f"{place}/file.edgebook-before")
    assert "600" == mode(host, f"{place}/file.edgebook-before")


def test_nothing_is_kept_unasked(host, place):
    """A write leaves nothing behind but the file."""
    for text in ("first\n", "second\n"):
        host.write(f"{place}/file", text)
    assert "file\n" == host.run(["ls", "-A", place]).out


def test_a_folder_is_not_overwritten(host, place):
    """A path that is a folder is refused."""
    with pytest.raises(TransferFailed, match="it is a folder"):
        host.write(place, "a\n")


def test_what_the_user_may_not_write_is_named(hosts, host):
    """The error says where, why, and what to do."""
    hosts.needs("unprivileged")
    with pytest.raises(TransferFailed, match=r"cannot write /etc/edgebook-test: .*Permission denied"):
        host.write("/etc/edgebook-test", "a\n")


def test_a_full_disk_leaves_the_old_content(hosts, sshd, host):
    """Where there is no room, the error says so, the file is as before and nothing else remains."""
    hosts.needs("small disk")
    folder = f"{sshd.folder}/small"
    host.write(f"{folder}/file", "before\n")
    with pytest.raises(TransferFailed, match="No space left on device") as caught:
        host.write(f"{folder}/file", b"x" * (2 << 20))
    assert "free some room" in caught.value.hint
    assert b"before\n" == host.read(f"{folder}/file")
    assert "file\n" == host.run(["ls", "-A", folder]).out
    host.run(["rm", f"{folder}/file"])


@pytest.mark.parametrize("path", ["", "~/file", "/etc/", "-rf"])
def test_what_is_no_path_is_refused(hosts, path):
    """A path that a shell would read differently is a mistake of the caller."""
    with pytest.raises(ValueError, match="no path"):
        Host(hosts.target).write(path, "a\n")


def test_a_lost_connection_leaves_the_old_content(through, relay, shared_folder):
    """A link that is cut while content is on its way never puts half a file into shared_folder."""
    through.write(f"{shared_folder}/file", "before\n")
    relay.cut_after_bytes = relay.sent_bytes + 200_000
    with pytest.raises(HostError):
        through.write(f"{shared_folder}/file", b"x" * (1 << 20))
    assert b"before\n" == through.read(f"{shared_folder}/file")
