"""sudo, su and env: programs that run another one as somebody else or with other variables.

Not the rules: `hosts/sudoers.py` says whether the user may, may with the password, or may not.
"""

from __future__ import annotations

import re
from dataclasses import replace

from edgebook.lab.hosts.call import Call, CommandDenied, CommandNotFound, execute, find, run
from edgebook.lab.hosts.debian import ROOT_PATH
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, start, tool
from edgebook.lab.hosts.programs.system import account
from edgebook.lab.hosts.sudoers import rights

ATTEMPTS = 3
LISTING = """\
Matching Defaults entries for {user} on {host}:
    env_reset, mail_badpass,
    secure_path={path},
    use_pty

User {user} may run the following commands on {host}:
    (ALL) {tag}ALL
"""
NO_TERMINAL = ("a terminal is required to read the password; either use the -S option to read from standard input "
               "or configure an askpass helper")  # fmt: skip
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
LONG = ("non-interactive", "stdin", "prompt=", "validate", "list", "reset-timestamp", "remove-timestamp", "user=",
        "group=", "preserve-env=?", "set-home", "login", "shell", "askpass", "background", "version", "close-from=",
        "chdir=")  # fmt: skip


MODES = ("v", "validate", "l", "list", "k", "K", "reset-timestamp", "i", "s", "login", "shell", "V", "version")


@tool("sudo", short="nSp:vlkKu:g:EHisbAVD:", long=LONG, stops=True)
async def sudo(call: Call, options: Options) -> int:
    """Run a command as root or another user."""
    modes = options.has(*MODES)
    if not options.words and not modes:
        call.err(
            "usage: sudo -h | -K | -k | -V\nusage: sudo [-nS] [-p prompt] [-u user] [VAR=value] [command [arg ...]]\n"
        )
        return 1
    if options.has("V", "version", "k", "K", "reset-timestamp", "remove-timestamp") and not options.words:
        call.out("Sudo version 1.9.13p3\n" if options.has("V", "version") else "")
        return 0
    if call.uid and not await permitted(call, options):
        return 1
    if options.has("v", "validate"):
        return 0
    if options.has("l", "list"):
        tag = "NOPASSWD: " if right(call) == "nopasswd" else ""
        call.out(LISTING.format(user=call.user, host=call.host.hostname, path=ROOT_PATH.replace(":", "\\:"), tag=tag))
        return 0
    return await as_other(call, options)


def right(call: Call) -> str:
    """Return what the rules give the user: nopasswd, password or refused."""
    return rights(call.host.files, call.host.user(call.user))


async def permitted(call: Call, options: Options) -> bool:
    """Say whether the user may; ask for the password where one is needed."""
    if right(call) == "nopasswd":
        return True
    refused = right(call) == "refused"
    if options.has("n", "non-interactive") or not options.has("S", "stdin"):
        if refused and options.has("v", "validate"):
            call.err(f"Sorry, user {call.user} may not run sudo on {call.host.hostname}.\n")
            return False
        if not options.has("n", "non-interactive"):
            complain(call, NO_TERMINAL)
        complain(call, "a password is required")
        return False
    if not await password_given(call, options):
        return False
    if refused and options.has("l", "list", "v", "validate"):
        call.err(f"Sorry, user {call.user} may not run sudo on {call.host.hostname}.\n")
    elif refused:
        call.err(f"{call.user} is not in the sudoers file.\n")
    return not refused


async def password_given(call: Call, options: Options) -> bool:
    """Read the password from standard input, three times at most."""
    prompt = "[sudo] password for %p: " if not options.has("p", "prompt") else options.value("p", "prompt")
    prompt = prompt.replace("%p", call.user).replace("%u", call.user).replace("%h", call.host.hostname)
    wanted = call.host.user(call.user).password
    for attempt in range(ATTEMPTS):
        call.err(prompt)
        line = await call.stdin.readline()
        if not line:
            call.err(("\n" if prompt else "") + "sudo: no password was provided\n")
            complain(call, attempts(attempt) if attempt else "a password is required")
            return False
        if wanted and line.decode(errors="replace").rstrip("\n") == wanted:
            return True
        if attempt < ATTEMPTS - 1:
            call.err("Sorry, try again.\n")
    complain(call, attempts(ATTEMPTS))
    return False


def attempts(count: int) -> str:
    """Count wrong passwords in sudo's words."""
    return f"{count} incorrect password attempt{'s' * (count > 1)}"


