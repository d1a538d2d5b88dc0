"""The shell's built-in commands that change the shell itself.

Not here: `printf` and `test`, which are programs as well (`printf`, `conditions`), nor jobs (`jobs`).
"""

from __future__ import annotations

import errno
import posixpath
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from edgebook.lab.hosts.shell.state import Exit, LoopJump, Return, ShellFailure
from edgebook.lab.hosts.shell.syntax import ShellSyntaxError
from edgebook.lab.hosts.shell.words import NAME

if TYPE_CHECKING:
    from edgebook.lab.hosts.shell.interpret import Shell

Builtin = Callable[["Shell", list[str]], Awaitable[int]]
BUILTINS: dict[str, Builtin] = {}
SPECIAL = frozenset({":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set",
                     "shift", "times", "trap", "unset"})  # fmt: skip
OPTIONS = {"errexit": "e", "nounset": "u", "xtrace": "x", "noglob": "f", "noclobber": "C", "allexport": "a",
           "noexec": "n", "verbose": "v", "notify": "b", "monitor": "m", "ignoreeof": "I", "interactive": "i",
           "stdin": "s", "vi": "V", "emacs": "E", "nolog": "", "debug": ""}  # fmt: skip


class Misuse(ShellFailure):
    """A built-in used in a way it refuses; the text comes behind its name."""


def builtin(*names: str) -> Callable[[Builtin], Builtin]:
    """Enter a function in the table of built-ins."""

    def enter(act: Builtin) -> Builtin:
        BUILTINS.update(dict.fromkeys(names, act))
        return act

    return enter


def number(text: str) -> int:
    """Read a number argument."""
    if not text.isdigit():
        raise Misuse(f"Illegal number: {text}")
    return int(text)


@builtin(":", "true")
async def true(shell: Shell, args: list[str]) -> int:  # noqa: ARG001 - the shape of a built-in
    """Do nothing, well."""
    return 0


@builtin("false")
async def false(shell: Shell, args: list[str]) -> int:  # noqa: ARG001 - the shape of a built-in
    """Do nothing, badly."""
    return 1


@builtin("times", "hash", "alias", "unalias", "bg", "fg")
async def accept(shell: Shell, args: list[str]) -> int:  # noqa: ARG001 - the shape of a built-in
    """Accept what has no meaning on a practice host."""
    return 0


@builtin("exit")
async def exit_(shell: Shell, args: list[str]) -> int:
    """End the shell."""
    raise Exit(number(args[0]) if args else shell.status)


@builtin("return")
async def return_(shell: Shell, args: list[str]) -> int:
    """End a function or a sourced script."""
    raise Return(number(args[0]) if args else shell.status)


@builtin("break")
async def break_(shell: Shell, args: list[str]) -> int:
    """Leave loops."""
    levels = number(args[0]) if args else 1
    if shell.loops:
        raise LoopJump(levels, again=False)
    return 0


@builtin("continue")
async def continue_(shell: Shell, args: list[str]) -> int:
    """Begin a loop's next turn."""
    levels = number(args[0]) if args else 1
    if shell.loops:
        raise LoopJump(levels, again=True)
    return 0


@builtin("cd", "chdir")
async def cd(shell: Shell, args: list[str]) -> int:
    """Go to another folder."""
    args = [arg for arg in args if arg not in ("-P", "-L", "--")]
    target = args[0] if args else (shell.get("HOME") or "/")
    target = (shell.get("OLDPWD") or shell.cwd) if target == "-" else target
    path = posixpath.normpath(shell.files.absolute(target)).replace("//", "/")
    if not shell.files.is_folder(path) or not shell.files.may(path, 1):
        raise Misuse(f"can't cd to {target}")
    shell.enter(path)
    if args[:1] == ["-"]:
        shell.write(1, path + "\n")
    return 0


@builtin("pwd")
async def pwd(shell: Shell, args: list[str]) -> int:
    """Print the folder."""
    shell.write(1, (shell.files.realpath(".") if args == ["-P"] else shell.cwd) + "\n")
    return 0


@builtin("eval")
async def evaluate(shell: Shell, args: list[str]) -> int:
    """Run the arguments as a script."""
    line = shell.line
    try:
        return await shell.run_lines(" ".join(args))
    except ShellSyntaxError as exc:
        raise Misuse(str(exc)) from exc
    finally:
        shell.line = line


@builtin(".")
async def source(shell: Shell, args: list[str]) -> int:
    """Run a file in this shell."""
    path = args[0] if args else ""
    try:
        text = shell.files.text(path)
    except OSError as exc:
        reason = "No such file" if exc.errno == errno.ENOENT else exc.strerror
        raise Misuse(f"cannot open {path}: {reason}") from exc
    try:
        return await shell.run_lines(text)
    except Return as exc:
        return exc.code


