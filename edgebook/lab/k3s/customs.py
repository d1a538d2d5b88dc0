"""The custom resources K3s defines in every cluster, as data: charts, addons, snapshots of etcd.

Not what is made of them. Shapes and columns are those of K3s 1.31 and of helm-controller 0.16, which it carries; both
derive them from Go types, where every text, list and map may be null.
"""

from __future__ import annotations

from typing import Any

from edgebook.lab.kube.store import Store

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "nullable": True}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "nullable": True}
TEXTS: Schema = {"type": "object", "nullable": True, "additionalProperties": TEXT}
NUMBER_OR_TEXT: Schema = {"x-kubernetes-int-or-string": True, "nullable": True}
FREE: Schema = {"type": "object", "nullable": True, "x-kubernetes-preserve-unknown-fields": True}


def _shape(**properties: Schema) -> Schema:
    return {"type": "object", "nullable": True, "properties": properties}


def _many(items: Schema) -> Schema:
    return {"type": "array", "nullable": True, "items": items}


NAMED = _shape(name=TEXT)
SECRETS = _many(_shape(name=TEXT, keys=_many(TEXT), ignoreUpdates=FLAG))
CHART_SPEC = {
    **dict.fromkeys(
        (
            "targetNamespace", "chart", "version", "repo", "repoCA", "valuesContent", "helmVersion", "chartContent",
            "jobImage", "timeout", "failurePolicy",
        ),
        TEXT,
    ),
    **dict.fromkeys(("createNamespace", "bootstrap"), FLAG),
    **dict.fromkeys(("authPassCredentials", "insecureSkipTLSVerify", "plainHTTP"), FLAG),
    **dict.fromkeys(("repoCAConfigMap", "authSecret", "dockerRegistrySecret"), NAMED),
    **dict.fromkeys(("podSecurityContext", "securityContext"), FREE),
    "set": {"type": "object", "nullable": True, "additionalProperties": NUMBER_OR_TEXT},
    "valuesSecrets": SECRETS,
    "backOffLimit": COUNT,
}  # fmt: skip
CONDITION = _shape(type=TEXT, status=TEXT, reason=TEXT, message=TEXT)
CHART = {"spec": _shape(**CHART_SPEC), "status": _shape(jobName=TEXT, conditions=_many(CONDITION))}
CHART_CONFIG = {"spec": _shape(valuesContent=TEXT, valuesSecrets=SECRETS, failurePolicy=TEXT)}
ADDON = {"spec": _shape(source=TEXT, checksum=TEXT)}
S3_TEXTS = dict.fromkeys(("endpoint", "endpointCA", "bucket", "region", "prefix"), TEXT)
SNAPSHOT = {
    "spec": _shape(
        snapshotName=TEXT, nodeName=TEXT, location=TEXT, metadata=TEXTS,
        s3=_shape(**S3_TEXTS, skipSSLVerify=FLAG, insecure=FLAG),
    ),
    "status": _shape(
        size=NUMBER_OR_TEXT, creationTime=TEXT, readyToUse={**FLAG, "nullable": True},
        error=_shape(time=TEXT, message=TEXT),
    ),
}  # fmt: skip
CHART_COLUMNS = {
    "Job": ".status.jobName",
    "Chart": ".spec.chart",
    "TargetNamespace": ".spec.targetNamespace",
    "Version": ".spec.version",
    "Repo": ".spec.repo",
    "HelmVersion": ".spec.helmVersion",
    "Bootstrap": ".spec.bootstrap",
}
SNAPSHOT_COLUMNS = {
    "SnapshotName": ".spec.snapshotName",
    "Node": ".spec.nodeName",
    "Location": ".spec.location",
    "Size": ".status.size",
    "CreationTime": ".status.creationTime",
}
DATES = ("CreationTime",)


def _definition(
    group: str, kind: str, schema: Schema, columns: dict[str, str], *, scope: str = "Namespaced", status: bool = False
) -> Schema:
    plural = f"{kind.lower()}s"
    version: Schema = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": schema}},
    }
    if columns:
        version["additionalPrinterColumns"] = [
            {"name": name, "type": "date" if name in DATES else "string", "jsonPath": path}
            for name, path in columns.items()
        ]
    if status:
        version["subresources"] = {"status": {}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    spec = {"group": group, "names": names, "scope": scope, "versions": [version]}
    return {"metadata": {"name": f"{plural}.{group}"}, "spec": spec}


DEFINITIONS = (
    _definition("k3s.cattle.io", "Addon", ADDON, {"Source": ".spec.source", "Checksum": ".spec.checksum"}),
    _definition("k3s.cattle.io", "ETCDSnapshotFile", SNAPSHOT, SNAPSHOT_COLUMNS, scope="Cluster", status=True),
    _definition("helm.cattle.io", "HelmChart", CHART, CHART_COLUMNS, status=True),
    _definition("helm.cattle.io", "HelmChartConfig", CHART_CONFIG, {}),
)


def define(store: Store) -> None:
    """Put K3s's definitions into a cluster that has none of them yet."""
    for definition in DEFINITIONS:
        if store.item("customresourcedefinitions", definition["metadata"]["name"]) is None:
            store.create("customresourcedefinitions", definition)
