"""The file tree of a practice host behaves as Linux does."""

import errno

import pytest

from edgebook.lab.hosts.files import EXECUTE, READ, WRITE, FileTree
from edgebook.lab.hosts.nodes import Disk

EDGE = 1000


@pytest.fixture
def files():
    """Make a tree with a small disk for /var/lib and a home folder."""
    tree = FileTree([Disk("/", "/dev/sda2", 10_000), Disk("/var/lib", "/dev/sda3", 100)])
    for folder in ("/etc", "/home/edge", "/tmp", "/var/lib", "/root"):
        tree.mkdir(folder, 0o755, parents=True)
    tree.chmod("/tmp", 0o1777)
    tree.chmod("/root", 0o700)
    tree.chown("/home/edge", EDGE, EDGE)
    return tree


@pytest.fixture
def edge(files):
    """See the same tree as the ordinary user, at home."""
    return files.as_user(EDGE, cwd="/home/edge")


def refused(code):
    """Expect an OSError with this errno."""
    return pytest.raises(OSError, check=lambda error: error.errno == code)


def test_written_content_comes_back(files):
    """What is written is what is read."""
    files.write("/etc/motd", "hello\n")
    assert b"hello\n" == files.read("/etc/motd")


def test_new_file_takes_the_umask_into_account(files):
    """A file made without a mode has 0666 less the umask."""
    files.as_user(0, umask=0o077).write("/etc/secret", "x")
    assert 0o600 == files.stat("/etc/secret").mode


def test_writing_again_keeps_the_mode(files):
    """Writing to a file that is there leaves its mode."""
    files.write("/etc/tool", "a", 0o755)
    files.write("/etc/tool", "b")
    assert 0o755 == files.stat("/etc/tool").mode


def test_writing_with_a_mode_sets_it(files):
    """A mode that is given counts for a file that is there, too."""
    files.write("/etc/tool", "a", 0o644)
    files.write("/etc/tool", "b", 0o600)
    assert 0o600 == files.stat("/etc/tool").mode


def test_append_adds_to_the_end(files):
    """Appending keeps what was there."""
    files.write("/etc/log", "one\n")
    files.write("/etc/log", "two\n", append=True)
    assert "one\ntwo\n" == files.text("/etc/log")


def test_missing_file_is_enoent(files):
    """Reading what is not there is ENOENT and names the path."""
    with refused(errno.ENOENT) as caught:
        files.read("/etc/nothing")
    assert "/etc/nothing" == caught.value.filename


def test_missing_folder_is_enoent(files):
    """A file is not made in a folder that is not there."""
    with refused(errno.ENOENT):
        files.write("/etc/rancher/k3s/config.yaml", "x")


def test_parents_are_made_when_asked_for(files):
    """With parents=True the folders above are made."""
    files.write("/etc/rancher/k3s/config.yaml", "x", parents=True)
    assert ["config.yaml"] == files.listdir("/etc/rancher/k3s")


def test_file_in_the_middle_of_a_path_is_enotdir(files):
    """A path cannot lead through a file."""
    files.write("/etc/motd", "x")
    with refused(errno.ENOTDIR):
        files.read("/etc/motd/more")


def test_reading_a_folder_is_eisdir(files):
    """A folder has no content."""
    with refused(errno.EISDIR):
        files.read("/etc")


def test_relative_paths_start_from_cwd(edge):
    """A path without a slash in front starts from the view's folder."""
    edge.write("notes", "x")
    assert edge.exists("/home/edge/notes")


def test_dots_are_followed(edge):
    """One dot stays, two go up, and never above the root."""
    assert "/etc" == edge.realpath(".././../../../etc/.")


def test_new_file_belongs_to_the_user(edge):
    """Who makes a file owns it."""
    edge.write("notes", "x")
    assert (EDGE, EDGE) == (edge.stat("notes").uid, edge.stat("notes").gid)


def test_user_may_not_write_to_etc(edge):
    """An ordinary user cannot make files in root's folders."""
    with refused(errno.EACCES):
        edge.write("/etc/mine", "x")


def test_user_may_not_look_into_root(edge):
    """A folder with mode 0700 is closed to others."""
    with refused(errno.EACCES):
        edge.listdir("/root")


def test_user_may_not_read_a_private_file(files, edge):
    """A file with mode 0600 is closed to others."""
    files.write("/etc/shadow", "x", 0o600)
    with refused(errno.EACCES):
        edge.read("/etc/shadow")


def test_root_may_read_everything(files, edge):
    """Root is not asked."""
    edge.write("diary", "x", 0o000)
    assert b"x" == files.read("/home/edge/diary")


