"""The options of K3s's config.yaml, as data.

Not their values' rules: `rules_options` has those. Taken from docs.k3s.io, `k3s server` and `k3s agent`.
"""

from __future__ import annotations

COMPONENTS = ("coredns", "local-storage", "metrics-server", "runtimes", "servicelb", "traefik")
OTHER_NAMES = {
    "local-path": "local-storage",
    "local-path-provisioner": "local-storage",
    "klipper-lb": "servicelb",
    "svclb": "servicelb",
    "ingress": "traefik",
    "dns": "coredns",
    "metrics": "metrics-server",
}

AGENT = frozenset((
    "debug", "v", "vmodule", "log", "alsologtostderr", "bind-address", "protect-kernel-defaults", "selinux",
    "lb-server-port", "image-credential-provider-bin-dir", "image-credential-provider-config",
    "container-runtime-endpoint", "default-runtime", "image-service-endpoint", "pause-image", "snapshotter",
    "private-registry", "disable-default-registry-endpoint", "nonroot-devices", "node-external-ip",
    "node-internal-dns", "node-external-dns", "resolv-conf", "flannel-iface", "flannel-conf", "flannel-cni-conf",
    "kubelet-arg", "kube-proxy-arg", "enable-pprof", "rootless", "prefer-bundled-bin", "docker", "vpn-auth-file",
    "disable-apiserver-lb",
))  # fmt: skip
SERVER = AGENT | frozenset((
    "advertise-address", "advertise-port", "tls-san-security", "service-node-port-range", "cluster-dns",
    "cluster-domain", "flannel-backend", "flannel-ipv6-masq", "flannel-external-ip", "egress-selector-mode",
    "servicelb-namespace", "write-kubeconfig-mode", "write-kubeconfig-group", "helm-job-image",
    "kube-apiserver-arg", "etcd-arg", "kube-controller-manager-arg", "kube-scheduler-arg",
    "kube-cloud-controller-manager-arg", "etcd-expose-metrics", "etcd-disable-snapshots", "etcd-snapshot-name",
    "etcd-snapshot-schedule-cron", "etcd-snapshot-dir", "etcd-snapshot-compress", "etcd-s3", "etcd-s3-endpoint",
    "etcd-s3-endpoint-ca", "etcd-s3-skip-ssl-verify", "etcd-s3-bucket", "etcd-s3-region", "etcd-s3-folder",
    "etcd-s3-proxy", "etcd-s3-config-secret", "etcd-s3-insecure", "etcd-s3-timeout", "etcd-s3-retention",
    "etcd-s3-bucket-lookup-type", "default-local-storage-path", "disable-scheduler", "disable-cloud-controller",
    "disable-kube-proxy", "disable-network-policy", "disable-helm-controller", "embedded-registry",
    "supervisor-metrics", "system-default-registry", "secrets-encryption", "secrets-encryption-provider",
))  # fmt: skip

OURS = {
    "token": "k3s.token: a secret reference",
    "token-file": "k3s.token: a secret reference",
    "agent-token": "k3s.agent_token: a secret reference",
    "agent-token-file": "k3s.agent_token: a secret reference",
    "server": "k3s.registration.address",
    "cluster-init": "leave it out: the first server of hosts begins the cluster",
    "cluster-reset": "leave it out: a reset is a step of a runbook",
    "cluster-reset-restore-path": "leave it out: a restore is a step of a runbook",
    "tls-san": "k3s.tls_san",
    "disable": "k3s.disable",
    "cluster-cidr": "k3s.cluster_cidr",
    "service-cidr": "k3s.service_cidr",
    "data-dir": "k3s.data_dir",
    "etcd-snapshot-retention": "k3s.keep_snapshots",
    "node-name": "node_name of the host",
    "with-node-id": "node_name of the host",
    "node-ip": "node_ip of the host",
    "node-label": "labels of the host",
    "node-taint": "taints of the host",
    "write-kubeconfig": "k3s.kubeconfig, for the file here",
    "https-listen-port": "k3s.operator_url, where a port forward stands between; K3s keeps 6443",
    "config": "the keys themselves",
    "datastore-endpoint": "leave it out: edgebook's clusters keep their state in embedded etcd",
    "datastore-cafile": "leave it out: edgebook's clusters keep their state in embedded etcd",
    "datastore-certfile": "leave it out: edgebook's clusters keep their state in embedded etcd",
    "datastore-keyfile": "leave it out: edgebook's clusters keep their state in embedded etcd",
    "disable-agent": "leave it out: every server runs all parts",
    "disable-apiserver": "leave it out: every server runs all parts",
    "disable-controller-manager": "leave it out: every server runs all parts",
    "disable-etcd": "leave it out: every server runs all parts",
}
"""Options that edgebook sets itself, and what to write instead."""

SECRET = {
    "etcd-s3-access-key": "etcd-s3-config-secret: the name of a Secret in kube-system",
    "etcd-s3-secret-key": "etcd-s3-config-secret: the name of a Secret in kube-system",
    "etcd-s3-session-token": "etcd-s3-config-secret: the name of a Secret in kube-system",
    "vpn-auth": "vpn-auth-file: a file on the hosts",
}
"""Options whose values are secrets, and what to write instead."""

CHOICES = {
    "flannel-backend": ("none", "vxlan", "host-gw", "wireguard-native"),
    "egress-selector-mode": ("disabled", "agent", "pod", "cluster"),
    "secrets-encryption-provider": ("aescbc", "secretbox"),
}
LISTS = frozenset((
    "kubelet-arg", "kube-proxy-arg", "kube-apiserver-arg", "etcd-arg", "kube-controller-manager-arg",
    "kube-scheduler-arg", "kube-cloud-controller-manager-arg",
))  # fmt: skip
"""Options that hold `name=value` items."""

CRITICAL = frozenset((
    "cluster-dns", "cluster-domain", "disable-cloud-controller", "disable-helm-controller",
    "disable-network-policy", "egress-selector-mode", "embedded-registry", "flannel-backend",
    "flannel-external-ip", "flannel-ipv6-masq", "secrets-encryption", "secrets-encryption-provider",
))  # fmt: skip
"""Options that must be the same on every server, and mean nothing on an agent."""
