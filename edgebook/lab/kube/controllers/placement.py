"""Which nodes admit a pod: cordon, taints, selectors, affinities, and what is still free.

Not the choice between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from edgebook.lab.kube.quantities import amount
from edgebook.lab.kube.trees import Tree, dig, labels_of, name_of

UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
COUNTED = ("cpu", "memory", "ephemeral-storage")
Amounts = Mapping[str, Decimal]


def admits(node: Tree, pod: Tree, *, used: Amounts | None = None, resources: bool = True) -> bool:
    """Whether a node takes a pod."""
    return not refusal(node, pod, used=used, resources=resources)


def refusal(node: Tree, pod: Tree, *, used: Amounts | None = None, resources: bool = True) -> str:
    """Say why a node does not take a pod, in the scheduler's words; empty when it does."""
    spec = pod.get("spec") or {}
    tolerations = spec.get("tolerations") or []
    if dig(node, "spec.unschedulable") and not _tolerated({"key": UNSCHEDULABLE, "effect": "NoSchedule"}, tolerations):
        return "node(s) were unschedulable"
    for taint in dig(node, "spec.taints", []):
        if taint.get("effect") != "PreferNoSchedule" and not _tolerated(taint, tolerations):
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    if not _selected(node, spec):
        return "node(s) didn't match Pod's node affinity/selector"
    return _short_of(node, spec, used or {}) if resources else ""


def _tolerated(taint: Tree, tolerations: Iterable[Tree]) -> bool:
    return any(tolerates(item, taint) for item in tolerations)


def tolerates(toleration: Tree, taint: Tree) -> bool:
    """Whether a toleration covers a taint."""
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint.get("key"):
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")


def _selected(node: Tree, spec: Tree) -> bool:
    labels = labels_of(node)
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    required = dig(spec, "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms")
    return required is None or any(_term(node, term) for term in required)


def _term(node: Tree, term: Tree) -> bool:
    fields = {"metadata.name": name_of(node)}
    return all(_holds(labels_of(node), item) for item in term.get("matchExpressions") or ()) and all(
        _holds(fields, item) for item in term.get("matchFields") or ()
    )


def _holds(values: Mapping[str, str], item: Tree) -> bool:
    have, wanted, operator = values.get(item["key"]), item.get("values") or [], item["operator"]
    if operator in ("Gt", "Lt"):
        more = have is not None and int(have) > int(wanted[0])
        return more if operator == "Gt" else have is not None and int(have) < int(wanted[0])
    answers = {"In": have in wanted, "NotIn": have not in wanted, "Exists": have is not None}
    return answers.get(operator, have is None)


def requests(spec: Tree) -> dict[str, Decimal]:
    """Return what a pod asks for."""
    total = dict.fromkeys((*COUNTED, "pods"), Decimal(0)) | {"pods": Decimal(1)}
    for container in spec.get("containers") or []:
        for name, text in dig(container, "resources.requests", {}).items():
            total[name] = total.get(name, Decimal(0)) + amount(text)
    return total


def _short_of(node: Tree, spec: Tree, used: Amounts) -> str:
    free = dig(node, "status.allocatable", {})
    for name, wanted in requests(spec).items():
        if not wanted or (name not in free and name in (*COUNTED, "pods")):
            continue
        if used.get(name, Decimal(0)) + wanted > amount(free.get(name, "0")):
            return "Too many pods" if name == "pods" else f"Insufficient {name}"
    return ""
