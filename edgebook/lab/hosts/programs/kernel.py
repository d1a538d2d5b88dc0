"""Programs of a host's kernel: sysctl, modprobe, lsmod, dmesg.

Not what uname tells (`system`).
"""

from __future__ import annotations

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.kernelfiles import KERNEL
from edgebook.lab.hosts.programs.options import Options, complain, tool

KERNEL_BUILD = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.112-1 (2024-09-30)"


MODULES = frozenset(["vxlan", "br_netfilter", "overlay", "nf_conntrack", "ip_vs", "ip_vs_rr", "ip_vs_wrr",
    "ip_vs_sh", "iptable_nat", "xt_conntrack", "ip_tables", "nf_nat", "wireguard", "dummy", "tun", "bridge",
    "veth"])  # fmt: skip


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
        if not call.files.is_file(path):
            code = complain(call, f'cannot open "{path}": No such file or directory')
            continue
        for line in call.files.text(path).splitlines():
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
    call.host.files.mkdir(f"/sys/module/{name.replace('-', '_')}", 0o755, parents=True)
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
            f"Memory: {call.host.memory_kb}K/{call.host.memory_kb}K available",
                "systemd[1]: Detected architecture x86-64.",
            *(entry.message for entry in call.host.journal.entries(identifier="kernel"))]  # fmt: skip
    call.out("".join(f"[{index * 0.41:12.6f}] {row}\n" for index, row in enumerate(rows)))
    return 0
