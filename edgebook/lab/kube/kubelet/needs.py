"""What a pod needs of other objects before its containers can start: config maps and secrets.

Not persistent volumes: a pod whose claims are not bound is not placed.
"""

from __future__ import annotations

from collections.abc import Iterator

from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, namespace_of

KINDS = {"configMap": "configmaps", "secret": "secrets"}
WORDS = {"configmaps": "configmap", "secrets": "secret"}


def missing_volume(store: Store, pod: Tree) -> str:
    """Return what is said of the first volume that cannot be mounted; empty when all can."""
    for volume in dig(pod, "spec.volumes", []):
        for kind, name in _sources(volume):
            if store.item(kind, name, namespace_of(pod)) is None:
                return f'MountVolume.SetUp failed for volume "{volume["name"]}" : {WORDS[kind]} "{name}" not found'
    return ""


def _sources(volume: Tree) -> Iterator[tuple[str, str]]:
    parts = [volume, *dig(volume, "projected.sources", [])]
    for part in parts:
        for key, kind in KINDS.items():
            source = part.get(key)
            name = source.get("secretName") or source.get("name") if isinstance(source, dict) else None
            if name and not source.get("optional") and name != "kube-root-ca.crt":
                yield kind, str(name)


def missing_setting(store: Store, pod: Tree, container: Tree) -> str:
    """Return what is said of the first variable that has no value; empty when all have one."""
    place = namespace_of(pod)
    for kind, reference, key in _references(container):
        name = str(reference.get("name", ""))
        found = store.item(kind, name, place)
        if reference.get("optional"):
            continue
        if found is None:
            return f'{WORDS[kind]} "{name}" not found'
        if key and key not in {**(found.obj.get("data") or {}), **(found.obj.get("binaryData") or {})}:
            shown = "ConfigMap" if kind == "configmaps" else "Secret"
            return f"couldn't find key {key} in {shown} {place}/{name}"
    return ""


def _references(container: Tree) -> Iterator[tuple[str, Tree, str]]:
    for item in container.get("env") or ():
        for name, kind in (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")):
            reference = dig(item, f"valueFrom.{name}")
            if reference:
                yield kind, reference, str(reference.get("key", ""))
    for item in container.get("envFrom") or ():
        for name, kind in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
            if item.get(name):
                yield kind, item[name], ""
