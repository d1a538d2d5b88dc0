"""One K3s cluster: its identity, its secrets, its members, its objects.

Not a process: servers and agents run on hosts and share this through the registry.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from edgebook.lab.k3s import tokens
from edgebook.lab.k3s.etcd import Membership
from edgebook.lab.k3s.packaged import NAMESPACE
from edgebook.lab.kube.pki import Pki
from edgebook.lab.kube.store import Store

LEAF_DAYS = 365
BOOTSTRAP_GROUPS = "system:bootstrappers:k3s:default-node-token"


@dataclass
class Cluster:
    """What all servers of a cluster share.

    `born` is the first server's own time when it made the certificates: a host whose clock is
    before it takes them for not yet valid. `datastore` is `etcd` or `sqlite`.
    """

    number: int
    pki: Pki
    store: Store
    secret: str
    agent_secret: str
    critical: dict[str, str]
    version: str
    born: datetime
    datastore: str = "etcd"
    members: Membership = field(default_factory=Membership)
    node_numbers: dict[str, int] = field(default_factory=dict)

    @property
    def ca_pem(self) -> bytes:
        """The certificate that /cacerts shows."""
        return self.pki.ca_pem.encode()

    @property
    def expires(self) -> datetime:
        """When the servers' certificates end."""
        return self.born + timedelta(days=LEAF_DAYS)

    def server_token(self) -> str:
        """Return the token in the form that names the CA."""
        return tokens.secure(self.ca_pem, "server", self.secret)

    def agent_token(self) -> str:
        """Return the agents' token in the form that names the CA."""
        return tokens.secure(self.ca_pem, "node", self.agent_secret) if self.agent_secret else self.server_token()

    def admits_server(self, token: tokens.Token) -> bool:
        """Say whether a token opens the way to become a server."""
        return not token.bootstrap_id and hmac.compare_digest(token.password, self.secret)

    def admits_agent(self, token: tokens.Token, now: datetime) -> bool:
        """Say whether a token opens the way to become an agent."""
        if token.bootstrap_id:
            return self._admits_bootstrap(token, now)
        return token.password in {self.secret, self.agent_secret} - {""}

    def _admits_bootstrap(self, token: tokens.Token, now: datetime) -> bool:
        found = self.store.find("secrets", f"bootstrap-token-{token.bootstrap_id}", NAMESPACE)
        if found is None:
            return False
        data = secret_text(found)
        return data.get("token-secret") == token.password and data.get("expiration", "9") > now.strftime("%Y-%m-%dT")

    def has_quorum(self, alive: Collection[str]) -> bool:
        """Say whether the datastore answers while these members are alive."""
        return self.datastore == "sqlite" or self.members.has_quorum(alive)

    def number_of(self, node: str) -> int:
        """Return the number of a node's pod network; the first node has 0."""
        return self.node_numbers.setdefault(node, len(self.node_numbers))


def secret_text(secret: dict[str, Any]) -> dict[str, str]:
    """Return a Secret's data as text."""
    return {key: base64.b64decode(value).decode() for key, value in secret.get("data", {}).items()}


def password_hash(password: str) -> str:
    """Hash a node's password as it is kept in its Secret."""
    return "$1:" + hashlib.sha256(password.encode()).hexdigest()
