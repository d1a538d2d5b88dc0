"""Deployments: one replica set a template, and the way from one to the next.

Not pods; the sets make those.
"""

from __future__ import annotations

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.owned import conditions, digest, owned, reference, report, share
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, clone, dig, name_of, namespace_of

REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"
NAME = "deployment-controller"


def sync(store: Store, obj: Tree) -> None:
    """Make the set of the template, move pods towards it, and report."""
    if dig(obj, "metadata.deletionTimestamp"):
        return
    current = _current(store, obj)
    sets = owned(store, obj, "replicasets")
    old = [item for item in sets if name_of(item) != current]
    new = next((item for item in sets if name_of(item) == current), None)
    if new is not None and not dig(obj, "spec.paused"):
        _roll(store, obj, new, old)
    elif new is not None:
        _scale(store, obj, new, int(dig(obj, "spec.replicas", 0)) if not old else int(dig(new, "spec.replicas", 0)))
    _trim(store, obj, old)
    _report(store, obj, current)


def _current(store: Store, obj: Tree) -> str:
    """Return the name of the template's set, made where it is missing, and give it the newest revision."""
    template: Tree = clone(obj["spec"]["template"])
    key = digest(template)
    name, sets = f"{name_of(obj)}-{key}", owned(store, obj, "replicasets")
    newest = max((_revision(item) for item in sets), default=0)
    found = next((item for item in sets if name_of(item) == name), None)
    if found is None and dig(obj, "spec.paused") and sets:
        return name_of(max(sets, key=_revision))
    if found is None:
        store.create("replicasets", _made(obj, name, template, key, newest + 1), namespace_of(obj))
    elif _revision(found) < newest:
        store.modify("replicasets", name, lambda item: _revise(item, newest + 1), namespace_of(obj))
    revision = newest + 1 if found is None or _revision(found) < newest else newest
    store.modify("deployments", name_of(obj), lambda item: _revise(item, revision), namespace_of(obj))
    return name


def _made(obj: Tree, name: str, template: Tree, key: str, revision: int) -> Tree:
    meta = template.setdefault("metadata", {})
    meta["labels"] = {**(meta.get("labels") or {}), HASH: key}
    selector = clone(obj["spec"]["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH: key}
    notes = {name: text for name, text in dig(obj, "metadata.annotations", {}).items() if "last-applied" not in name}
    return {
        "metadata": {
            "name": name,
            "labels": dict(meta["labels"]),
            "annotations": {**notes, REVISION: str(revision)},
            "ownerReferences": [reference(obj)],
        },
        "spec": {"replicas": 0, "selector": selector, "template": template,
                 "minReadySeconds": dig(obj, "spec.minReadySeconds", 0)},
    }  # fmt: skip


def _revision(item: Tree) -> int:
    return int(dig(item, "metadata.annotations", {}).get(REVISION, "0"))


def _revise(item: Tree, revision: int) -> None:
    item["metadata"].setdefault("annotations", {})[REVISION] = str(revision)


def _scale(store: Store, obj: Tree, item: Tree, replicas: int) -> None:
    """Set the size of a set and tell of it; deployment/sync.go has the words."""
    have = int(dig(item, "spec.replicas", 0))
    if have == replicas:
        return
    change = {"spec": {"replicas": replicas}}
    store.patch("replicasets", name_of(item), change, namespace_of(item))
    way = "up" if replicas > have else "down"
    new = "observedGeneration" not in item.get("status", {})
    words = f"Scaled {way} replica set {name_of(item)} to {replicas}{'' if new else f' from {have}'}"
    event(store, obj, "ScalingReplicaSet", words, NAME)


def _roll(store: Store, obj: Tree, new: Tree, old: list[Tree]) -> None:
    wanted = int(dig(obj, "spec.replicas", 0))
    living = [item for item in old if dig(item, "spec.replicas", 0)]
    if dig(obj, "spec.strategy.type") == "Recreate":
        for item in living:
            _scale(store, obj, item, 0)
        if not any(dig(item, "status.replicas", 0) for item in old):
            _scale(store, obj, new, wanted)
        return
    surge = share(dig(obj, "spec.strategy.rollingUpdate.maxSurge", 1), wanted, up=True)
    spare = share(dig(obj, "spec.strategy.rollingUpdate.maxUnavailable", 0), wanted, up=False)
    spare = max(spare, 1) if not surge else spare
    total = sum(int(dig(item, "spec.replicas", 0)) for item in (new, *living))
    have = int(dig(new, "spec.replicas", 0))
    _scale(store, obj, new, min(wanted, have + max(0, wanted + surge - total)) if have <= wanted else wanted)
    serving = sum(int(dig(item, "status.availableReplicas", 0)) for item in (new, *living))
    _shrink(store, obj, living, serving - wanted + spare)


def _shrink(store: Store, obj: Tree, old: list[Tree], free: int) -> None:
    """Take pods out of old sets: those that do not serve, and as many of the others as can be spared."""
    for item in sorted(old, key=_revision):
        have, ready = int(dig(item, "spec.replicas", 0)), int(dig(item, "status.availableReplicas", 0))
        less = min(have, max(0, have - ready) + max(0, min(free, ready)))
        free -= max(0, less - (have - ready))
        _scale(store, obj, item, have - less)


def _trim(store: Store, obj: Tree, old: list[Tree]) -> None:
    """Forget old sets beyond the history's limit."""
    empty = [item for item in old if not dig(item, "status.replicas") and not dig(item, "spec.replicas")]
    idle = sorted(empty, key=_revision)
    for item in idle[: max(0, len(idle) - int(dig(obj, "spec.revisionHistoryLimit", 10)))]:
        store.delete("replicasets", name_of(item), namespace_of(item))


def _report(store: Store, obj: Tree, current: str) -> None:
    sets, wanted = owned(store, obj, "replicasets"), int(dig(obj, "spec.replicas", 0))
    count = {key: sum(int(dig(item, f"status.{key}", 0)) for item in sets) for key in COUNTS}
    new = next((item for item in sets if name_of(item) == current), {})
    updated, spare = int(dig(new, "status.replicas", 0)), dig(obj, "spec.strategy.rollingUpdate.maxUnavailable", 0)
    enough = count["availableReplicas"] >= wanted - share(spare, wanted, up=False)
    done = updated == wanted == count["replicas"] == count["availableReplicas"]
    available = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    missing = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    words = f'ReplicaSet "{current}"'
    progress = ("NewReplicaSetAvailable", f"{words} has successfully progressed.")
    going = ("ReplicaSetUpdated", f"{words} is progressing.")
    marks = [
        ("Available", *(available if enough else missing)),
        ("Progressing", "True", *(progress if done else going)),
    ]
    fresh = store.get("deployments", name_of(obj), namespace_of(obj))
    status = {**count, "updatedReplicas": updated, "observedGeneration": fresh["metadata"].get("generation", 1)}
    status["unavailableReplicas"] = max(0, wanted - count["availableReplicas"])
    report(store, "deployments", fresh, {**status, "conditions": conditions(store, fresh, marks)})


COUNTS = ("replicas", "readyReplicas", "availableReplicas")
