"""The practice site on kind: a real cluster whose nodes are containers, and edge hosts on its network.

Not the cluster's making: the `kind` program does that. The nodes have no SSH server, so that site.yaml
lists the edge hosts alone; what a runbook does with nodes goes through the kubeconfig.
"""

from edgebook.lab.kind.catalogue import FAULTS
from edgebook.lab.kind.lifecycle import break_, down, heal, may_have_left, reason, reset, status, up

__all__ = ["FAULTS", "break_", "down", "heal", "may_have_left", "reason", "reset", "status", "up"]