def test_root_may_not_execute_what_nobody_may(files):
    """Root runs a file only when somebody may."""
    files.write("/etc/data", "x", 0o644)
    assert not files.may("/etc/data", EXECUTE)


def test_group_rights_count_for_members(files):
    """A member of the file's group gets the group's rights."""
    files.write("/etc/shared", "x", 0o640)
    files.chown("/etc/shared", 0, 27)
    member = files.as_user(EDGE, gids=(EDGE, 27))
    assert (True, False) == (member.may("/etc/shared", READ), member.may("/etc/shared", WRITE))


def test_sticky_folder_protects_others_files(files, edge):
    """In /tmp only the owner may remove a file."""
    files.write("/tmp/roots", "x")
    with refused(errno.EPERM):
        edge.remove("/tmp/roots")


def test_user_may_not_change_others_modes(files, edge):
    """Only the owner changes the mode."""
    files.write("/etc/motd", "x")
    with refused(errno.EPERM):
        edge.chmod("/etc/motd", 0o777)


def test_user_may_not_give_files_away(edge):
    """Only root changes the owner."""
    edge.write("notes", "x")
    with refused(errno.EPERM):
        edge.chown("notes", 0)


def test_link_leads_to_its_target(files):
    """Reading a symbolic link reads what it points to."""
    files.write("/etc/real", "x")
    files.symlink("real", "/etc/alias")
    assert (b"x", "/etc/real") == (files.read("/etc/alias"), files.realpath("/etc/alias"))


def test_link_to_a_folder_is_part_of_a_path(files):
    """A path may go through a link."""
    files.symlink("/etc", "/tmp/config")
    files.write("/tmp/config/motd", "x")
    assert files.exists("/etc/motd")


def test_writing_through_a_dangling_link_makes_its_target(files):
    """A link to nothing is a name for a file to be."""
    files.symlink("/etc/later", "/etc/alias")
    files.write("/etc/alias", "x")
    assert files.stat("/etc/later").is_file


def test_link_loop_is_eloop(files):
    """Links that point at each other end after forty steps."""
    files.symlink("/etc/a", "/etc/b")
    files.symlink("/etc/b", "/etc/a")
    with refused(errno.ELOOP):
        files.read("/etc/a")


def test_stat_can_describe_the_link(files):
    """With follow=False the link itself is described."""
    files.symlink("/nowhere", "/etc/alias")
    assert files.stat("/etc/alias", follow=False).is_link


def test_readlink_of_a_file_is_einval(files):
    """A file points nowhere."""
    files.write("/etc/motd", "x")
    with refused(errno.EINVAL):
        files.readlink("/etc/motd")


def test_removing_a_link_leaves_its_target(files):
    """Only the name goes."""
    files.write("/etc/real", "x")
    files.symlink("/etc/real", "/etc/alias")
    files.remove("/etc/alias")
    assert files.exists("/etc/real")


def test_folder_with_content_is_not_removed(files):
    """A folder goes only when it is empty."""
    files.write("/tmp/d/f", "x", parents=True)
    with refused(errno.ENOTEMPTY):
        files.remove("/tmp/d")


def test_recursive_removal_takes_everything(files):
    """With recursive=True the content goes first."""
    files.write("/tmp/d/e/f", "x", parents=True)
    files.remove("/tmp/d", recursive=True)
    assert [] == files.listdir("/tmp")


def test_mount_point_is_busy(files):
    """A mounted folder cannot be removed."""
    with refused(errno.EBUSY):
        files.remove("/var/lib")


def test_rename_replaces_a_file(files):
    """The new name has the old one's content, whatever it was."""
    files.write("/etc/new", "new")
    files.write("/etc/old", "old")
    files.rename("/etc/new", "/etc/old")
    assert ("new", False) == (files.text("/etc/old"), files.exists("/etc/new"))


def test_rename_moves_a_whole_folder(files):
    """What is in a folder comes along."""
    files.write("/tmp/d/f", "x", parents=True)
    files.rename("/tmp/d", "/etc/d")
    assert b"x" == files.read("/etc/d/f")


def test_folder_does_not_move_into_itself(files):
    """A folder cannot become its own child."""
    files.mkdir("/tmp/d")
    with refused(errno.EINVAL):
        files.rename("/tmp/d", "/tmp/d/e")


def test_rename_to_itself_changes_nothing(files):
    """The same name twice is fine."""
    files.write("/etc/motd", "x")
    files.rename("/etc/motd", "/etc/motd")
    assert b"x" == files.read("/etc/motd")


def test_hard_link_shares_the_content(files):
    """Two names, one file."""
    files.write("/etc/a", "x")
    files.link("/etc/a", "/etc/b")
    files.write("/etc/b", "y")
    assert ("y", 2) == (files.text("/etc/a"), files.stat("/etc/a").links)


