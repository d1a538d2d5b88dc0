"""The programs of a practice host: each behaves from the host's model and prints what Debian 12's prints.

Not K3s, its installer or keepalived: those bring their own. Importing this package registers all of these.
"""

from __future__ import annotations

import importlib

FAMILIES = (
    "archives", "awk", "characters", "chronyc", "copying", "curl", "digests", "disks", "dpkg", "find",
    "firewall", "grep", "journalctl", "kernel", "listing", "locks", "making", "memory", "mounts", "names",
    "network", "ordering", "owners", "packages", "power", "printing", "processes", "ps", "reach", "sed",
    "sockets", "sudo", "system", "systemctl", "text", "times", "xargs",
)  # fmt: skip

for _family in FAMILIES:
    importlib.import_module(f"{__name__}.{_family}")
