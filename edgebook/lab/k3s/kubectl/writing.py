"""kubectl's writing commands: label, annotate, cordon, drain, delete.

Not apply, edit or patch: operators of K3s do those from elsewhere.
"""

from __future__ import annotations

from typing import Any

from edgebook.lab.hosts.call import Call
from edgebook.lab.k3s.kubectl.reading import named, wanted
from edgebook.lab.k3s.kubectl.words import UsageError, Words
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.kube.store import Store

Object = dict[str, Any]

DAEMONSET_ERROR = "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): "
EMPTYDIR_ERROR = "cannot delete Pods with local storage (use --delete-emptydir-data to override): "
UNMANAGED_ERROR = "cannot delete Pods that declare no controller (use --force to override): "


def label(call: Call, process: ServerProcess, words: Words) -> int:
    """Answer `kubectl label`."""
    return _mark(call, process, words, "labels", "label")


def annotate(call: Call, process: ServerProcess, words: Words) -> int:
    """Answer `kubectl annotate`."""
    return _mark(call, process, words, "annotations", "annotate")


def _mark(call: Call, process: ServerProcess, words: Words, part: str, verb: str) -> int:
    store = process.cluster.store
    targets = [word for word in words.arguments if "=" not in word and not word.endswith("-")]
    changes = [word for word in words.arguments if word not in targets]
    if not changes:
        raise UsageError(f"at least one {part[:-1]} update is required")
    code = 0
    for kind_name, names in wanted(targets):
        kind = named(store, kind_name)
        everybody = [item["metadata"]["name"] for item in store.list(kind, "", words.flags.get("selector", ""))]
        for name in names or everybody:
            clash = _clash(store.get(kind, name, words.namespace), changes, part)
            if clash and not words.on("overwrite"):
                call.err(f"error: {clash}, and --overwrite is false\n")
                code = 1
                continue
            before = store.get(kind, name, words.namespace)
            after = store.modify(kind, name, lambda item: _write(item, changes, part), words.namespace)
            done = f"{verb}ed" if verb == "label" else "annotated"
            call.out(f"{kind.singular}/{name} {done if after != before else f'not {done}'}\n")
    return code


def _clash(item: Object, changes: list[str], part: str) -> str:
    known = item["metadata"].get(part, {})
    for change in changes:
        key, _, value = change.partition("=")
        if not change.endswith("-") and known.get(key, value) != value:
            return f"'{key}' already has a value ({known[key]})"
    return ""


def _write(item: Object, changes: list[str], part: str) -> None:
    values = item["metadata"].setdefault(part, {})
    for change in changes:
        if change.endswith("-") and "=" not in change:
            values.pop(change[:-1], None)
        else:
            key, _, value = change.partition("=")
            values[key] = value


def cordon(call: Call, process: ServerProcess, words: Words) -> int:
    """Answer `kubectl cordon`."""
    return _schedulable(call, process.cluster.store, words.arguments, on=False)


def uncordon(call: Call, process: ServerProcess, words: Words) -> int:
    """Answer `kubectl uncordon`."""
    return _schedulable(call, process.cluster.store, words.arguments, on=True)


def _schedulable(call: Call, store: Store, names: list[str], *, on: bool) -> int:
    word = "uncordoned" if on else "cordoned"
    for name in names:
        node = store.get("nodes", name)
        already = bool(node["spec"].get("unschedulable")) is not on
        if not already:
            store.modify("nodes", name, lambda item: _set_schedulable(item, on=on))
        call.out(f"node/{name} {'already ' if already else ''}{word}\n")
    return 0


def _set_schedulable(node: Object, *, on: bool) -> None:
    taints = [taint for taint in node["spec"].get("taints", []) if taint["key"] != "node.kubernetes.io/unschedulable"]
    node["spec"].pop("taints", None)
    node["spec"].pop("unschedulable", None)
    if not on:
        node["spec"]["unschedulable"] = True
        taints.append({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})
    if taints:
        node["spec"]["taints"] = taints


def drain(call: Call, process: ServerProcess, words: Words) -> int:
    """Answer `kubectl drain`."""
    store = process.cluster.store
    code = 0
    for name in words.arguments:
        _schedulable(call, store, [name], on=False)
        pods = store.list("pods", "", "", f"spec.nodeName={name}")
        problem = _undrainable(pods, words)
        if problem:
            call.err(f'error: unable to drain node "{name}" due to error: {problem}, continuing command...\n')
            call.err(f"There are pending nodes to be drained:\n {name}\n{problem}\n")
            code = 1
            continue
        _empty(call, store, pods)
        call.out(f"node/{name} drained\n")
    return code


def _empty(call: Call, store: Store, pods: list[Object]) -> None:
    kept = [pod for pod in pods if _managed_by(pod) == "DaemonSet"]
    if kept:
        call.err(f"Warning: ignoring DaemonSet-managed Pods: {_names(kept)}\n")
    moved = [pod for pod in pods if pod not in kept]
    for pod in moved:
        call.out(f"evicting pod {pod['metadata']['namespace']}/{pod['metadata']['name']}\n")
    for pod in moved:
        store.delete("pods", pod["metadata"]["name"], pod["metadata"]["namespace"], grace_s=0)
        call.out(f"pod/{pod['metadata']['name']} evicted\n")


def _undrainable(pods: list[Object], words: Words) -> str:
    checks = (
        (DAEMONSET_ERROR, "ignore-daemonsets", [pod for pod in pods if _managed_by(pod) == "DaemonSet"]),
        (UNMANAGED_ERROR, "force", [pod for pod in pods if not _managed_by(pod)]),
        (EMPTYDIR_ERROR, "delete-emptydir-data", [pod for pod in pods if _has_emptydir(pod)]),
    )
    problems = [text + _names(found) for text, flag, found in checks if found and not words.on(flag)]
    return f"[{', '.join(problems)}]" if len(problems) > 1 else "".join(problems)


def _managed_by(pod: Object) -> str:
    owners = pod["metadata"].get("ownerReferences", [])
    return str(next((owner["kind"] for owner in owners if owner.get("controller")), ""))


def _has_emptydir(pod: Object) -> bool:
    return any("emptyDir" in volume for volume in pod["spec"].get("volumes", []))


def _names(pods: list[Object]) -> str:
    return ", ".join(f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in pods)


def delete(call: Call, process: ServerProcess, words: Words) -> int:
    """Answer `kubectl delete`."""
    store = process.cluster.store
    for kind_name, names in wanted(words.arguments):
        kind = named(store, kind_name)
        if not names:
            raise UsageError("resource(s) were provided, but no name was specified")
        for name in names:
            if words.on("ignore-not-found") and store.find(kind, name, words.namespace) is None:
                continue
            store.delete(kind, name, words.namespace)
            call.out(f'{kind.singular} "{name}" deleted\n')
    return 0
