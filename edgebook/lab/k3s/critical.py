"""The flags that every server of a cluster must share.

Not the whole configuration: servers may differ in everything else, for better or worse.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from edgebook.lab.k3s.settings import Settings

SCALARS = {
    "cluster-cidr": "10.42.0.0/16",
    "service-cidr": "10.43.0.0/16",
    "cluster-domain": "cluster.local",
    "flannel-backend": "vxlan",
    "egress-selector-mode": "agent",
}
BOOLEANS = (
    "disable-cloud-controller",
    "disable-helm-controller",
    "disable-network-policy",
    "embedded-registry",
    "flannel-external-ip",
    "flannel-ipv6-masq",
    "secrets-encryption",
)
MISMATCH = "critical configuration value mismatch between servers"


def values(settings: Settings) -> dict[str, str]:
    """Return the critical flags with K3s's defaults filled in."""
    found = {key: ",".join(settings.words(key)) or default for key, default in SCALARS.items()}
    found |= {key: str(settings.on(key)).lower() for key in BOOLEANS}
    found["cluster-dns"] = ",".join(settings.words("cluster-dns")) or _default_dns(found["service-cidr"])
    found["disable-service-lb"] = str("servicelb" in settings.words("disable")).lower()
    return found


def _default_dns(service_cidr: str) -> str:
    try:
        return str(ipaddress.ip_network(service_cidr.split(",", maxsplit=1)[0])[10])
    except ValueError:
        return ""


def mismatches(mine: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[str, ...]:
    """Name the flags in which a joining server differs from the cluster."""
    return tuple(sorted(key for key in mine if mine[key] != theirs.get(key)))
