"""What a unit's processes are run with: user, folder and environment, as its file says.

Not the processes: `mainprocess.py` runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgebook.lab.hosts.unitfile import UnitFile

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Host

SERVICE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOTIFY_SOCKET = "/run/systemd/notify"
NO_FOLDER, NO_USER = 200, 217
"""Exit codes of a process that systemd cannot set up (systemd.exec(5), "Process Exit Codes")."""


@dataclass(frozen=True)
class Execution:
    """User, folder and environment of a process; `failure` is the exit code of one that cannot have them."""

    env: Mapping[str, str] = field(default_factory=dict)
    user: str = "root"
    cwd: str = "/"
    failure: int = 0


def execution(host: Host, file: UnitFile) -> Execution:
    """Read from a unit's file what its processes run with; raise OSError when an EnvironmentFile is missing."""
    env = {"LANG": "C.UTF-8", "PATH": SERVICE_PATH}
    env |= {"NOTIFY_SOCKET": NOTIFY_SOCKET} if file.type.startswith("notify") else {}
    name = file.one("Service", "User", "root")
    user = next((user for user in host.users.values() if name in (user.name, str(user.uid))), None)
    if user is None:
        return Execution(env, failure=NO_USER)
    if file.one("Service", "User"):
        env |= {"HOME": user.home, "LOGNAME": user.name, "USER": user.name, "SHELL": user.shell}
    env |= file.environment(host.files)
    wanted = file.one("Service", "WorkingDirectory", "/")
    cwd = {"~": user.home}.get(wanted.removeprefix("-"), wanted.removeprefix("-"))
    if not host.files.is_folder(cwd):
        return Execution(env, user.name, failure=0 if wanted.startswith("-") else NO_FOLDER)
    return Execution(env, user.name, cwd)
