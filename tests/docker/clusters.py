"""A cluster on hosts in Docker as tests look at it: its nodes, its hosts' state, and its way through a power cut.

Not a test; the stand-in's clusters and those of a real K3s are looked at alike.
"""

from edgebook import lab
from edgebook.cluster import Cluster
from edgebook.errors import ClusterError
from edgebook.k3s.inspect import one_holder
from edgebook.site import load
from edgebook.ssh import Fleet
from edgebook.waiting import Look, until
from tests import hosttrees
from tests.docker.hands import inside

SERVER, AGENT = ("Ready", "control-plane,etcd,master"), ("Ready", "<none>")
SERVERS = ("s1", "s2", "s3")
OWN_LIFE = (*hosttrees.PACKAGES, *hosttrees.OWN_LIFE)
NOT_OURS = {
    "running: systemd-timedated.service": "preflight asks timedatectl, which starts it; it ends by itself",
    "DOCKER_": "Docker's name service, on other ports after each start of a container",
    "127.0.0.11": "the same",
}
TAKEOVER_S = 30.0
BACK_S = 180.0


def whole(site_folder):
    """Return the state of every host that becomes a node."""
    site = load(site_folder)
    with Fleet([site.target(host.name) for host in (*site.servers, *site.agents)]) as fleet:
        return hosttrees.fleet_state(fleet, but=OWN_LIFE)


def listed(status, server="s1"):
    """Return the nodes with status and roles, as a server's kubectl lists them."""
    text = inside(status, server, "k3s", "kubectl", "get", "nodes", "--no-headers")
    return {line.split()[0]: tuple(line.split()[1:3]) for line in text.splitlines()}


def loses_power(status):
    """Cut the power of the server with the registration address, ask the API through it, and switch it on again."""
    site = load(status.site_folder)
    address = str(site.k3s.registration.address)
    with Fleet([site.target(name) for name in SERVERS]) as fleet:
        holder = until(lambda: one_holder(fleet, SERVERS, address), what=address, timeout_s=TAKEOVER_S).split()[-1]
    lab.break_(status.folder, "host-down", holder)
    left = [name for name in SERVERS if name != holder]
    with Fleet([site.target(name) for name in left]) as fleet:
        until(lambda: one_holder(fleet, left, address), what=address, timeout_s=TAKEOVER_S)
    until(lambda: answers(site, 5), what="the API", timeout_s=TAKEOVER_S)
    lab.heal(status.folder, "host-down")
    until(lambda: Look(SERVER == listed(status, holder).get(holder), "none"), what=holder, timeout_s=BACK_S)


def answers(site, count):
    """Say whether the API lists so many nodes through the registration address."""
    with Cluster(site.path(site.k3s.kubeconfig), site.context) as cluster:
        try:
            found = len(cluster.list("node"))
        except ClusterError as exc:
            return Look(done=False, seen=exc.message)
    return Look(found == count, f"{found} nodes")


def lasting(before, after):
    """Say in lines what differs between two states of the hosts, without what a host does by itself."""
    lines = hosttrees.differences(before, after)
    return [line for line in lines if not any(words in line for words in NOT_OURS)]
