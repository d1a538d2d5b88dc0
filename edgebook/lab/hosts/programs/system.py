"""Programs that tell what a host is: uname, hostname, id, free, getent, sysctl, modprobe.

Not its clock (`times`), disks (`disks`) or services (`systemctl`).
"""

from __future__ import annotations

import posixpath

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.debian import KERNEL, boot_id, machine_id
from edgebook.lab.hosts.model import User
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, tool

KERNEL_BUILD = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.112-1 (2024-09-30)"
MODULES = frozenset("vxlan br_netfilter overlay nf_conntrack ip_vs ip_vs_rr ip_vs_wrr ip_vs_sh iptable_nat xt_conntrack "
                    "ip_tables nf_nat wireguard dummy tun bridge veth".split())  # fmt: skip
SECURE_BITS = {1000: "edge", 0: "root", 27: "sudo"}


@tool("uname", short="asnrvmpio", long=("all", "kernel-name", "nodename", "kernel-release", "machine"))
async def uname(call: Call, options: Options) -> int:
    """Print the system's names."""
    values = {"s": "Linux", "n": call.host.hostname, "r": KERNEL, "v": KERNEL_BUILD, "m": call.host.arch, "o": "GNU/Linux"}
    wanted = [letter for letter in values if options.has(letter)]
    named = {"kernel-name": "s", "nodename": "n", "kernel-release": "r", "machine": "m"}
    wanted += [letter for name, letter in named.items() if options.has(name)]
    if options.has("a", "all"):
        wanted = list(values)
    if options.has("p", "i"):
        wanted.append("p")
        values["p"] = "unknown"
    call.out(" ".join(values[letter] for letter in wanted or ["s"]) + "\n")
    return 0


