"""The program `k3s` as an operator calls it, and the names it is linked to.

Not the service: `daemon` runs `k3s server` and `k3s agent` under systemd.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.k3s.commands import containers, jointokens, looking
from edgebook.lab.k3s.commands.local import CommandFailed, say
from edgebook.lab.k3s.commands.snapshots import snapshots
from edgebook.lab.k3s.kubectl.main import kubectl
from edgebook.lab.k3s.releases import STABLE, minor

Plain = Callable[[Call, list[str]], int]

COMMIT_DIGITS = 8
GO_SINCE_32 = 32
COMMANDS: dict[str, Plain] = {
    "certificate": looking.certificates,
    "check-config": lambda call, _words: looking.check_config(call),
    "crictl": containers.crictl,
    "ctr": containers.ctr,
    "secrets-encrypt": looking.secrets_encrypt,
    "token": jointokens.join_tokens,
}
HELP = """\
NAME:
   k3s - Kubernetes, but small and simple

USAGE:
   k3s [global options] command [command options]

COMMANDS:
   server           Run management server
   agent            Run node agent
   kubectl          Run kubectl
   crictl           Run crictl
   ctr              Run ctr
   check-config     Run config check
   token            Manage tokens
   etcd-snapshot    Manage etcd snapshots
   secrets-encrypt  Control secrets encryption and keys rotation
   certificate      Manage K3s certificates
   completion       Install shell completion script
"""


@program("k3s", folder="")
async def k3s(call: Call) -> int:
    """Run `k3s COMMAND`, or what the link's name says."""
    linked = call.argv[0].rsplit("/", 1)[-1]
    words = call.argv[1:] if linked == "k3s" else [linked, *call.argv[1:]]
    command = words.pop(0) if words else "--help"
    try:
        return await _dispatch(call, command, words)
    except CommandFailed as exc:
        say(call, "fatal", str(exc))
        return 1


async def _dispatch(call: Call, command: str, words: list[str]) -> int:
    if command in {"--version", "-v"}:
        call.out(version(call.built[0] if call.built else STABLE))
        return 0
    if command in {"--help", "-h", "help"}:
        call.out(HELP)
        return 0
    if command == "kubectl":
        return await kubectl(call, words)
    if command == "etcd-snapshot":
        return await snapshots(call, words)
    if command in COMMANDS:
        return COMMANDS[command](call, words)
    if command in {"server", "agent"}:
        raise CommandFailed(f"the practice site runs `k3s {command}` under systemd only")
    call.err(f"No help topic for '{command}'\n")
    return 3


def version(release: str) -> str:
    """Compose what `k3s --version` prints."""
    commit = hashlib.sha256(release.encode()).hexdigest()[-COMMIT_DIGITS:]
    go_version = "go1.23.6" if minor(release) >= GO_SINCE_32 else "go1.22.9"
    return f"k3s version {release} ({commit})\ngo version {go_version}\n"
