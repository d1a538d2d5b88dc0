"""Every reason for which K3s does not start or join, in its own words."""

import pytest

from edgebook.lab.hosts.model import Rule
from edgebook.lab.k3s import releases
from tests.lab.k3s_bench import on_bench

HASH = "0" * 64
DROP_IN = "/etc/rancher/k3s/config.yaml.d/50-local.yaml"


def second_server(prepare, *, first=("s1",), server="10.20.0.11", said, name="s2"):
    """Bring the first servers up, prepare something, start one more host; return its journal once it said it."""

    async def act(bench):
        await bench.up(*first)
        bench.configure(name, server=server)
        prepare(bench)
        task = bench.world.spawn(bench.install(name))
        await bench.said(name, said)
        task.cancel()
        return bench.journal(name)

    return on_bench(act)


def lone_server(prepare, *, said):
    """Prepare a host and start a first server there; return its journal once it said it."""

    async def act(bench):
        bench.configure("s1")
        prepare(bench)
        task = bench.world.spawn(bench.install("s1"))
        await bench.said("s1", said)
        task.cancel()
        return bench.journal("s1")

    return on_bench(act)


def test_wrong_token_of_a_server():
    """A server with another token is turned away at server-bootstrap."""
    text = second_server(lambda bench: bench.write("s2", DROP_IN, "token: another-token"), said="401")
    url = "https://10.20.0.11:6443/v1-k3s/server-bootstrap"
    assert f'level=fatal msg="starting kubernetes: preparing server: {url}: 401 Unauthorized"' in text


def test_agent_token_does_not_make_a_server():
    """The agents' token is not enough to become a server."""
    prepare = lambda bench: bench.configure("s2", server="10.20.0.11", token="agent-secret-1234")  # noqa: E731
    assert "server-bootstrap: 401 Unauthorized" in second_server(prepare, said="401")


def test_token_file_wins_over_token():
    """Where `token` and `token-file` are both set, K3s takes the file's, and a missing file is fatal."""

    def prepare(bench):
        bench.write("s2", "/etc/rancher/k3s/other", "other-token-1\n")
        bench.write("s2", DROP_IN, "token-file: /etc/rancher/k3s/other")

    assert "401 Unauthorized" in second_server(prepare, said="401")


def test_missing_token_file_is_fatal():
    """A token file that is not there ends the server."""
    prepare = lambda bench: bench.write("s1", DROP_IN, "token-file: /etc/none")  # noqa: E731
    assert 'level=fatal msg="open /etc/none: no such file or directory"' in lone_server(prepare, said="fatal")


def test_wrong_ca_hash_of_a_server():
    """A K10 token of another cluster is refused because the CA differs."""
    prepare = lambda bench: bench.write("s2", DROP_IN, f"token: K10{HASH}::server:server-secret-1234")  # noqa: E731
    text = second_server(prepare, said="token CA hash")
    assert f"token CA hash does not match the Cluster CA certificate hash: {HASH} != " in text


def test_secure_token_joins():
    """The K10 token that the first server wrote lets a second one in."""

    async def act(bench):
        await bench.up("s1")
        token = bench.host("s1").files.text("/var/lib/rancher/k3s/server/token").strip()
        bench.configure("s2", server="10.20.0.11", token=token)
        return (await bench.install("s2")).code

    assert 0 == on_bench(act)


def test_critical_flags_differ():
    """A server with another flannel backend is refused, and K3s names the flag."""
    prepare = lambda bench: bench.write("s2", DROP_IN, "flannel-backend: host-gw")  # noqa: E731
    text = second_server(prepare, said="level=fatal")
    assert "critical configuration mismatched: flannel-backend" in text
    assert "failed to validate server configuration: critical configuration value mismatch between servers" in text


def test_second_server_beside_sqlite():
    """A first server without cluster-init keeps its data in sqlite, and nobody can join it as a server."""

    async def act(bench):
        bench.write("s1", "/etc/rancher/k3s/config.yaml", "token: server-secret-1234\n")
        await bench.install("s1")
        bench.configure("s2", server="10.20.0.11")
        task = bench.world.spawn(bench.install("s2"))
        await bench.said("s2", "level=fatal")
        task.cancel()
        return bench.journal("s2"), bench.host("s1").files.is_file("/var/lib/rancher/k3s/server/db/state.db")

    text, sqlite = on_bench(act)
    assert "server-bootstrap: 401 Unauthorized" in text
    assert sqlite


