"""Ansible's entrants: its commands, with the settings its documentation names for speed, each said in a note.

Not a driver of Ansible: it is called as a person calls it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.hosts.entrants import Entrant, program
from tests.benchmarks.hosts.ground import Ground

SETTINGS = "forks 8, Python's place given"
MODES = {False: "pipelining off, which is its default", True: "pipelining on"}
WAYS = {False: "new connections", True: "OpenSSH's shared connections kept from an untimed run before each"}


def entrant(
    ground: Ground, tool: str, words: Sequence[str], *, pipelining: bool, row: str, warm: Sequence[str] = ()
) -> Entrant:
    """Return an entrant that runs `ansible` or `ansible-playbook`.

    Args:
        ground: the hosts.
        tool: the program's name.
        words: its arguments.
        pipelining: run modules without copying them first, which is off by default because some sudoers forbid it.
        row: the row it is for; each has its own shared connections.
        warm: arguments of a run before each measured one, which leaves connections; without, there are none.
    """
    control = ground.folder / f"{row[:12]}-{pipelining:d}{bool(warm):d}"  # a socket's path is 104 characters at most
    control.mkdir(exist_ok=True)
    env = _environment(ground, control, pipelining=pipelining)
    command = (program(tool), *words)
    opened = (program(tool), *warm) if warm else ()
    name = f"ansible {'with' if pipelining else 'without'} pipelining{', connections open' if warm else ''}"
    close = _closing(ground, control)
    before = _opening(opened, env) if opened else close
    note = f"{MODES[pipelining]}, {SETTINGS}; {WAYS[bool(warm)]}"
    return Entrant(name, (command,), (tool,), env=env, note=note, before=before, after=close)


def _environment(ground: Ground, control: Path, *, pipelining: bool) -> dict[str, str]:
    settings = ground.folder / "ansible.cfg"
    settings.touch()  # empty, so that no other counts
    return {
        "ANSIBLE_CONFIG": str(settings),
        "ANSIBLE_HOME": str(ground.folder / "ansible"),
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_PIPELINING": str(pipelining),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(control),
        "ANSIBLE_NOCOLOR": "1",
        "LC_ALL": "C.UTF-8",
    }


def _opening(command: Sequence[str], env: dict[str, str]) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(command, env={**os.environ, **env}, check=True, capture_output=True)

    return run


def _closing(ground: Ground, control: Path) -> Callable[[], None]:
    def close() -> None:
        for path in control.iterdir():
            words = ["ssh", *ground.ssh_options(), "-o", f"ControlPath={path}", "-O", "exit", "any"]
            subprocess.run(words, check=False, capture_output=True)
            path.unlink(missing_ok=True)

    return close
