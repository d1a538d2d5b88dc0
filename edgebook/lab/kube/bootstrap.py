"""What every cluster has from its first minute, and what every namespace has as long as it lives.

Not what K3s deploys; that comes later and may be disabled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of
from edgebook.lab.kube.watches import Change

if TYPE_CHECKING:
    from edgebook.lab.kube.store import Store

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
API_ADDRESS, API_PORT = "10.43.0.1", 6443
ACCOUNT, ROOT_CA = "default", "kube-root-ca.crt"
CA_WORDS = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)
PRIORITIES = (("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000))
RBAC_LABEL = {"kubernetes.io/bootstrapping": "rbac-defaults"}
RBAC_GROUP = "rbac.authorization.k8s.io"
EVERYTHING: list[Tree] = [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
READ = ["get", "list", "watch"]
WRITTEN = [*READ, "create", "delete", "deletecollection", "patch", "update"]
WORK: list[tuple[str, list[str]]] = [
    ("", ["configmaps", "endpoints", "events", "persistentvolumeclaims", "pods", "pods/log", "services"]),
    ("apps", ["daemonsets", "deployments", "deployments/scale", "replicasets", "statefulsets"]),
    ("batch", ["cronjobs", "jobs"]),
    ("networking.k8s.io", ["ingresses", "networkpolicies"]),
]


def found(store: Store) -> None:
    """Make what every cluster has."""
    for name in NAMESPACES:
        store.create("namespaces", {"metadata": {"name": name}})


def furnish(store: Store, ca_pem: str) -> None:
    """Add the API's own service, priority classes and roles, and keep every namespace's account and certificate."""
    for name, value in PRIORITIES:
        store.create("priorityclasses", {"metadata": {"name": name}, "value": value})
    for name, rules in _roles().items():
        store.create("clusterroles", {"metadata": {"name": name, "labels": RBAC_LABEL}, "rules": rules})
    for name, role, group in (
        ("cluster-admin", "cluster-admin", "system:masters"),
        ("system:discovery", "system:discovery", "system:authenticated"),
    ):
        store.create("clusterrolebindings", _binding(name, role, group))
    store.create("services", _api_service())
    keeper = Keeper(store, ca_pem)
    store.keeps_accounts = True
    for item in store.list("namespaces"):
        keeper.furnish(name_of(item))
    store.observe(keeper.see)


def _roles() -> dict[str, list[Tree]]:
    def rules(verbs: list[str]) -> list[Tree]:
        return [{"apiGroups": [group], "resources": names, "verbs": verbs} for group, names in WORK]

    paths = [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
    ]
    secrets: Tree = {"apiGroups": [""], "resources": ["secrets", "serviceaccounts"], "verbs": WRITTEN}
    rbac: Tree = {"apiGroups": [RBAC_GROUP], "resources": ["rolebindings", "roles"], "verbs": WRITTEN}
    return {
        "cluster-admin": EVERYTHING,
        "admin": [*rules(WRITTEN), secrets, rbac],
        "edit": [*rules(WRITTEN), secrets],
        "view": rules(READ),
        "system:discovery": [{"nonResourceURLs": paths, "verbs": ["get"]}],
    }


def _binding(name: str, role: str, group: str) -> Tree:
    return {
        "metadata": {"name": name, "labels": RBAC_LABEL},
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": RBAC_GROUP, "kind": "Group", "name": group}],
    }


def _api_service() -> Tree:
    labels = {"component": "apiserver", "provider": "kubernetes"}
    port = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": API_PORT}
    return {
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
        "spec": {"clusterIP": API_ADDRESS, "ports": [port]},
    }


class Keeper:
    """Gives every namespace its service account and the certificate the API is known by."""

    def __init__(self, store: Store, ca_pem: str) -> None:
        self._store = store
        self._ca_pem = ca_pem

    def furnish(self, namespace: str) -> None:
        """Make what a namespace lacks."""
        if not self._store.item("serviceaccounts", ACCOUNT, namespace):
            self._store.create("serviceaccounts", {"metadata": {"name": ACCOUNT}}, namespace)
        meta = {"name": ROOT_CA, "annotations": {"kubernetes.io/description": CA_WORDS}}
        if not self._store.item("configmaps", ROOT_CA, namespace):
            self._store.create("configmaps", {"metadata": meta, "data": {"ca.crt": self._ca_pem}}, namespace)

    def see(self, change: Change) -> None:
        """Act when a namespace comes, or loses what it should have."""
        if change.kind.resource == "namespaces" and change.type == "ADDED":
            self.furnish(name_of(change.object))
        lost = change.type == "DELETED" and (change.kind.resource, name_of(change.object)) in (
            ("serviceaccounts", ACCOUNT),
            ("configmaps", ROOT_CA),
        )
        if lost and self._is_alive(namespace_of(change.object)):
            self.furnish(namespace_of(change.object))

    def _is_alive(self, namespace: str) -> bool:
        item = self._store.item("namespaces", namespace)
        return item is not None and not dig(item.obj, "metadata.deletionTimestamp")
