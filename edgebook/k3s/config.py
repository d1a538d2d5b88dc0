"""The files K3s and keepalived are configured with, as text made from the site.

Not here: writing them anywhere. Layout: K3s "Configuration File" and "Cluster Load Balancer".
"""

from __future__ import annotations

import secrets as random
from typing import Any

import yaml

from edgebook.k3s import tables
from edgebook.site import Host as SiteHost
from edgebook.site import Site
from edgebook.site.models import API_PORT

ROUTER_PRIORITIES = (200, 150, 140, 130, 120)
"""One a server, in inventory order; the check's weight is larger than any difference."""


def registration_url(site: Site) -> str:
    """Return the address that every node joins through."""
    address = site.k3s.registration.address
    shown = f"[{address}]" if ":" in address else address
    return f"https://{shown}:{API_PORT}"


def server_config(site: Site, host: SiteHost) -> str:
    """Return a server's config.yaml: equal on all but for `cluster-init` or `server`, and the node's own keys."""
    k3s = site.k3s
    first = host.name == site.servers[0].name
    keys: dict[str, Any] = {
        "token-file": tables.CLUSTER_TOKEN,
        "agent-token-file": tables.AGENT_TOKEN,
        "tls-san": _unique(
            [k3s.registration.address, *k3s.tls_san, *(one.node_ip or one.address for one in site.servers)]
        ),
        "cluster-cidr": str(k3s.cluster_cidr),
        "service-cidr": str(k3s.service_cidr),
        "disable": sorted(k3s.disable),
        "etcd-snapshot-retention": k3s.keep_snapshots,
        "kubelet-arg": list(tables.PROFILES[k3s.profile]),
        **_data_dir(site),
    }
    keys |= _merged(keys, k3s.server_config) | _node(host)
    if not first:
        keys["server"] = registration_url(site)
    elif len(site.servers) > 1:
        keys["cluster-init"] = True
    return _text(keys)


def agent_config(site: Site, host: SiteHost) -> str:
    """Return one agent's config.yaml."""
    keys: dict[str, Any] = {
        "server": registration_url(site),
        "token-file": tables.AGENT_TOKEN,
        "kubelet-arg": list(tables.PROFILES[site.k3s.profile]),
        **_data_dir(site),
    }
    return _text(keys | _merged(keys, site.k3s.agent_config) | _node(host))


def keepalived_config(site: Site, host: SiteHost) -> str:
    """Return keepalived.conf for one server.

    The check lowers the priority instead of failing the instance, so that the address exists even
    before the first server is up.
    """
    at = [one.name for one in site.servers].index(host.name)
    registration = site.k3s.registration
    peers = "\n".join(f"    {one.node_ip}" for one in site.servers if one.name != host.name)
    return KEEPALIVED.format(
        interface=registration.interface,
        priority=ROUTER_PRIORITIES[at],
        router=registration.router_id,
        source=host.node_ip,
        peers=peers,
        address=registration.address,
        prefix=registration.prefix,
    )


KEEPALIVED = """# Written by edgebook: the fixed registration address of the K3s servers.
global_defs {{
  enable_script_security
  script_user root
}}
vrrp_script chk_k3s {{
  script "/usr/bin/curl -fsk --max-time 2 https://127.0.0.1:6443/ping"
  interval 3
  fall 3
  rise 2
  weight -120
}}
vrrp_instance k3s {{
  interface {interface}
  state BACKUP
  priority {priority}
  virtual_router_id {router}
  unicast_src_ip {source}
  unicast_peer {{
{peers}
  }}
  virtual_ipaddress {{
    {address}/{prefix}
  }}
  track_script {{
    chk_k3s
  }}
}}
"""


def new_token() -> str:
    """Return a fresh cluster secret: 32 random bytes in hexadecimal."""
    return random.token_hex(32)


def settings(text: str) -> dict[str, Any]:
    """Read a config.yaml found on a host; anything but a mapping counts as empty."""
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return read if isinstance(read, dict) else {}


def installer_environment(site: Site) -> dict[str, str]:
    """Return what the installer is told: the mirror, and the proxy, which it keeps for the service."""
    proxy = site.proxy
    mirror: dict[str, str] = {"INSTALL_K3S_MIRROR": site.source.mirror} if site.source.mirror else {}
    if not (proxy.http or proxy.https):
        return mirror
    around = _unique([*tables.NO_PROXY, str(site.k3s.cluster_cidr), str(site.k3s.service_cidr), *proxy.no_proxy])
    pairs = {"HTTP_PROXY": proxy.http, "HTTPS_PROXY": proxy.https, "NO_PROXY": ",".join(around)}
    return mirror | {name: str(value) for name, value in pairs.items() if value}


def _data_dir(site: Site) -> dict[str, str]:
    return {} if site.k3s.data_dir == "/var/lib/rancher/k3s" else {"data-dir": site.k3s.data_dir}


def _node(host: SiteHost) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    if host.node_name != host.name:
        keys["node-name"] = host.node_name
    if host.node_ip:
        keys["node-ip"] = host.node_ip
    if host.labels:
        keys["node-label"] = [f"{key}={value}" for key, value in sorted(host.labels.items())]
    if host.taints:
        keys["node-taint"] = list(host.taints)
    return keys


def _merged(ours: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """Lists of the site are added to ours, because a later list replaces an earlier one in K3s."""
    return {
        key: _unique([*ours[key], *value]) if isinstance(value, list) and isinstance(ours.get(key), list) else value
        for key, value in extra.items()
    }


def _unique(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _text(keys: dict[str, Any]) -> str:
    kept = {key: value for key, value in keys.items() if value not in ([], "")}
    return "# Written by edgebook. Equal on all servers but for cluster-init, server and node-*.\n" + yaml.safe_dump(
        kept, sort_keys=True, default_flow_style=False, width=1000
    )
