"""A small file tree for tests, seen by root and by an ordinary user.

Not a host's tree: there are only the folders that the tests write to.
"""

import pytest

from edgebook.lab.hosts.files import FileTree
from edgebook.lab.hosts.nodes import Disk

EDGE = 1000


def small_tree():
    """Make a tree with a small disk for /var/lib and a home folder."""
    tree = FileTree([Disk("/", "/dev/sda2", 10_000), Disk("/var/lib", "/dev/sda3", 100)])
    for folder in ("/etc", "/home/edge", "/tmp", "/var/lib", "/root"):
        tree.mkdir(folder, 0o755, parents=True)
    tree.chmod("/tmp", 0o1777)
    tree.chmod("/root", 0o700)
    tree.chown("/home/edge", EDGE, EDGE)
    return tree


def as_edge(files):
    """See the same tree as the ordinary user, at home."""
    return files.as_user(EDGE, cwd="/home/edge")


def refused(code):
    """Expect an OSError with this errno."""
    return pytest.raises(OSError, check=lambda error: error.errno == code)
