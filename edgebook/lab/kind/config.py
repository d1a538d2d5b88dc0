"""The configuration that a cluster is made from, in kind's own format.

Not how it is used: `program.py` hands it to kind.
"""

from __future__ import annotations

from typing import Any

import yaml

from edgebook.lab.kind.plan import KindPlan

POD_SUBNET, SERVICE_SUBNET = "10.42.0.0/16", "10.43.0.0/16"
"""K3s's defaults instead of kind's, so that what is known of the practice site's cluster holds here too."""
PRESSURE = {
    "kind": "KubeletConfiguration",
    "imageGCHighThresholdPercent": 85,
    "imageGCLowThresholdPercent": 80,
    "evictionPressureTransitionPeriod": "30s",
    "evictionHard": {
        "memory.available": "100Mi",
        "nodefs.available": "5%",
        "nodefs.inodesFree": "5%",
        "imagefs.available": "5%",
    },
}
"""kind switches eviction by disk and the collection of images off (kind pkg/cluster/internal/kubeadm/config.go), so
that no node would ever report pressure. Here the disks count as on a K3s agent (k3s pkg/daemons/agent/agent_linux.go),
memory and images as Kubernetes has them by default (kubernetes pkg/kubelet/apis/config/v1beta1/defaults.go), whose
five minutes until a node says that the pressure is over are cut short."""


def cluster(plan: KindPlan) -> dict[str, Any]:
    """Describe the cluster; its API answers on 127.0.0.1 alone."""
    counts = (("control-plane", plan.servers), ("worker", plan.agents))
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": {
            "ipFamily": "ipv4",
            "apiServerAddress": "127.0.0.1",
            "apiServerPort": plan.api_port,
            "podSubnet": POD_SUBNET,
            "serviceSubnet": SERVICE_SUBNET,
        },
        "kubeadmConfigPatches": [yaml.safe_dump(PRESSURE, sort_keys=False), *([plan.patch] if plan.patch else [])],
        "nodes": [{"role": role, "image": plan.node_image} for role, count in counts for _ in range(count)],
    }


def text(plan: KindPlan) -> str:
    """Write the configuration as kind reads it."""
    return yaml.safe_dump(cluster(plan), sort_keys=False)
