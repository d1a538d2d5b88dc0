"""The kinds of objects the practice site serves, as data: one line each.

Not behaviour: defaults, validation and table columns are looked up elsewhere by a kind's `resource`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
ASK = ("create",)
"""The verbs of a kind that is only a question: it is answered and never kept."""


@dataclass(frozen=True)
class Subresource:
    """A path below an object: what is read or written there, in which kind."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


STATUS = Subresource("status", "", ("get", "patch", "update"))
SCALE = Subresource("scale", "Scale", ("get", "patch", "update"), "autoscaling", "v1")
EVICTION = Subresource("eviction", "Eviction", ("create",), "policy", "v1")
BINDING = Subresource("binding", "Binding", ("create",))
LOG = Subresource("log", "Pod", ("get",))
TOKEN = Subresource("token", "TokenRequest", ("create",), "authentication.k8s.io", "v1")
FINALIZE = Subresource("finalize", "Namespace", ("update",))


@dataclass(frozen=True)
class Kind:
    """One served kind.

    `keeps_in` names the resource whose objects this one shows under another group, and `renames` the
    fields that differ: (here, there). `selectable` are the fields a field selector may use besides
    name and namespace. `custom` kinds come from a definition: no strategic merge patch, atomic lists.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = (STATUS,)
    verbs: tuple[str, ...] = ALL_VERBS
    categories: tuple[str, ...] = ()
    selectable: tuple[str, ...] = ()
    keeps_in: str = ""
    renames: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    custom: bool = False
    keeps_status: bool = False
    """Whether the status given on create is kept, as a kubelet's first Node is."""

    @property
    def api_version(self) -> str:
        """`v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """`nodes` or `deployments.apps`, as error messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """The kind in lower case."""
        return self.kind.lower()

    @property
    def table(self) -> str:
        """The resource whose objects are kept for this kind."""
        return self.keeps_in or self.resource

    def subresource(self, name: str) -> Subresource | None:
        """Find a subresource by name."""
        return next((item for item in self.subresources if item.name == name), None)

    @property
    def has_status(self) -> bool:
        """Whether status is written apart from the rest."""
        return STATUS in self.subresources


ABOUT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
OF_EVENTS = ("reason", "source", "type")
EVENT_FIELDS = (*(f"involvedObject.{part}" for part in ABOUT), "reportingComponent", *OF_EVENTS)
REGARDING_FIELDS = (*(f"regarding.{part}" for part in ABOUT), "reportingController", *OF_EVENTS)
EVENT_RENAMES = (
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
    ("reportingController", "reportingComponent"),
)
POD_FIELDS = (
    *(f"spec.{name}" for name in ("nodeName", "restartPolicy", "schedulerName", "serviceAccountName", "hostNetwork")),
    *(f"status.{name}" for name in ("phase", "podIP", "nominatedNodeName")),
)
SCALED = (STATUS, SCALE)
HERE, EVERYWHERE = True, False
ALL = ("all",)

