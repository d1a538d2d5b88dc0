"""Programs that change what files allow and whose they are: chmod, chown, chgrp; mktemp.

Not the checks: `hosts/files.py` makes them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, reason, tool
from edgebook.lab.hosts.programs.system import SECURE_BITS, account

CLAUSE = re.compile(r"([ugoa]*)((?:[-+=][rwxXst]*)+)")
BITS = {"r": 4, "w": 2, "x": 1}
SHIFTS = {"u": 6, "g": 3, "o": 0}
SPECIAL = {"u": 0o4000, "g": 0o2000, "o": 0o1000}
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def changed_mode(text: str, mode: int, umask: int, *, folder: bool) -> int:
    """Return permission bits after a change such as `755`, `u+x`, `go-rwx,a+rX`."""
    if re.fullmatch("[0-7]{1,5}", text):
        return int(text, 8)
    for clause in text.split(","):
        found = CLAUSE.fullmatch(clause)
        if not found:
            raise UsageError(f"invalid mode: '{text}'")
        for op, letters in re.findall(r"([-+=])([rwxXst]*)", found[2]):
            mode = _clause(mode, found[1], op, letters, umask=umask, folder=folder)
    return mode


def _clause(mode: int, who: str, op: str, letters: str, *, umask: int, folder: bool) -> int:
    classes = "ugo" if not who or "a" in who else who
    value = 0
    for letter in letters:
        if letter == "X" and not (folder or mode & 0o111):
            continue
        bit = BITS.get("x" if letter == "X" else letter, 0)
        value |= sum(bit << SHIFTS[one] for one in classes)
        value |= sum(SPECIAL[one] for one in classes if one != "o") if letter == "s" else 0o1000 * (letter == "t")
    value &= ~umask if not who else 0o7777
    if op == "-":
        return mode & ~value
    cleared = mode & ~sum(7 << SHIFTS[one] for one in classes) if op == "=" else mode
    return cleared | value


@program("chpasswd", folder="/usr/sbin")
async def chpasswd(call: Call) -> int:
    """Set passwords, as `NAME:PASSWORD` lines on standard input say."""
    if call.uid:
        call.err("chpasswd: cannot lock /etc/passwd; try again later.\n")
        return 1
    for line in (await call.stdin.read()).decode(errors="replace").splitlines():
        name, _, password = line.partition(":")
        if name not in call.host.users:
            call.err(
                f"chpasswd: (user {name}) pam_chauthtok() failed, error:\nAuthentication token manipulation error\n"
            )
            return 1
        call.host.users[name] = replace(call.host.users[name], password=password)
    return 0


def user_number(call: Call, name: str) -> int:
    """Return a user's number."""
    user = account(call, name)
    if user is None and not name.isdigit():
        raise UsageError(f"invalid user: '{name}'", hint=False)
    return user.uid if user else int(name)


def group_number(call: Call, name: str) -> int:
    """Return a group's number."""
    named = {text: gid for gid, text in SECURE_BITS.items()}
    user = account(call, name)
    if user is None and name not in named and not name.isdigit():
        raise UsageError(f"invalid group: '{name}'", hint=False)
    return user.uid if user else named[name] if name in named else int(name)


def everywhere(call: Call, options: Options, paths: list[str]) -> list[str]:
    """Return the paths, with everything under them where `-R` asks for it."""
    if not options.has("R", "recursive"):
        return paths
    return [found for path in paths if call.files.exists(path) for found, _ in call.files.walk(path)]


@tool("chmod", short="Rvcfrwxst", long=("recursive", "reference=", "verbose", "changes", "silent"))
async def chmod(call: Call, options: Options) -> int:
    """Change permission bits."""
    removing = next((word for word in call.argv[1:] if re.fullmatch(r"-[rwxXst]+", word) and word != "-R"), "")
    words = [removing, *options.words] if removing else options.words
    if not words[1:]:
        raise UsageError(f"missing operand after '{words[0]}'" if words else "missing operand")
    changed_mode(words[0], 0, call.umask, folder=False)
    code = 0
    for path in words[1:]:
        code = code if call.files.exists(path) else complain(call, f"cannot access '{path}': No such file or directory")
    for path in everywhere(call, options, [path for path in words[1:] if call.files.exists(path)]):
        try:
            seen = call.files.stat(path)
            call.files.chmod(path, changed_mode(words[0], seen.mode, call.umask, folder=seen.is_folder))
        except OSError as exc:
            code = complain(call, f"changing permissions of '{path}': {reason(exc)}")
    return code


@tool("chown", "chgrp", short="Rhvcf", long=("recursive", "no-dereference", "reference=", "verbose", "from="))
async def chown(call: Call, options: Options) -> int:
    """Change owner and group."""
    words = options.words
    if not words[1:]:
        raise UsageError(f"missing operand after '{words[0]}'" if words else "missing operand")
    owner, colon, group = (
        words[0].replace(".", ":", 1).partition(":") if ":" not in words[0] else words[0].partition(":")
    )
    if call.argv[0].endswith("chgrp"):
        owner, group = "", words[0]
    uid = user_number(call, owner) if owner else None
    gid = group_number(call, group) if group else uid if colon else None
    code = 0
    for path in words[1:]:
        code = code if call.files.exists(path) else complain(call, f"cannot access '{path}': No such file or directory")
    for path in everywhere(call, options, [path for path in words[1:] if call.files.exists(path)]):
        seen = call.files.stat(path)
        try:
            call.files.chown(path, seen.uid if uid is None else uid, seen.gid if gid is None else gid)
        except OSError as exc:
            code = complain(call, f"changing ownership of '{path}': {reason(exc)}")
    return code


@tool("mktemp", short="dqp:ut", long=("directory", "quiet", "tmpdir=?", "dry-run", "suffix="))
async def mktemp(call: Call, options: Options) -> int:
    """Make a file or folder with a new name and print it."""
    template = options.words[0] if options.words else "tmp.XXXXXXXXXX"
    folder = options.value("p", "tmpdir") or call.env.get("TMPDIR", "/tmp")  # noqa: S108 - a folder of the model
    if not options.words or options.has("p", "tmpdir", "t"):
        template = f"{folder.rstrip('/')}/{template}"
    marks = re.search(r"X{3,}(?=[^X/]*$)", template)
    if not marks:
        raise UsageError(f"too few X's in template '{template}'")
    random = call.world.random
    path = template
    while path == template or call.files.exists(path):
        path = template[: marks.start()] + "".join(random.choices(LETTERS, k=len(marks[0]))) + template[marks.end() :]
    path += options.value("suffix")
    try:
        if options.has("d", "directory"):
            call.files.mkdir(path, 0o700)
        elif not options.has("u", "dry-run"):
            call.files.write(path, b"", 0o600)
    except OSError as exc:
        kind = "directory" if options.has("d", "directory") else "file"
        return complain(call, f"failed to create {kind} via template '{template}': {reason(exc)}")
    call.out(f"{path}\n")
    return 0
