"""The programs of a practice host: each behaves from the host's model and prints what Debian 12's prints.

Not K3s, its installer or keepalived: those bring their own. Importing this package registers all of these.
"""

from __future__ import annotations

import importlib

FAMILIES = ("awk", "copying", "curl", "digests", "disks", "find", "firewall", "grep", "journalctl", "listing", "locks", "network",
            "owners", "packages", "power", "processes", "reach", "sed", "sudo", "system", "systemctl", "text", "times")  # fmt: skip

for _family in FAMILIES:
    importlib.import_module(f"{__name__}.{_family}")
