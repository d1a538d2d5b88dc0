"""What a node leaves on its host, and the password by which the cluster knows it again.

Not a kubelet: nothing is run.
"""

import json
import secrets
from pathlib import Path

from .service import write

PASSWORD = Path("/etc/rancher/node/password")
FOLDERS = ("/run/k3s/containerd", "/var/lib/kubelet/pods", "/var/lib/kubelet/plugins")
SUBNET = Path("/run/flannel/subnet.env")


def password():
    """Return the node's password, made at its first start and kept when K3s is uninstalled."""
    if not PASSWORD.exists():
        write(PASSWORD, secrets.token_hex(16) + "\n")
    return PASSWORD.read_text(encoding="ascii").strip()


class Kubelet:
    """A node's files."""

    def __init__(self, settings):
        self._settings = settings
        self._balancer = settings.data_dir / "agent/etc/k3s-agent-load-balancer.json"

    def lay_out(self, servers):
        """Make the folders and files that K3s makes for its kubelet, containerd and flannel."""
        for folder in (
            *FOLDERS,
            self._settings.data_dir / "agent/containerd",
            self._settings.data_dir / "agent/images",
        ):
            Path(folder).mkdir(parents=True, exist_ok=True)
        write(SUBNET, f"FLANNEL_NETWORK={self._settings.text('cluster-cidr', '10.42.0.0/16')}\n", 0o644)
        self.remember(servers)

    def remember(self, servers):
        """Keep the addresses of the servers, for a time when the configured one does not answer."""
        known = {"ServerURL": self._settings.text("server"), "ServerAddresses": [f"{one}:6443" for one in servers]}
        write(self._balancer, json.dumps(known, indent=2))

    def servers(self):
        """Return the remembered addresses."""
        if not self._balancer.exists():
            return []
        return json.loads(self._balancer.read_text(encoding="utf-8"))["ServerAddresses"]
