"""The imports: a site.yaml made from an Ansible inventory, or from a k3sup plan."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgebook.errors import SiteInvalid, SiteNotFound
from edgebook.site import from_ansible, from_k3sup, load
from edgebook.site.inventory import expand

FUZZ = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])

INVENTORY = """\
---
k3s_cluster:
  children:
    server:
      hosts:
        192.16.35.11:
        192.16.35.12:
        big_BOX: {ansible_host: 192.16.35.13, ansible_port: 2222}
    agent:
      hosts:
        node[01:02].example.com:
          ansible_user: pi
  vars:
    ansible_port: 22
    ansible_user: debian
    ansible_ssh_private_key_file: ~/.ssh/id_site
    k3s_version: v1.31.12+k3s1
    token: "correct horse battery"
    extra_server_args: "--node-label secret-in-args"
    api_endpoint: "{{ hostvars[groups['server'][0]]['ansible_host'] | default(groups['server'][0]) }}"
"""

INI = """\
# an older layout
[master]
s1 ansible_host=10.0.0.1 ansible_password='hunter2 hunter2'

[node]
a1 ansible_host=10.0.0.2 ansible_user=pi
a2 ansible_host=10.0.0.3 ansible_user=deb ansible_port=2222

[k3s_cluster:children]
master
node

[k3s_cluster:vars]
ansible_user=deb
api_endpoint=10.0.0.1
k3s_version=v1.31.0+k3s1
token = hunter2hunter2
ansible_become_password=hunter3hunter3
"""


@pytest.fixture
def load_text(tmp_path):
    """Load a text as a site.yaml."""

    def load_text(text):
        (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
        return load(tmp_path / "site.yaml")

    return load_text


@pytest.fixture
def inventory(tmp_path):
    """Write an inventory and return its path."""

    def inventory(text, name="inventory.yml"):
        (tmp_path / "Plant_9").mkdir(exist_ok=True)
        (tmp_path / "Plant_9" / name).write_text(text, encoding="utf-8")
        return tmp_path / "Plant_9" / name

    return inventory


def test_a_yaml_inventory_becomes_a_valid_site(inventory, load_text):
    """Hosts, roles, users, ports, key and version are taken over."""
    site = load_text(from_ansible(inventory(INVENTORY)))
    assert "plant-9" == site.name
    assert "v1.31.12+k3s1" == site.k3s.version
    assert ["192.16.35.11", "192.16.35.12", "192.16.35.13"] == [host.address for host in site.servers]
    assert ["node01.example.com", "node02.example.com"] == [host.name for host in site.agents]


def test_what_differs_stands_at_the_host(inventory, load_text):
    """Most hosts' user and port are the site's; the others say their own."""
    site = load_text(from_ansible(inventory(INVENTORY)))
    assert [("debian", 22), ("debian", 22), ("debian", 2222), ("pi", 22), ("pi", 22)] == [
        (site.target(host.name).user, site.target(host.name).port) for host in site.hosts
    ]


def test_a_host_named_by_its_address_gets_a_name(inventory, load_text):
    """A node needs a name that DNS would take; the comment names the old one."""
    text = from_ansible(inventory(INVENTORY))
    assert ["server-1", "server-2", "big-box"] == [host.name for host in load_text(text).servers]
    assert "# big_BOX in the inventory; the host's own name must be the same as here" in text


def test_a_token_is_not_copied(inventory, load_text):
    """The token becomes a reference, and a comment says so."""
    text = from_ansible(inventory(INVENTORY))
    assert "correct horse" not in text
    assert "The token's value was not copied" in text
    assert "file:secrets/k3s-token" == load_text(text).k3s.token.reference


def test_a_registration_that_dies_with_a_server_is_replaced(inventory, load_text):
    """Where everything joined at one of three servers, the address is one that has to be filled in."""
    text = from_ansible(inventory(INVENTORY))
    assert "could not join while that server was down" in text
    assert ("k3s.plant-9.invalid", "dns") == tuple(
        getattr(load_text(text).k3s.registration, key) for key in ("address", "by")
    )


@pytest.mark.parametrize(
    ("endpoint", "by"), [("192.16.35.10", "external"), ("k3s.example.com", "dns")], ids=["address", "name"]
)
def test_an_endpoint_of_its_own_is_the_registration_address(inventory, load_text, endpoint, by):
    """An api_endpoint that is no server's is kept."""
    lines = [line for line in INVENTORY.splitlines() if "api_endpoint" not in line]
    site = load_text(from_ansible(inventory("\n".join([*lines, f"    api_endpoint: {endpoint}"]))))
    assert (endpoint, by) == (site.k3s.registration.address, site.k3s.registration.by)


