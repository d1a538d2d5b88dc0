"""What K3s finds out about its host before it starts."""

import pytest

from edgebook.lab.k3s import hostcheck
from edgebook.lab.k3s.hostcheck import Fatal
from edgebook.lab.k3s.settings import Settings
from tests.lab.k3s_bench import on_bench

CGROUPS = "#subsys_name hierarchy num_cgroups enabled\ncpuset 1 1 1\nmemory 0 1 {}\n"


def on_host(act):
    """Do something with one fresh host."""

    async def run(bench):
        return act(bench.host("s1"))

    return on_bench(run, servers=1, agents=0)


def refused(act):
    """Return the fatal message of something done with a fresh host."""
    with pytest.raises(Fatal) as caught:
        on_host(act)
    return str(caught.value)


def test_address_beside_the_default_route():
    """Without node-ip the address on the default route's interface is taken."""
    assert "10.20.0.11" == on_host(lambda host: hostcheck.node_address(host, Settings("server")))


@pytest.mark.parametrize(
    ("ip", "said"), [("10.9.9.9", "not found in the host's network interfaces"), ("ten", "invalid ip format 'ten'")]
)
def test_wrong_node_ip(ip, said):
    """A node-ip that is none, or is not the host's, is refused."""
    assert said in refused(lambda host: hostcheck.node_address(host, Settings("server", {"node-ip": ip})))


@pytest.mark.parametrize("enabled", [0, 1])
def test_first_version_of_cgroups(enabled):
    """On cgroup v1 the last column of /proc/cgroups decides."""

    def act(host):
        host.files.remove(hostcheck.CONTROLLERS)
        if host.files.exists("/proc/cgroups"):
            host.files.remove("/proc/cgroups")
        host.files.write("/proc/cgroups", CGROUPS.format(enabled))
        hostcheck.check_cgroups(host)
        return True

    if enabled:
        assert on_host(act)
    else:
        assert "failed to find memory cgroup" in refused(act)


def test_node_name_is_lower_case():
    """A node's name is the hostname in lower case, or what the configuration says."""
    assert "s1" == on_host(lambda host: hostcheck.node_name(host, Settings("agent")))
    assert "north" == on_host(lambda host: hostcheck.node_name(host, Settings("agent", {"node-name": "North"})))


def test_machine_describes_the_host():
    """Processors, memory and architecture are the host's own."""
    found = on_host(lambda host: hostcheck.machine(host, Settings("agent", {"node-label": ["a=b"]}), "v1.31.9+k3s1"))
    assert ("amd64", 4, ("a=b",)) == (found.arch, found.cpus, found.labels)
