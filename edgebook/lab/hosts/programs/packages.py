"""apt-get, apt, dpkg and dpkg-query: the programs that install packages, from a small table.

Not an archive: what a package brings is written here.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, field

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.options import Options, UsageError, tool

ARCHIVE = "http://mirror.example/debian"
FAILED = 100
KEEPALIVED_UNIT = """\
[Unit]
Description=Keepalive Daemon (LVS and VRRP)
After=network-online.target
Wants=network-online.target
# Only start if there is a configuration file
ConditionFileNotEmpty=/etc/keepalived/keepalived.conf

[Service]
Type=notify
# Read configuration variable file if it is present
EnvironmentFile=-/etc/default/keepalived
ExecStart=/usr/sbin/keepalived --dont-fork $DAEMON_ARGS
ExecReload=/bin/kill -HUP $MAINPID

[Install]
WantedBy=multi-user.target
"""
CHRONY_UNIT = """\
[Unit]
Description=chrony, an NTP client/server
Conflicts=systemd-timesyncd.service

[Service]
Type=notify
ExecStart=/usr/sbin/chronyd
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True)
class Package:
    """One Debian package: version, size, files by path (those with a program's first line are executable), unit."""

    version: str
    size_kb: int
    files: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    unit: str = ""
    needs: str = ""
    """A file that must have content before the unit is started, as the unit's Condition says."""


PACKAGES = {
    "keepalived": Package("1:2.2.7-1+b2", 512, {"/usr/sbin/keepalived": "#!practice:keepalived\n",
        "/lib/systemd/system/keepalived.service": KEEPALIVED_UNIT, "/etc/default/keepalived": "# Options to pass to keepalived\n"},
        ("/etc/keepalived",), "keepalived.service", "/etc/keepalived/keepalived.conf"),
    "chrony": Package("4.3-2+deb12u1", 288, {"/usr/sbin/chronyd": "#!practice:idle\n", "/lib/systemd/system/chrony.service": CHRONY_UNIT,
        "/etc/chrony/chrony.conf": "pool 2.debian.pool.ntp.org iburst\n"}, ("/etc/chrony",), "chrony.service"),
    "wget": Package("1.21.3-1+deb12u1", 984, {"/usr/bin/wget": "#!practice:wget\n"}),
    "curl": Package("7.88.1-10+deb12u12", 315),
    "ca-certificates": Package("20230311", 153),
    "iptables": Package("1.8.9-2", 360),
    "iputils-arping": Package("3:20221126-1+deb12u1", 20),
    "iputils-ping": Package("3:20221126-1+deb12u1", 47),
    "netcat-openbsd": Package("1.219-1", 42),
    "nfs-common": Package("1:2.6.2-4+deb12u1", 292),
    "open-iscsi": Package("2.1.8-1", 346),
    "conntrack": Package("1:1.4.7-1+b2", 35),
    "socat": Package("1.7.4.4-2", 375),
    "jq": Package("1.6-2.1+deb12u1", 65),
    "apparmor": Package("3.0.8-3", 617),
    "sudo": Package("1.9.13p3-1+deb12u2", 1889),
    "systemd": Package("252.31-1~deb12u1", 3036),
    "openssh-server": Package("1:9.2p1-2+deb12u3", 456),
}  # fmt: skip
INSTALLED = ("curl", "ca-certificates", "iptables", "iputils-arping", "iputils-ping", "netcat-openbsd", "sudo", "systemd", "openssh-server")
READING = "Reading package lists...\n"
TREE = READING + "Building dependency tree...\nReading state information...\n"
LONG = ("yes", "assume-yes", "quiet=?", "no-install-recommends", "install-suggests", "option=", "purge", "reinstall", "force-yes",
        "allow-downgrades", "allow-change-held-packages", "simulate", "dry-run", "download-only", "fix-missing", "fix-broken",
        "auto-remove", "only-upgrade", "target-release=", "allow-unauthenticated", "no-upgrade", "installed")  # fmt: skip


def installed(call: Call, name: str) -> bool:
    """Say whether a package is on the host."""
    return name in call.host.packages or (name in INSTALLED and f"-{name}" not in call.host.packages)


@tool("apt-get", "apt", short="yqo:sdft:m", long=LONG)
async def apt_get(call: Call, options: Options) -> int:
    """Install and remove packages."""
    verb, *names = options.words or [""]
    acts = {"install": install, "remove": remove, "purge": remove, "update": update, "upgrade": nothing, "dist-upgrade": nothing,
            "autoremove": nothing, "clean": nothing, "autoclean": nothing, "full-upgrade": nothing}  # fmt: skip
    if verb not in acts:
        call.err(f"E: Invalid operation {verb}\n")
        return FAILED
    if call.uid and not options.has("s", "simulate", "dry-run"):
        lists = "/var/lib/apt/lists/lock" if verb == "update" else "/var/lib/dpkg/lock-frontend"
        whose = "unable to lock directory /var/lib/apt/lists/" if verb == "update" else "Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?"
        call.err(f"E: Could not open lock file {lists} - open (13: Permission denied)\nE: {whose}\n")
        return FAILED
    return await acts[verb](call, options, names)


