"""The files K3s and keepalived are configured with."""

import pytest
import yaml

from edgebook.k3s import config, tables
from edgebook.site import load


def read(text):
    """Read a rendered file back."""
    return yaml.safe_load(text)


def test_servers_differ_only_in_how_they_begin_and_in_their_node(make_site):
    """All servers have the same configuration but for cluster-init, server and node-ip."""
    site = make_site()
    own = ("cluster-init", "server", "node-ip")
    shared = [
        {k: v for k, v in read(config.server_config(site, host)).items() if k not in own} for host in site.servers
    ]
    assert shared[0] == shared[1] == shared[2]


def test_first_server_begins_the_cluster_and_the_others_join_through_the_registration_address(make_site):
    """Only the first has cluster-init; the others name the registration address, never a server's own."""
    first, second, third = (read(config.server_config(make_site(), host)) for host in make_site().servers)
    assert (True, None) == (first.get("cluster-init"), first.get("server"))
    assert (None, "https://10.20.0.10:6443") == (second.get("cluster-init"), second["server"])
    assert second["server"] == third["server"]


def test_single_server_keeps_its_light_datastore(make_site):
    """A site of one server gets neither cluster-init nor server."""
    site = make_site(servers=1, by="server")
    assert not {"cluster-init", "server"} & set(read(config.server_config(site, site.servers[0])))


def test_registration_address_and_every_server_are_in_the_certificate(make_site):
    """The registration address, the site's own names and all servers are in tls-san, each once."""
    site = make_site(k3s="tls_san: [k3s.example.com, 10.20.0.11]")
    wanted = ["10.20.0.10", "k3s.example.com", "10.20.0.11", "10.20.0.12", "10.20.0.13"]
    assert wanted == read(config.server_config(site, site.servers[0]))["tls-san"]


@pytest.mark.parametrize("role", ["servers", "agents"])
def test_no_token_is_written_into_a_configuration(make_site, role):
    """Tokens are named by file, so a configuration can be shown."""
    site = make_site()
    render = config.server_config if role == "servers" else config.agent_config
    keys = read(render(site, getattr(site, role)[0]))
    assert not {"token", "agent-token"} & set(keys)
    assert keys["token-file"].startswith("/etc/rancher/k3s/")


def test_agents_hold_only_the_agents_token(make_site):
    """An agent is pointed at the agents' token, so that a stolen disk opens no server."""
    site = make_site()
    assert tables.AGENT_TOKEN == read(config.agent_config(site, site.agents[0]))["token-file"]


@pytest.mark.parametrize("profile", sorted(tables.PROFILES))
def test_every_profile_names_all_eviction_signals(make_site, profile):
    """eviction-hard names memory, both file systems and inodes, for naming one drops the others."""
    site = make_site(k3s=f"profile: {profile}")
    hard = next(
        arg for arg in read(config.server_config(site, site.servers[0]))["kubelet-arg"] if "eviction-hard" in arg
    )
    assert all(
        signal in hard for signal in ("memory.available", "nodefs.available", "imagefs.available", "nodefs.inodesFree")
    )


def test_lists_of_the_site_are_added_to_ours(make_site):
    """A kubelet-arg of server_config joins ours, because a later list would replace it in K3s."""
    site = make_site(k3s="server_config: {kubelet-arg: [max-pods=60], snapshotter: native}")
    keys = read(config.server_config(site, site.servers[0]))
    assert [*tables.PROFILES["standard"], "max-pods=60"] == keys["kubelet-arg"]
    assert keys["snapshotter"] == "native"


def test_labels_and_taints_travel_with_the_join(make_site, tmp_path):
    """A host's labels and taints are in its own configuration."""
    make_site()
    text = (
        (tmp_path / "site.yaml")
        .read_text()
        .replace("address: 10.20.0.21}", 'address: 10.20.0.21, labels: {line: "7"}, taints: ["gpu=yes:NoSchedule"]}')
    )
    (tmp_path / "site.yaml").write_text(text)
    site = load(tmp_path)
    keys = read(config.agent_config(site, site.agents[0]))
    assert (["line=7"], ["gpu=yes:NoSchedule"]) == (keys["node-label"], keys["node-taint"])


def test_keepalived_gives_way_when_the_api_does_not_answer(make_site):
    """The check's weight is larger than any difference of priorities, so a dead API always loses the address."""
    site = make_site(servers=5)
    files = [config.keepalived_config(site, host) for host in site.servers]
    priorities = [int(file.split("  priority ")[1].split()[0]) for file in files]
    weight = int(files[0].split("weight ")[1].split()[0])
    assert sorted(priorities, reverse=True) == priorities
    assert len(set(priorities)) == 5
    assert -weight > max(priorities) - min(priorities)


def test_keepalived_names_its_peers_and_not_itself(make_site):
    """Each server speaks unicast to the others."""
    site = make_site()
    peers = config.keepalived_config(site, site.servers[1]).split("unicast_peer {")[1].split("}")[0].split()
    assert ["10.20.0.11", "10.20.0.13"] == peers


def test_a_proxy_never_stands_between_nodes(make_site):
    """NO_PROXY holds loopback, private networks, cluster networks and the site's own entries."""
    site = make_site(
        more="proxy: {http: 'http://proxy.example.com:3128', no_proxy: [10.20.0.0/24, 10.42.0.0/16, 10.43.0.0/16, 127.0.0.0/8, .svc, .cluster.local]}"
    )
    around = config.installer_environment(site)["NO_PROXY"].split(",")
    assert {"127.0.0.0/8", "10.42.0.0/16", "10.43.0.0/16", ".svc", ".cluster.local", "10.20.0.0/24"} <= set(around)


def test_tokens_are_long_and_never_the_same():
    """A fresh token has 256 random bits."""
    first, second = config.new_token(), config.new_token()
    assert (64, True) == (len(first), first != second)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: [", "plain"])
def test_a_foreign_file_that_is_no_mapping_counts_as_empty(text):
    """Whatever lies at config.yaml, reading it does not fail."""
    assert {} == config.settings(text)
