"""Requests nobody meant to send: some nearly good, some not at all, drawn by hypothesis.

Not the claims about their answers.
"""

import json
import string

from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "web", "", "..", "A_B", "%2F", "%00", "kube-system", "x" * 300])
PLACES = st.sampled_from(["default", "kube-system", "nope", "", "%ff"])
PLURALS = st.sampled_from(
    [
        "configmaps",
        "pods",
        "secrets",
        "services",
        "nodes",
        "namespaces",
        "events",
        "serviceaccounts",
        "nope",
        "bindings",
    ]
)
GROUPED = st.sampled_from(
    ["apps/v1", "batch/v1", "autoscaling/v2", "policy/v1", "apiextensions.k8s.io/v1", "nope.io/v1", "apps/v9"]
)
KINDS = st.sampled_from(
    [
        "deployments",
        "replicasets",
        "jobs",
        "cronjobs",
        "horizontalpodautoscalers",
        "customresourcedefinitions",
        "daemonsets",
    ]
)
BELOW = st.sampled_from(
    ["", "", "", "/status", "/scale", "/log", "/eviction", "/binding", "/token", "/finalize", "/nope"]
)
METHODS = st.sampled_from(["GET", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE", "HEAD", "OPTIONS"])
CONTENT_TYPES = st.sampled_from(
    [
        "application/json",
        "application/json",
        "application/yaml",
        "application/merge-patch+json",
        "application/json-patch+json",
        "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
        "application/vnd.kubernetes.protobuf",
        "text/plain",
        "",
        ";",
    ]
)
ACCEPTS = st.sampled_from(
    ["application/json", "application/yaml", "*/*", "application/json;as=Table;g=meta.k8s.io;v=v1", "text/html", ""]
)
QUERIES = st.dictionaries(
    st.sampled_from(
        [
            "limit",
            "continue",
            "labelSelector",
            "fieldSelector",
            "resourceVersion",
            "resourceVersionMatch",
            "dryRun",
            "fieldManager",
            "force",
            "fieldValidation",
            "gracePeriodSeconds",
            "propagationPolicy",
            "timeoutSeconds",
            "tailLines",
            "container",
        ]
    ),
    st.one_of(
        st.sampled_from(["1", "0", "-1", "All", "x", "a=b", "!", "metadata.name=a", "true"]), st.text(max_size=6)
    ),
    max_size=2,
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "a", "a b", "1Gi", "80%", "2020-01-01T00:00:00Z", "\ud800"]),
    st.text(string.printable, max_size=8),
)
FIELDS = st.sampled_from(
    [
        "metadata",
        "spec",
        "status",
        "data",
        "name",
        "namespace",
        "labels",
        "annotations",
        "finalizers",
        "ownerReferences",
        "uid",
        "resourceVersion",
        "replicas",
        "selector",
        "matchLabels",
        "matchExpressions",
        "template",
        "containers",
        "image",
        "ports",
        "env",
        "kind",
        "apiVersion",
        "op",
        "path",
        "value",
        "from",
        "deletionTimestamp",
        "managedFields",
        "group",
        "versions",
        "names",
        "schema",
        "taints",
        "conditions",
        "addresses",
        "type",
        "rules",
        "jobTemplate",
        "schedule",
        "minAvailable",
        "maxUnavailable",
        "metrics",
        "scaleTargetRef",
        "volumes",
        "resources",
        "requests",
        "limits",
        "tolerations",
    ]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(FIELDS, inner, max_size=4)),
    max_leaves=12,
)
OBJECTS = st.fixed_dictionaries({"metadata": st.fixed_dictionaries({"name": NAMES}, optional={
    "labels": TREES, "finalizers": TREES, "ownerReferences": TREES, "annotations": TREES, "managedFields": TREES})},
    optional={"spec": TREES, "status": TREES, "data": TREES, "apiVersion": LEAVES, "kind": LEAVES})  # fmt: skip
