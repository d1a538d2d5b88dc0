"""How large an object may be: what etcd takes, and the library the API server talks to it with.

Not how large a request may be; the HTTPS server refuses those.
"""

from __future__ import annotations

import json

from edgebook.lab.kube.errors import internal_text
from edgebook.lab.kube.trees import Tree

ETCD_BYTES = 1536 * 1024
"""`--max-request-bytes` of etcd as K3s and kubeadm leave it."""

GRPC_BYTES = 2 * 1024 * 1024
"""What etcd's client sends at most."""


def check_size(obj: Tree) -> None:
    """Refuse an object that etcd would not take; JSON stands for the form objects are really stored in.

    Raises:
        ApiError: 500, in the words of etcd or of its client.
    """
    size_bytes = len(json.dumps(obj, separators=(",", ":")))
    if size_bytes > GRPC_BYTES:
        sizes = f"({size_bytes} vs. {GRPC_BYTES})"
        raise internal_text(
            f"rpc error: code = ResourceExhausted desc = trying to send message larger than max {sizes}"
        )
    if size_bytes > ETCD_BYTES:
        raise internal_text("etcdserver: request is too large")
