"""kubectl's entry: which command it is, and how its failures are said.

Not the commands themselves.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from edgebook.lab.hosts.call import Call
from edgebook.lab.k3s.kubectl import reading, writing
from edgebook.lab.k3s.kubectl.connect import ConnectionFailed, connect
from edgebook.lab.k3s.kubectl.words import UsageError, Words, parse
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.kube.errors import ApiError

Command = Callable[[Call, ServerProcess, Words], int]

COMMANDS: dict[str, Command] = {
    "annotate": writing.annotate,
    "cordon": writing.cordon,
    "delete": writing.delete,
    "describe": reading.describe,
    "drain": writing.drain,
    "get": reading.get,
    "label": writing.label,
    "uncordon": writing.uncordon,
    "version": reading.version,
}


def _command(name: str) -> Command:
    if name not in COMMANDS:
        raise UsageError(f'unknown command "{name}" for "kubectl"')
    return COMMANDS[name]


def _remember(call: Call) -> None:
    """Keep what discovery found below the user's home, as kubectl does; a home it may not write to is no error."""
    with contextlib.suppress(OSError):
        call.files.mkdir(f"{call.env.get('HOME', '/root')}/.kube/cache/discovery", 0o750, parents=True)


async def kubectl(call: Call, arguments: Sequence[str]) -> int:
    """Run one kubectl command and return its exit code."""
    try:
        words = parse(arguments)
        if not words.command or words.on("help"):
            call.out("kubectl controls the Kubernetes cluster manager.\n")
            return 0
        command = _command(words.command)
        if words.command == "version" and words.on("client"):
            call.out(f"Client Version: {call.built[0] if call.built else ''}\nKustomize Version: v5.4.2\n")
            return 0
        process = await connect(call, words)
        _remember(call)
        return command(call, process, words)
    except ConnectionFailed as exc:
        call.err(f"{exc}\n")
    except UsageError as exc:
        call.err(f"error: {exc}\n")
    except ApiError as exc:
        reason = f" ({exc.reason})" if exc.reason else ""
        call.err(f"Error from server{reason}: {exc.message}\n")
    return 1
