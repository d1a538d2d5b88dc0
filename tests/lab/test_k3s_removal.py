"""Removing K3s from a host."""

from tests.lab.k3s_bench import on_bench

DATA = "/var/lib/rancher/k3s"


def test_uninstall_leaves_only_the_node_password():
    """The uninstall script removes program, unit, data and configuration, and leaves the node's password."""

    async def act(bench):
        await bench.up("s1")
        code = (await bench.sh("s1", "/usr/local/bin/k3s-uninstall.sh")).code
        files = bench.host("s1").files
        gone = (
            "/usr/local/bin/k3s",
            "/usr/local/bin/kubectl",
            "/etc/systemd/system/k3s.service",
            DATA,
            "/etc/rancher/k3s",
        )
        left = files.listdir("/usr/local/bin")
        return code, [path for path in gone if files.exists(path, follow=False)], left, files.exists(PASSWORD)

    assert (0, [], [], True) == on_bench(act)


PASSWORD = "/etc/rancher/node/password"


def test_agent_uninstalls_with_its_own_script():
    """An agent has k3s-agent-uninstall.sh; it closes the agent's ports."""

    async def act(bench):
        await bench.up("s1", "a1")
        code = (await bench.sh("a1", "k3s-agent-uninstall.sh")).code
        return code, ("tcp", 10250) in bench.host("a1").listeners

    assert (0, False) == on_bench(act)


def test_killall_keeps_the_data():
    """k3s-killall.sh stops the unit and keeps the data."""

    async def act(bench):
        await bench.up("s1")
        code = (await bench.sh("s1", "k3s-killall.sh")).code
        host = bench.host("s1")
        return code, host.units.is_active("k3s"), host.files.exists(f"{DATA}/server/token")

    assert (0, "inactive", True) == on_bench(act)


def test_reinstalled_host_keeps_its_identity():
    """A host that was uninstalled and is installed again may take its old node name: the password is the same."""

    async def act(bench):
        await bench.up("s1", "a1")
        await bench.sh("a1", "k3s-agent-uninstall.sh")
        bench.configure("a1", server="10.20.0.11")
        code = (await bench.install("a1")).code
        await bench.until(lambda: bench.ready("a1"))
        return code

    assert 0 == on_bench(act)


def test_uninstalled_server_cannot_rejoin_before_its_node_is_deleted():
    """A server that was uninstalled but not deleted still has a member of its name, which etcd refuses to double."""

    async def act(bench):
        await bench.up("s1", "s2", "s3")
        await bench.sh("s3", "k3s-uninstall.sh")
        bench.configure("s3", server="10.20.0.11")
        refused = (await bench.install("s3")).code
        await bench.sh("s1", "kubectl delete node s3")
        assert 2 == len(bench.cluster.members.members)
        await bench.until(lambda: "s3" in [member.node for member in bench.cluster.members.voters])
        return refused, bench.journal("s3")

    code, text = on_bench(act)
    assert 0 != code
    assert "duplicate node name found" in text


def test_user_without_sudo_may_not_uninstall():
    """A user whose sudo is refused gets no further than sudo."""

    async def act(bench):
        await bench.up("s1")
        bench.host("s1").sudo = "refused"
        answer = await bench.sh("s1", "k3s-uninstall.sh", user="edge")
        return answer.code, bench.host("s1").units.is_active("k3s")

    assert (1, "active") == on_bench(act)


def test_a_running_node_has_k3s_s_interfaces_chains_and_kernel_parameters():
    """Flannel's interfaces, kube-proxy's chains and the kubelet's parameters are there, and the folders of logs."""

    async def act(bench):
        await bench.up("s1")
        host = bench.host("s1")
        folders = [path for path in ("/var/log/pods", "/var/log/containers") if host.files.is_folder(path)]
        return {one.interface for one in host.addresses}, "KUBE-FORWARD" in host.chains, sysctl(host), len(folders)

    assert ({"lo", "eth0", "cni0", "flannel.1"}, True, "1", 2) == on_bench(act)


def test_killall_takes_the_network_back_and_rules_that_only_name_flannel():
    """Like the real script it filters by words, so a rule of somebody's own is lost; parameters stay as they are."""

    async def act(bench):
        host = bench.host("s1")
        for words in ("-p udp --dport 8472 -m comment --comment flannel", "-p tcp --dport 22"):
            await bench.sh("s1", f"iptables -A INPUT {words} -j ACCEPT")
        await bench.up("s1")
        await bench.sh("s1", "k3s-killall.sh")
        return {one.interface for one in host.addresses}, [rule.port for rule in host.firewall], sysctl(host)

    assert ({"lo", "eth0"}, [22], "1") == on_bench(act)


def sysctl(host):
    """Return one of the parameters that K3s sets."""
    return host.files.text("/proc/sys/vm/overcommit_memory").strip()
