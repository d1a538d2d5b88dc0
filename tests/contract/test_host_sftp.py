"""SFTP on a host: attributes, names, offsets, links, refusals and large files, as OpenSSH's server does them."""

import errno
import hashlib
import os
import stat

import paramiko
import pytest

PIECE = os.urandom(1 << 20)
LARGE_MB = 24


def put(sftp, path, data=b"one\n"):
    """Write a whole file."""
    with sftp.open(path, "wb") as file:
        file.write(data)
    return path


def get(sftp, path):
    """Read a whole file."""
    with sftp.open(path, "rb") as file:
        return file.read()


def refusal(act, *args):
    """Return how an act was refused: a number of the system, or SFTP's own failure with its words."""
    with pytest.raises(OSError) as refused:  # noqa: PT011 - the number is what is asked for
        act(*args)
    return refused.value.errno or str(refused.value)


def test_session_begins_at_home(sftp):
    """A relative path is one under the home folder."""
    assert "/home/edge" == sftp.normalize(".")


def test_written_file_has_mode_owner_and_size(sftp, host, place):
    """A new file has mode 644, the user as owner, and the bytes that were written."""
    path = put(sftp, f"{place}/a", b"12345")
    seen = sftp.stat(path)
    uid = int(host.run(["id", "-u"]).out)
    assert (0o100644, uid, 5) == (seen.st_mode, seen.st_uid, seen.st_size)


def test_written_bytes_are_what_a_command_reads(sftp, host, place):
    """SFTP and commands see the same files."""
    put(sftp, f"{place}/a", b"over SFTP\n")
    host.script(f"echo by command >>{place}/a")
    assert b"over SFTP\nby command\n" == get(sftp, f"{place}/a")


def test_time_of_change_is_now(sftp, host, place):
    """A file's time is the host's own."""
    before = float(host.run(["date", "+%s"]).out)
    put(sftp, f"{place}/a")
    assert before <= sftp.stat(f"{place}/a").st_mtime <= before + 30


@pytest.mark.parametrize("act", ["stat", "lstat", "open", "remove", "listdir", "rmdir", "readlink", "normalize"])
def test_what_is_missing(sftp, place, act):
    """What is not there is ENOENT, whatever is asked of it; only `normalize` answers for a last part that is missing."""
    if act == "normalize":
        assert f"{place}/nope" == sftp.normalize(f"{place}/nope")
        return
    assert errno.ENOENT == refusal(getattr(sftp, act), f"{place}/nope")


@pytest.mark.parametrize("act", ["open", "listdir", "stat"])
def test_what_may_not_be_read(sftp, act):
    """What the user may not reach is EACCES."""
    path = {"open": "/etc/shadow", "listdir": "/root", "stat": "/root/x"}[act]
    assert errno.EACCES == refusal(getattr(sftp, act), path)


@pytest.mark.parametrize("act", ["remove", "mkdir", "rename", "posix_rename", "symlink"])
def test_what_may_not_be_changed(sftp, place, act):
    """A folder of root's takes nothing from the user and loses nothing to him."""
    args = {"rename": ("/etc/hosts", f"{place}/x"), "posix_rename": ("/etc/hosts", f"{place}/x")}
    args |= {"remove": ("/etc/debian_version",), "mkdir": ("/etc/nope",), "symlink": ("x", "/etc/nope")}
    assert errno.EACCES == refusal(getattr(sftp, act), *args[act])


def test_chmod_of_anothers_file_is_refused(sftp):
    """Mode and owner of another's file cannot be set: SFTP calls it permission denied, like every EPERM."""
    assert errno.EACCES == refusal(sftp.chmod, "/etc/debian_version", 0o600)


def test_rename_refuses_a_name_that_is_taken(sftp, place):
    """Plain rename does not replace."""
    put(sftp, f"{place}/a", b"a")
    put(sftp, f"{place}/b", b"b")
    assert "Failure" == refusal(sftp.rename, f"{place}/a", f"{place}/b")
    assert (b"a", b"b") == (get(sftp, f"{place}/a"), get(sftp, f"{place}/b"))


def test_posix_rename_replaces(sftp, place):
    """posix-rename@openssh.com puts a file in place of another in one go."""
    put(sftp, f"{place}/a", b"a")
    put(sftp, f"{place}/b", b"b")
    sftp.posix_rename(f"{place}/a", f"{place}/b")
    assert (["b"], b"a") == (sftp.listdir(place), get(sftp, f"{place}/b"))


def test_plain_rename_moves(sftp, place):
    """A free name can be given."""
    put(sftp, f"{place}/a", b"a")
    sftp.rename(f"{place}/a", f"{place}/c")
    assert ["c"] == sftp.listdir(place)


