"""Who may become root is read from the files of sudo, the last rule first."""

import pytest

from edgebook.lab.hosts.model import User
from edgebook.lab.hosts.sudoers import FOLDER, MAIN, TEXT, grant, rights

EDGE, ADMIN = User("edge", 1000, "/home/edge"), User("ann", 1002, "/home/ann", gids=(1002, 27))


@pytest.fixture
def rules(files):
    """Give the files of a fresh Debian."""
    files.mkdir(FOLDER, parents=True)
    files.write(MAIN, TEXT)
    return files


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("", "refused"),
        ("edge ALL=(ALL) ALL\n", "password"),
        ("edge ALL=(ALL:ALL) NOPASSWD: ALL\n", "nopasswd"),
        ("edge ALL=NOPASSWD:ALL\n", "nopasswd"),
        ("ALL ALL=(ALL) ALL\n", "password"),
        ("# edge ALL=(ALL) ALL\n", "refused"),
        ("edge ALL=(ALL) NOPASSWD: /usr/bin/true\n", "refused"),
        ("edge ALL=(ALL) NOPASSWD: ALL\nedge ALL=(ALL) ALL\n", "password"),
    ],
)
def test_rule_gives_a_right(rules, text, right):
    """A rule for all commands lets its user through, with or without a password."""
    rules.write(f"{FOLDER}/rule", text)
    assert right == rights(rules, EDGE)


def test_group_sudo_asks_for_a_password(rules):
    """Debian's own rule is for the group sudo."""
    assert ("password", "refused") == (rights(rules, ADMIN), rights(rules, EDGE))


@pytest.mark.parametrize("name", ["rule.bak", "rule~"])
def test_some_files_are_passed_over(rules, name):
    """sudo reads no file whose name has a dot or ends with a tilde."""
    rules.write(f"{FOLDER}/{name}", "edge ALL=(ALL) ALL\n")
    assert "refused" == rights(rules, EDGE)


def test_right_is_granted_and_taken(rules):
    """A right that is granted is a file, and goes with it."""
    seen = []
    for right in ("nopasswd", "password", "refused", "refused"):
        grant(rules, "edge", right)
        seen.append(rights(rules, EDGE))
    assert ["nopasswd", "password", "refused", "refused"] == seen
