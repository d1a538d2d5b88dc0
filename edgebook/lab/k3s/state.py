"""The files a K3s server or agent keeps on its host.

Not their meaning for the cluster: `datastore` reads them back at the next start.
"""

from __future__ import annotations

import base64
import hashlib
import json

from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s import tokens
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.k3s.settings import Settings
from edgebook.lab.kube.pki import kubeconfig

KUBECONFIG = "/etc/rancher/k3s/k3s.yaml"
NODE_PASSWORD = "/etc/rancher/node/password"  # noqa: S105 - a path
SUBNET = "/run/flannel/subnet.env"
MANIFESTS = {
    "ccm.yaml": "",
    "coredns.yaml": "coredns",
    "local-storage.yaml": "local-storage",
    "metrics-server/metrics-server-deployment.yaml": "metrics-server",
    "rolebindings.yaml": "",
    "runtimes.yaml": "",
    "traefik.yaml": "traefik",
}


def unpacked_path(data_dir: str, version: str) -> str:
    """Return the folder a release unpacks itself to."""
    return f"{data_dir}/data/{hashlib.sha256(version.encode()).hexdigest()}"


def unpack(host: Host, data_dir: str, version: str) -> bool:
    """Unpack what the program carries; say whether there was anything to do. Raises OSError on a full disk."""
    folder = unpacked_path(data_dir, version)
    if host.files.exists(f"{folder}/bin/containerd"):
        return False
    host.files.mkdir(f"{folder}/bin", parents=True)
    for name in ("containerd", "containerd-shim-runc-v2", "runc", "cni", "k3s"):
        host.files.write(f"{folder}/bin/{name}", f"{name} of {version}\n" * 200, 0o755)
    return True


def etcd_folder(data_dir: str) -> str:
    """Return where etcd keeps its database."""
    return f"{data_dir}/server/db/etcd"


def read_text(host: Host, path: str) -> str:
    """Return a file's text, or nothing where there is none."""
    return host.files.text(path) if host.files.is_file(path) else ""


def write_member(host: Host, data_dir: str, name: str) -> None:
    """Keep this member's name and begin its log, which marks the database as begun."""
    folder = etcd_folder(data_dir)
    host.files.mkdir(f"{data_dir}/server", parents=True)
    host.files.mkdir(f"{folder}/member/wal", parents=True)
    host.files.chmod(folder, 0o700)
    host.files.write(f"{folder}/name", name, 0o600)
    host.files.write(f"{folder}/member/wal/0000000000000000-0000000000000000.wal", "wal\n" * 256, 0o600)
    host.files.write(f"{folder}/config", "name: " + name + "\n", 0o600, parents=True)


def write_server(host: Host, settings: Settings, cluster: Cluster) -> None:
    """Write certificates, tokens, manifests and the kubeconfig."""
    server = f"{settings.data_dir}/server"
    files = host.files
    files.mkdir(f"{server}/tls/etcd", parents=True)
    files.chmod(server, 0o700)
    for folder in ("cred", "static/charts", "manifests", "db/snapshots"):
        files.mkdir(f"{server}/{folder}", parents=True)
    files.chmod(f"{server}/db/snapshots", 0o700)
    files.write(f"{server}/tls/server-ca.crt", cluster.pki.ca_pem, 0o644)
    files.write(f"{server}/tls/server-ca.key", cluster.pki.ca_key_pem, 0o600)
    files.write(f"{server}/tls/client-ca.crt", cluster.pki.client_ca_pem, 0o644)
    files.write(f"{server}/tls/client-ca.key", cluster.pki.client_ca_key_pem, 0o600)
    files.write(f"{server}/tls/etcd/server-ca.crt", cluster.pki.ca_pem, 0o644)
    files.write(f"{server}/cred/passwd", f"{cluster.secret},server,server,k3s:server\n", 0o600)
    _write_tokens(host, server, cluster)
    _write_manifests(host, server, frozenset(settings.words("disable")))
    _write_kubeconfig(host, settings, cluster)


def _write_tokens(host: Host, server: str, cluster: Cluster) -> None:
    files = host.files
    files.write(f"{server}/token", cluster.server_token() + "\n", 0o600)
    _link(host, f"{server}/token", f"{server}/node-token")
    if cluster.agent_secret:
        if files.exists(f"{server}/agent-token", follow=False):
            files.remove(f"{server}/agent-token")
        files.write(f"{server}/agent-token", cluster.agent_token() + "\n", 0o600)
    else:
        _link(host, f"{server}/token", f"{server}/agent-token")