BODIES = st.one_of(
    st.none(),
    st.binary(max_size=30),
    TREES.map(lambda tree: json.dumps(tree).encode()),
    OBJECTS.map(lambda tree: json.dumps(tree).encode()),
    OBJECTS.map(lambda tree: json.dumps(tree)[:-3].encode()),
)
CORE = "/api/v1/namespaces/default"
SPEC = {"containers": [{"name": "c", "image": "i"}]}
LABELS = {"app": "a"}
WORKLOAD = {"selector": {"matchLabels": LABELS}, "template": {"metadata": {"labels": LABELS}, "spec": SPEC}}
SCHEMA = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
GOOD = {
    f"{CORE}/configmaps": {"data": {"a": "1"}},
    f"{CORE}/pods": {"spec": SPEC},
    f"{CORE}/services": {"spec": {"ports": [{"port": 80}]}},
    f"{CORE}/secrets": {"stringData": {"a": "1"}},
    f"{CORE}/serviceaccounts": {},
    f"{CORE}/persistentvolumeclaims": {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    "/api/v1/nodes": {},
    "/api/v1/namespaces": {},
    "/apis/apps/v1/namespaces/default/deployments": {"spec": WORKLOAD},
    "/apis/apps/v1/namespaces/default/daemonsets": {"spec": WORKLOAD},
    "/apis/batch/v1/namespaces/default/jobs": {"spec": {"template": {"spec": {**SPEC, "restartPolicy": "Never"}}}},
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets": {"spec": {"minAvailable": 1}},
    "/apis/fuzz.example.com/v1/namespaces/default/things": {"spec": {"a": 1}},
}
SPOILED = st.tuples(st.lists(FIELDS, min_size=1, max_size=3), TREES)
FORMS = {"application/merge-patch+json": st.dictionaries(FIELDS, TREES, max_size=3)}
FORMS["application/strategic-merge-patch+json"] = FORMS["application/merge-patch+json"]
FORMS["application/json-patch+json"] = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "copy", "move", "test"])},
        optional={
            "path": st.lists(FIELDS, max_size=3).map(lambda names: "".join(f"/{name}" for name in names)),
            "from": st.sampled_from(["", "/metadata", "/spec", "/data"]),
            "value": TREES,
        },
    ),
    max_size=3,
)


def spoiled(good, name, spoil):
    """Return an object that is good but for one place."""
    whole = json.loads(json.dumps({"metadata": {"name": name, "labels": LABELS}, **good}))
    (*names, last), value = spoil
    place = whole
    for part in names:
        place = place.setdefault(part, {}) if isinstance(place.get(part, {}), dict) else place
    place[last] = value
    return json.dumps(whole).encode()


@st.composite
def likely(draw):
    """Draw a request that is nearly a good one."""
    place, name = draw(st.sampled_from(sorted(GOOD))), draw(st.sampled_from(["a", "b"]))
    method = draw(st.sampled_from(["GET", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE"]))
    below = draw(BELOW) if method != "POST" or draw(st.booleans()) else ""
    path = place if method == "POST" and not below else f"{place}/{name}{below}"
    kind, body = "application/json", None
    if method in ("POST", "PUT"):
        body = spoiled(GOOD[place], name, draw(SPOILED))
    if method == "PATCH":
        kind = draw(st.sampled_from([*FORMS, "application/apply-patch+yaml"]))
        body = json.dumps(draw(FORMS[kind])).encode() if kind in FORMS else applied(place, name, draw(SPOILED))
    query = {**draw(QUERIES), **({"fieldManager": "fuzz"} if kind == "application/apply-patch+yaml" else {})}
    return method, path, query, kind, draw(ACCEPTS), body


def applied(place, name, spoil):
    """Return a configuration to apply that is good but for one place."""
    group = place.removeprefix("/apis/").split("/namespaces")[0] if place.startswith("/apis") else "v1"
    kind = KIND_OF.get(place.rpartition("/")[2], "ConfigMap")
    return spoiled({**GOOD[place], "apiVersion": group, "kind": kind}, name, spoil)


KIND_OF = {"configmaps": "ConfigMap", "pods": "Pod", "services": "Service", "deployments": "Deployment", "jobs": "Job"}
PATHS = st.one_of(
    st.builds("/api/v1/{}/{}{}".format, PLURALS, NAMES, BELOW),
    st.builds("/api/v1/namespaces/{}/{}/{}{}".format, PLACES, PLURALS, NAMES, BELOW),
    st.builds("/apis/{}/namespaces/{}/{}/{}{}".format, GROUPED, PLACES, KINDS, NAMES, BELOW),
    st.sampled_from(
        ["/", "/api", "/apis", "/openapi/v2", "/openapi/v3", "/version", "/livez", "/api/v1", "/apis/apps"]
    ),
)
REQUEST = st.one_of(likely(), likely(), likely(), st.tuples(METHODS, PATHS, QUERIES, CONTENT_TYPES, ACCEPTS, BODIES))
DEFINITION = {
    "metadata": {"name": "things.fuzz.example.com"},
    "spec": {
        "group": "fuzz.example.com",
        "names": {"plural": "things", "kind": "Thing"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": SCHEMA},
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"},
                },
            }
        ],
    },
}