@pytest.mark.parametrize(
    ("prepare", "text"),
    [
        (lambda bench: bench.host("s1").power_off(), "connect: no route to host"),
        (lambda bench: bench.host("s1").units.state("k3s").cut_power(), "connect: connection refused"),
        (lambda bench: bench.host("s1").firewall.append(Rule("INPUT", "DROP", "tcp", 6443)), "i/o timeout"),
    ],
    ids=["powered off", "stopped", "firewall"],
)
def test_server_cannot_be_reached(prepare, text):
    """A server that is off, stopped, or behind a firewall gives the error its cause gives."""
    where = 'failed to get CA certs: Get \\"https://10.20.0.11:6443/cacerts\\": dial tcp 10.20.0.11:6443: '
    assert where + text in second_server(prepare, said="level=fatal")


def test_agent_waits_for_a_server():
    """An agent that cannot reach a server does not end: it says so and tries again, and its unit stays activating."""

    async def act(bench):
        bench.configure("a1", server="10.20.0.11")
        task = bench.world.spawn(bench.install("a1"))
        await bench.until(lambda: bench.journal("a1").count("Failed to validate connection to cluster") > 2)
        state = bench.host("a1").units.is_active("k3s-agent")
        task.cancel()
        return state

    assert "activating" == on_bench(act)


def test_wrong_token_of_an_agent():
    """An agent with another token hears 401 at its configuration."""
    prepare = lambda bench: bench.write("a1", DROP_IN, "token: another-token")  # noqa: E731
    text = second_server(prepare, said="401", name="a1")
    assert (
        "failed to retrieve configuration from server: https://127.0.0.1:6444/v1-k3s/config: 401 Unauthorized" in text
    )


def test_agent_goes_on_after_its_token_is_healed():
    """An agent that was refused joins by itself once its configuration is right and it is restarted."""

    async def act(bench):
        await bench.up("s1")
        bench.configure("a1", server="10.20.0.11", token="wrong-token-1")
        bench.world.spawn(bench.install("a1"))
        await bench.said("a1", "401")
        bench.configure("a1", server="10.20.0.11")
        code = (await bench.sh("a1", "systemctl restart k3s-agent")).code
        await bench.until(lambda: bench.ready("a1"))
        return code

    assert 0 == on_bench(act)


def test_duplicate_name_of_an_agent():
    """Two agents with one hostname: the second's node password does not match, and both sides say so."""

    async def act(bench):
        await bench.up("s1", "a1")
        bench.write("a2", "/etc/hostname", "a1\n", 0o644)
        bench.configure("a2", server="10.20.0.11")
        task = bench.world.spawn(bench.install("a2"))
        await bench.said("a2", "Node password rejected")
        task.cancel()
        return bench.journal("a2"), bench.journal("s1")

    agent, server = on_bench(act)
    assert "Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password'" in agent
    assert "unable to verify hash for node 'a1': hash does not match" in server


def test_duplicate_name_of_a_server():
    """A joining server with the name of a member is refused by etcd's membership."""
    prepare = lambda bench: bench.write("s2", "/etc/hostname", "s1\n", 0o644)  # noqa: E731
    text = second_server(prepare, said="level=fatal")
    assert "etcd cluster join failed: duplicate node name found, please use a unique name for this node" in text


def test_clock_behind_the_certificates():
    """A host whose clock is behind takes the cluster's certificates for not yet valid."""
    text = second_server(lambda bench: setattr(bench.host("s2"), "clock_offset_s", -7200), said="x509")
    assert "CA cert validation failed" in text
    assert "x509: certificate has expired or is not yet valid: current time" in text
    assert " is before " in text


def test_clock_after_the_certificates():
    """A host whose clock is years ahead takes them for expired."""
    text = second_server(lambda bench: setattr(bench.host("s2"), "clock_offset_s", 3600 * 24 * 800), said="x509")
    assert " is after " in text


def test_no_default_route():
    """Without a default route and without node-ip there is no address to select."""

    async def act(bench):
        bench.configure("s1")
        await bench.install("s1", env="INSTALL_K3S_SKIP_START=true")
        bench.host("s1").routes.clear()
        answer = await bench.sh("s1", "systemctl start k3s")
        return answer.code, bench.journal("s1")

    code, text = on_bench(act)
    assert 1 == code
    assert 'level=fatal msg="unable to select an IP from default routes."' in text


