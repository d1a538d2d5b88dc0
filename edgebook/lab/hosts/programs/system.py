"""Programs that tell what a host is: uname, hostname, id, free, getent, sysctl, modprobe.

Not its clock (`times`), disks (`disks`) or services (`systemctl`).
"""

from __future__ import annotations

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.debian import machine_id
from edgebook.lab.hosts.files import READ
from edgebook.lab.hosts.kernelfiles import KERNEL, boot_id
from edgebook.lab.hosts.model import User
from edgebook.lab.hosts.programs.kernel import KERNEL_BUILD
from edgebook.lab.hosts.programs.options import Options, complain, tool

SECURE_BITS = {1000: "edge", 0: "root", 27: "sudo", 42: "shadow"}
DATABASES = ("passwd", "group", "shadow", "services", "hosts", "ahosts", "ahostsv4")
SERVICES = {"ssh": "22/tcp", "domain": "53/tcp", "http": "80/tcp", "ntp": "123/udp", "https": "443/tcp"}


@tool("uname", short="asnrvmpio", long=("all", "kernel-name", "nodename", "kernel-release", "machine"))
async def uname(call: Call, options: Options) -> int:
    """Print the system's names."""
    values = {
        "s": "Linux",
        "n": call.host.hostname,
        "r": KERNEL,
        "v": KERNEL_BUILD,
        "m": call.host.arch,
        "o": "GNU/Linux",
    }
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
            call.err("Could not set static hostname: Access denied\n")
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
        return complain(call, f"'{options.words[0]}': no such user")
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
    if database not in DATABASES:
        call.err(f"Unknown database: {database}\n")
        call.out("Try `getent --help' or `getent --usage' for more information.\n")
        return 1
    return code


def entries(call: Call, database: str, key: str) -> list[str]:
    """Return the lines of one database for one key, or all of them."""
    if database == "shadow":
        lines = call.files.text("/etc/shadow").splitlines() if call.files.may("/etc/shadow", READ) else []
        return [line for line in lines if key in ("", line.split(":")[0])]
    if database == "services":
        return [f"{name:<21} {port}" for name, port in SERVICES.items() if key in ("", name)]
    if database in ("passwd", "group"):
        users = [user for user in call.host.users.values() if key in ("", user.name, str(user.uid))]
        if database == "group":
            return [f"{user.name}:x:{user.uid}:" for user in users] + ["sudo:x:27:"] * (key in ("", "sudo", "27"))
        return [f"{user.name}:x:{user.uid}:{user.uid}::{user.home}:{user.shell}" for user in users]
    try:
        ip = call.world.network.resolve(call.host, key)
    except OSError:
        return []
    return [f"{ip:<15} STREAM {key}"] if database.startswith("ahosts") else [f"{ip:<15} {key}"]
