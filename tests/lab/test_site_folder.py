"""The practice site's folder is one that a person could have written."""

import stat

import pytest
import yaml

from edgebook.lab import site
from edgebook.lab.world import WorldSpec


def access(spec):
    """Make up ports and keys for the hosts of a spec."""
    names = [host.name for host in spec.hosts()]
    keys = {name: f"ssh-ed25519 AAAA{name}" for name in names}
    return site.Access({name: 2200 + number for number, name in enumerate(names)}, keys, 16443, b"private\n")


def description(fixed_clock=False, **spec):
    """Read back the site.yaml of a spec."""
    spec = WorldSpec(**spec)
    return yaml.safe_load(site.site_yaml(spec, access(spec), fixed_clock=fixed_clock))


def test_folder_has_what_a_site_hands_over(tmp_path):
    """There are the description, the host keys, the private key, and a folder for secrets."""
    spec = WorldSpec()
    site.write(tmp_path / "site", spec, access(spec))
    assert ["id_ed25519", "known_hosts", "secrets", "site.yaml"] == sorted(
        path.name for path in (tmp_path / "site").iterdir()
    )


@pytest.mark.parametrize(("name", "mode"), [("id_ed25519", 0o600), ("secrets", 0o700)])
def test_secrets_are_private(tmp_path, name, mode):
    """Only the owner reads the key and the secrets."""
    spec = WorldSpec()
    site.write(tmp_path, spec, access(spec))
    assert mode == stat.S_IMODE((tmp_path / name).stat().st_mode)


def test_description_says_where_the_hosts_are():
    """Each host is reached on this computer and has its address inside the site."""
    hosts = description()["hosts"]
    assert {"name": "s2", "role": "server", "address": "127.0.0.1", "port": 2201, "node_ip": "10.20.0.12"} == hosts[1]


def test_practice_site_is_open():
    """Runs apply on it unless told otherwise."""
    assert ("lab", "open", 1) == tuple(description()[key] for key in ("name", "protection", "schema"))


def test_registration_is_kept_by_keepalived():
    """Several servers share a virtual address."""
    wanted = {"address": "10.20.0.10", "by": "keepalived", "interface": "eth0", "prefix": 24, "router_id": 51}
    assert wanted == description()["k3s"]["registration"]


def test_single_server_is_its_own_registration_address():
    """One server needs no virtual address."""
    assert {"address": "10.20.0.11", "by": "server"} == description(servers=1)["k3s"]["registration"]


def test_operator_goes_through_the_forward():
    """The API is reached over the forwarded port on this computer."""
    assert "https://127.0.0.1:16443" == description()["k3s"]["operator_url"]


def test_tokens_are_references():
    """The description holds no secret."""
    k3s = description()["k3s"]
    assert ("file:secrets/k3s-token", "file:secrets/k3s-agent-token") == (k3s["token"], k3s["agent_token"])


def test_clock_is_fixed_only_when_asked_for():
    """fixed_clock stands in the file of a reproducible site only."""
    assert ("fixed_clock" in description(), "fixed_clock" in description(fixed_clock=True)) == (False, True)


def test_large_site_has_a_wide_network():
    """A hundred edge hosts do not fit into a /24."""
    assert 16 == description(edges=100)["k3s"]["registration"]["prefix"]


def test_known_hosts_is_in_openssh_form(tmp_path):
    """Each line has address and port, type and key."""
    spec = WorldSpec(servers=1, agents=0, edges=0)
    assert "[127.0.0.1]:2200 ssh-ed25519 AAAAs1\n" == site.known_hosts(access(spec))


def test_writing_again_removes_what_runs_made(tmp_path):
    """The folder is put back into its first state; a person's own files stay."""
    spec = WorldSpec()
    site.write(tmp_path, spec, access(spec))
    for name in ("kubeconfig", "secrets/k3s-token", "notes.txt"):
        (tmp_path / name).write_text("x")
    site.write(tmp_path, spec, access(spec))
    assert (False, False, True) == tuple(
        (tmp_path / name).exists() for name in ("kubeconfig", "secrets/k3s-token", "notes.txt")
    )
