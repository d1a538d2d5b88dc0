"""The machine: what a reader must know of it to read the figures.

Not the load, which changes: each row has its own.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess

from tests.benchmarks.hosts.entrants import program

PACKAGES = ("edgebook", "paramiko", "asyncssh", "fabric", "parallel-ssh", "ansible-core", "cryptography")
PROGRAMS = {"OpenSSH": ("ssh", "-V"), "rsync": ("rsync", "--version")}


def machine() -> dict[str, str]:
    """Return the processors, the system and the version of every tool that is here."""
    tools = [f"{name} {version}" for name in PACKAGES if (version := _package(name))]
    tools += [f"{name} {version}" for name, words in PROGRAMS.items() if (version := _program(*words))]
    return {
        "machine": f"{os.cpu_count()} processors, {platform.system()} {platform.release()}, {platform.machine()}",
        "tools": ", ".join([f"Python {platform.python_version()}", *tools]),
    }


def _package(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _program(name: str, option: str) -> str:
    """Return a program's version: the first word of what it says that has a digit and a dot in it."""
    if not program(name):
        return ""
    done = subprocess.run([program(name), option], capture_output=True, text=True, check=False)
    words = (done.stdout + done.stderr).replace(",", " ").split()
    return next((word.removeprefix("OpenSSH_") for word in words if any(c.isdigit() for c in word) and "." in word), "")