def test_what_has_no_counterpart_is_named(inventory):
    """A comment names the variables that were left, and not their values."""
    text = from_ansible(inventory(INVENTORY))
    assert "# Not taken over: extra_server_args;" in text
    assert "secret-in-args" not in text


def test_an_ini_inventory_becomes_a_valid_site(inventory, load_text):
    """The older groups master and node, and key=value variables, are read."""
    site = load_text(from_ansible(inventory(INI, "hosts.ini")))
    assert [("s1", "10.0.0.1")] == [(host.name, host.address) for host in site.servers]
    assert ["pi", "deb"] == [site.target(host.name).user for host in site.agents]
    assert 2222 == site.target("a2").port
    assert ("10.0.0.1", "server") == (site.k3s.registration.address, site.k3s.registration.by)


def test_passwords_become_prompts(inventory, load_text):
    """SSH and sudo passwords are asked for; their values are nowhere in the text."""
    text = from_ansible(inventory(INI, "hosts.ini"))
    site = load_text(text)
    assert "hunter" not in text
    assert "prompt:SSH password" == site.ssh.password.reference
    assert ("password", "prompt:sudo password") == (site.ssh.sudo, site.ssh.sudo_password.reference)


def test_a_refused_version_is_replaced_and_said(inventory, load_text):
    """A version that edgebook refuses does not come along."""
    text = from_ansible(inventory(INI, "hosts.ini"))
    assert "v1.31.9+k3s1" == load_text(text).k3s.version
    assert "k3s_version was replaced by v1.31.9+k3s1" in text


def test_what_remains_to_do_stands_at_the_top(inventory):
    """An inventory of two servers is imported, and the text says what `check` will refuse."""
    text = from_ansible(inventory("server: {hosts: {s1: , s2: }, vars: {ansible_user: joe}}"))
    assert "# TO DO: hosts: has 2 servers" in text


def test_a_vaulted_token_is_passed_over(inventory, load_text):
    """Tags of Ansible's own are no mistake of the import."""
    text = INVENTORY.replace('"correct horse battery"', "!vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      3132")
    assert "VAULT" not in from_ansible(inventory(text))


def test_an_airgap_folder_becomes_a_bundle(inventory, load_text):
    """airgap_dir is the bundle's folder."""
    site = load_text(from_ansible(inventory(INVENTORY + "    airgap_dir: ./airgap files\n")))
    assert ("bundle", "./airgap files") == (site.source.kind, site.source.path)


def test_groups_of_another_name_are_followed(inventory, load_text):
    """server_group and agent_group name the groups."""
    text = """\
heads: {hosts: {h1: {ansible_host: 10.0.0.1}}}
hands: {hosts: {h2: {ansible_host: 10.0.0.2}}}
all: {vars: {server_group: heads, agent_group: hands, ansible_user: joe}}
"""
    site = load_text(from_ansible(inventory(text)))
    assert (["h1"], ["h2"]) == ([host.name for host in site.servers], [host.name for host in site.agents])


@pytest.mark.parametrize(
    ("host", "hosts"),
    [
        ("a", ["a"]),
        ("a[1:3]", ["a1", "a2", "a3"]),
        ("a[08:10].x", ["a08.x", "a09.x", "a10.x"]),
        ("10.0.0.[1:5:2]", ["10.0.0.1", "10.0.0.3", "10.0.0.5"]),
        ("a[3:1]", []),
    ],
)
def test_ranges_are_written_out(host, hosts):
    """Numbers keep their width and step."""
    assert hosts == expand(host)


def test_a_missing_inventory_is_not_found(tmp_path):
    """A path that leads nowhere is said so."""
    with pytest.raises(SiteNotFound, match="no such inventory"):
        from_ansible(tmp_path / "none.yml")


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [("i.yml", "a: [", 1), ("i.yml", "- a\n", 1), ("i.ini", "[a]\nb c='\n", 2)],
    ids=["YAML", "list", "quote"],
)
def test_a_broken_inventory_is_told_with_its_line(inventory, name, text, line):
    """What is no inventory is refused where it breaks."""
    with pytest.raises(SiteInvalid) as error:
        from_ansible(inventory(text, name))
    assert line == error.value.problems[0].line


