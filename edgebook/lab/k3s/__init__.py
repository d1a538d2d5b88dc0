"""K3s on the practice hosts: installer, servers, agents, commands, and keepalived beside them.

Not Kubernetes: the API and its objects are `edgebook.lab.kube`; here is what K3s does around them.
"""

from __future__ import annotations

from edgebook.lab.k3s.setup import install

__all__ = ["install"]
