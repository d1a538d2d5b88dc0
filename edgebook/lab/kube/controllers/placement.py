"""Which nodes admit a pod whoever else is there: cordon, taints, selectors and affinities to nodes.

Not what is still free, and not the choice between nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from edgebook.lab.kube.trees import Tree, dig, labels_of, name_of

UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
REQUIRED = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
PREFERRED = "affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution"


class Refusal(NamedTuple):
    """Why a node does not take a pod, in the scheduler's words.

    `final`: taking other pods away would not help (UnschedulableAndUnresolvable).
    """

    reasons: tuple[str, ...]
    final: bool = False


def admits(node: Tree, pod: Tree) -> bool:
    """Whether a node takes a pod, as far as nobody else matters."""
    return refusal(node, pod) is None


def refusal(node: Tree, pod: Tree) -> Refusal | None:
    """Say why a node never takes a pod, in the order of the scheduler's filters; None when it may."""
    spec = pod.get("spec") or {}
    tolerations = spec.get("tolerations") or []
    if dig(node, "spec.unschedulable") and not _tolerated({"key": UNSCHEDULABLE, "effect": "NoSchedule"}, tolerations):
        return Refusal(("node(s) were unschedulable",), final=True)
    taint = untolerated(node, tolerations)
    if taint is not None:
        return Refusal((f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}",), final=True)
    if not selected(node, spec):
        return Refusal(("node(s) didn't match Pod's node affinity/selector",), final=True)
    return None


def untolerated(node: Tree, tolerations: Iterable[Tree]) -> Tree | None:
    """Return the first taint that keeps a pod away."""
    for taint in dig(node, "spec.taints", []):
        if taint.get("effect") != "PreferNoSchedule" and not _tolerated(taint, tolerations):
            found: Tree = taint
            return found
    return None


def unwelcome(node: Tree, spec: Tree) -> int:
    """Count the taints that would rather not have a pod."""
    tolerations = spec.get("tolerations") or []
    soft = [taint for taint in dig(node, "spec.taints", []) if taint.get("effect") == "PreferNoSchedule"]
    return sum(not _tolerated(taint, tolerations) for taint in soft)


def liked(node: Tree, spec: Tree) -> int:
    """Return the weights of the preferences that a node satisfies."""
    wishes = dig(spec, PREFERRED, [])
    return sum(int(wish["weight"]) for wish in wishes if matches(node, wish.get("preference") or {}))


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


def selected(node: Tree, spec: Tree) -> bool:
    """Whether a node has what a pod's selector and required affinity ask for."""
    labels = labels_of(node)
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    required = dig(spec, REQUIRED)
    return required is None or in_terms(node, required)


def in_terms(node: Tree, terms: Iterable[Tree]) -> bool:
    """Whether a node satisfies one of the terms of a node selector."""
    return any(matches(node, term) for term in terms)


def matches(node: Tree, term: Tree) -> bool:
    """Whether a node satisfies all of a term; a term that asks for nothing matches nothing."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    own = {"metadata.name": name_of(node)}
    return all(_holds(labels_of(node), item) for item in expressions) and all(_holds(own, item) for item in fields)


def _holds(values: Mapping[str, str], item: Tree) -> bool:
    have, wanted, operator = values.get(item["key"]), item.get("values") or [], item["operator"]
    if operator in ("Gt", "Lt"):
        return _compared(have, wanted, operator)
    answers = {"In": have in wanted, "NotIn": have not in wanted, "Exists": have is not None}
    return answers.get(operator, have is None)


def _compared(have: str | None, wanted: list[str], operator: str) -> bool:
    try:
        number, bound = int(have or ""), int(wanted[0])
    except ValueError:
        return False
    return number > bound if operator == "Gt" else number < bound