CORE = (
    Kind("", "v1", "Namespace", "namespaces", EVERYWHERE, ("ns",), (STATUS, FINALIZE), selectable=("status.phase",)),
    Kind("", "v1", "Node", "nodes", EVERYWHERE, ("no",), selectable=("spec.unschedulable",), keeps_status=True),
    Kind("", "v1", "Pod", "pods", HERE, ("po",), (STATUS, EVICTION, BINDING, LOG), ALL_VERBS, ALL, POD_FIELDS),
    Kind("", "v1", "Event", "events", HERE, ("ev",), (), selectable=EVENT_FIELDS),
    Kind("", "v1", "Secret", "secrets", HERE, (), (), selectable=("type",)),
    Kind("", "v1", "ConfigMap", "configmaps", HERE, ("cm",), ()),
    Kind("", "v1", "Service", "services", HERE, ("svc",), categories=ALL, selectable=("spec.clusterIP", "spec.type")),
    Kind("", "v1", "Endpoints", "endpoints", HERE, ("ep",), ()),
    Kind("", "v1", "ServiceAccount", "serviceaccounts", HERE, ("sa",), (TOKEN,)),
    Kind("", "v1", "PersistentVolume", "persistentvolumes", EVERYWHERE, ("pv",)),
    Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", HERE, ("pvc",)),
    Kind("", "v1", "LimitRange", "limitranges", HERE, ("limits",), ()),
    Kind("", "v1", "ResourceQuota", "resourcequotas", HERE, ("quota",)),
    Kind("", "v1", "ReplicationController", "replicationcontrollers", HERE, ("rc",), SCALED, categories=ALL),
)
WORKLOADS = (
    Kind("apps", "v1", "Deployment", "deployments", HERE, ("deploy",), SCALED, categories=ALL),
    Kind("apps", "v1", "DaemonSet", "daemonsets", HERE, ("ds",), categories=ALL),
    Kind("apps", "v1", "ReplicaSet", "replicasets", HERE, ("rs",), SCALED, categories=ALL),
    Kind("apps", "v1", "StatefulSet", "statefulsets", HERE, ("sts",), SCALED, categories=ALL),
    Kind("apps", "v1", "ControllerRevision", "controllerrevisions", HERE, (), ()),
    Kind("batch", "v1", "Job", "jobs", HERE, categories=ALL, selectable=("status.successful",)),
    Kind("batch", "v1", "CronJob", "cronjobs", HERE, ("cj",), categories=ALL),
)
PLATFORM = (
    Kind("coordination.k8s.io", "v1", "Lease", "leases", HERE, (), ()),
    Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", HERE, (), ()),
    Kind(
        "events.k8s.io",
        "v1",
        "Event",
        "events",
        HERE,
        ("ev",),
        (),
        ALL_VERBS,
        (),
        REGARDING_FIELDS,
        "events",
        EVENT_RENAMES,
    ),
    Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", EVERYWHERE, ("sc",), ()),
    Kind("storage.k8s.io", "v1", "CSINode", "csinodes", EVERYWHERE, (), ()),
    Kind("networking.k8s.io", "v1", "Ingress", "ingresses", HERE, ("ing",)),
    Kind("networking.k8s.io", "v1", "IngressClass", "ingressclasses", EVERYWHERE, (), ()),
    Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", HERE, ("netpol",), ()),
    Kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", HERE, ("pdb",)),
    Kind("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", EVERYWHERE, ("pc",), ()),
    Kind(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        EVERYWHERE,
        ("crd", "crds"),
    ),
)
RBAC = (
    Kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", EVERYWHERE, (), ()),
    Kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", EVERYWHERE, (), ()),
    Kind("rbac.authorization.k8s.io", "v1", "Role", "roles", HERE, (), ()),
    Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", HERE, (), ()),
)
QUESTIONS = (
    Kind("authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", EVERYWHERE, (), (), ASK),
    Kind("authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", EVERYWHERE, (), (), ASK),
    Kind("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", EVERYWHERE, (), (), ASK),
    Kind("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", EVERYWHERE, (), (), ASK),
    Kind("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", EVERYWHERE, (), (), ASK),
)
K3S = (
    Kind("k3s.cattle.io", "v1", "ETCDSnapshotFile", "etcdsnapshotfiles", EVERYWHERE, custom=True),
    Kind("k3s.cattle.io", "v1", "Addon", "addons", HERE, subresources=(), custom=True),
    Kind("helm.cattle.io", "v1", "HelmChart", "helmcharts", HERE, subresources=(STATUS,), custom=True),
    Kind("helm.cattle.io", "v1", "HelmChartConfig", "helmchartconfigs", HERE, subresources=(), custom=True),
)
BUILT_IN = (*CORE, *WORKLOADS, *PLATFORM, *RBAC, *QUESTIONS, *K3S)


class UnknownKind(LookupError):
    """No served kind has this name."""


class Registry:
    """The kinds one API serves, findable by path and by every name people use."""

    def __init__(self, kinds: Iterable[Kind] = BUILT_IN) -> None:
        self._paths: dict[tuple[str, str, str], Kind] = {}
        self._names: dict[str, Kind] = {}
        for kind in kinds:
            self.add(kind)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._paths.values())

    def add(self, kind: Kind) -> None:
        """Serve one more kind; the first kind to claim a short name keeps it."""
        self._paths[(kind.group, kind.version, kind.plural)] = kind
        for name in (kind.plural, kind.singular, *kind.short):
            for full in (name, f"{name}.{kind.group}", f"{name}.{kind.version}.{kind.group}"):
                self._names.setdefault(full, kind)

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """Find the kind served at a path."""
        return self._paths.get((group, version, plural))

    def named(self, name: str | Kind) -> Kind:
        """Find a kind by `Node`, `node`, `nodes`, `no`, `deployments.apps` or `deployments.v1.apps`."""
        if isinstance(name, Kind):
            return name
        try:
            return self._names[name.lower()]
        except KeyError:
            raise UnknownKind(f"the server doesn't have a resource type {name!r}") from None

    def groups(self) -> dict[str, list[str]]:
        """List the groups in order, each with its versions; the core group is empty."""
        found: dict[str, list[str]] = {}
        for kind in self:
            versions = found.setdefault(kind.group, [])
            if kind.version not in versions:
                versions.append(kind.version)
        return found

    def served(self, group: str, version: str) -> list[Kind]:
        """List the kinds of one group and version, by plural name."""
        kinds = [kind for kind in self if (kind.group, kind.version) == (group, version)]
        return sorted(kinds, key=lambda kind: kind.plural)