async def nothing(call: Call, options: Options, names: list[str]) -> int:  # noqa: ARG001 - the shape of a verb
    """Find nothing to do."""
    call.out(TREE + "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n")
    return 0


async def update(call: Call, options: Options, names: list[str]) -> int:  # noqa: ARG001 - the shape of a verb
    """Fetch the lists; like the real one, succeed even when they cannot be fetched."""
    if call.world.network.has_internet(call.host):
        call.out(f"Hit:1 {ARCHIVE} bookworm InRelease\n{READING}")
        return 0
    call.out(f"Err:1 {ARCHIVE} bookworm InRelease\n  Temporary failure resolving 'mirror.example'\n{READING}")
    call.err(f"W: Failed to fetch {ARCHIVE}/dists/bookworm/InRelease  Temporary failure resolving 'mirror.example'\n"
             "W: Some index files failed to download. They have been ignored, or old ones used instead.\n")  # fmt: skip
    return 0


async def install(call: Call, options: Options, names: list[str]) -> int:
    """Install packages."""
    call.out(TREE)
    unknown = [name for name in names if name.partition("=")[0] not in PACKAGES]
    if unknown:
        call.err("".join(f"E: Unable to locate package {name}\n" for name in unknown))
        return FAILED
    plain = [name.partition("=")[0] for name in names]
    fresh = [name for name in plain if not installed(call, name)]
    for name in plain:
        if name not in fresh:
            call.out(f"{name} is already the newest version ({PACKAGES[name].version}).\n")
    if fresh:
        call.out("The following NEW packages will be installed:\n  " + " ".join(sorted(fresh)) + "\n")
    call.out(f"0 upgraded, {len(fresh)} newly installed, 0 to remove and 0 not upgraded.\n")
    if not fresh or options.has("s", "simulate", "dry-run"):
        return 0
    return await fetch_and_place(call, fresh)


async def fetch_and_place(call: Call, names: Sequence[str]) -> int:
    """Fetch packages, put their files in place and start their units."""
    size_kb = sum(PACKAGES[name].size_kb for name in names)
    call.out(f"Need to get {size_kb} kB of archives.\nAfter this operation, {size_kb * 3} kB of additional disk space will be used.\n")
    if call.host.files.disk("/var/cache").free_kb < size_kb:
        call.err("E: You don't have enough free space in /var/cache/apt/archives/.\n")
        return FAILED
    if not call.world.network.has_internet(call.host):
        return offline(call, names)
    await call.world.clock.sleep(2)
    for number, name in enumerate(names, start=1):
        package = PACKAGES[name]
        call.out(f"Get:{number} {ARCHIVE} bookworm/main amd64 {name} amd64 {package.version} [{package.size_kb} kB]\n")
    call.out(f"Fetched {size_kb} kB in 0s (9,216 kB/s)\n")
    for name in names:
        code = await unpack(call, name)
        if code:
            return code
    return 0


def offline(call: Call, names: Sequence[str]) -> int:
    """Say that the archive cannot be reached."""
    for number, name in enumerate(names, start=1):
        package = PACKAGES[name]
        call.out(f"Err:{number} {ARCHIVE} bookworm/main amd64 {name} amd64 {package.version}\n  Temporary failure resolving 'mirror.example'\n")
        version = package.version.partition(":")[2] or package.version
        call.err(f"E: Failed to fetch {ARCHIVE}/pool/main/{name[0]}/{name}/{name}_{version.replace('+', '%2b')}_amd64.deb  "
                 "Temporary failure resolving 'mirror.example'\n")  # fmt: skip
    call.err("E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n")
    return FAILED


