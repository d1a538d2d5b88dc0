"""A running cluster: quorum, lost and returning hosts, members that go, pods that move."""

import asyncio
import ssl
import urllib.request
from dataclasses import replace

import pytest

from edgebook.lab.k3s.registry import registry
from tests.lab.k3s_bench import AGENT_TOKEN, on_bench

ALL = ("s1", "s2", "s3")


async def code_of(bench, name, text):
    """Run a command and return its exit code."""
    return (await bench.sh(name, text)).code


def test_majority_keeps_the_api():
    """With one of three servers gone the others answer."""

    async def act(bench):
        await bench.up(*ALL)
        bench.host("s1").power_off()
        return (await bench.sh("s2", "k3s kubectl get --raw=/readyz")).out

    assert "ok" == on_bench(act)


def test_minority_loses_the_api():
    """With two of three servers gone the API of the third cannot answer: etcd times out."""

    async def act(bench):
        await bench.up(*ALL)
        for name in ("s1", "s2"):
            bench.host(name).power_off()
        return await bench.sh("s3", "k3s kubectl get nodes")

    answer = on_bench(act)
    assert 1 == answer.code
    assert "Error from server: etcdserver: request timed out\n" == answer.err


def test_quorum_returns_with_a_second_server():
    """After a full power cut the servers wait for a majority, and then serve again."""

    async def act(bench):
        await bench.up(*ALL)
        for name in ALL:
            bench.host(name).power_off()
        bench.host("s2").power_on()
        await bench.said("s2", "etcdserver: no leader")
        alone = await code_of(bench, "s2", "k3s kubectl get nodes")
        bench.host("s3").power_on()
        await bench.until(lambda: registry(bench.world).servers["s2"].serving)
        return alone, await code_of(bench, "s2", "k3s kubectl get nodes")

    assert (1, 0) == on_bench(act)


def test_stopped_server_refuses():
    """On a host where K3s is stopped kubectl gets the well-known refusal."""

    async def act(bench):
        await bench.up("s1")
        await bench.sh("s1", "systemctl stop k3s")
        return await bench.sh("s1", "k3s kubectl get nodes")

    answer = on_bench(act)
    text = "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?\n"
    assert (1, text) == (answer.code, answer.err)


def test_lost_node_becomes_unknown_and_returns():
    """A node that stops renewing its lease becomes Unknown with a taint; started again it is Ready without."""

    async def act(bench):
        await bench.up("s1", "a1")
        await bench.sh("a1", "systemctl stop k3s-agent")
        await bench.until(lambda: bench.condition("a1", "Ready") == "Unknown")
        taints = bench.cluster.store.get("nodes", "a1")["spec"]["taints"]
        await bench.sh("a1", "systemctl start k3s-agent")
        await bench.until(lambda: bench.ready("a1"))
        await bench.until(lambda: "taints" not in bench.cluster.store.get("nodes", "a1")["spec"])
        return {taint["key"] for taint in taints}

    assert {"node.kubernetes.io/unreachable"} == on_bench(act)


def test_agent_survives_its_registration_server():
    """An agent that joined through one server goes on renewing its lease through another."""

    async def act(bench):
        await bench.up(*ALL, "a1")
        bench.host("s1").power_off()
        await bench.until(lambda: bench.condition("s1", "Ready") == "Unknown")
        return bench.condition("a1", "Ready"), bench.host("a1").files.text(BALANCER)

    ready, balancer = on_bench(act)
    assert "True" == ready
    assert "10.20.0.12:6443" in balancer


BALANCER = "/var/lib/rancher/k3s/agent/etc/k3s-agent-load-balancer.json"


def test_deleting_a_node_removes_its_member():
    """`kubectl delete node` takes the etcd member and the node's password away."""

    async def act(bench):
        await bench.up(*ALL)
        await bench.sh("s3", "systemctl stop k3s")
        await bench.sh("s1", "k3s kubectl delete node s3")
        nodes = [member.node for member in bench.cluster.members.members.values()]
        return nodes, bench.cluster.store.find("secrets", "s3.node-password.k3s", "kube-system")

    assert (["s1", "s2"], None) == on_bench(act)


def test_removed_server_that_still_runs_joins_again():
    """A server whose node was deleted under it ends itself, is restarted, and becomes a new member."""

    async def act(bench):
        await bench.up(*ALL)
        before = [member.name for member in bench.cluster.members.members.values() if member.node == "s3"]
        await bench.sh("s1", "k3s kubectl delete node s3")
        await bench.said("s3", "this node has been removed from the cluster")
        await bench.until(lambda: bench.voter("s3"))
        after = [member.name for member in bench.cluster.members.members.values() if member.node == "s3"]
        return before, after

    before, after = on_bench(act)
    assert before != after
    assert 1 == len(after)


