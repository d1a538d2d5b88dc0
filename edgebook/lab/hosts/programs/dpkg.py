"""dpkg and dpkg-query: the programs that tell what is installed.

Not installing (`packages`).
"""

from __future__ import annotations

from collections.abc import Sequence

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.catalogue import PACKAGES
from edgebook.lab.hosts.programs.options import Options, UsageError, tool
from edgebook.lab.hosts.programs.packages import installed

ARCHIVES = "Use dpkg --info (= dpkg-deb --info) to examine archive files.\n"
CONTENTS = "Use dpkg --contents (= dpkg-deb --contents) to list archive files contents.\n"


@tool(
    "dpkg", short="slLSWi:", long=("status", "list", "listfiles", "search", "print-architecture", "configure", "audit")
)
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
        return files_of(call, options.words)
    if options.has("S", "search"):
        return owners_of(call, options.words)
    raise UsageError("error: need an action option", 2)


def status(call: Call, names: Sequence[str]) -> int:
    """Print the status of packages."""
    for name in names:
        if not installed(call, name):
            call.err(f"dpkg-query: package '{name}' is not installed and no information is available\n{ARCHIVES}")
            return 1
        call.out(
            f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {PACKAGES[name].version}\n"
        )
    return 0


def files_of(call: Call, names: Sequence[str]) -> int:
    """Print the files of packages."""
    missing = [name for name in names if not installed(call, name)]
    call.out("".join(f"{path}\n" for name in names if name not in missing for path in PACKAGES[name].files))
    call.err("".join(f"dpkg-query: package '{name}' is not installed\n{CONTENTS}" for name in missing))
    return int(bool(missing))


def owners_of(call: Call, paths: Sequence[str]) -> int:
    """Print which package brought a file."""
    code = 0
    for path in paths:
        found = [name for name, package in PACKAGES.items() if path in package.files and installed(call, name)]
        call.out("".join(f"{name}: {path}\n" for name in found))
        if not found:
            call.err(f"dpkg-query: no path found matching pattern {path}\n")
            code = 1
    return code


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
    form = options.value("f", "showformat", default="${Package}\\t${Version}\\n").removeprefix("=")
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
