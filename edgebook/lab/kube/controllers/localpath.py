"""The local-path provisioner of K3s: a folder on the node a pod was given.

Not its helper pods; the folder is there at once.
"""

from __future__ import annotations

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.matching import SELECTED
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.trees import Tree, dig, labels_of, name_of, namespace_of

PROVISIONER = "rancher.io/local-path"
CLASS = "local-path"
SOURCE = "rancher.io/local-path_local-path-provisioner"
FOLDER = "/var/lib/rancher/k3s/storage"
MODES = {"ReadWriteOnce", "ReadWriteOncePod"}
HOSTNAME = "kubernetes.io/hostname"
ONLY_ONCE = "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes"


def storage_class() -> Tree:
    """Return the class that K3s deploys, and makes the default; its manifests/local-storage.yaml."""
    notes = {"storageclass.kubernetes.io/is-default-class": "true", "defaultVolumeType": "local"}
    return {
        "metadata": {"name": CLASS, "annotations": notes},
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def provision(store: Store, claim: Tree, sort: Tree) -> None:
    """Make the volume of a claim whose node is chosen."""
    node = dig(claim, "metadata.annotations", {}).get(SELECTED, "")
    where = store.item("nodes", node) if node else None
    about = f"{namespace_of(claim)}/{name_of(claim)}"
    told = f'External provisioner is provisioning volume for claim "{about}"'
    event(store, claim, "Provisioning", told, SOURCE)
    name = f"pvc-{claim['metadata']['uid']}"
    if where is None or set(dig(claim, "spec.accessModes", [])) - MODES:
        why = ONLY_ONCE if where is not None else "configuration error, no node was specified"
        words = f'failed to provision volume with StorageClass "{name_of(sort)}": {why}'
        event(store, claim, "ProvisioningFailed", words, SOURCE, sort="Warning")
    elif store.item("persistentvolumes", name) is None:
        store.create("persistentvolumes", _volume(claim, sort, where.obj))
        event(store, claim, "ProvisioningSucceeded", f"Successfully provisioned volume {name}", SOURCE)


def _volume(claim: Tree, sort: Tree, node: Tree) -> Tree:
    meta = claim["metadata"]
    name = f"pvc-{meta['uid']}"
    path = f"{FOLDER}/{name}_{meta['namespace']}_{meta['name']}"
    local = dig(sort, "metadata.annotations", {}).get("defaultVolumeType") == "local"
    place = {"local": {"path": path}} if local else {"hostPath": {"path": path, "type": "DirectoryOrCreate"}}
    host = labels_of(node).get(HOSTNAME, name_of(node))
    terms = [{"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": [host]}]}]
    keys = ("apiVersion", "kind", "namespace", "name", "uid", "resourceVersion")
    about = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **meta}
    spec = {
        "accessModes": claim["spec"]["accessModes"],
        "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
        "claimRef": {key: about[key] for key in keys},
        **place,
        "nodeAffinity": {"required": {"nodeSelectorTerms": terms}},
        "persistentVolumeReclaimPolicy": sort.get("reclaimPolicy", "Delete"),
        "storageClassName": name_of(sort),
        "volumeMode": dig(claim, "spec.volumeMode", "Filesystem"),
    }
    notes = {"local.path.provisioner/selected-node": name_of(node), "pv.kubernetes.io/provisioned-by": PROVISIONER}
    return {"metadata": {"name": name, "annotations": notes}, "spec": spec}


def folder(volume: Tree) -> tuple[str, str]:
    """Return the node and the folder of a volume that was made here, both empty for any other."""
    notes = dig(volume, "metadata.annotations", {})
    if notes.get("pv.kubernetes.io/provisioned-by") != PROVISIONER:
        return "", ""
    path = dig(volume, "spec.local.path") or dig(volume, "spec.hostPath.path", "")
    return str(notes.get("local.path.provisioner/selected-node", "")), str(path)
