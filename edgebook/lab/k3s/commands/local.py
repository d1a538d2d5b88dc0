"""What the commands of `k3s` share: the server on this host, flags, the way a failure is said.

Not a connection: these commands talk to the server of their own host only.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgebook.lab.hosts.call import Call
from edgebook.lab.k3s.log import line
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.k3s.registry import registry
from edgebook.lab.k3s.settings import DATA_DIR

DOWN = 'Get "https://127.0.0.1:6443/v1-k3s/readyz": dial tcp 127.0.0.1:6443: connect: connection refused'
TOKEN_FILE = f"{DATA_DIR}/server/token"


class CommandFailed(Exception):
    """The command ends with exit code 1 and this message."""


def server_here(call: Call) -> ServerProcess:
    """Return this host's server; raise `CommandFailed` when it does not answer."""
    if call.user != "root":
        raise CommandFailed(f"open {TOKEN_FILE}: permission denied")
    process = registry(call.world).servers.get(call.host.name)
    if process is None or not process.serving:
        raise CommandFailed(DOWN)
    if not process.healthy():
        raise CommandFailed("etcdserver: request timed out")
    return process


def say(call: Call, level: str, message: str) -> None:
    """Write a log line to standard error, as K3s's commands do."""
    call.err(line(call.host.now(), level, message) + "\n")


def flag(words: Sequence[str], *names: str, default: str = "") -> str:
    """Return a flag's value, written `--name value` or `--name=value`."""
    for number, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else "".join(words[number + 1 : number + 2])
    return default


def plain(words: Sequence[str], *with_value: str) -> list[str]:
    """Return the words that are neither flags nor values of the flags named."""
    found, skip = [], False
    for word in words:
        if not skip and not word.startswith("-"):
            found.append(word)
        skip = not skip and word in with_value
    return found
