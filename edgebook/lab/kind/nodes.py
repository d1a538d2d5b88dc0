"""The cluster and its nodes: made by kind, looked at and waited for through Docker.

Not the edge hosts: those are made like any practice host in Docker.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from edgebook.errors import LabError, shorten
from edgebook.lab.docker import engine, machines
from edgebook.lab.docker.machines import POWERED
from edgebook.lab.kind import config, program
from edgebook.lab.kind.plan import BALANCER, KindPlan

LABEL = "io.x-k8s.kind.cluster"
"""kind's own label on everything of a cluster; its value is the cluster's name, here the lab's id."""
CREATE_TIMEOUT_S = 900.0
"""For pulling the images and for kubeadm on every node, one after the other."""
READY_TIMEOUT_S = 300.0
DELETE_TIMEOUT_S = 120.0
KUBECTL = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf")
"""In a control plane, where kind itself calls it so."""
CONTEXT = "lab"
Say = program.Say


def create(plan: KindPlan, kubeconfig: Path, say: Say) -> None:
    """Make the cluster, and return when every node is Ready."""
    say(f"making a cluster of {plan.servers} + {plan.agents} nodes from {plan.node_image}: some minutes")
    words = ("create", "cluster", "--name", plan.id, "--config", "-", "--kubeconfig", str(kubeconfig))
    program.run(
        *words,
        network=plan.network,
        kubeconfig=kubeconfig,
        timeout_s=CREATE_TIMEOUT_S,
        stdin=config.text(plan),
        say=say,
    )
    wait_ready(plan, READY_TIMEOUT_S)


def delete(cluster: str, kubeconfig: Path) -> None:
    """Take the cluster away with all its containers and volumes, whether or not there still is a kind program."""
    if containers(cluster) and program.there():
        words = ("delete", "cluster", "--name", cluster, "--kubeconfig", str(kubeconfig))
        program.run(*words, network=cluster, kubeconfig=kubeconfig, timeout_s=DELETE_TIMEOUT_S)
    machines.remove(f"{LABEL}={cluster}")  # what a kind that was killed left half made
    for left in (kubeconfig, kubeconfig.with_name(f"{kubeconfig.name}.lock")):
        left.unlink(missing_ok=True)


def containers(cluster: str) -> dict[str, str]:
    """Return the state of each container of a cluster by its name without the cluster's."""
    line = "{{.Names}} {{.State}}"
    found = engine.lines("ps", "--all", "--filter", f"label={LABEL}={cluster}", "--format", line)
    return {name.removeprefix(f"{cluster}-"): state for name, state in (text.split()[:2] for text in found)}


def off(cluster: str) -> set[str]:
    """Return the names of the cluster's containers that are not powered."""
    return {name for name, state in containers(cluster).items() if state not in POWERED}


def missing(plan: KindPlan) -> list[str]:
    """List the containers that the cluster was made with and has no more."""
    made = [node.name for node in plan.nodes()] + ([BALANCER] if plan.servers > 1 else [])
    there = containers(plan.id)
    return [name for name in made if name not in there]


def start(plan: KindPlan, names: set[str]) -> None:
    """Start nodes that are off, and wait until the cluster has them back."""
    if names:
        engine.call("start", *(f"{plan.id}-{name}" for name in sorted(names)))
        wait_ready(plan, READY_TIMEOUT_S)


def addresses(plan: KindPlan) -> dict[str, str]:
    """Return the addresses that the nodes have now, by name: Docker gives a node another when it starts again."""
    line = f'{{{{.Name}}}} {{{{with index .NetworkSettings.Networks "{plan.network}"}}}}{{{{.IPAddress}}}}{{{{end}}}}'
    shown = engine.ask("inspect", "--type", "container", "--format", line, *(node.container for node in plan.nodes()))
    found = (text.split() for text in shown.out.splitlines())  # one that is gone is told on standard error
    return {words[0].removeprefix(f"/{plan.id}-"): words[1] for words in found if len(words) == 2}  # noqa: PLR2004 (off: none)


def wait_ready(plan: KindPlan, timeout_s: float) -> None:
    """Wait until every node says that it is Ready; raise `LabError` naming those that do not."""
    words = ("wait", "--for=condition=Ready", "node", "--all", f"--timeout={timeout_s:g}s")
    first = plan.nodes()[0].container
    seen = engine.ask("exec", first, *KUBECTL, *words, timeout_s=timeout_s + engine.CALL_TIMEOUT_S)
    if not seen.ok:
        late = ", ".join(sorted(re.findall(r"on nodes/(\S+)", seen.err))) or shorten(seen.err)
        raise LabError(
            f"not Ready within {timeout_s:g} s: {late}", hint=f"docker exec {first} kubectl describe nodes says why"
        )


def version(plan: KindPlan) -> str:
    """Return the version of Kubernetes that the node image carries, such as v1.31.9."""
    return engine.call("exec", plan.nodes()[0].container, "cat", "/kind/version").strip()


def own_kubeconfig(text: str) -> tuple[str, int]:
    """Return kind's kubeconfig with the names that every practice site has, and the API's port in it."""
    read = yaml.safe_load(text)
    cluster, user = read["clusters"][0]["cluster"], read["users"][0]["user"]
    named: Mapping[str, object] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": CONTEXT, "user": user}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        "current-context": CONTEXT,
    }
    return yaml.safe_dump(named, sort_keys=False), int(cluster["server"].rpartition(":")[2])
