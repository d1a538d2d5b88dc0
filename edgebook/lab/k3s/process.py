"""One running K3s server, as the rest of the world sees it.

Not its life: `server` starts and ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.k3s.settings import Settings

if TYPE_CHECKING:
    from edgebook.lab.k3s.registry import Registry
    from edgebook.lab.kube.api import KubeServer


@dataclass
class ServerProcess:
    """A server of a cluster. `member` is its etcd member's name, empty on sqlite; `api_port` is on this computer."""

    registry: Registry
    host: Host
    settings: Settings
    cluster: Cluster
    version: str
    node: str
    address: str
    member: str = ""
    serving: bool = False
    api: KubeServer | None = None
    api_port: int = 0

    def healthy(self) -> bool:
        """Say whether this server's API can read and write."""
        if self.member and self.member not in self.cluster.members.members:
            return False
        return self.cluster.has_quorum(self.registry.alive(self.cluster, self.host))

    def answer(self, method: str, path: str) -> tuple[int, bytes]:
        """Answer what a host asks the supervisor over HTTPS."""
        if path == "/cacerts":
            return 200, self.cluster.ca_pem
        if not self.serving:
            return 503, b"apiserver not ready\n"
        if path == "/ping":
            return 200, b"pong"
        return (401, b"Unauthorized\n") if method else (400, b"")

    @property
    def disabled(self) -> frozenset[str]:
        """The packaged components this server was told not to deploy."""
        return frozenset(self.settings.words("disable"))