def test_rename_onto_a_full_folder_is_a_failure(sftp, place):
    """A folder with something in it is not replaced."""
    for name in ("a", "b"):
        sftp.mkdir(f"{place}/{name}")
        put(sftp, f"{place}/{name}/x")
    assert "Failure" == refusal(sftp.posix_rename, f"{place}/a", f"{place}/b")


def test_writing_at_an_offset(sftp, place):
    """A file is written in its middle, which is how an upload goes on; what was there before stays."""
    put(sftp, f"{place}/a", b"0123456789")
    with sftp.open(f"{place}/a", "r+b") as file:
        file.seek(4)
        file.write(b"ab")
    assert b"0123ab6789" == get(sftp, f"{place}/a")


def test_writing_behind_the_end(sftp, place):
    """What lies between the old end and the offset is zeros."""
    put(sftp, f"{place}/a", b"01")
    with sftp.open(f"{place}/a", "r+b") as file:
        file.seek(4)
        file.write(b"x")
    assert b"01\0\0x" == get(sftp, f"{place}/a")


def test_appending_ignores_the_offset(sftp, place):
    """A file opened to append grows at its end."""
    put(sftp, f"{place}/a", b"01")
    with sftp.open(f"{place}/a", "ab") as file:
        file.write(b"2")
    assert b"012" == get(sftp, f"{place}/a")


def test_reading_at_an_offset_and_behind_the_end(sftp, place):
    """Reading starts where it is told; behind the end there is nothing."""
    put(sftp, f"{place}/a", b"0123456789")
    with sftp.open(f"{place}/a", "rb") as file:
        file.seek(7)
        middle = file.read(2)
        file.seek(100)
        assert (b"78", b"") == (middle, file.read(2))


def test_truncate_cuts_and_lengthens(sftp, place):
    """A file's size can be set, shorter or longer."""
    put(sftp, f"{place}/a", b"0123456789")
    sftp.truncate(f"{place}/a", 3)
    short = get(sftp, f"{place}/a")
    sftp.truncate(f"{place}/a", 5)
    assert (b"012", b"012\0\0") == (short, get(sftp, f"{place}/a"))


def test_opening_to_write_empties(sftp, place):
    """`w` begins afresh, `r+` does not, and `x` refuses what is there."""
    path = put(sftp, f"{place}/a", b"012")
    with sftp.open(path, "r+b"):
        kept = get(sftp, path)
    with sftp.open(path, "wb"):
        pass
    assert (b"012", b"", "Failure") == (kept, get(sftp, path), refusal(sftp.open, path, "xb"))


def test_modes_owners_and_times_are_set(sftp, place):
    """Mode and times can be set; giving a file away cannot."""
    path = put(sftp, f"{place}/a")
    sftp.chmod(path, 0o640)
    sftp.utime(path, (1_700_000_000, 1_700_000_001))
    seen = sftp.stat(path)
    assert (0o640, 1_700_000_001) == (stat.S_IMODE(seen.st_mode), seen.st_mtime)
    assert errno.EACCES == refusal(sftp.chown, path, 0, 0)


def test_symbolic_links(sftp, place):
    """stat follows a link, lstat does not, and a link may lead nowhere."""
    put(sftp, f"{place}/a", b"12345")
    sftp.symlink("a", f"{place}/link")
    sftp.symlink("nope", f"{place}/dangling")
    assert ("a", 5, True) == (
        sftp.readlink(f"{place}/link"),
        sftp.stat(f"{place}/link").st_size,
        stat.S_ISLNK(sftp.lstat(f"{place}/link").st_mode),
    )
    assert errno.ENOENT == refusal(sftp.stat, f"{place}/dangling")


def test_listing_has_attributes(sftp, place):
    """A listing names what is in a folder, with its kind and size, and neither `.` nor `..` for paramiko's callers."""
    put(sftp, f"{place}/b", b"123")
    sftp.mkdir(f"{place}/a", 0o700)
    sftp.symlink("b", f"{place}/c")
    found = {item.filename: (stat.S_IFMT(item.st_mode), item.st_size) for item in sftp.listdir_attr(place)}
    assert {"a", "b", "c"} == set(found)
    assert ((stat.S_IFREG, 3), stat.S_IFDIR, stat.S_IFLNK) == (found["b"], found["a"][0], found["c"][0])


def test_long_names_are_those_of_ls(sftp, place):
    """The long form of a listing begins with mode and kind, as `ls -l` does."""
    put(sftp, f"{place}/b", b"123")
    (item,) = sftp.listdir_attr(place)
    assert (item.longname[:10], item.longname.split()[-1]) == ("-rw-r--r--", "b")


