"""Who may become root on a practice host: the rules of /etc/sudoers and /etc/sudoers.d.

Not the program: `programs/sudo.py` asks here. Rules for single commands are not modelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgebook.lab.hosts.files import FileTree
    from edgebook.lab.hosts.model import User

MAIN, FOLDER = "/etc/sudoers", "/etc/sudoers.d"
TEXT = """\
Defaults\tenv_reset
Defaults\tmail_badpass
Defaults\tsecure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
Defaults\tuse_pty
root\tALL=(ALL:ALL) ALL
%sudo\tALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
"""
RULE = re.compile(r"(\S+)\s+ALL\s*=\s*(?:\([^)]*\)\s*)?(NOPASSWD:\s*)?ALL")
GRANTS = {"nopasswd": "{name} ALL=(ALL) NOPASSWD:ALL\n", "password": "{name} ALL=(ALL) ALL\n"}
SUDO_GROUP = 27


def rights(files: FileTree, user: User) -> str:
    """Return `nopasswd`, `password` or `refused`; the last rule that names the user counts."""
    who = {user.name, "ALL", *(["%sudo"] if SUDO_GROUP in user.gids else [])}
    found = "refused"
    for line in _lines(files):
        rule = RULE.fullmatch(line.strip())
        if rule and rule[1] in who:
            found = "nopasswd" if rule[2] else "password"
    return found


def grant(files: FileTree, name: str, right: str) -> None:
    """Give a user a rule of his own, or take it away (`refused`)."""
    path = f"{FOLDER}/{name}"
    if right in GRANTS:
        files.write(path, GRANTS[right].format(name=name), 0o440)
    elif files.exists(path):
        files.remove(path)


def _lines(files: FileTree) -> Iterator[str]:
    names = files.listdir(FOLDER) if files.is_folder(FOLDER) else []
    paths = [MAIN, *(f"{FOLDER}/{name}" for name in names if "." not in name and not name.endswith("~"))]
    for path in paths:
        if files.is_file(path):
            yield from files.text(path).splitlines()
