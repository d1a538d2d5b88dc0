"""The cluster port: Kubernetes verbs on plain dicts, every one of them bounded in time.

Not a Kubernetes library: the official client reads the kubeconfig and makes the connections; what
comes back is what `kubectl get -o json` shows.
"""

from edgebook.cluster.client import Cluster
from edgebook.cluster.drain import Drained
from edgebook.cluster.resources import Resource
from edgebook.cluster.watch import WatchEvent

__all__ = ["Cluster", "Drained", "Resource", "WatchEvent"]
