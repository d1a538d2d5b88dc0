"""The cluster: its kubeconfig, its nodes' states and addresses, and how long it is waited for."""

import pytest
import yaml

from edgebook.errors import LabError
from edgebook.lab.docker import engine
from edgebook.lab.docker.engine import Answer
from edgebook.lab.kind import nodes
from tests.lab.kind.test_plan import made

KIND = """\
apiVersion: v1
kind: Config
clusters:
- cluster: {certificate-authority-data: Q0E=, server: "https://127.0.0.1:41443"}
  name: kind-eb012345
contexts:
- context: {cluster: kind-eb012345, user: kind-eb012345}
  name: kind-eb012345
current-context: kind-eb012345
users:
- name: kind-eb012345
  user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}
"""


def test_the_kubeconfig_gets_the_names_of_every_practice_site():
    """Context, cluster and user are `lab`; certificates and server are kind's."""
    text, port = nodes.own_kubeconfig(KIND)
    read = yaml.safe_load(text)
    assert (41443, "lab") == (port, read["current-context"])
    assert {"lab"} == {read[part][0]["name"] for part in ("clusters", "users", "contexts")}
    assert ("Q0E=", "S0VZ") == (
        read["clusters"][0]["cluster"]["certificate-authority-data"],
        read["users"][0]["user"]["client-key-data"],
    )


def test_nodes_that_do_not_become_ready_are_named(monkeypatch):
    """The error says which, after how long, and where the reason stands."""
    said = "timed out waiting for the condition on nodes/eb012345-worker\n"
    monkeypatch.setattr(engine, "ask", lambda *words, **_: Answer(words, 1, "", said))
    with pytest.raises(LabError, match=r"not Ready within 5 s: eb012345-worker") as caught:
        nodes.wait_ready(made(), 5)
    assert "describe nodes" in caught.value.hint


def test_all_nodes_are_waited_for(monkeypatch):
    """The first control plane is asked, with kubeadm's own kubeconfig, for a bounded time."""
    asked = []
    monkeypatch.setattr(engine, "ask", lambda *words, **_: asked.append(words) or Answer(words, 0, "", ""))
    nodes.wait_ready(made(), 300)
    wanted = "exec eb012345-control-plane kubectl --kubeconfig=/etc/kubernetes/admin.conf "
    assert [wanted + "wait --for=condition=Ready node --all --timeout=300s"] == [" ".join(words) for words in asked]


def test_addresses_are_those_that_docker_gives_now(monkeypatch):
    """A node that is off has none, and one that is gone is passed over."""
    shown = "/eb012345-control-plane 10.213.7.129\n/eb012345-worker \n"
    monkeypatch.setattr(engine, "ask", lambda *words, **_: Answer(words, 1, shown, "No such container"))
    assert {"control-plane": "10.213.7.129"} == nodes.addresses(made())


def test_what_is_missing_or_off_is_seen(monkeypatch):
    """The load balancer of several control planes belongs to the cluster."""
    rows = ["eb012345-control-plane running", "eb012345-control-plane2 exited", "eb012345-worker paused"]
    monkeypatch.setattr(engine, "lines", lambda *_: rows)
    assert {"control-plane2"} == nodes.off("eb012345")
    assert ["external-load-balancer"] == nodes.missing(made(2, 1, 1))
