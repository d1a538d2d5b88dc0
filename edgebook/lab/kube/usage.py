"""How much processor and memory nodes and pods use now.

Not measured: an idle share of what there is, the same for the same name, and all they may have for busy programs.
"""

from __future__ import annotations

import hashlib
import re

from edgebook.lab.kube.quantities import amount
from edgebook.lab.kube.trees import Tree, dig, name_of

LEAST, MOST = 4, 12
"""An idle node uses so many hundredths of what it has."""

POD_CPU_NANOS, POD_MEMORY_KIB = 2_000_000, 16_384
BUSY = re.compile(r"while (true|:); ?do (:|true); ?done|\byes\b.*/dev/null|\bstress(-ng)?\b|/dev/zero.*/dev/null")
"""Commands that take all the processor they are given."""

CORE_NANOS = 1_000_000_000


def share(name: str) -> int:
    """Return the hundredths of a node that its idling takes."""
    return LEAST + hashlib.sha256(name.encode()).digest()[0] % (MOST - LEAST)


def node_usage(node: Tree) -> tuple[int, int]:
    """Return what a node uses, in billionths of a processor and in KiB."""
    have, part = dig(node, "status.capacity", {}), share(name_of(node))
    cores, memory = amount(have.get("cpu", "1")), amount(have.get("memory", "0"))
    return int(cores * 10_000_000 * part), int(memory * part * 4 / 100 / 1024)


def container_usage(pod: Tree, container: Tree) -> tuple[int, int]:
    """Return what a container uses, in billionths of a processor and in KiB."""
    part = share(name_of(pod))
    memory_kib = POD_MEMORY_KIB * part // LEAST
    words = " ".join([*(container.get("command") or ()), *(container.get("args") or ())])
    if not BUSY.search(words):
        return POD_CPU_NANOS * part // LEAST, memory_kib
    limit = dig(container, "resources.limits", {}).get("cpu")
    return (int(amount(str(limit)) * CORE_NANOS) if limit else CORE_NANOS), memory_kib