def assignments(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Take the variables off the front of a command."""
    count = next((at for at, word in enumerate(words) if not ASSIGNMENT.match(word)), len(words))
    return dict(word.partition("=")[::2] for word in words[:count]), words[count:]


async def as_other(call: Call, options: Options) -> int:
    """Run the command as the user that was asked for."""
    name = options.value("u", "user", default="root").removeprefix("#")
    user = account(call, name)
    if user is None:
        call.err(f"sudo: unknown user {name}\nsudo: error initializing audit plugin sudoers_audit\n")
        return 1
    given, words = assignments(options.words)
    if options.has("i", "login", "s", "shell") or not words:
        words = [user.shell, *(["-c", " ".join(words)] if words else [])]
    kept = dict(call.env) if options.has("E", "preserve-env") else {}
    env = kept | {name: call.env[name] for name in ("LANG", "LC_ALL", "DISPLAY") if name in call.env}
    env["TERM"] = call.env.get("TERM", "unknown")
    env |= {"PATH": ROOT_PATH, "MAIL": f"/var/mail/{user.name}", "LOGNAME": user.name, "USER": user.name,
        "HOME": user.home,
            "SHELL": user.shell, "SUDO_USER": call.user, "SUDO_UID": str(call.uid),
            "SUDO_GID": str(call.uid)} | given  # fmt: skip
    cwd = user.home if options.has("i", "login") else call.cwd
    child = replace(call.child(words, user=user.name), env=env, cwd=cwd, process=call.process)
    try:
        if options.has("D", "chdir"):
            path = find(child, words[0]).path
            return complain(call, f"you are not permitted to use the -D option with {path}")
        env["SUDO_COMMAND"] = " ".join([find(child, words[0]).path, *words[1:]])
        return await execute(child)
    except (CommandNotFound, CommandDenied):
        return complain(call, f"{words[0]}: command not found")


@tool("su", short="c:s:lmp", long=("command=", "shell=", "login"), folder="/usr/bin")
async def su(call: Call, options: Options) -> int:
    """Run a shell as another user; only root needs no password, and there is no terminal to ask on."""
    words = [word for word in options.words if word != "-"]
    user = account(call, words[0] if words else "root")
    if user is None:
        return complain(
            call, f"user {words[0]} does not exist or the user entry does not contain all the required fields"
        )
    if call.uid:
        call.err("Password: su: Authentication failure\n")
        return 1
    shell = options.value("s", "shell", default=user.shell)
    text = options.value("c", "command")
    child = call.child([shell, *(["-c", text] if text else [])], user=user.name)
    child.env |= {"HOME": user.home, "USER": user.name, "LOGNAME": user.name, "SHELL": shell}
    child.process = call.process
    return await run(child)


@tool("env", short="iu:C:0S:", long=("ignore-environment", "unset=", "chdir=", "null"), stops=True, misuse=125)
async def env_(call: Call, options: Options) -> int:
    """Run a command with other variables, or print them."""
    words = list(options.words)
    env = {} if options.has("i", "ignore-environment") or words[:1] == ["-"] else dict(call.env)
    words = words[1:] if words[:1] == ["-"] else words
    for name in options.values("u", "unset"):
        env.pop(name, None)
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        env[name] = value
    if not words:
        call.out("".join(f"{name}={value}\n" for name, value in env.items()))
        return 0
    folder = options.value("C", "chdir", default=call.cwd)
    if not call.files.is_folder(folder):
        complain(call, f"cannot change directory to '{folder}': No such file or directory")
        return 125
    return await start(replace(call, cwd=call.files.absolute(folder)), words, said="'{name}'", env=env)


@tool("printenv", short="0")
async def printenv(call: Call, options: Options) -> int:
    """Print variables; 1 says that one is not set."""
    if not options.words:
        call.out("".join(f"{name}={value}\n" for name, value in call.env.items()))
    found = [call.env[name] for name in options.words if name in call.env]
    call.out("".join(f"{value}\n" for value in found))
    return int(len(found) != len(options.words))


@tool("nohup", stops=True, misuse=125)
async def nohup(call: Call, options: Options) -> int:
    """Run a command that goes on without a terminal."""
    if not options.words:
        raise UsageError("missing operand", 125)
    return await start(call, options.words, said="failed to run command '{name}'")


@tool("setsid", short="cfw", stops=True)
async def setsid(call: Call, options: Options) -> int:
    """Run a command in a session of its own."""
    return await call.run(options.words)


@tool("nice", short="n:", long=("adjustment=",), stops=True)
async def nice(call: Call, options: Options) -> int:
    """Run a command with another priority, which has no meaning here."""
    return await call.run(options.words) if options.words else 0


@tool("ionice", short="c:n:p:", stops=True)
async def ionice(call: Call, options: Options) -> int:
    """Run a command with another disk priority, which has no meaning here."""
    return await call.run(options.words) if options.words else 0