def test_making_a_folder_twice_is_eexist(files):
    """Without parents=True a folder that is there is an error."""
    with refused(errno.EEXIST):
        files.mkdir("/etc")


def test_making_parents_twice_is_fine(files):
    """With parents=True a folder that is there is none."""
    files.mkdir("/etc", parents=True)
    assert files.is_folder("/etc")


def test_exclusive_open_refuses_a_file_that_is_there(files):
    """O_EXCL makes only new files."""
    files.write("/etc/motd", "x")
    with refused(errno.EEXIST):
        files.open("/etc/motd", write=True, create=True, exclusive=True)


def test_walk_lists_everything_below(files):
    """Walking gives the folder and all that is in it."""
    files.write("/tmp/d/f", "x", parents=True)
    assert ["/tmp", "/tmp/d", "/tmp/d/f"] == [path for path, _ in files.walk("/tmp")]


def test_generated_file_is_made_at_each_read(files):
    """A file as in /proc has the content of the moment."""
    numbers = iter("12")
    files.generate("/proc/counter", lambda: next(numbers))
    assert (b"1", b"2") == (files.read("/proc/counter"), files.read("/proc/counter"))


def test_generated_file_is_not_written(files):
    """A file as in /proc refuses other content."""
    files.generate("/proc/counter", lambda: "1")
    with refused(errno.EACCES):
        files.write("/proc/counter", "2")


def test_full_disk_is_enospc(files):
    """Content that does not fit is refused."""
    with refused(errno.ENOSPC):
        files.write("/var/lib/image", b"x" * 200_000)


def test_full_disk_leaves_an_empty_file(files):
    """As with `>`, the name is made before the content is refused."""
    with refused(errno.ENOSPC):
        files.write("/var/lib/image", b"x" * 200_000)
    assert 0 == files.stat("/var/lib/image").size


def test_other_disks_are_not_full(files):
    """A full disk concerns its own folders only."""
    files.disk("/var/lib").used_kb = 100
    files.write("/etc/image", b"x" * 5_000)
    assert 5_000 == files.stat("/etc/image").size


def test_used_space_follows_the_files(files):
    """Writing takes room, removing gives it back."""
    before = files.disk("/var/lib").used_kb
    files.write("/var/lib/image", b"x" * 50 * 1024)
    during = files.disk("/var/lib").used_kb
    files.remove("/var/lib/image")
    assert (50, before) == (during - before, files.disk("/var/lib").used_kb)


def test_moving_between_disks_moves_the_space(files):
    """A file that goes to another disk takes room there."""
    files.write("/etc/image", b"x" * 50 * 1024)
    files.rename("/etc/image", "/var/lib/image")
    assert (0, 50) == (files.disk("/etc").used_kb, files.disk("/var/lib").used_kb)


def test_allocated_file_takes_room_without_content(files):
    """An allocated file fills the disk until it is removed."""
    files.allocate("/var/lib/hole", files.disk("/var/lib").free_kb * 1024)
    full = files.disk("/var/lib").free_kb
    files.remove("/var/lib/hole")
    assert (0, 100) == (full, files.disk("/var/lib").free_kb)


def test_inodes_run_out(files):
    """A disk without inodes takes no new file, however small."""
    files.disk("/var/lib").inodes = files.disk("/var/lib").used_inodes + 3
    for number in range(3):
        files.write(f"/var/lib/{number}", "")
    with refused(errno.ENOSPC):
        files.write("/var/lib/one-more", "")


def test_read_only_disk_is_erofs(files):
    """A disk mounted read-only takes neither names nor content."""
    files.write("/var/lib/f", "x")
    files.disk("/var/lib").read_only = True
    for act in (lambda: files.write("/var/lib/new", "x"), lambda: files.write("/var/lib/f", "y")):
        with refused(errno.EROFS):
            act()


def test_open_file_outlives_its_name(files):
    """What was open before the removal can still be read."""
    files.write("/etc/motd", "x")
    opened = files.open("/etc/motd")
    files.remove("/etc/motd")
    assert b"x" == opened.read()


def test_writing_past_the_end_fills_with_zeros(files):
    """A gap reads as zeros."""
    opened = files.open("/etc/sparse", write=True, create=True)
    opened.write(b"x", 3)
    assert b"\0\0\0x" == files.read("/etc/sparse")


def test_touch_makes_and_dates_a_file(files):
    """Touching makes an empty file with the time that was asked for."""
    files.touch("/etc/stamp", 86_400.0)
    assert (0, 86_400.0) == (files.stat("/etc/stamp").size, files.stat("/etc/stamp").mtime)