def test_folders_are_made_and_removed(sftp, place):
    """A folder has the mode asked for less the umask; one with something in it is not removed."""
    sftp.mkdir(f"{place}/d", 0o777)
    put(sftp, f"{place}/d/x")
    mode = stat.S_IMODE(sftp.stat(f"{place}/d").st_mode)
    refused = refusal(sftp.rmdir, f"{place}/d")
    sftp.remove(f"{place}/d/x")
    sftp.rmdir(f"{place}/d")
    assert (0o755, "Failure", []) == (mode, refused, sftp.listdir(place))


def test_a_folder_that_is_there_is_a_failure(sftp, place):
    """mkdir of what is there fails without a number."""
    assert "Failure" == refusal(sftp.mkdir, place)


def test_remove_is_for_files(sftp, place):
    """remove refuses a folder."""
    sftp.mkdir(f"{place}/d")
    assert "Failure" == refusal(sftp.remove, f"{place}/d")


def test_a_file_removed_while_open_can_be_read(sftp, place):
    """An open file outlives its name."""
    path = put(sftp, f"{place}/a", b"still here")
    with sftp.open(path, "rb") as file:
        sftp.remove(path)
        assert b"still here" == file.read()


def test_sixty_open_files(sftp, place):
    """Many files may be open at once."""
    files = [sftp.open(f"{place}/{number}", "wb") for number in range(60)]
    for file in files:
        file.write(b"x")
        file.close()
    assert 60 == len(sftp.listdir(place))


def test_large_file_arrives_whole(sftp, host, place):
    """Tens of megabytes, written in pieces without waiting, have the sum of what was sent."""
    with sftp.open(f"{place}/large", "wb") as file:
        file.set_pipelined(True)
        for _ in range(LARGE_MB):
            file.write(PIECE)
    there = host.run(["sha256sum", f"{place}/large"]).out.split()[0]
    here = _sum_of(PIECE, LARGE_MB)
    assert (here, LARGE_MB << 20) == (there, sftp.stat(f"{place}/large").st_size)


def test_large_file_comes_back_whole(sftp, host, place, tmp_path):
    """A file made on the host is read with many requests in flight."""
    host.script('head -c 8388608 /dev/zero | tr "\\0" x >"$1"', [f"{place}/large"]).check()
    sftp.get(f"{place}/large", str(tmp_path / "large"))
    assert b"x" * (8 << 20) == (tmp_path / "large").read_bytes()


def test_full_disk_is_a_failure(sftp, host, place):
    """A disk without room is a failure that says no more, and what fitted stays."""
    host.script('mkdir "$1/small" && mount -t tmpfs -o size=64k,mode=777 tmpfs "$1/small"', [place], sudo=True).check()
    assert "Failure" == refusal(put, sftp, f"{place}/small/a", bytes(200_000))
    assert 65536 >= sftp.stat(f"{place}/small/a").st_size


def test_read_only_disk_is_a_failure(sftp, host, place):
    """A disk that is mounted read-only refuses without a number."""
    script = 'mkdir "$1/small" && mount -t tmpfs tmpfs "$1/small" && mount -o remount,ro "$1/small"'
    host.script(script, [place], sudo=True).check()
    assert "Failure" == refusal(sftp.open, f"{place}/small/a", "wb")


def test_names_need_not_be_ascii(sftp, host, place):
    """A name is bytes; UTF-8 ones are the same for SFTP and commands."""
    put(sftp, f"{place}/grün", b"x")
    assert "grün\n" == host.run(["ls", "-1", place]).out


def test_several_sessions_on_one_connection(raw, place):
    """Sessions on one connection see the same files."""
    with raw.open_sftp() as one, raw.open_sftp() as other:
        put(one, f"{place}/a", b"x")
        assert b"x" == get(other, f"{place}/a")


def test_home_folder_can_be_closed_to_others(nobody, host):
    """What another user keeps private is not found by asking for it."""
    host.script("mkdir -p ~/contract-private && chmod 700 ~/contract-private && touch ~/contract-private/x").check()
    assert 1 == nobody.run(["test", "-e", "/home/edge/contract-private/x"]).code
    host.script("rm -r ~/contract-private").check()


def _sum_of(piece, count):
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(piece)
    return digest.hexdigest()


def test_subsystem_that_is_not_there_is_refused(raw):
    """Only SFTP is a subsystem."""
    channel = raw.get_transport().open_session()
    with pytest.raises(paramiko.SSHException):
        channel.invoke_subsystem("nope")
    channel.close()
