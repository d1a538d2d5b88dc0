"""Paths on a practice host are followed as Linux does, and only where a user may go."""

import errno

from edgebook.lab.hosts.files import EXECUTE, READ, WRITE
from tests.lab.trees import EDGE, refused


def test_file_in_the_middle_of_a_path_is_enotdir(files):
    """A path cannot lead through a file."""
    files.write("/etc/motd", "x")
    with refused(errno.ENOTDIR):
        files.read("/etc/motd/more")


def test_relative_paths_start_from_cwd(edge):
    """A path without a slash in front starts from the view's folder."""
    edge.write("notes", "x")
    assert edge.exists("/home/edge/notes")


def test_dots_are_followed(edge):
    """One dot stays, two go up, and never above the root."""
    assert "/etc" == edge.realpath(".././../../../etc/.")


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
