"""The way of `kubectl logs` from a server to the kubelet that has the pod.

Not the log. Where the way is closed the words are K3s's own (see N31 among the causes of NotReady).
"""

from __future__ import annotations

from edgebook.lab.k3s.containerd import runtimes
from edgebook.lab.k3s.kubelet import KUBELET_PORT
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.kube.errors import ApiError
from edgebook.lab.kube.kubelet.podlife import host_address
from edgebook.lab.kube.kubelet.podlogs import log_of
from edgebook.lab.kube.kubelet.worker import PodWorker
from edgebook.lab.kube.logs import Log
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

INTERNAL = 500


def logs(process: ServerProcess, pod: Tree, container: str, previous: bool) -> Log:  # noqa: FBT001 - the shape of `Logs`
    """Ask a pod's kubelet for a container's log.

    Raises:
        ApiError: 500 when the kubelet is not reached, 400 when it has no such log.
    """
    node = process.cluster.store.find("nodes", str(dig(pod, "spec.nodeName"))) or {}
    address, path = host_address(node), f"containerLogs/{namespace_of(pod)}/{name_of(pod)}/{container}"
    try:
        process.registry.world.network.connect(process.host, address, KUBELET_PORT)
    except (OSError, ValueError) as exc:
        url, way = f"https://{address}:{KUBELET_PORT}/{path}", f"127.0.0.1:6443 while dialing {address}:{KUBELET_PORT}"
        raise ApiError(INTERNAL, "", f'Get "{url}": proxy error from {way}, code 502: 502 Bad Gateway') from exc
    worker = _worker(process, name_of(node))
    if worker is None:
        raise ApiError(INTERNAL, "", f'pod "{name_of(pod)}" cannot be found - no logs available')
    life = worker.lives.get(str(pod["metadata"]["uid"]))
    return log_of(life, worker.machine, pod, container, previous=previous)


def _worker(process: ServerProcess, node: str) -> PodWorker | None:
    found = runtimes(process.registry).workers
    return next(
        (
            worker
            for (_, cluster), worker in found.items()
            if cluster == process.cluster.number and worker.machine.name == node
        ),
        None,
    )
