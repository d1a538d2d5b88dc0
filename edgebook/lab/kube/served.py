"""The kinds of objects the practice site serves, as data: one line each, in the order discovery lists them.

Not custom kinds; those come and go with their definitions.
"""

from __future__ import annotations

from collections.abc import Iterable

from edgebook.lab.kube.kinds import ALL_VERBS, ASK, STATUS, Kind, Subresource

READ_AND_WRITTEN = ("get", "patch", "update")
CONNECTED = ("create", "get")
PROXIED = ("create", "delete", "get", "patch", "update")
ONE_BY_ONE = tuple(verb for verb in ALL_VERBS if verb != "deletecollection")
ONLY_READ = ("get", "list")

SCALE = Subresource("scale", "Scale", READ_AND_WRITTEN, "autoscaling", "v1")
BELOW_PODS = (
    Subresource("attach", "PodAttachOptions", CONNECTED),
    Subresource("binding", "Binding", ("create",)),
    Subresource("ephemeralcontainers", "Pod", READ_AND_WRITTEN),
    Subresource("eviction", "Eviction", ("create",), "policy", "v1"),
    Subresource("exec", "PodExecOptions", CONNECTED),
    Subresource("log", "Pod", ("get",)),
    Subresource("portforward", "PodPortForwardOptions", CONNECTED),
    Subresource("proxy", "PodProxyOptions", PROXIED),
    STATUS,
)
NODE_PROXY = Subresource("proxy", "NodeProxyOptions", PROXIED)
SERVICE_PROXY = Subresource("proxy", "ServiceProxyOptions", PROXIED)
TOKEN = Subresource("token", "TokenRequest", ("create",), "authentication.k8s.io", "v1")
FINALIZE = Subresource("finalize", "Namespace", ("update",))
APPROVAL = Subresource("approval", "CertificateSigningRequest", READ_AND_WRITTEN)

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
    *(f"status.{name}" for name in ("phase", "podIP", "podIPs", "nominatedNodeName")),
)
SCALED, PLAIN = (SCALE, STATUS), ()
HERE, EVERYWHERE = True, False
ALL, EXTENSIONS = ("all",), ("api-extensions",)

