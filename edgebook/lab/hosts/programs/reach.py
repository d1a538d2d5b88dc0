"""Programs that try whether others answer: ping, arping, nc.

Not the decision: `lab/network.py` makes it.
"""

from __future__ import annotations

import errno

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.model import Host
from edgebook.lab.hosts.programs.network import mac
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, tool
from edgebook.lab.hosts.programs.routes import interfaces

DEFAULT_WAIT_S = 10.0


@tool("ping", short="c:W:w:i:I:qn46s:", folder="/usr/bin", misuse=2)
async def ping(call: Call, options: Options) -> int:
    """Ask whether an address answers."""
    if not options.words:
        raise UsageError("usage error: Destination address required")
    name = options.words[-1]
    try:
        ip = call.world.network.resolve(call.host, name)
    except OSError:
        complain(call, f"{name}: Name or service not known")
        return 2
    count = int(options.value("c", default="4"))
    try:
        answers, failed = True, call.world.network.route(call.host, ip) is None
    except OSError as exc:
        answers, failed = False, exc.errno == errno.ENETUNREACH
    if failed:
        complain(call, "connect: Network is unreachable")
        return 2
    return await pings(call, options, (name, ip), count=count, answers=answers)


async def pings(call: Call, options: Options, target: tuple[str, str], *, count: int, answers: bool) -> int:
    """Send the packets and sum up."""
    name, ip = target
    quiet = options.has("q")
    call.out(f"PING {name} ({ip}) 56(84) bytes of data.\n")
    for number in range(1, count + 1):
        if answers and not quiet:
            call.out(f"64 bytes from {ip}: icmp_seq={number} ttl=64 time=0.312 ms\n")
        if number < count:
            await call.world.clock.sleep(float(options.value("i", default="1")))
    if not answers:
        await call.world.clock.sleep(float(options.value("W", default="10")))
    received = count if answers else 0
    elapsed_ms = (count - 1) * 1000 + (0 if answers else 1000)
    call.out(f"\n--- {name} ping statistics ---\n{count} packets transmitted, {received} received, "
             f"{0 if answers else 100}% packet loss, time {elapsed_ms}ms\n")  # fmt: skip
    call.out("rtt min/avg/max/mdev = 0.312/0.312/0.312/0.000 ms\n\n" if answers else "\n")
    return 0 if answers else 1


def answering(call: Call, ip: str) -> list[Host]:
    """Return the other hosts on the link that have an address."""
    cuts = call.world.network.cuts
    return [host for host in call.world.hosts.values() if host is not call.host and host.powered and ip in host.ips()
            and frozenset((host.name, call.host.name)) not in cuts]  # fmt: skip


@tool("arping", short="DI:c:w:qfbAUs:0", folder="/usr/bin", misuse=2)
async def arping(call: Call, options: Options) -> int:
    """Ask on the link who has an address; with `-D`, 0 says that nobody has."""
    interface = options.value("I", default=call.host.spec.interface)
    if not options.words:
        raise UsageError("Destination address required")
    if interface not in interfaces(call.host):
        complain(call, f"Device {interface} not available.")
        return 2
    duplicate, say = options.has("D"), (lambda _: None) if options.has("q") else call.out
    try:
        ip = call.world.network.resolve(call.host, options.words[0])
    except OSError:
        complain(call, f"{options.words[0]}: Name or service not known")
        return 2
    if interface == "lo":
        say('Interface "lo" is not ARPable\n')
        return 0 if duplicate else 2
    source = "0.0.0.0" if duplicate else call.host.node_ip  # noqa: S104 - what arping prints, nothing is bound
    say(f"ARPING {ip} from {source} {interface}\n")
    owners = answering(call, ip)
    if ip == call.host.spec.gateway:
        owners = [call.host]  # the router, which is no practice host
    count = int(options.value("c", default="3"))
    sent = 1 if owners and (duplicate or options.has("f")) else count
    if not owners:
        await call.world.clock.sleep(count)
    for host in owners:
        hard = mac(host, host.spec.interface).upper()
        say(f"Unicast reply from {ip} [{hard}]  0.712ms\n")
    say(f"Sent {sent} probes (1 broadcast(s))\nReceived {len(owners)} response(s)\n")
    return int(bool(owners) if duplicate else not owners)


@tool("nc", "ncat", "netcat", short="zvw:nul46", folder="/usr/bin")
async def nc(call: Call, options: Options) -> int:
    """Try whether a port answers; nothing is sent."""
    if not options.words[1:]:
        raise UsageError("missing port number")
    name, code = options.words[0], 0
    first, _, last = options.words[1].partition("-")
    for port in range(int(first), int(last or first) + 1):
        code = await knock(call, options, name, port) or code
    return code


async def knock(call: Call, options: Options, name: str, port: int) -> int:
    """Try one port."""
    proto = "udp" if options.has("u") else "tcp"
    said = f"connect to {name} port {port} ({proto})"
    try:
        call.world.network.connect(call.host, call.world.network.resolve(call.host, name), port, proto)
    except OSError as exc:
        if exc.errno == errno.ETIMEDOUT:
            await call.world.clock.sleep(float(options.value("w", default=str(DEFAULT_WAIT_S))))
        if options.has("v") or exc.errno not in (errno.ECONNREFUSED, errno.ETIMEDOUT):
            call.err(f"nc: {said} failed: {exc.strerror}\n")
        return 1
    if options.has("v"):
        call.err(f"Connection to {name} {port} port [{proto}/*] succeeded!\n")
    return 0
