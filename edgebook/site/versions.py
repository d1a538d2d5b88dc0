"""The versions edgebook accepts, and which of them go together.

Not a resolver: no channel is looked up, because every host of a site must get the very same version.
"""

from __future__ import annotations

import re

K3S = re.compile(r"^v(\d+)\.(\d+)\.(\d+)(-rc\d+)?\+k3s(\d+)$")
KUBEEDGE = re.compile(r"^v(\d+)\.(\d+)\.(\d+)$")
CHANNELS = ("stable", "latest", "testing")

REFUSED_K3S = {
    "v1.31.0": (
        "v1.31.0 is refused: its agents lose the API when their server stops (k3s PR 11324 and 11457)",
        "v1.31.4+k3s1 or later, such as v1.31.9+k3s1",
    ),
}
REFUSED_KUBEEDGE = {
    version: (
        f"{version} is refused: `keadm gettoken` hands out expired tokens once CloudCore has run for a day (PR 5984)",
        "v1.18.3",
    )
    for version in ("v1.18.0", "v1.18.1")
}

# KubeEdge minor to the Kubernetes minors that upstream marks as exactly compatible: README.md, "Kubernetes
# compatibility", of KubeEdge v1.22.1 and v1.23.0.
KUBERNETES_OF_KUBEEDGE = {
    (1, 18): ((1, 27), (1, 28), (1, 29)),
    (1, 19): ((1, 27), (1, 28), (1, 29)),
    (1, 20): ((1, 28), (1, 29), (1, 30)),
    (1, 21): ((1, 28), (1, 29), (1, 30)),
    (1, 22): ((1, 29), (1, 30), (1, 31)),
    (1, 23): ((1, 30), (1, 31), (1, 32)),
}

Mistake = tuple[str, str]
Minor = tuple[int, int]


def k3s_mistake(version: str) -> Mistake | None:
    """Say what is wrong with a K3s version and what would be right; None when nothing is."""
    if version in CHANNELS:
        return f"`{version}` is a channel, not a version: hosts added later would get another one", "v1.31.9+k3s1"
    if not K3S.match(version):
        return f"`{version}` is not a K3s version", _k3s_remedy(version)
    return REFUSED_K3S.get(version.partition("+")[0])


def _k3s_remedy(version: str) -> str:
    found = re.match(r"^v?(\d+\.\d+\.\d+)(?:[-+ ]?k3s(\d+))?$", version.strip())
    return f"v{found[1]}+k3s{found[2] or 1}" if found else "such as v1.31.9+k3s1"


def kubeedge_mistake(version: str) -> Mistake | None:
    """Say what is wrong with a KubeEdge version and what would be right; None when nothing is."""
    if not KUBEEDGE.match(version):
        found = re.match(r"^v?(\d+\.\d+\.\d+)$", version.strip())
        return f"`{version}` is not a KubeEdge version", f"v{found[1]}" if found else "such as v1.22.1"
    return REFUSED_KUBEEDGE.get(version)


def pair_mistake(k3s: str, kubeedge: str) -> Mistake | None:
    """Say why a K3s and a KubeEdge version do not go together; None when they do, or one is malformed."""
    ours, theirs = K3S.match(k3s), KUBEEDGE.match(kubeedge)
    if not ours or not theirs:
        return None
    kubernetes, edge = (int(ours[1]), int(ours[2])), (int(theirs[1]), int(theirs[2]))
    if edge not in KUBERNETES_OF_KUBEEDGE:
        known = ", ".join(map(_dotted, KUBERNETES_OF_KUBEEDGE))
        return f"KubeEdge {_dotted(edge)} is not in the table of supported pairs", f"one of {known}"
    if kubernetes in KUBERNETES_OF_KUBEEDGE[edge]:
        return None
    takes = ", ".join(map(_dotted, KUBERNETES_OF_KUBEEDGE[edge]))
    wrong = f"KubeEdge {_dotted(edge)} does not support Kubernetes {_dotted(kubernetes)} (K3s {k3s})"
    return wrong, f"it supports Kubernetes {takes}{_partner(kubernetes)}"


def _partner(kubernetes: Minor) -> str:
    fitting = [_dotted(edge) for edge, takes in KUBERNETES_OF_KUBEEDGE.items() if kubernetes in takes]
    return f"; for Kubernetes {_dotted(kubernetes)} use KubeEdge {' or '.join(fitting)}" if fitting else ""


def _dotted(minor: Minor) -> str:
    return f"{minor[0]}.{minor[1]}"
