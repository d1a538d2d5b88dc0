"""The clusters the contract is run against: the practice site's, and a real one given by EDGEBOOK_CONTRACT_KUBECONFIG.

Not the contract: these are its fixtures.
"""

import contextlib
import os
import secrets
from pathlib import Path

import pytest

from edgebook import lab
from tests.contract.cluster import Cluster, Space
from tests.contract.gadgets import CRDS, GROUP, define, definition, version
from tests.lab.k3s_bench import Bench

REAL = "EDGEBOOK_CONTRACT_KUBECONFIG"
REAL_CONFIG = os.environ.get(REAL, "")
CLUSTERS = ["practice", "real"] if REAL_CONFIG else ["practice"]
START_S = 60.0


@contextlib.contextmanager
def practice_cluster(folder):
    """Run a practice site with K3s on one server and two agents; yield the path of its kubeconfig."""
    with lab.running(folder / "lab", servers=1, agents=2, edges=0, speed=60.0) as site:
        site.wait(lambda world: Bench(world).up("s1", "a1", "a2"), timeout_s=START_S)
        host, port = site.do(lambda world: world.api_target())
        text = site.do(lambda world: world.hosts["s1"].files.text("/etc/rancher/k3s/k3s.yaml"))
        path = folder / "kubeconfig"
        path.write_text(text.replace("https://127.0.0.1:6443", f"https://{host}:{port}"))
        yield path


@pytest.fixture(scope="session", params=CLUSTERS)
def cluster(request, tmp_path_factory):
    """A cluster of the practice site, and the real one where there is one."""
    folder = tmp_path_factory.mktemp(f"contract-{request.param}")
    if request.param == "real":
        yield Cluster(Path(REAL_CONFIG), folder)
        return
    with practice_cluster(folder) as kubeconfig:
        yield Cluster(kubeconfig, folder)


@pytest.fixture(scope="module")
def space(cluster):
    """Give the path of a namespace of this module's own, with its service account; it goes at the end."""
    name = f"contract-{secrets.token_hex(3)}"
    cluster.make("/api/v1/namespaces", {"metadata": {"name": name}})
    path = f"/api/v1/namespaces/{name}"
    cluster.until(f"{path}/serviceaccounts/default", lambda answer: answer.code == 200)
    yield Space(name, path)
    cluster.delete(path)


@pytest.fixture(scope="module")
def gadgets(cluster, space):
    """A definition with everything, and the path of its objects."""
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Colour", "type": "string", "jsonPath": ".spec.colour", "priority": 1},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]
    scale = {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    }
    whole = version("v1", subresources={"status": {}, "scale": scale}, additionalPrinterColumns=columns)
    cluster.delete(f"{CRDS}/gadgets.{GROUP}")
    cluster.until(f"{CRDS}/gadgets.{GROUP}", lambda answer: answer.code == 404)
    define(cluster, definition("gadgets", "Gadget", whole, shortNames=["gd"], categories=["toys"]))
    yield f"{space.of(GROUP)}/gadgets"
    cluster.delete(f"{CRDS}/gadgets.{GROUP}")