def test_sqlite_is_converted_by_cluster_init():
    """A single server becomes an etcd server when cluster-init is added, with the same objects."""

    async def act(bench):
        bench.write("s1", "/etc/rancher/k3s/config.yaml", "token: server-secret-1234\n")
        await bench.install("s1")
        await bench.until(lambda: bench.ready("s1"))
        roles = (await bench.sh("s1", "kubectl get nodes --no-headers")).out.split()[2]
        bench.configure("s1")
        await bench.sh("s1", "systemctl restart k3s")
        await bench.until(lambda: bench.voter("s1"))
        return roles, (await bench.sh("s1", "kubectl get nodes --no-headers")).out.split()[2]

    assert ("control-plane,master", "control-plane,etcd,master") == on_bench(act)


def test_packaged_components_run():
    """Without `disable` the packaged components run, and Helm's jobs complete."""

    async def act(bench):
        bench.write("s1", "/etc/rancher/k3s/config.yaml", "token: server-secret-1234\ncluster-init: true\n")
        await bench.install("s1")
        await bench.until(lambda: len(done(bench)) == 7)
        return (await bench.sh("s1", "kubectl get pods -n kube-system --no-headers")).out

    def done(bench):
        pods = bench.cluster.store.list("pods", "kube-system")
        return [pod for pod in pods if shown(pod)]

    def shown(pod):
        ready = [item for item in pod["status"]["conditions"] if item["type"] == "Ready"]
        return pod["status"]["phase"] == "Succeeded" or (ready and ready[0]["status"] == "True")

    rows = [line.split()[:3] for line in on_bench(act).splitlines()]
    assert 2 == sum(row[2] == "Completed" for row in rows)
    assert ["2/2", "Running"] == next(row[1:] for row in rows if row[0].startswith("svclb-traefik-"))
    assert {"Completed", "Running"} == {row[2] for row in rows}


def test_drained_pods_move():
    """Draining a node cordons it, and its packaged pods come up elsewhere."""

    async def act(bench):
        await bench.up("s1", "a1")
        await bench.until(lambda: len(on_node(bench, "s1")) == 3)
        answer = await bench.sh("s1", "kubectl drain s1 --ignore-daemonsets --delete-emptydir-data")
        await bench.until(lambda: len(on_node(bench, "a1")) == 3)
        return answer, (await bench.sh("s1", "kubectl get node s1 --no-headers")).out

    answer, row = on_bench(act)
    assert 0 == answer.code
    assert "node/s1 drained" in answer.out
    assert "Ready,SchedulingDisabled" == row.split()[1]


def on_node(bench, name):
    """Return the packaged pods on a node."""
    return bench.cluster.store.list("pods", "kube-system", "", f"spec.nodeName={name}")


def test_supervisor_answers_anonymously():
    """`/ping` gives pong and `/cacerts` the CA, to anybody."""

    async def act(bench):
        await bench.up("s1")
        ping = await bench.sh("a1", "curl -sk -m 5 https://10.20.0.11:6443/ping")
        certificate = await bench.sh("a1", "curl -sk -m 5 https://10.20.0.11:6443/cacerts")
        return ping.out, certificate.out == bench.cluster.pki.ca_pem

    assert ("pong", True) == on_bench(act)


def test_api_is_served_to_the_operator():
    """The forwarded API port leads to a server that shows a certificate of the cluster's CA."""

    async def act(bench):
        await bench.up("s1")
        address, port = bench.world.api_target()
        context = ssl.create_default_context(cadata=bench.cluster.pki.ca_pem)
        return await asyncio.to_thread(fetch, f"https://{address}:{port}/ping", context)

    assert b"pong" == on_bench(act, servers=1)


def fetch(url, context):
    """Read a page."""
    with urllib.request.urlopen(url, context=context, timeout=5) as answer:
        return answer.read()


@pytest.mark.parametrize(("spec", "want"), [({"servers": 1}, True), ({"servers": 3}, False)])
def test_forward_needs_a_registration_address(spec, want):
    """Where nobody has the registration address the forward refuses, but in a site of one server."""

    async def act(bench):
        await bench.up("s1")
        return bench.world.api_target() is not None

    assert want == on_bench(act, **spec)


