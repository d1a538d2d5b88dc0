"""The site.yaml of a lab on kind: edge hosts, and a cluster that was made elsewhere.

Not the reader of site.yaml: `edgebook.site` reads it like any other.
"""

from __future__ import annotations

from edgebook.lab.docker.folder import host_lines
from edgebook.lab.kind.nodes import CONTEXT
from edgebook.lab.kind.plan import KindPlan

TEXT = """\
# The practice site on kind. `edgebook lab up --backend kind` wrote this file; its hosts are containers with Linux.
# The cluster's nodes are no hosts here: kind's nodes have no SSH server. The kubeconfig is the way to them.
# A real site.yaml looks the same: `edgebook site schema` has every key.
schema: 1
name: lab
title: Practice site on kind
protection: open        # disposable: runs apply what they plan unless told otherwise

ssh:
  user: edge
  key: id_ed25519
  known_hosts: known_hosts
  sudo: nopasswd

hosts:
{hosts}
k3s:                    # the cluster; kind made it, of the same Kubernetes version that this K3s brings
  version: {version}+k3s1
  registration:         # how the hosts reach the API: Docker's name service knows the name, port 6443
    address: {endpoint}
    by: external
  operator_url: https://127.0.0.1:{port}
  kubeconfig: kubeconfig
  context: {context}
"""


def text(plan: KindPlan, version: str) -> str:
    """Describe the site as a person would write it."""
    return TEXT.format(
        hosts=host_lines(plan.ssh_hosts()),
        version=version,
        endpoint=plan.endpoint,
        port=plan.api_port,
        context=CONTEXT,
    )
