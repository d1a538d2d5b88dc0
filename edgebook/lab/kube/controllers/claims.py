"""The claims of a pod that waits for a node: where its volumes are, or could be made.

Not the binding of claims and volumes; `volumes` does that, once a node is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgebook.lab.kube.controllers import matching
from edgebook.lab.kube.controllers.guests import Place
from edgebook.lab.kube.controllers.placement import Refusal
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, labels_of, name_of, namespace_of

IMMEDIATE = "pod has unbound immediate PersistentVolumeClaims"
ELSEWHERE = Refusal(("node(s) had volume node affinity conflict",), final=True)
NONE_THERE = Refusal(("node(s) didn't find available persistent volumes to bind",), final=True)
NO_VOLUME = Refusal(("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",), final=True)


@dataclass(frozen=True)
class Needs:
    """The claims of one pod.

    `wrong` says why no node will do.
    """

    wrong: str = ""
    bound: tuple[Tree, ...] = ()
    missing: bool = False
    late: tuple[tuple[Tree, Tree], ...] = ()
    volumes: tuple[Tree, ...] = ()

    def refuses(self, place: Place) -> Refusal | None:
        """Say whether volumes keep a pod from a node."""
        if self.missing:
            return NO_VOLUME
        if not all(matching.reaches(volume, place.node) for volume in self.bound):
            return ELSEWHERE
        chosen = self.chosen(place)
        for claim, sort in self.late:
            if name_of(claim) not in chosen and not _can_be_made(sort, place):
                return NONE_THERE
        return None

    def chosen(self, place: Place) -> dict[str, Tree]:
        """Return the volumes that are there for late claims, by claim; none is used twice."""
        left, chosen = list(self.volumes), dict[str, Tree]()
        for claim, _ in self.late:
            found = matching.smallest(left, claim, place.node)
            if found is not None:
                left.remove(found)
                chosen[name_of(claim)] = found
        return chosen


def _can_be_made(sort: Tree, place: Place) -> bool:
    if sort.get("provisioner") == matching.NO_PROVISIONER:
        return False
    terms = sort.get("allowedTopologies") or ()
    if not terms:
        return True
    own = labels_of(place.node)
    return any(
        all(own.get(item["key"]) in item["values"] for item in term.get("matchLabelExpressions") or ())
        for term in terms
    )  # fmt: skip


def names(pod: Tree) -> Iterator[str]:
    """Name the claims of a pod's volumes."""
    for volume in dig(pod, "spec.volumes", []):
        if volume.get("persistentVolumeClaim"):
            yield volume["persistentVolumeClaim"]["claimName"]
        elif volume.get("ephemeral"):
            yield f"{name_of(pod)}-{volume['name']}"


def needs(store: Store, pod: Tree) -> Needs | None:
    """Look at the claims of a pod; None when it has none."""
    wanted = tuple(names(pod))
    if not wanted:
        return None
    found = {name: store.item("persistentvolumeclaims", name, namespace_of(pod)) for name in wanted}
    claims = {name: item.obj for name, item in found.items() if item is not None}
    wrong = next((words for name in wanted if (words := _wrong(pod, name, claims.get(name)))), "")
    if wrong:
        return Needs(wrong)
    open_ones = [claim for claim in claims.values() if not matching.is_bound(claim)]
    late = tuple((claim, sort) for claim in open_ones if (sort := _late(store, claim)) is not None)
    if len(late) < len(open_ones):
        return Needs(IMMEDIATE)
    bound = [store.item("persistentvolumes", claim["spec"]["volumeName"])
             for claim in claims.values() if matching.is_bound(claim)]  # fmt: skip
    volumes = tuple(item.obj for item in store.items(store.scope("persistentvolumes"))) if late else ()
    there = tuple(item.obj for item in bound if item is not None)
    return Needs("", there, len(there) < len(bound), late, volumes)


def _late(store: Store, claim: Tree) -> Tree | None:
    sort = matching.storage_class(store, claim)
    return sort if sort is not None and sort.get("volumeBindingMode") == matching.LATE else None


def _wrong(pod: Tree, name: str, claim: Tree | None) -> str:
    if claim is None:
        own = any(name == f"{name_of(pod)}-{item['name']}" for item in pod["spec"]["volumes"] if item.get("ephemeral"))
        waiting = f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name}"'
        return waiting if own else f'persistentvolumeclaim "{name}" not found'
    if dig(claim, "status.phase") == "Lost":
        return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{claim["spec"]["volumeName"]}"'
    if dig(claim, "metadata.deletionTimestamp"):
        return f'persistentvolumeclaim "{name}" is being deleted'
    return ""


def settle(store: Store, pod: Tree, place: Place) -> bool:
    """Tell the claims that wait for a pod which node it gets, and keep volumes for them; whether all have theirs."""
    found = needs(store, pod)
    if found is None or not found.late:
        return True
    chosen = found.chosen(place)
    for claim, _ in found.late:
        volume = chosen.get(name_of(claim))
        if volume is not None:
            keep(store, volume, claim)
        elif dig(claim, "metadata.annotations", {}).get(matching.SELECTED) != place.name:
            _select(store, claim, place.name)
    return False


def keep(store: Store, volume: Tree, claim: Tree) -> None:
    """Keep a volume for a claim."""
    meta, known = claim["metadata"], dig(volume, "spec.claimRef", {})
    keys = ("namespace", "name", "uid", "resourceVersion")
    held = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **{key: meta[key] for key in keys}}
    if known.get("uid") == meta["uid"]:
        return

    def change(item: Tree) -> None:
        item["spec"]["claimRef"] = held
        if not known:
            item["metadata"].setdefault("annotations", {})["pv.kubernetes.io/bound-by-controller"] = "yes"

    store.modify("persistentvolumes", name_of(volume), change)


def _select(store: Store, claim: Tree, node: str) -> None:
    def change(item: Tree) -> None:
        item["metadata"].setdefault("annotations", {})[matching.SELECTED] = node

    store.modify("persistentvolumeclaims", name_of(claim), change, namespace_of(claim))
