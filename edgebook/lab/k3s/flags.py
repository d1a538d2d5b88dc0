"""The flags K3s has, as data.

Not their meaning: the modules that act on a flag know that.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMMON = _names("""
    airgap-extra-registry alsologtostderr bind-address config container-runtime-endpoint data-dir debug
    default-runtime disable-default-registry-endpoint docker enable-pprof flannel-cni-conf flannel-conf
    flannel-iface image-credential-provider-bin-dir image-credential-provider-config image-service-endpoint
    kube-proxy-arg kubelet-arg lb-server-port log log-format node-external-dns node-external-ip
    node-internal-dns node-ip node-label node-name node-taint nonroot-devices nvidia-runtime pause-image
    prefer-bundled-bin private-registry protect-kernel-defaults resolv-conf rootless selinux server snapshotter
    token token-file v vmodule vpn-auth vpn-auth-file with-node-id
""")
SERVER = COMMON | _names("""
    advertise-address advertise-port agent-token agent-token-file cluster-cidr cluster-dns cluster-domain
    cluster-init cluster-reset cluster-reset-restore-path datastore-cafile datastore-certfile datastore-endpoint
    datastore-keyfile default-local-storage-path disable disable-agent disable-apiserver
    disable-cloud-controller disable-controller-manager disable-etcd disable-helm-controller disable-kube-proxy
    disable-network-policy disable-scheduler egress-selector-mode embedded-registry enable-servicelb etcd-arg
    etcd-disable-snapshots etcd-expose-metrics etcd-s3 etcd-snapshot-compress etcd-snapshot-dir
    etcd-snapshot-name etcd-snapshot-reconcile-interval etcd-snapshot-retention etcd-snapshot-schedule-cron
    flannel-backend flannel-external-ip flannel-ipv6-masq helm-job-image https-listen-port kine-tls
    kube-apiserver-arg kube-cloud-controller-manager-arg kube-controller-manager-arg kube-scheduler-arg
    secrets-encryption secrets-encryption-provider service-cidr service-node-port-range servicelb-namespace
    supervisor-metrics system-default-registry tls-san tls-san-security write-kubeconfig write-kubeconfig-group
    write-kubeconfig-mode
""")
AGENT = COMMON | {"disable-apiserver-lb"}
ROLE_FLAGS = {"server": SERVER, "agent": AGENT}
KNOWN = SERVER | AGENT
BOOLEAN = _names("""
    alsologtostderr cluster-init cluster-reset debug disable-agent disable-apiserver disable-apiserver-lb
    disable-cloud-controller disable-controller-manager disable-default-registry-endpoint disable-etcd
    disable-helm-controller disable-kube-proxy disable-network-policy disable-scheduler docker embedded-registry
    enable-pprof etcd-disable-snapshots etcd-expose-metrics etcd-s3 etcd-snapshot-compress flannel-external-ip
    flannel-ipv6-masq nonroot-devices prefer-bundled-bin protect-kernel-defaults rootless secrets-encryption
    selinux supervisor-metrics tls-san-security with-node-id
""")
REPEATED = _names("""
    airgap-extra-registry cluster-cidr cluster-dns disable etcd-arg kube-apiserver-arg
    kube-cloud-controller-manager-arg kube-controller-manager-arg kube-proxy-arg kube-scheduler-arg kubelet-arg
    node-external-dns node-external-ip node-internal-dns node-ip node-label node-taint service-cidr tls-san
""")
SHORT = {"-s": "server", "-t": "token", "-d": "data-dir", "-c": "config", "-i": "node-ip", "-o": "write-kubeconfig"}