@builtin("export")
async def export(shell: Shell, args: list[str]) -> int:
    """Mark variables for the programs that are started."""
    if not args or args == ["-p"]:
        names = sorted(name for name in shell.exported if name in shell.variables)
        shell.write(1, "".join(f"export {name}={quoted(shell.variables[name])}\n" for name in names))
    for arg in args:
        name, equals, value = arg.partition("=")
        if arg == "-p":
            continue
        if not NAME.fullmatch(name):
            raise Misuse(f"{name}: bad variable name")
        if equals:
            shell.put(name, value)
        shell.exported.add(name)
    return 0


@builtin("readonly")
async def readonly(shell: Shell, args: list[str]) -> int:
    """Refuse later changes of variables."""
    for arg in args:
        name, equals, value = arg.partition("=")
        if not NAME.fullmatch(name):
            raise Misuse(f"{name}: bad variable name")
        if equals:
            shell.put(name, value)
        shell.readonly.add(name)
    return 0


@builtin("local")
async def local(shell: Shell, args: list[str]) -> int:
    """Make variables a function's own."""
    if not shell.locals:
        raise Misuse("not in a function")
    for arg in args:
        name, equals, value = arg.partition("=")
        if not NAME.fullmatch(name):
            raise Misuse(f"{name}: bad variable name")
        shell.make_local(name)
        if equals:
            shell.put(name, value)
    return 0


@builtin("unset")
async def unset(shell: Shell, args: list[str]) -> int:
    """Forget variables, or with `-f` functions."""
    functions = args[:1] == ["-f"]
    for name in args[1:] if args[:1] in (["-f"], ["-v"]) else args:
        if not NAME.fullmatch(name):
            raise Misuse(f"{name}: bad variable name")
        if functions:
            shell.functions.pop(name, None)
        else:
            shell.unset(name)
    return 0


@builtin("shift")
async def shift(shell: Shell, args: list[str]) -> int:
    """Drop the first positional parameters."""
    count = number(args[0]) if args else 1
    if count > len(shell.positional):
        raise Misuse("can't shift that many")
    shell.positional = shell.positional[count:]
    return 0


@builtin("set")
async def set_(shell: Shell, args: list[str]) -> int:
    """Set options and positional parameters, or list the variables."""
    if not args:
        shell.write(1, "".join(f"{name}={quoted(shell.variables[name])}\n" for name in sorted(shell.variables)))
    while args and args[0][:1] in ("-", "+") and len(args[0]) > 1:
        flag = args[0]
        args = args[1:]
        if flag == "--":
            shell.positional = args
            return 0
        letters = flag[1:]
        if letters.endswith("o") and args:
            args, letters = args[1:], letters[:-1] + long_option(args[0])
        elif letters == "o":
            return 0
        for letter in letters:
            if letter not in OPTIONS.values():
                raise Misuse(f"Illegal option {flag[0]}{letter}")
            (shell.options.add if flag[0] == "-" else shell.options.discard)(letter)
    if args:
        shell.positional = args[1:] if args[0] == "-" else args
    return 0


def long_option(name: str) -> str:
    """Return the letter of `set -o name`."""
    if name not in OPTIONS:
        raise Misuse(f"Illegal option -o {name}")
    return OPTIONS[name]


@builtin("trap")
async def trap(shell: Shell, args: list[str]) -> int:
    """Keep what is to be run at the end; traps of signals are accepted and never run."""
    if len(args) > 1:
        for name in args[1:]:
            key = "EXIT" if name in ("0", "EXIT") else name
            shell.traps.pop(key, None)
            if args[0] not in ("-", ""):
                shell.traps[key] = args[0]
    return 0


@builtin("umask")
async def umask(shell: Shell, args: list[str]) -> int:
    """Print or set the bits that new files lack."""
    if not args:
        shell.write(1, f"{shell.files.umask:04o}\n")
    elif args == ["-S"]:
        bits = f"{~shell.files.umask & 0o777:03o}"
        named = (
            "".join(letter for bit, letter in zip((4, 2, 1), "rwx", strict=True) if int(digit) & bit) for digit in bits
        )
        shell.write(1, ",".join(f"{who}={what}" for who, what in zip("ugo", named, strict=True)) + "\n")
    elif re.fullmatch("[0-7]+", args[0]):
        shell.set_umask(int(args[0], 8))
    else:
        raise Misuse(f"Illegal mode: {args[0]}")
    return 0


def quoted(value: str) -> str:
    """Quote a value as dash lists it."""
    return "'" + value.replace("'", "'\"'\"'") + "'"