CORE = (
    Kind("", "v1", "Binding", "bindings", HERE, (), PLAIN, ASK),
    Kind("", "v1", "ComponentStatus", "componentstatuses", EVERYWHERE, ("cs",), PLAIN, ONLY_READ),
    Kind("", "v1", "ConfigMap", "configmaps", HERE, ("cm",), PLAIN),
    Kind("", "v1", "Endpoints", "endpoints", HERE, ("ep",), PLAIN, singular_name="endpoints"),
    Kind("", "v1", "Event", "events", HERE, ("ev",), PLAIN, selectable=EVENT_FIELDS),
    Kind("", "v1", "LimitRange", "limitranges", HERE, ("limits",), PLAIN),
    Kind(
        "", "v1", "Namespace", "namespaces", EVERYWHERE, ("ns",), (FINALIZE, STATUS), ONE_BY_ONE,
        selectable=("status.phase", "name"), counted=False,
    ),
    Kind(
        "", "v1", "Node", "nodes", EVERYWHERE, ("no",), (NODE_PROXY, STATUS),
        selectable=("spec.unschedulable",), keeps_status=True, counted=False,
    ),
    Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", HERE, ("pvc",), counted=False),
    Kind("", "v1", "PersistentVolume", "persistentvolumes", EVERYWHERE, ("pv",), counted=False),
    Kind("", "v1", "Pod", "pods", HERE, ("po",), BELOW_PODS, ALL_VERBS, ALL, POD_FIELDS, counted=False),
    Kind("", "v1", "PodTemplate", "podtemplates", HERE, (), PLAIN, counted=True),
    Kind(
        "", "v1", "ReplicationController", "replicationcontrollers", HERE, ("rc",), SCALED,
        categories=ALL, selectable=("status.replicas",),
    ),
    Kind("", "v1", "ResourceQuota", "resourcequotas", HERE, ("quota",), counted=False),
    Kind("", "v1", "Secret", "secrets", HERE, (), PLAIN, selectable=("type",)),
    Kind("", "v1", "ServiceAccount", "serviceaccounts", HERE, ("sa",), (TOKEN,)),
    Kind(
        "", "v1", "Service", "services", HERE, ("svc",), (SERVICE_PROXY, STATUS),
        categories=ALL, selectable=("spec.clusterIP", "spec.type"), counted=False,
    ),
)  # fmt: skip
AGGREGATION = (
    Kind(
        "apiregistration.k8s.io", "v1", "APIService", "apiservices", EVERYWHERE,
        categories=EXTENSIONS, counted=False,
    ),
)  # fmt: skip
WORKLOADS = (
    Kind("apps", "v1", "ControllerRevision", "controllerrevisions", HERE, (), PLAIN),
    Kind("apps", "v1", "DaemonSet", "daemonsets", HERE, ("ds",), categories=ALL),
    Kind("apps", "v1", "Deployment", "deployments", HERE, ("deploy",), SCALED, categories=ALL),
    Kind(
        "apps", "v1", "ReplicaSet", "replicasets", HERE, ("rs",), SCALED,
        categories=ALL, selectable=("status.replicas",),
    ),
    Kind("apps", "v1", "StatefulSet", "statefulsets", HERE, ("sts",), SCALED, categories=ALL),
)  # fmt: skip
EVENTS = (
    Kind(
        "events.k8s.io", "v1", "Event", "events", HERE, ("ev",), PLAIN, ALL_VERBS, (),
        REGARDING_FIELDS, "events", EVENT_RENAMES,
    ),
)  # fmt: skip
QUESTIONS = (
    Kind("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews", EVERYWHERE, (), PLAIN, ASK),
    Kind("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", EVERYWHERE, (), PLAIN, ASK),
    Kind("authorization.k8s.io", "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", HERE, (), PLAIN, ASK),
    Kind(
        "authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", EVERYWHERE, (), PLAIN, ASK
    ),
    Kind("authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", EVERYWHERE, (), PLAIN, ASK),
    Kind("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", EVERYWHERE, (), PLAIN, ASK),
)
BATCH = (
    Kind("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", HERE, ("hpa",), categories=ALL),
    Kind("autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", HERE, ("hpa",), categories=ALL),
    Kind("batch", "v1", "CronJob", "cronjobs", HERE, ("cj",), categories=ALL),
    Kind("batch", "v1", "Job", "jobs", HERE, categories=ALL, selectable=("status.successful",)),
    Kind(
        "certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", EVERYWHERE, ("csr",),
        (APPROVAL, STATUS), selectable=("spec.signerName",), counted=False,
    ),
)  # fmt: skip
NETWORK = (
    Kind("networking.k8s.io", "v1", "IngressClass", "ingressclasses", EVERYWHERE, (), PLAIN, counted=True),
    Kind("networking.k8s.io", "v1", "Ingress", "ingresses", HERE, ("ing",)),
    Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", HERE, ("netpol",), PLAIN, counted=True),
    Kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", HERE, ("pdb",)),
)
RBAC = (
    Kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", EVERYWHERE, (), PLAIN),
    Kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", EVERYWHERE, (), PLAIN),
    Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", HERE, (), PLAIN),
    Kind("rbac.authorization.k8s.io", "v1", "Role", "roles", HERE, (), PLAIN),
)
STORAGE = (
    Kind("storage.k8s.io", "v1", "CSIDriver", "csidrivers", EVERYWHERE, (), PLAIN),
    Kind("storage.k8s.io", "v1", "CSINode", "csinodes", EVERYWHERE, (), PLAIN),
    Kind("storage.k8s.io", "v1", "CSIStorageCapacity", "csistoragecapacities", HERE, (), PLAIN),
    Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", EVERYWHERE, ("sc",), PLAIN),
    Kind("storage.k8s.io", "v1", "VolumeAttachment", "volumeattachments", EVERYWHERE, counted=False),
)
ADMISSION = "admissionregistration.k8s.io"
POLICIES = (
    Kind(
        ADMISSION, "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", EVERYWHERE, (), PLAIN,
        categories=EXTENSIONS, counted=True,
    ),
    Kind(
        ADMISSION, "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", EVERYWHERE,
        categories=EXTENSIONS,
    ),
    Kind(
        ADMISSION, "v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", EVERYWHERE, (), PLAIN,
        categories=EXTENSIONS, counted=True,
    ),
    Kind(
        ADMISSION, "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", EVERYWHERE, (), PLAIN,
        categories=EXTENSIONS, counted=True,
    ),
    Kind(
        "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", EVERYWHERE,
        ("crd", "crds"), categories=EXTENSIONS,
    ),
)  # fmt: skip
OTHERS = (
    Kind("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", EVERYWHERE, ("pc",), PLAIN, counted=True),
    Kind("coordination.k8s.io", "v1", "Lease", "leases", HERE, (), PLAIN),
    Kind("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", EVERYWHERE, (), PLAIN),
    Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", HERE, (), PLAIN, counted=True),
    Kind("flowcontrol.apiserver.k8s.io", "v1", "FlowSchema", "flowschemas", EVERYWHERE),
    Kind("flowcontrol.apiserver.k8s.io", "v1", "PriorityLevelConfiguration", "prioritylevelconfigurations", EVERYWHERE),
)
METRICS = (
    Kind("metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes", EVERYWHERE, (), PLAIN, ONLY_READ),
    Kind("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", HERE, (), PLAIN, ONLY_READ),
)
K3S = (
    Kind("k3s.cattle.io", "v1", "ETCDSnapshotFile", "etcdsnapshotfiles", EVERYWHERE, custom=True),
    Kind("k3s.cattle.io", "v1", "Addon", "addons", HERE, subresources=PLAIN, custom=True),
    Kind("helm.cattle.io", "v1", "HelmChart", "helmcharts", HERE, subresources=(STATUS,), custom=True),
    Kind("helm.cattle.io", "v1", "HelmChartConfig", "helmchartconfigs", HERE, subresources=PLAIN, custom=True),
)
BUILT_IN: tuple[Kind, ...] = (
    *CORE, *AGGREGATION, *WORKLOADS, *EVENTS, *QUESTIONS, *BATCH, *NETWORK, *RBAC, *STORAGE, *POLICIES,
    *OTHERS, *K3S, *METRICS,
)  # fmt: skip


def preferred(versions: Iterable[str]) -> list[str]:
    """Put versions into the order of preference: released ones first, the newest first."""
    return sorted(versions, key=_rank)


def _rank(version: str) -> tuple[int, int, int, str]:
    digits = version.removeprefix("v")
    for grade, word in enumerate(("beta", "alpha"), start=1):
        major, found, minor = digits.partition(word)
        if found and major.isdigit():
            return grade, -int(major), -int(minor or 0), version
    return (0, -int(digits), 0, version) if digits.isdigit() else (3, 0, 0, version)