async def unpack(call: Call, name: str) -> int:
    """Put one package's files in place, enable its unit and start it."""
    package, files = PACKAGES[name], call.host.files
    call.out(f"Selecting previously unselected package {name}.\nUnpacking {name} ({package.version}) ...\n")
    try:
        for folder in package.folders:
            files.mkdir(folder, 0o755, parents=True)
        for path, text in package.files.items():
            files.write(path, text, 0o755 if text.startswith("#!") else 0o644, parents=True)
    except OSError as exc:
        said = "No space left on device" if exc.errno == errno.ENOSPC else exc.strerror
        call.err(f"dpkg: error processing archive {name} (--unpack):\n unable to write: {said}\n"
                 f"E: Sub-process /usr/bin/dpkg returned an error code (1)\n")  # fmt: skip
        return FAILED
    call.host.packages.add(name)
    call.host.packages.discard(f"-{name}")
    call.out(f"Setting up {name} ({package.version}) ...\n")
    if package.unit:
        made = call.host.units.enable(package.unit)
        call.err("".join(f"Created symlink {link} → {target}.\n" for link, target in made))
        if not package.needs or (files.is_file(package.needs) and files.read(package.needs)):
            await call.host.units.start(package.unit)
    return 0


async def remove(call: Call, options: Options, names: list[str]) -> int:
    """Remove packages."""
    call.out(TREE)
    unknown = [name for name in names if name not in PACKAGES]
    if unknown:
        call.err("".join(f"E: Unable to locate package {name}\n" for name in unknown))
        return FAILED
    gone = [name for name in names if installed(call, name)]
    purge = options.words[0] == "purge" or options.has("purge")
    for name in names:
        if name not in gone:
            call.out(f"Package '{name}' is not installed, so not removed\n")
    if gone:
        call.out("The following packages will be REMOVED:\n  " + " ".join(f"{name}{'*' * purge}" for name in gone) + "\n")
    call.out(f"0 upgraded, 0 newly installed, {len(gone)} to remove and 0 not upgraded.\n")
    for name in gone:
        await erase(call, name, purge=purge)
    return 0


async def erase(call: Call, name: str, *, purge: bool) -> None:
    """Stop and remove what one package brought; its configuration only when purged."""
    package, files = PACKAGES[name], call.host.files
    call.out(f"Removing {name} ({package.version}) ...\n")
    if package.unit:
        await call.host.units.stop(package.unit)
        call.host.units.disable(package.unit)
    for path in package.files:
        if files.exists(path) and (purge or not path.startswith("/etc/")):
            files.remove(path)
    for folder in package.folders if purge else ():
        if files.exists(folder):
            files.remove(folder, recursive=True)
    call.host.packages.discard(name)
    if name in INSTALLED:
        call.host.packages.add(f"-{name}")
    call.host.units.daemon_reload()


@tool("dpkg", short="slLWi:", long=("status", "list", "listfiles", "print-architecture", "configure", "audit"))
async def dpkg(call: Call, options: Options) -> int:
    """Tell what is installed."""
    if options.has("print-architecture"):
        call.out({"x86_64": "amd64", "aarch64": "arm64"}.get(call.host.arch, call.host.arch) + "\n")
        return 0
    if options.has("s", "status"):
        return status(call, options.words)
    if options.has("l", "list"):
        return listed(call, options.words)
    if options.has("L", "listfiles"):
        call.out("".join(f"{path}\n" for name in options.words if name in PACKAGES for path in PACKAGES[name].files))
        return 0
    raise UsageError("error: need an action option", 2)


def status(call: Call, names: Sequence[str]) -> int:
    """Print the status of packages."""
    for name in names:
        if not installed(call, name):
            call.err(f"dpkg-query: package '{name}' is not installed and no information is available\n")
            return 1
        call.out(f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {PACKAGES[name].version}\n")
    return 0


def listed(call: Call, names: Sequence[str]) -> int:
    """Print a table of packages."""
    found = [name for name in sorted(PACKAGES) if installed(call, name) and (not names or name in names)]
    if not found:
        call.err("".join(f"dpkg-query: no packages found matching {name}\n" for name in names))
        return 1
    call.out("||/ Name Version Architecture Description\n")
    call.out("".join(f"ii  {name} {PACKAGES[name].version} amd64 {name}\n" for name in found))
    return 0


@tool("dpkg-query", short="Wlsf:", long=("show", "list", "status", "showformat="))
async def dpkg_query(call: Call, options: Options) -> int:
    """Tell what is installed, in a format."""
    if options.has("s", "status"):
        return status(call, options.words)
    form = options.value("f", "showformat", default="${Package}\\t${Version}\\n")
    code = 0
    for name in options.words or [name for name in sorted(PACKAGES) if installed(call, name)]:
        if not installed(call, name):
            call.err(f"dpkg-query: no packages found matching {name}\n")
            code = 1
            continue
        values = {"${Package}": name, "${Version}": PACKAGES[name].version, "${Status}": "install ok installed",
                  "${db:Status-Status}": "installed", "${Architecture}": "amd64", "\\n": "\n", "\\t": "\t"}  # fmt: skip
        text = form
        for mark, value in values.items():
            text = text.replace(mark, value)
        call.out(text)
    return code
