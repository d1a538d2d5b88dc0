"""Disks of a practice host fill up, and open files live on, as on Linux."""

import errno

from tests.lab.trees import refused


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


def test_full_disk_takes_what_fits(files):
    """As with `>`, what there is room for is written before the rest is refused."""
    room = files.disk("/var/lib").room
    with refused(errno.ENOSPC):
        files.write("/var/lib/image", b"x" * 200_000)
    assert (room, 0) == (files.stat("/var/lib/image").size, files.disk("/var/lib").room)


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