@tool("arch")
async def arch(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Print the machine's architecture."""
    call.out(f"{call.host.arch}\n")
    return 0


@tool("nproc", long=("all", "ignore="))
async def nproc(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Print how many processors there are."""
    call.out(f"{call.host.cpus}\n")
    return 0


@tool("hostname", short="fsIid", long=("fqdn", "short", "all-ip-addresses"))
async def hostname(call: Call, options: Options) -> int:
    """Print or set the host's name."""
    if options.words:
        return set_hostname(call, options.words[0])
    if options.has("I", "all-ip-addresses"):
        call.out(" ".join(ip for ip in call.host.ips() if not ip.startswith("127.")) + " \n")
        return 0
    name = call.host.hostname
    call.out(("" if options.has("d") else name.partition(".")[0] if options.has("s", "short") else name) + "\n")
    return 0


def set_hostname(call: Call, name: str) -> int:
    """Write the host's name where it is kept."""
    if call.uid:
        return complain(call, "you must be root to change the host name")
    call.files.write("/etc/hostname", f"{name}\n")
    return 0


@tool("hostnamectl", long=("static", "transient", "pretty", "no-ask-password", "json="))
async def hostnamectl(call: Call, options: Options) -> int:
    """Show or set the host's name."""
    verb, *words = options.words or ["status"]
    if verb in ("set-hostname", "hostname") and words:
        if call.uid:
            call.err("Could not set static hostname: Interactive authentication required.\n")
            return 1
        return set_hostname(call, words[0])
    if verb == "hostname" or options.has("static", "transient"):
        call.out(f"{call.host.hostname}\n")
        return 0
    if verb not in ("status", ""):
        call.err(f"Unknown command verb {verb}.\n")
        return 1
    rows = {"Static hostname": call.host.hostname, "Icon name": "computer-vm", "Chassis": "vm",
            "Machine ID": machine_id(call.host), "Boot ID": boot_id(call.host).replace("-", ""),
            "Operating System": "Debian GNU/Linux 12 (bookworm)", "Kernel": f"Linux {KERNEL}",
            "Architecture": {"x86_64": "x86-64", "aarch64": "arm64"}.get(call.host.arch, call.host.arch)}  # fmt: skip
    call.out("".join(f"{name:>16}: {value}\n" for name, value in rows.items()))
    return 0


@tool("whoami")
async def whoami(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Print the user's name."""
    call.out(f"{call.user}\n")
    return 0


@tool("logname", "users")
async def logname(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Print who logged in."""
    call.out("edge\n")
    return 0


@tool("id", short="ugGnr", long=("user", "group", "groups", "name"))
async def id_(call: Call, options: Options) -> int:
    """Print a user's numbers and names."""
    user = account(call, options.words[0] if options.words else call.user)
    if user is None:
        return complain(call, f"‘{options.words[0]}’: no such user")
    groups = [user.uid, *(gid for gid in user.gids if gid != user.uid)]
    by_name = options.has("n", "name")
    if options.has("u", "user"):
        text = user.name if by_name else str(user.uid)
    elif options.has("g", "group"):
        text = group_name(call, user.uid) if by_name else str(user.uid)
    elif options.has("G", "groups"):
        text = " ".join(group_name(call, gid) if by_name else str(gid) for gid in groups)
    else:
        named = ",".join(f"{gid}({group_name(call, gid)})" for gid in groups)
        text = f"uid={user.uid}({user.name}) gid={user.uid}({group_name(call, user.uid)}) groups={named}"
    call.out(text + "\n")
    return 0


@tool("groups")
async def groups(call: Call, options: Options) -> int:
    """Print the groups of a user."""
    return await call.run(["id", "-Gn", *options.words])


def account(call: Call, name: str) -> User | None:
    """Return the user with a name or number."""
    users = call.host.users
    return users.get(name) or next((user for user in users.values() if str(user.uid) == name), None)


def group_name(call: Call, gid: int) -> str:
    """Return a group's name: a user's own, sudo, or the number."""
    own = next((user.name for user in call.host.users.values() if user.uid == gid), "")
    return own or SECURE_BITS.get(gid, str(gid))


@tool("getent")
async def getent(call: Call, options: Options) -> int:
    """Print entries of the name databases."""
    database, *keys = options.words or [""]
    code = 0
    for key in keys or [""]:
        found = [line for line in entries(call, database, key) if line]
        call.out("".join(f"{line}\n" for line in found))
        code = code if found else 2
    if database not in ("passwd", "group", "hosts", "ahosts", "ahostsv4"):
        call.err(f"Unknown database: {database}\n")
        return 1
    return code


def entries(call: Call, database: str, key: str) -> list[str]:
    """Return the lines of one database for one key, or all of them."""
    if database in ("passwd", "group"):
        users = [user for user in call.host.users.values() if key in ("", user.name, str(user.uid))]
        if database == "group":
            return [f"{user.name}:x:{user.uid}:" for user in users] + ["sudo:x:27:edge"] * (key in ("", "sudo", "27"))
        return [f"{user.name}:x:{user.uid}:{user.uid}::{user.home}:{user.shell}" for user in users]
    try:
        ip = call.world.network.resolve(call.host, key)
    except OSError:
        return []
    return [f"{ip:<15} STREAM {key}"] if database.startswith("ahosts") else [f"{ip:<15} {key}"]


@tool("free", short="bkmgh", long=("bytes", "kibi", "mebi", "gibi", "human"))
async def free(call: Call, options: Options) -> int:
    """Print how much memory there is."""
    rows = dict(line.split(":") for line in call.files.text("/proc/meminfo").splitlines())
    kb = {name: int(value.split()[0]) for name, value in rows.items()}
    used = kb["MemTotal"] - kb["MemAvailable"]
    cached = kb["Buffers"] + kb["Cached"]
    memory = [kb["MemTotal"], used, kb["MemFree"], 0, cached, kb["MemAvailable"]]
    swap = [kb["SwapTotal"], kb["SwapTotal"] - kb["SwapFree"], kb["SwapFree"]]
    header = "".join(f"{name:>12}" for name in ("total", "used", "free", "shared", "buff/cache", "available"))
    call.out("   " + " " * 5 + header[0:] + "\n")
    for name, values in (("Mem:", memory), ("Swap:", swap)):
        call.out(f"{name:<8}" + "".join(f"{shown_kb(value, options):>12}" for value in values) + "\n")
    return 0


def shown_kb(value: int, options: Options) -> str:
    """Return an amount of memory in the unit asked for."""
    if options.has("h", "human"):
        return human_kib(value)
    divisors = {"m": 1024, "mebi": 1024, "g": 1 << 20, "gibi": 1 << 20}
    unit = options.last("b", "bytes", "k", "kibi", "m", "mebi", "g", "gibi")
    return str(value * 1024) if unit in ("b", "bytes") else str(value // divisors.get(unit, 1))


def human_kib(value: int) -> str:
    """Return KiB as `free -h` shows them."""
    size, unit = float(value), 0
    while size >= 1024:
        size, unit = size / 1024, unit + 1
    name = ("Ki", "Mi", "Gi", "Ti")[unit]
    return "0B" if not value else f"{size:.1f}{name}" if size < 9.95 else f"{int(size)}{name}"


@tool("sysctl", short="nweqapN", long=("values", "write", "system", "load=", "all", "ignore"), folder="/usr/sbin")
async def sysctl(call: Call, options: Options) -> int:
    """Print or set the kernel's parameters under /proc/sys."""
    if options.has("p", "system", "load"):
        return await load_sysctl(call, options)
    code = 0
    for word in options.words:
        name, equals, value = word.partition("=")
        code = max(code, one_sysctl(call, name.strip(), value.strip() if equals else None, options))
    return code


def one_sysctl(call: Call, name: str, value: str | None, options: Options) -> int:
    """Print or set one parameter."""
    path = "/proc/sys/" + name.replace(".", "/")
    if not call.files.exists(path):
        return 0 if options.has("e", "ignore") else complain(call, f"cannot stat {path}: No such file or directory")
    if value is not None:
        if call.uid:
            return complain(call, f'permission denied on key "{name}"')
        call.files.write(path, f"{value}\n")
    if options.has("q"):
        return 0
    text = call.files.text(path).strip()
    call.out(f"{text}\n" if options.has("n", "values") else f"{name} = {text}\n")
    return 0


async def load_sysctl(call: Call, options: Options) -> int:
    """Set the parameters that files name."""
    folder = "/etc/sysctl.d"
    named = options.words or ["/etc/sysctl.conf"]
    paths = [f"{folder}/{name}" for name in call.files.listdir(folder)] if options.has("system") else named
    code = 0
    for path in paths:
        if options.has("system"):
            call.out(f"* Applying {path} ...\n")
        for line in call.files.text(path).splitlines() if call.files.is_file(path) else []:
            name, equals, value = line.partition("=")
            if equals and not line.startswith(("#", ";")):
                code = max(code, one_sysctl(call, name.strip(), value.strip(), options))
    return code


@tool("modprobe", short="nvqraD", long=("dry-run", "show", "quiet", "remove", "all", "verbose"), folder="/usr/sbin")
async def modprobe(call: Call, options: Options) -> int:
    """Load kernel modules; with `-n` only say whether one could."""
    code = 0
    for name in options.words:
        if name.replace("-", "_") not in MODULES:
            code = 1
            if not options.has("q", "quiet"):
                call.err(f"modprobe: FATAL: Module {name} not found in directory /lib/modules/{KERNEL}\n")
        elif not options.has("n", "dry-run", "show"):
            code = max(code, load_module(call, name))
    return code


def load_module(call: Call, name: str) -> int:
    """Load one module; what it brings under /proc/sys appears."""
    if call.uid:
        call.err(f"modprobe: ERROR: could not insert '{name}': Operation not permitted\n")
        return 1
    if name == "br_netfilter" and not call.files.exists("/proc/sys/net/bridge"):
        call.files.write("/proc/sys/net/bridge/bridge-nf-call-iptables", "1\n", 0o644, parents=True)
        call.files.write("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "1\n", 0o644)
    loaded = call.host.files.text("/proc/modules") if call.host.files.exists("/proc/modules") else ""
    if not any(line.startswith(f"{name} ") for line in loaded.splitlines()):
        call.files.write("/proc/modules", f"{name} 16384 0 - Live 0x0000000000000000\n{loaded}", 0o444)
    return 0


@tool("lsmod", folder="/usr/sbin")
async def lsmod(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """List the loaded kernel modules."""
    call.out("Module                  Size  Used by\n")
    loaded = call.files.text("/proc/modules") if call.files.exists("/proc/modules") else ""
    for line in loaded.splitlines():
        call.out(f"{line.split()[0]:<19} {16384:>8}  0\n")
    return 0


@tool("dmesg", short="THwkx", long=("ctime", "follow", "level=", "human"), folder="/usr/bin")
async def dmesg(call: Call, options: Options) -> int:  # noqa: ARG001 - the shape of a tool
    """Print the kernel's messages; only root may, as on Debian 12."""
    if call.uid:
        return complain(call, "read kernel buffer failed: Operation not permitted")
    rows = [f"Linux version {KERNEL} (debian-kernel@lists.debian.org) {KERNEL_BUILD}",
            f"Memory: {call.host.memory_kb}K/{call.host.memory_kb}K available", "systemd[1]: Detected architecture x86-64.",
            *(entry.message for entry in call.host.journal.entries(identifier="kernel"))]  # fmt: skip
    call.out("".join(f"[{index * 0.41:12.6f}] {row}\n" for index, row in enumerate(rows)))
    return 0


@tool("basename", short="as:z", long=("multiple", "suffix="))
async def basename(call: Call, options: Options) -> int:
    """Print the last part of paths."""
    if not options.words:
        raise UsageError("missing operand")
    suffix = options.value("s", "suffix")
    words = options.words
    if not options.has("a", "s", "multiple", "suffix"):
        suffix, words = (words[1] if len(words) > 1 else ""), words[:1]
    for word in words:
        name = posixpath.basename(word.rstrip("/")) or "/"
        call.out((name.removesuffix(suffix) if name != suffix else name) + "\n")
    return 0


@tool("dirname", short="z")
async def dirname(call: Call, options: Options) -> int:
    """Print paths without their last part."""
    if not options.words:
        raise UsageError("missing operand")
    for word in options.words:
        call.out((posixpath.dirname(word.rstrip("/")) or ("/" if word.startswith("/") else ".")) + "\n")
    return 0