def test_full_disk():
    """With /var/lib full K3s cannot unpack itself."""

    def prepare(bench):
        disk = bench.host("s1").disks["/var/lib"]
        disk.used_kb = disk.size_kb

    assert "no space left on device" in lone_server(prepare, said="level=fatal")


def test_missing_memory_cgroup():
    """A kernel without the memory controller ends K3s with the Raspberry Pi's well-known line."""
    path = "/sys/fs/cgroup/cgroup.controllers"

    def prepare(bench):
        bench.host("s1").files.remove(path)
        bench.write("s1", path, "cpuset cpu io pids\n", 0o444)

    assert 'level=fatal msg="failed to find memory cgroup, you may need to add' in lone_server(prepare, said="fatal")


@pytest.mark.parametrize(("port", "text"), [(6443, "listen tcp :6443"), (2380, "listen tcp 10.20.0.11:2380")])
def test_port_in_use(port, text):
    """A port that another program has is named in the fatal line."""
    prepare = lambda bench: bench.host("s1").listen("tcp", port, process="other", pid=99)  # noqa: E731
    assert f"{text}: bind: address already in use" in lone_server(prepare, said="level=fatal")


def test_foreign_kubelet():
    """A kubelet of another distribution on the host is found by its port."""
    prepare = lambda bench: bench.host("s1").listen("tcp", 10250, process="kubelet", pid=99)  # noqa: E731
    text = lone_server(prepare, said="level=fatal")
    assert "kubelet exited: listen tcp 0.0.0.0:10250: bind: address already in use" in text


def test_data_of_an_older_cluster():
    """A host with an older cluster's database and another token cannot read it."""

    async def act(bench):
        await bench.up("s1")
        await bench.sh("s1", "systemctl stop k3s")
        bench.configure("s1", token="a-new-token-1")
        await bench.sh("s1", "systemctl start k3s")
        return bench.journal("s1")

    assert "bootstrap data already found and encrypted with different token" in on_bench(act)


def test_agent_newer_than_its_server():
    """An agent of a newer minor version is not admitted as a node."""

    async def act(bench):
        await bench.up("s1")
        bench.configure("a1", server="10.20.0.11")
        bench.host("a1").files.write("/usr/local/bin/k3s", releases.binary("v1.32.4+k3s1"), 0o755)
        task = bench.world.spawn(bench.install("a1", env="INSTALL_K3S_SKIP_DOWNLOAD=true"))
        await bench.said("a1", "forbidden")
        task.cancel()
        return bench.cluster.store.find("nodes", "a1")

    assert on_bench(act) is None


def test_learners_come_one_at_a_time():
    """While one server is still a learner the next one waits, and then joins."""

    async def act(bench):
        await bench.up("s1")
        for name in ("s2", "s3"):
            bench.configure(name, server="10.20.0.11")
        tasks = [bench.world.spawn(bench.install(name)) for name in ("s2", "s3")]
        await bench.until(lambda: all(task.done() for task in tasks))
        await bench.until(lambda: bench.voter("s2") and bench.voter("s3"))
        return bench.journal("s2") + bench.journal("s3")

    text = on_bench(act)
    waiting = "Waiting for other members to finish joining etcd cluster: "
    assert f"{waiting}etcdserver: too many learner members in cluster" in text


def test_join_waits_for_an_unhealthy_cluster():
    """A third server does not join while the second is down: etcd calls the cluster unhealthy."""
    prepare = lambda bench: bench.host("s2").power_off()  # noqa: E731

    async def act(bench):
        await bench.up("s1", "s2", "s3")
        prepare(bench)
        bench.configure("s4", server="10.20.0.11")
        task = bench.world.spawn(bench.install("s4"))
        await bench.said("s4", "unhealthy")
        task.cancel()
        return bench.journal("s4")

    assert "etcdserver: unhealthy cluster" in on_bench(act, servers=4)


def test_broken_configuration():
    """A configuration file that is no YAML ends K3s with the file's name."""
    prepare = lambda bench: bench.write("s1", DROP_IN, "token: [a\n")  # noqa: E731
    assert f"failed to load config file {DROP_IN}: yaml: line" in lone_server(prepare, said="level=fatal")