def test_two_clusters_do_not_mix():
    """Hosts that belong to another cluster have another CA, and the registry keeps both."""

    async def act(bench):
        await bench.up("s1")
        first = bench.cluster.pki.ca_sha256
        bench.configure("s2")
        await bench.install("s2")
        bench.configure("a1", server="10.20.0.12", token=f"K10{first}::node:{AGENT_TOKEN}")
        bench.world.spawn(bench.install("a1"))
        await bench.said("a1", "token CA hash does not match")
        return len(registry(bench.world).clusters)

    assert 2 == on_bench(act)


def test_summary_names_version_and_nodes():
    """The world's one-line summary counts servers and Ready nodes."""

    async def act(bench):
        before = bench.world.summary()
        await bench.up("s1", "a1")
        return before, bench.world.summary()

    assert ("no cluster", "v1.31.9+k3s1: 1 servers run, 2 of 2 nodes Ready") == on_bench(act)


def test_restarted_server_stays_ready():
    """A server that is restarted finds its pod network as it was: its node is never NotReady in between."""

    async def act(bench):
        await bench.up("s1")
        seen = []
        bench.cluster.store.observe(lambda change: seen.append(status_in(change)))
        await bench.sh("s1", "systemctl restart k3s")
        await bench.until(lambda: bench.ready("s1"))
        return set(seen)

    def status_in(change):
        conditions = change.object.get("status", {}).get("conditions", [])
        found = [item["status"] for item in conditions if item["type"] == "Ready" and change.kind.kind == "Node"]
        return found[0] if found else "True"

    assert on_bench(act) <= {"True"}


def test_full_disk_is_reported_as_pressure():
    """A node whose disk fills up reports DiskPressure and stays Ready."""

    async def act(bench):
        await bench.up("s1")
        disk = bench.host("s1").disks["/var/lib"]
        disk.used_kb = disk.size_kb
        await bench.until(lambda: bench.condition("s1", "DiskPressure") == "True")
        return bench.ready("s1")

    assert on_bench(act)


def test_upgraded_server_shows_its_new_version():
    """A server restarted with a newer program registers with the newer version, and goes on."""

    async def act(bench):
        await bench.up("s1")
        await bench.sh("s1", "INSTALL_K3S_VERSION=v1.32.4+k3s1 INSTALL_K3S_EXEC=server sh /tmp/install.sh")
        await bench.until(lambda: bench.ready("s1"))
        return (await bench.sh("s1", "kubectl get nodes --no-headers")).out.split()[-1], bench.cluster.version

    assert ("v1.32.4+k3s1", "v1.32.4+k3s1") == on_bench(act)


def test_restarted_agent_finds_another_server():
    """An agent that is restarted while its registration server is gone turns to a server it has learned."""

    async def act(bench):
        await bench.up(*ALL, "a1")
        await bench.until(lambda: "10.20.0.13:6443" in bench.host("a1").files.text(BALANCER))
        bench.host("s1").power_off()
        code = await code_of(bench, "a1", "systemctl restart k3s-agent")
        return code, bench.ready("a1")

    assert (0, True) == on_bench(act)


def test_pods_leave_a_node_that_stays_away():
    """Five minutes after a node became Unknown its pods are replaced on another."""

    async def act(bench):
        await bench.up("s1", "a1")
        await bench.sh("s1", "kubectl cordon s1")
        for pod in bench.cluster.store.list("pods", "kube-system"):
            bench.cluster.store.delete("pods", pod["metadata"]["name"], "kube-system", grace_s=0)
        await bench.until(lambda: len(on_node(bench, "a1")) == 3)
        await bench.sh("s1", "kubectl uncordon s1")
        bench.host("a1").power_off()
        await bench.until(lambda: len(on_node(bench, "s1")) == 3)
        return bench.condition("a1", "Ready")

    assert "Unknown" == on_bench(act, speed=300.0)


def test_changed_address_is_not_a_member():
    """A server that comes back with another address is not the member etcd knows, and says so."""

    async def act(bench):
        await bench.up("s1", "s2", "s3")
        await bench.sh("s3", "systemctl stop k3s")
        host = bench.host("s3")
        host.addresses = [replace(item, ip=item.ip.replace("0.13", "0.99")) for item in host.addresses]
        task = bench.world.spawn(bench.sh("s3", "systemctl start k3s"))
        await bench.said("s3", "not a member of the etcd cluster")
        task.cancel()
        return bench.journal("s3")

    assert "expect: s3-" in on_bench(act)
