"""Simple commands: assignments, functions, built-in commands and programs.

Not here: what each built-in does (`builtin`), how a program is found and run (`launch`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgebook.lab.hosts.shell import expand, launch
from edgebook.lab.hosts.shell.builtin import BUILTINS, SPECIAL, Misuse
from edgebook.lab.hosts.shell.state import Exit, ShellFailure
from edgebook.lab.hosts.shell.syntax import Simple

if TYPE_CHECKING:
    from edgebook.lab.hosts.shell.interpret import Shell

Assigned = list[tuple[str, str]]


async def run(shell: Shell, node: Simple, *, tested: bool) -> int:
    """Run one simple command."""
    shell.line, shell.substituted = node.line, 0
    shell.tell()
    words = await expand.fields(shell, node.words)
    assigned = await assignments(shell, node)
    shell.trace([*(f"{name}={value}" for name, value in assigned), *words])
    descriptors = await shell.redirects(node)
    if descriptors is None:
        if words and words[0] in SPECIAL:
            raise Exit(2)
        return 2
    if words == ["exec"]:
        shell.descriptors = descriptors
    if not words or words[0] in SPECIAL:
        for name, value in assigned:
            shell.put(name, value)
        assigned = []
    if not words:
        return shell.substituted
    with shell.using(shell.descriptors if words == ["exec"] else descriptors):
        return await call(shell, words, assigned, tested=tested)


async def assignments(shell: Shell, node: Simple) -> Assigned:
    """Expand assignments from the left; a later one sees the ones before."""
    found: Assigned = []
    kept = dict(shell.variables) if len(node.assignments) > 1 else None
    for name, word in node.assignments:
        found.append((name, await expand.string(shell, word)))
        if kept is not None and name not in shell.readonly:
            shell.variables[name] = found[-1][1]
    if kept is not None:
        shell.variables = kept
    return found


async def call(
    shell: Shell, words: list[str], assigned: Assigned, *, tested: bool = False, functions: bool = True
) -> int:
    """Run what a command's name means: special built-in, function, built-in, program."""
    name = words[0]
    if name not in SPECIAL and name in shell.functions and functions:
        with temporarily(shell, assigned):
            return await shell.call_function(name, words[1:], tested=tested)
    if name in BUILTINS:
        with temporarily(shell, assigned):
            return await builtin(shell, words)
    return await launch.program(shell, words, {**shell.environment(), **dict(assigned)})


async def builtin(shell: Shell, words: list[str]) -> int:
    """Run a built-in; its misuse ends the shell only when it is a special one."""
    try:
        return await BUILTINS[words[0]](shell, words[1:])
    except Misuse as exc:
        message = f"{words[0]}: {exc}" if str(exc) else ""
        if words[0] in SPECIAL:
            raise ShellFailure(message, exc.code) from exc
        shell.complain(message)
        return exc.code
    except BrokenPipeError:
        raise
    except OSError as exc:
        # dash says the name of a built-in that printed twice, and no reason.
        printed = exc.filename == "write error"
        shell.complain(f"{words[0]}: {words[0]}: I/O error" if printed else f"{words[0]}: I/O error: {exc.strerror}")
        return 1


@contextlib.contextmanager
def temporarily(shell: Shell, assigned: Assigned) -> Iterator[None]:
    """Let assignments stand, exported, for one command."""
    kept = {name: shell.variables.get(name) for name, _ in assigned}
    exported = set(shell.exported)
    for name, value in assigned:
        shell.put(name, value)
        shell.exported.add(name)
    try:
        yield
    finally:
        for name, before in kept.items():
            shell.variables.pop(name, None)
            if before is not None:
                shell.variables[name] = before
        if assigned:
            shell.exported = exported
