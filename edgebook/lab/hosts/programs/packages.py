"""apt-get, apt, dpkg and dpkg-query: the programs that install packages, from a small table.

Not an archive: what a package brings is written here.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.catalogue import INSTALLED, PACKAGES
from edgebook.lab.hosts.programs.options import Options, tool
from edgebook.lab.hosts.programs.unitstatus import in_locale

ARCHIVE = "http://mirror.example/debian"
FAILED = 100


READING = "Reading package lists...\n"
TREE = READING + "Building dependency tree...\nReading state information...\n"
LONG = ("yes", "assume-yes", "quiet=?", "no-install-recommends", "install-suggests", "option=", "purge",
    "reinstall", "force-yes",
        "allow-downgrades", "allow-change-held-packages", "simulate", "dry-run", "download-only", "fix-missing",
        "fix-broken",
        "auto-remove", "only-upgrade", "target-release=", "allow-unauthenticated", "no-upgrade",
        "installed")  # fmt: skip


def installed(call: Call, name: str) -> bool:
    """Say whether a package is on the host."""
    return name in call.host.packages or (name in INSTALLED and f"-{name}" not in call.host.packages)


@tool("apt-get", "apt", short="yqo:sdft:m", long=LONG)
async def apt_get(call: Call, options: Options) -> int:
    """Install and remove packages."""
    verb, *names = options.words or [""]
    acts = {"install": install, "remove": remove, "purge": remove, "update": update, "upgrade": nothing,
        "dist-upgrade": nothing,
            "autoremove": nothing, "clean": nothing, "autoclean": nothing, "full-upgrade": nothing}  # fmt: skip
    if verb not in acts:
        call.err(f"E: Invalid operation {verb}\n")
        return FAILED
    if call.uid and not options.has("s", "simulate", "dry-run"):
        lists = "/var/lib/apt/lists/lock" if verb == "update" else "/var/lib/dpkg/lock-frontend"
        whose = (
            "unable to lock directory /var/lib/apt/lists/"
            if verb == "update"
            else "Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?"
        )
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
    if options.has("s", "simulate", "dry-run"):
        shown = [f"{name} ({PACKAGES[name].version} Debian:12.8/stable [amd64])" for name in fresh]
        call.out("".join(f"{word} {one}\n" for word in ("Inst", "Conf") for one in shown))
        return 0
    return await fetch_and_place(call, fresh) if fresh else 0


async def fetch_and_place(call: Call, names: Sequence[str]) -> int:
    """Fetch packages, put their files in place and start their units."""
    size_kb = sum(PACKAGES[name].size_kb for name in names)
    call.out(
        f"Need to get {size_kb} kB of archives.\n"
        f"After this operation, {size_kb * 3} kB of additional disk space will be used.\n"
    )
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
        call.out(
            f"Err:{number} {ARCHIVE} bookworm/main amd64 {name} amd64 {package.version}\n"
            "  Temporary failure resolving 'mirror.example'\n"
        )
        version = (package.version.partition(":")[2] or package.version).replace("+", "%2b")
        call.err(f"E: Failed to fetch {ARCHIVE}/pool/main/{name[0]}/{name}/{name}_{version}_amd64.deb  "
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
        call.err(in_locale(call, "".join(f"Created symlink {link} → {target}.\n" for link, target in made)))
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
        call.out(
            "The following packages will be REMOVED:\n  " + " ".join(f"{name}{'*' * purge}" for name in gone) + "\n"
        )
    call.out(f"0 upgraded, 0 newly installed, {len(gone)} to remove and 0 not upgraded.\n")
    simulated = options.has("s", "simulate", "dry-run")
    for name in gone:
        if simulated:
            call.out(f"{'Purg' if purge else 'Remv'} {name} [{PACKAGES[name].version}]\n")
        else:
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
