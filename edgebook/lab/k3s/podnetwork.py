"""What K3s does to its host's network and kernel while it runs, and what k3s-killall.sh takes back of it.

Not the traffic of pods: the model has none.
"""

from __future__ import annotations

import re

from edgebook.lab.hosts.model import Address, Host, Rule

LINKS = ("cni0", "flannel.1")
CHAINS = ("KUBE-FORWARD", "FLANNEL-FWD")
POD_NETWORK = "10.42.0.0/16"
SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/default/forwarding": "1",
    "vm/overcommit_memory": "1",
    "kernel/panic": "10",
}
"""Set by K3s and its kubelet; nothing sets them back."""
FILTERED = re.compile(r"KUBE-|CNI-|flannel", re.IGNORECASE)
"""The words by which k3s-killall.sh drops rules from what iptables-save printed, comments included."""


def up(host: Host, number: int) -> None:
    """Bring flannel's interfaces and kube-proxy's chains up; the node's number is its pod network's."""
    for name, value in SYSCTLS.items():
        if host.files.exists(f"/proc/sys/{name}"):
            host.files.write(f"/proc/sys/{name}", f"{value}\n")
    host.add_address(Address("flannel.1", f"10.42.{number}.0", 32))
    host.add_address(Address("cni0", f"10.42.{number}.1", 24))
    for chain in CHAINS:
        host.chains.setdefault(chain, "")
        for rule in (Rule("FORWARD", chain), Rule(chain, "ACCEPT", source=POD_NETWORK)):
            if rule not in host.firewall:
                host.firewall.append(rule)


def down(host: Host) -> None:
    """Remove interfaces and chains as k3s-killall.sh does; kernel parameters stay as K3s set them."""
    host.addresses = [address for address in host.addresses if address.interface not in LINKS]
    host.firewall = [rule for rule in host.firewall if not FILTERED.search(rule.spec())]
    host.chains = {name: policy for name, policy in host.chains.items() if not FILTERED.search(name)}
