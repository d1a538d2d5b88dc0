"""K3s's chart controller: a HelmChart becomes a job that installs it, with what the job needs.

Not helm: what the job's pod does is its image's affair. Names, labels and words are helm-controller's, version 0.16.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

IMAGE = "rancher/klipper-helm:v0.9.5-build20250306"
LABEL = "helmcharts.helm.cattle.io/chart"
HASH = "helmcharts.helm.cattle.io/configHash"
UNMANAGED = "helmcharts.helm.cattle.io/unmanaged"
MANAGED_BY = "helmcharts.cattle.io/managed-by"
CONTROLLER = "helm-controller"
FINALIZER = "wrangler.cattle.io/on-helm-chart-remove"
VALUES = "helmcharts.helm.cattle.io/values"
BACKOFF_LIMIT = 1000
LOWER = ("true", "false", "null")
NAMESPACE, TRAEFIK = "kube-system", "traefik"
STATIC = "https://%{KUBERNETES_API}%/static/charts"
PACKAGED = {
    "traefik-crd": f"{STATIC}/traefik-crd-34.2.1+up34.2.0.tgz",
    "traefik": f"{STATIC}/traefik-34.2.1+up34.2.0.tgz",
}
"""The charts K3s carries: the server itself hands them out."""

FOLDERS = {
    "klipper-helm": "/home/klipper-helm/.helm",
    "klipper-cache": "/home/klipper-helm/.cache",
    "klipper-config": "/home/klipper-helm/.config",
    "tmp": "/tmp",  # noqa: S108 - a path in the job's pod
}
SECURE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


@dataclass
class Charts:
    """Keeps the jobs of one cluster's charts."""

    store: Store

    def tick(self, disabled: frozenset[str]) -> None:
        """Look at every chart once; those packaged with K3s are there unless they are disabled."""
        for name, chart in PACKAGED.items():
            there = self.store.item("helmcharts", name, NAMESPACE)
            if there is None and TRAEFIK not in disabled:
                self.store.create("helmcharts", {"metadata": {"name": name}, "spec": {"chart": chart}}, NAMESPACE)
            elif there is not None and TRAEFIK in disabled and not dig(there.obj, "metadata.deletionTimestamp"):
                self.store.delete("helmcharts", name, NAMESPACE)
        for item in self.store.items(self.store.scope("helmcharts")):
            self._sync(item.obj)

    def _sync(self, chart: Tree) -> None:
        if dig(chart, "metadata.deletionTimestamp"):
            self._remove(chart)
        elif not is_managed(chart):
            return
        elif not _is_claimed(chart):
            self.store.modify("helmcharts", name_of(chart), _claim, namespace_of(chart))
        else:
            self._install(chart)

    def _install(self, chart: Tree) -> None:
        name, place = name_of(chart), namespace_of(chart)
        if dig(chart, "spec.helmVersion", "v3") != "v3":
            self._say(chart, conditions(created="", failed="Only Helm v3 charts are supported"))
            return
        for kind, wanted in (*belongings(chart), ("jobs", job(chart, self._config(chart)))):
            there = self.store.item(kind, name_of(wanted), place)
            if there is None:
                self.store.create(kind, wanted, place)
            elif kind == "jobs" and _hash(there.obj) not in ("", _hash(wanted)):
                self.store.delete(kind, name_of(wanted), place, propagation="Background")
        told = f"Applying HelmChart using Job {place}/helm-install-{name}"
        self._say(chart, {"jobName": f"helm-install-{name}", **conditions(created=told, failed="")})

    def _config(self, chart: Tree) -> Tree:
        found = self.store.item("helmchartconfigs", name_of(chart), namespace_of(chart))
        return found.obj if found else {}

    def _say(self, chart: Tree, status: Tree) -> None:
        if chart.get("status") != status:
            self.store.modify(
                "helmcharts", name_of(chart), lambda obj: obj.update(status=status), namespace_of(chart), "status"
            )

    def _remove(self, chart: Tree) -> None:
        """Take away what belongs to a chart that is deleted, and let it go."""
        place = namespace_of(chart)
        for kind, wanted in (*belongings(chart), ("jobs", job(chart, {}))):
            if self.store.item(kind, name_of(wanted), place):
                self.store.delete(kind, name_of(wanted), place, propagation="Background")
        if FINALIZER in dig(chart, "metadata.finalizers", []):
            self.store.modify("helmcharts", name_of(chart), _release, place)


def is_managed(chart: Tree) -> bool:
    """Tell whether the controller is to care for a chart."""
    annotations = dig(chart, "metadata.annotations", {})
    has_chart = dig(chart, "spec.chart") or dig(chart, "spec.chartContent")
    return bool(has_chart) and UNMANAGED not in annotations and annotations.get(MANAGED_BY, CONTROLLER) == CONTROLLER


def _is_claimed(chart: Tree) -> bool:
    held = dig(chart, "metadata.finalizers", [])
    return FINALIZER in held and MANAGED_BY in dig(chart, "metadata.annotations", {})


