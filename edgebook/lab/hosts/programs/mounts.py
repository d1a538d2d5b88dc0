"""Programs of what is mounted where: mount, umount, mountpoint, findmnt.

Not how full it is (`disks`).
"""

from __future__ import annotations

import re

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.nodes import Disk
from edgebook.lab.hosts.programs.options import Options, UsageError, amount, complain, reason, tool

FAILED = 32
"""mount(8): the mount failed, for whatever reason."""
DMESG = "       dmesg(1) may have more information after failed mount system call.\n"
TMPFS_KB = 4 << 20
"""Half of the memory, where no size is given."""


def failed(call: Call, message: str) -> int:
    """Say why a mount failed, and where more might be said; return mount's code for that."""
    complain(call, message)
    call.err(DMESG)
    return FAILED


@tool("mount", short="t:o:al", long=("types=", "options=", "bind"), folder="/usr/bin")
async def mount(call: Call, options: Options) -> int:
    """List the mounts, mount a tmpfs, or remount a disk for reading or writing."""
    if not options.words:
        for disk in call.host.disks.values():
            call.out(f"{disk.device} on {disk.mount} type {disk.fstype} ({disk.flags})\n")
        return 0
    target, given = options.words[-1], options.value("o", "options").split(",")
    if call.uid:
        return failed(call, f"{target}: must be superuser to use mount.")
    if "remount" in given:
        return remount(call, target, given)
    if not call.files.exists(target):
        return failed(call, f"{target}: mount point does not exist.")
    if options.value("t", "types") != "tmpfs":
        return failed(call, f"{target}: special device {options.words[0]} does not exist.")
    size = next(
        (amount(word[5:].upper()) // 1024 for word in given if re.fullmatch(r"size=\d+[kKmMgG]?", word)), TMPFS_KB
    )
    disk = Disk(target, options.words[0], size, fstype="tmpfs", base_inodes=1, read_only="ro" in given)
    call.host.files.mount(disk)
    mode = next((int(word[5:], 8) for word in given if re.fullmatch(r"mode=[0-7]+", word)), 0o1777)
    call.host.files.chmod(disk.mount, mode)
    call.host.disks[disk.mount] = disk
    return 0


def remount(call: Call, target: str, given: list[str]) -> int:
    """Change whether a disk may be written."""
    found = call.host.disks.get(target)
    if found is None:
        return failed(call, f"{target}: mount point not mounted or bad option.")
    found.read_only = "ro" in given
    return 0


@tool("umount", short="lfR", long=("lazy", "force", "recursive"), folder="/usr/bin")
async def umount(call: Call, options: Options) -> int:
    """Take mounts away."""
    code = 0
    for target in options.words:
        if not call.files.exists(target):
            code = complain(call, f"{target}: no mount point specified.") and FAILED
        elif target not in call.host.disks:
            code = complain(call, f"{target}: not mounted.") and FAILED
        elif call.uid:
            code = complain(call, f"{target}: must be superuser to unmount.") and FAILED
        else:
            call.host.files.unmount(target)
            del call.host.disks[target]
    return code


@tool("mountpoint", short="qdx", long=("quiet", "nofollow"), folder="/usr/bin")
async def mountpoint(call: Call, options: Options) -> int:
    """Say whether a folder is a mount point: 0 when it is, 32 when not, 1 when it is not there."""
    if not options.words:
        raise UsageError("bad usage")
    path, quiet = options.words[0], options.has("q", "quiet")
    try:
        call.files.stat(path)
    except OSError as exc:
        return 1 if quiet else complain(call, f"{path}: {reason(exc)}")
    mounted = call.files.realpath(path) in call.host.disks
    if not quiet:
        call.out(f"{path} is {'' if mounted else 'not '}a mountpoint\n")
    return 0 if mounted else FAILED


@tool("findmnt", short="no:rT:JR", long=("noheadings", "output=", "target=", "raw", "json"), folder="/usr/bin")
async def findmnt(call: Call, options: Options) -> int:
    """Print where and what is mounted."""
    disks = list(call.host.disks.values())
    if options.has("T", "target"):
        disks = [call.host.files.disk(options.value("T", "target"))]
    elif options.words:
        disks = [disk for disk in disks if options.words[0] in (disk.mount, disk.device)]
    names = options.value("o", "output", default="TARGET,SOURCE,FSTYPE,OPTIONS").upper().split(",")
    if not options.has("n", "noheadings") and disks:
        call.out(" ".join(names) + "\n")
    for disk in disks:
        values = {"TARGET": disk.mount, "SOURCE": disk.device, "FSTYPE": disk.fstype, "OPTIONS": disk.flags}
        call.out(" ".join(values.get(name, "") for name in names) + "\n")
    return 0 if disks else 1
