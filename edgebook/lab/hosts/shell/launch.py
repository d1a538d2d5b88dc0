"""Starting programs from the shell: found along PATH, run with the shell's streams and folder.

Not what a file runs: `hosts/call.py` knows that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from edgebook.lab.hosts.call import NOT_EXECUTABLE, NOT_FOUND, Call, CommandDenied, CommandNotFound, execute

if TYPE_CHECKING:
    from edgebook.lab.hosts.shell.interpret import Shell


def prepare(shell: Shell, words: list[str], env: Mapping[str, str]) -> Call:
    """Make the call of a program that the shell starts."""
    return replace(
        shell.call,
        argv=words,
        env=dict(env),
        cwd=shell.cwd,
        umask=shell.files.umask,
        stdin=shell.descriptor(0).reader,
        stdout=shell.descriptor(1).writer,
        stderr=shell.descriptor(2).writer,
        built=(),
    )


async def program(shell: Shell, words: list[str], env: Mapping[str, str]) -> int:
    """Run a program and return its exit code; say when there is none, as dash does."""
    try:
        return shell.note(await execute(prepare(shell, words, env)))
    except CommandNotFound:
        shell.complain(f"{words[0]}: command not found" if shell.is_bash else f"{words[0]}: not found")
        return NOT_FOUND
    except CommandDenied as exc:
        shell.complain(f"{words[0]}: {exc}")
        return NOT_EXECUTABLE