def _claim(chart: Tree) -> None:
    meta = chart["metadata"]
    meta.setdefault("annotations", {})[MANAGED_BY] = CONTROLLER
    meta["finalizers"] = list(dict.fromkeys([*(meta.get("finalizers") or ()), FINALIZER]))


def _release(chart: Tree) -> None:
    chart["metadata"]["finalizers"] = [item for item in chart["metadata"]["finalizers"] if item != FINALIZER]


def _hash(found: Tree) -> str:
    annotations = found["spec"]["template"].get("metadata", {}).get("annotations") or {}
    return str(annotations.get(HASH, ""))


def conditions(*, created: str, failed: str) -> Tree:
    """Return the two conditions of a chart."""
    first: Tree = {"type": "JobCreated", "status": "True" if created else "False"}
    second: Tree = {"type": "Failed", "status": "True" if failed else "False"}
    if created:
        first |= {"reason": "Job created", "message": created}
    if failed:
        second |= {"reason": "Unsupported version", "message": failed}
    return {"conditions": [first, second]}


def belongings(chart: Tree) -> list[tuple[str, Tree]]:
    """Return what a chart's job needs: an account that may do everything, values, content."""
    name, place = name_of(chart), namespace_of(chart)
    account = {"kind": "ServiceAccount", "name": f"helm-{name}", "namespace": place}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    values = dig(chart, "spec.valuesContent", "")
    data = {"HelmChartValuesContent": base64.b64encode(values.encode()).decode()} if values else {}
    content = dig(chart, "spec.chartContent", "")
    held = {f"{name}.tgz.base64": content} if content else {}
    return [
        ("serviceaccounts", {"metadata": {"name": f"helm-{name}"}, "automountServiceAccountToken": True}),
        ("clusterrolebindings", {"metadata": {"name": f"helm-{place}-{name}"}, "roleRef": role, "subjects": [account]}),
        ("secrets", {"metadata": {"name": f"chart-values-{name}"}, "type": VALUES, "data": data}),
        ("configmaps", {"metadata": {"name": f"chart-content-{name}"}, "data": held}),
    ]


def job(chart: Tree, config: Tree) -> Tree:
    """Return the job that installs a chart; another configuration makes another job."""
    name, spec = name_of(chart), chart.get("spec") or {}
    texts = [spec.get("valuesContent") or "", spec.get("chartContent") or "", dig(config, "spec.valuesContent", "")]
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest().upper()
    labels = {LABEL: name}
    pod: Tree = {
        "restartPolicy": "OnFailure",
        "serviceAccountName": f"helm-{name}",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "containers": [_container(chart, config)],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [{"name": folder, "emptyDir": {"medium": "Memory"}} for folder in FOLDERS],
    }
    if spec.get("bootstrap"):
        pod["hostNetwork"] = True
        pod["nodeSelector"] = {**pod["nodeSelector"], "node-role.kubernetes.io/control-plane": "true"}
    limit = BACKOFF_LIMIT if spec.get("backOffLimit") is None else spec["backOffLimit"]
    template = {"metadata": {"labels": labels, "annotations": {HASH: f"SHA256={digest}"}}, "spec": pod}
    return {
        "metadata": {"name": f"helm-install-{name}", "labels": labels},
        "spec": {"backoffLimit": limit, "template": template},
    }


def _container(chart: Tree, config: Tree) -> Tree:
    spec = chart.get("spec") or {}
    chart_name = f"{name_of(chart)}/{spec.get('chart', '')}" if spec.get("repo") else spec.get("chart", "")
    policy = dig(config, "spec.failurePolicy") or spec.get("failurePolicy") or "reinstall"
    env = {
        "NAME": name_of(chart),
        "VERSION": spec.get("version") or "",
        "REPO": spec.get("repo") or "",
        "HELM_DRIVER": "secret",
        "CHART_NAMESPACE": namespace_of(chart),
        "CHART": chart_name,
        "HELM_VERSION": spec.get("helmVersion") or "",
        "TARGET_NAMESPACE": spec.get("targetNamespace") or namespace_of(chart),
        "AUTH_PASS_CREDENTIALS": _flag(spec.get("authPassCredentials")),
        "INSECURE_SKIP_TLS_VERIFY": _flag(spec.get("insecureSkipTLSVerify")),
        "PLAIN_HTTP": _flag(spec.get("plainHTTP")),
        "FAILURE_POLICY": policy,
    }
    return {
        "name": "helm",
        "image": spec.get("jobImage") or IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "args": arguments(spec),
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "securityContext": SECURE,
        "volumeMounts": [{"name": folder, "mountPath": path} for folder, path in FOLDERS.items()],
    }


def _flag(value: Any) -> str:
    return "true" if value else "false"


def arguments(spec: Tree) -> list[str]:
    """Return what the job's program is started with."""
    words = ["install"]
    if spec.get("targetNamespace"):
        words += ["--namespace", spec["targetNamespace"]]
    if spec.get("createNamespace"):
        words.append("--create-namespace")
    if spec.get("version"):
        words += ["--version", spec["version"]]
    for key, value in sorted((spec.get("set") or {}).items()):
        is_typed = isinstance(value, int) or str(value).lower() in LOWER
        words += ["--set" if is_typed else "--set-string", f"{key}={value}"]
    return words