def _link(host: Host, target: str, path: str) -> None:
    if not host.files.exists(path, follow=False):
        host.files.symlink(target, path)


def _write_manifests(host: Host, server: str, disabled: frozenset[str]) -> None:
    for name, flag in MANIFESTS.items():
        path = f"{server}/manifests/{name}"
        if flag not in disabled:
            host.files.write(path, f"# {name}: packaged with K3s\n", 0o600, parents=True)
        elif host.files.exists(path):
            host.files.remove(path)


def _write_kubeconfig(host: Host, settings: Settings, cluster: Cluster) -> None:
    path = settings.text("write-kubeconfig", KUBECONFIG)
    current = read_text(host, path)
    if cluster.pki.ca_pem and _carries(current, cluster):
        return
    admin = cluster.pki.issue_client("system:admin", ("system:masters",))
    text = kubeconfig("https://127.0.0.1:6443", cluster.pki.ca_pem, admin)
    mode = int(settings.text("write-kubeconfig-mode", "600"), 8)
    host.files.write(path, text, mode, parents=True)


def _carries(text: str, cluster: Cluster) -> bool:
    return base64.b64encode(cluster.ca_pem).decode() in text


def write_agent(host: Host, settings: Settings, cluster: Cluster, servers: list[str]) -> None:
    """Write what an agent, or the agent inside a server, keeps: certificates, containerd's configuration."""
    agent = f"{settings.data_dir}/agent"
    files = host.files
    for folder in ("etc/containerd", "containerd", "images", "etc/cni/net.d", "pod-manifests"):
        files.mkdir(f"{agent}/{folder}", parents=True)
    files.write(f"{agent}/server-ca.crt", cluster.pki.ca_pem, 0o600)
    files.write(f"{agent}/client-ca.crt", cluster.pki.client_ca_pem, 0o600)
    for name in ("client-kubelet", "serving-kubelet", "client-kube-proxy", "client-k3s-controller"):
        files.write(f"{agent}/{name}.crt", f"{name}\n{cluster.pki.client_ca_pem}", 0o600)
    for name in ("kubelet", "kubeproxy", "k3scontroller"):
        files.write(f"{agent}/{name}.kubeconfig", f"# {name}\n", 0o600)
    files.write(f"{agent}/etc/containerd/config.toml", "# File generated by k3s. DO NOT EDIT.\nversion = 3\n", 0o600)
    files.write(f"{agent}/etc/cni/net.d/10-flannel.conflist", '{"name":"cbr0","cniVersion":"1.0.0"}\n', 0o600)
    for folder in ("/var/lib/kubelet", "/var/log/pods", "/var/log/containers"):
        files.mkdir(folder, parents=True)
    files.mkdir("/run/k3s/containerd", parents=True)
    files.write(SUBNET, "FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_MTU=1450\n", 0o644, parents=True)
    write_servers(host, settings.data_dir, servers)


def servers_path(data_dir: str) -> str:
    """Return the file in which an agent keeps the servers it knows."""
    return f"{data_dir}/agent/etc/k3s-agent-load-balancer.json"


def write_servers(host: Host, data_dir: str, servers: list[str]) -> None:
    """Keep the servers an agent can turn to."""
    known = {"ServerURL": "", "ServerAddresses": servers, "Listener": None}
    text = json.dumps(known)
    if read_text(host, servers_path(data_dir)) != text:
        host.files.write(servers_path(data_dir), text, 0o600, parents=True)


def read_servers(host: Host, data_dir: str) -> list[str]:
    """Return the servers an agent knew when it last ran."""
    try:
        found = json.loads(read_text(host, servers_path(data_dir)) or "{}")
    except json.JSONDecodeError:
        return []
    addresses = found.get("ServerAddresses", []) if isinstance(found, dict) else []
    return [str(address) for address in addresses]


def node_password(host: Host, fresh: str) -> str:
    """Return the host's node password, written at the first start and kept by an uninstall."""
    if not host.files.exists(NODE_PASSWORD):
        host.files.write(NODE_PASSWORD, fresh + "\n", 0o600, parents=True)
    return host.files.text(NODE_PASSWORD).strip()


def token_of(host: Host, settings: Settings, key: str) -> tokens.Token | None:
    """Return a token from the configuration: the file wins over the value, as in K3s.

    Raises OSError for a file that is not there, `TokenInvalidError` for what is no token.
    """
    path = settings.text(f"{key}-file")
    text = host.files.text(path).strip() if path else settings.text(key).strip()
    return tokens.parse(text) if text else None
