"""SFTP on a practice host behaves as OpenSSH's, seen by an independent client."""

import io
import shutil
import subprocess

import pytest

from tests.lab.logins import DEADLINE_S, USER, port_of


def test_sftp_starts_at_home(client):
    """The SFTP session is in the user's home folder."""
    assert "/home/edge" == client.open_sftp().normalize(".")


@pytest.mark.skipif(shutil.which("scp") is None, reason="OpenSSH's scp is not installed")
def test_scp_ends_well(site, tmp_path):
    """OpenSSH's own scp copies a file and ends with 0."""
    (tmp_path / "image").write_bytes(b"x" * 100_000)
    key, known = site.site_folder / "id_ed25519", site.site_folder / "known_hosts"
    options = ["-F", "none", "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={known}", "-i", str(key)]
    target = f"{USER}@127.0.0.1:/tmp/image"
    words = ["scp", *options, "-P", str(port_of(site, "s1")), str(tmp_path / "image"), target]
    ended = subprocess.run(words, capture_output=True, timeout=DEADLINE_S, check=False)
    assert (0, b"") == (ended.returncode, ended.stderr)
    assert 100_000 == site.do(lambda world: world.hosts["s1"].files.stat("/tmp/image").size)


def test_sftp_moves_bytes_both_ways(client):
    """What is put is what comes back, with the right size and mode."""
    sftp, data = client.open_sftp(), bytes(range(256)) * 4096
    sftp.putfo(io.BytesIO(data), "/tmp/image")
    back = io.BytesIO()
    sftp.getfo("/tmp/image", back)
    assert data == back.getvalue()
    assert (len(data), 0o100644) == (sftp.stat("/tmp/image").st_size, sftp.stat("/tmp/image").st_mode)


def test_sftp_goes_on_where_it_stopped(client):
    """A file can be appended to, and written from its middle."""
    sftp = client.open_sftp()
    sftp.putfo(io.BytesIO(b"hello "), "part")
    with sftp.open("part", "ab") as file:
        file.write(b"world")
    with sftp.open("part", "r+b") as file:
        file.seek(6)
        file.write(b"WORLD!")
    assert b"hello WORLD!" == sftp.open("part").read()


def test_sftp_rename_does_not_replace(client):
    """The plain rename refuses a name that is taken, the POSIX one replaces it."""
    sftp = client.open_sftp()
    for name in ("a", "b"):
        sftp.putfo(io.BytesIO(name.encode()), name)
    with pytest.raises(OSError, match="Failure"):
        sftp.rename("a", "b")
    sftp.posix_rename("a", "b")
    assert (b"a", ["b"]) == (sftp.open("b").read(), [name for name in sftp.listdir(".") if len(name) == 1])


def test_sftp_changes_mode_size_and_time(client):
    """chmod, truncate and utime reach the file."""
    sftp = client.open_sftp()
    sftp.putfo(io.BytesIO(b"hello"), "f")
    sftp.chmod("f", 0o600)
    sftp.truncate("f", 2)
    sftp.utime("f", (1000, 2000))
    seen = sftp.stat("f")
    assert (0o100600, 2, 2000) == (seen.st_mode, seen.st_size, seen.st_mtime)


def test_sftp_folders_and_links(client):
    """Folders are made, listed and removed; links are made and read."""
    sftp = client.open_sftp()
    sftp.mkdir("d")
    sftp.symlink("/etc/hostname", "d/link")
    assert ["link"] == sftp.listdir("d")
    assert "/etc/hostname" == sftp.readlink("d/link")
    sftp.remove("d/link")
    sftp.rmdir("d")
    assert "d" not in sftp.listdir(".")


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda sftp: sftp.stat("/nothing"), FileNotFoundError),
        (lambda sftp: sftp.listdir("/root"), PermissionError),
        (lambda sftp: sftp.open("/etc/motd", "w"), PermissionError),
        (lambda sftp: sftp.chown("/etc/hostname", 1000, 1000), OSError),
        (lambda sftp: sftp.rmdir("/etc/hostname"), OSError),
        (lambda sftp: sftp.remove("/etc"), OSError),
    ],
)
def test_sftp_refuses_as_linux_does(client, act, error):
    """What the user may not do over a shell is refused over SFTP too."""
    with pytest.raises(error):
        act(client.open_sftp())


def test_sftp_on_a_full_disk_fails(site, client):
    """A file that does not fit is refused, and what was sent stays."""
    site.do(lambda world: setattr(world.hosts["s1"].files.disk("/tmp"), "used_kb", (30 << 20) - 100))
    with client.open_sftp().open("/tmp/image", "wb") as file, pytest.raises(OSError, match="Failure"):
        file.write(b"x" * 300_000)
    assert 0 < site.do(lambda world: world.hosts["s1"].files.stat("/tmp/image").size) < 110_000


def test_sftp_tells_the_free_space(client):
    """statvfs describes the disk of a path."""
    kind, answer = client.open_sftp()._request(200, "statvfs@openssh.com", "/var/lib")
    assert (201, 4096) == (kind, answer.get_int64())
