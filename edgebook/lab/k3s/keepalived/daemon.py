"""keepalived as a service: it reads its configuration, runs its scripts, takes part in the election.

Not the election's rules: those are in `router`.
"""

from __future__ import annotations

import shlex

from edgebook.lab.hosts.call import Call, program, run
from edgebook.lab.hosts.daemon import DaemonCall, DaemonExit, daemon
from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s.keepalived import config
from edgebook.lab.k3s.keepalived.config import ConfigInvalidError
from edgebook.lab.k3s.keepalived.router import KEY, Router, Tracked

PATH = "/etc/keepalived/keepalived.conf"
VERSION = "Keepalived v2.2.7 (01/16,2022)"
EXIT_CONFIG = 2
TICK_S = 0.5
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}


def read(host: Host, path: str = PATH) -> tuple[tuple[config.Instance, ...], dict[str, config.Script]]:
    """Read a host's configuration; raise `ConfigInvalidError` where keepalived would not start."""
    if not host.files.is_file(path):
        raise ConfigInvalidError(f"Unable to find configuration file {path} (glob returned 3)")
    root = config.tree(host.files.text(path))
    interfaces = frozenset(address.interface for address in host.addresses)
    scripts = config.scripts(root)
    instances = config.instances(root, interfaces)
    for instance in instances:
        for name in instance.scripts:
            if name not in scripts:
                raise ConfigInvalidError(f"(Line 1) ({instance.name}) track script {name} not found, ignoring...")
    return instances, scripts


@daemon("keepalived")
async def keepalived(call: DaemonCall) -> None:
    """Run until stopped; a configuration it cannot use ends it with exit code 2."""
    call.log(f"Starting {VERSION}")
    call.log(f"Opening file '{PATH}'.")
    try:
        instances, scripts = read(call.host)
    except ConfigInvalidError as exc:
        for text in exc.args:
            call.log(str(text))
        call.log("Stopped Keepalived v2.2.7 (01/16,2022)")
        raise DaemonExit(EXIT_CONFIG) from exc
    call.log(f"Starting VRRP child process, pid={call.pid}")
    call.ready()
    routers: list[Router] = call.world.extensions.setdefault(KEY, [])
    mine = [_router(call, instance, scripts, routers) for instance in instances]
    routers.extend(mine)
    try:
        await _live(call, mine)
    finally:
        for router in mine:
            router.close()


def _router(
    call: DaemonCall, instance: config.Instance, scripts: dict[str, config.Script], routers: list[Router]
) -> Router:
    tracked = [Tracked(scripts[name]) for name in instance.scripts]
    call.log(f"({instance.name}) Entering BACKUP STATE (init)")
    router = Router(call.host, instance, tracked, routers, call.log)
    router.heard_at_s = call.world.clock.elapsed_s()
    return router


async def _live(call: DaemonCall, mine: list[Router]) -> None:
    tracked = [found for router in mine for found in router.tracked]
    due_s = dict.fromkeys(range(len(tracked)), 0.0)
    while True:
        for number, found in enumerate(tracked):
            now_s = call.world.clock.elapsed_s()
            if now_s >= due_s[number]:
                due_s[number] = now_s + found.script.interval_s
                await _check(call, found)
        for router in mine:
            router.tick(call.world.clock.elapsed_s())
        if not await call.sleep(TICK_S):
            return


async def _check(call: DaemonCall, found: Tracked) -> None:
    argv = shlex.split(found.script.command)
    code = await run(Call(call.world, call.host, argv, dict(ENVIRONMENT)))
    for text in found.result(code):
        call.log(text)


@program("keepalived", folder="")
async def check(call: Call) -> int:
    """Answer `keepalived --version` and `keepalived -t [-f FILE]`."""
    words = call.argv[1:]
    if {"-v", "--version"} & set(words):
        call.err(f"{VERSION}\n")
        return 0
    if not {"-t", "--config-test"} & set(words):
        call.err("keepalived: the practice host runs it as a service only\n")
        return 1
    path = words[words.index("-f") + 1] if "-f" in words[:-1] else PATH
    try:
        read(call.host, path)
    except ConfigInvalidError as exc:
        call.err("".join(f"{text}\n" for text in exc.args))
        return 1
    return 0
