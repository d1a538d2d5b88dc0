"""The file tree of a practice host behaves as Linux does."""

import errno

from tests.lab.trees import EDGE, refused


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


def test_reading_a_folder_is_eisdir(files):
    """A folder has no content."""
    with refused(errno.EISDIR):
        files.read("/etc")


def test_new_file_belongs_to_the_user(edge):
    """Who makes a file owns it."""
    edge.write("notes", "x")
    assert (EDGE, EDGE) == (edge.stat("notes").uid, edge.stat("notes").gid)


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


def test_touch_makes_and_dates_a_file(files):
    """Touching makes an empty file with the time that was asked for."""
    files.touch("/etc/stamp", 86_400.0)
    assert (0, 86_400.0) == (files.stat("/etc/stamp").size, files.stat("/etc/stamp").mtime)