PLAN = [{"hostname": f"node-{number}", "ip": f"192.168.129.{130 + number}"} for number in range(1, 6)]


@pytest.fixture
def plan(tmp_path):
    """Write a k3sup plan and return its path."""

    def plan(hosts, name="devices.json"):
        (tmp_path / name).write_text(hosts if isinstance(hosts, str) else json.dumps(hosts))
        return tmp_path / name

    return plan


def test_a_k3sup_plan_becomes_a_valid_site(plan, load_text):
    """The first three are servers, the others agents."""
    site = load_text(from_k3sup(plan(PLAN)))
    assert ["node-1", "node-2", "node-3"] == [host.name for host in site.servers]
    assert ["192.168.129.134", "192.168.129.135"] == [host.address for host in site.agents]
    assert ("root", "root") == (site.ssh.user, site.ssh.sudo)


def test_a_plans_options_are_taken(plan, load_text):
    """servers, user and tls_san are k3sup's own options."""
    site = load_text(from_k3sup(plan(PLAN), servers=1, user="ubuntu", tls_san="192.168.129.100,k3s.lan"))
    assert (1, "ubuntu", "nopasswd") == (len(site.servers), site.ssh.user, site.ssh.sudo)
    assert ("192.168.129.100", "external") == (site.k3s.registration.address, site.k3s.registration.by)


def test_an_even_number_of_servers_is_lowered_and_said(plan, load_text):
    """Two hosts give one server, and a comment."""
    text = from_k3sup(plan(PLAN[:2]))
    assert (1, 1) == (len(load_text(text).servers), len(load_text(text).agents))
    assert "etcd wants an odd number, so that 1 are" in text


def test_names_that_repeat_or_do_not_fit_are_replaced(plan, load_text):
    """Every host ends up with a name of its own."""
    hosts = [{"hostname": name, "ip": f"10.0.0.{at}"} for at, name in enumerate(["a", "a", "10.0.0.9", "É!"], 1)]
    assert ["a", "server-2", "server-3", "agent-4"] == [host.name for host in load_text(from_k3sup(plan(hosts))).hosts]


@pytest.mark.parametrize(
    ("text", "where"),
    [("[", "JSON"), ("[]", "plan"), ("{}", "plan"), ('[{"hostname": "a"}]', "[0]"), ("[" * 100_000, "JSON")],
    ids=["broken", "empty", "block", "no ip", "deep"],
)
def test_a_broken_plan_is_refused(plan, text, where):
    """What is no list of hosts is told so."""
    with pytest.raises(SiteInvalid) as error:
        from_k3sup(plan(text))
    assert [where] == [problem.where for problem in error.value.problems]


def test_a_missing_plan_is_not_found(tmp_path):
    """A path that leads nowhere is said so."""
    with pytest.raises(SiteNotFound):
        from_k3sup(tmp_path / "none.json")


@FUZZ
@given(st.text(alphabet="ab:-[]{}&*!'\"\t\n =#;{{}}12.", max_size=150), st.sampled_from(["i.yml", "i.ini", "hosts"]))
def test_no_inventory_is_a_traceback(tmp_path, text, name):
    """Any text is imported or refused."""
    (tmp_path / name).write_text(text)
    try:
        assert "schema: 1" in from_ansible(tmp_path / name)
    except SiteInvalid as error:
        assert error.problems  # noqa: PT017 -- either answer is right; this one must have its reasons


@FUZZ
@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=6))
def test_no_plan_is_a_traceback(tmp_path, hosts):
    """Any names and addresses are imported, as YAML that can be read back."""
    path = tmp_path / "plan.json"
    path.write_text(json.dumps([{"hostname": name or "x", "ip": address or "y"} for name, address in hosts]))
    text = from_k3sup(path)
    (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
    try:
        load(tmp_path)
    except SiteInvalid as error:
        assert "# TO DO: " in text
        assert "YAML" not in {problem.where for problem in error.problems}  # noqa: PT017
