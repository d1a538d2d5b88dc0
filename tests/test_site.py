"""The site: found, loaded, resolved, and fuzzed."""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import edgebook.site
from edgebook.errors import SiteInvalid, SiteNotFound
from edgebook.site import check, find, json_schema, load

EXAMPLE = Path(__file__).parent.parent / "parameters" / "example" / "site.yaml"
FUZZ = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])

MINIMAL = """\
schema: 1
name: small
ssh: {user: root, key: id, sudo: root}
hosts:
  - {name: s1, role: server, address: 192.168.1.11}
k3s:
  version: v1.31.9+k3s1
  registration: {address: 192.168.1.11, by: server}
"""


@pytest.fixture
def write(tmp_path):
    """Write a site.yaml and return its path."""

    def write(text, name="site"):
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "site.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder / "site.yaml"

    return write


# --- loading ---------------------------------------------------------------------------------------------------------


def test_every_public_name_can_be_imported():
    """What `__all__` lists is there, and is sorted."""
    assert sorted(edgebook.site.__all__) == edgebook.site.__all__
    assert [] == [name for name in edgebook.site.__all__ if not hasattr(edgebook.site, name)]


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    """The lazy package answers as any module does."""
    with pytest.raises(AttributeError, match="no attribute 'sight'"):
        _ = edgebook.site.sight


def test_the_example_is_valid_but_for_files_that_are_not_there():
    """The template passes `check` once a key and the hosts' keys lie beside it."""
    assert ["ssh.key", "ssh.known_hosts"] == [problem.where for problem in check(EXAMPLE)]
    assert ("s1", "s2", "s3") == tuple(host.name for host in load(EXAMPLE).servers)


def test_the_example_names_no_secret():
    """The template holds references only."""
    site = load(EXAMPLE)
    assert "prompt:sudo password" == site.ssh.sudo_password.reference
    assert EXAMPLE.parent / "secrets/k3s-token" == site.k3s.token.path


def test_a_minimal_site_gets_the_defaults(write):
    """What the file does not say has the contract's defaults."""
    site = load(write(MINIMAL))
    assert ("guarded", "standard", "online") == (site.protection, site.k3s.profile, site.source.kind)
    assert ("10.42.0.0/16", "10.43.0.0/16") == (site.k3s.cluster_cidr, site.k3s.service_cidr)
    assert "file:secrets/k3s-token" == site.k3s.token.reference
    assert ("small", "https://192.168.1.11:6443") == (site.context, site.api_url)


def test_a_host_is_named_after_itself_and_its_address(write):
    """node_name and node_ip come from name and address where they are not given."""
    host = load(write(MINIMAL)).host("s1")
    assert ("s1", "192.168.1.11") == (host.node_name, host.node_ip)


def test_a_host_behind_a_name_has_no_node_ip(write):
    """A DNS name is no node IP."""
    text = MINIMAL.replace("address: 192.168.1.11}", "address: s1.example.com}").replace(
        "192.168.1.11", "s1.example.com"
    )
    assert not load(write(text)).host("s1").node_ip


def test_the_operator_url_replaces_the_registration_address(write):
    """Where a port forward stands between, the API is reached through it."""
    text = MINIMAL.replace("k3s:\n", "k3s:\n  operator_url: https://127.0.0.1:16443\n  context: other\n")
    site = load(write(text))
    assert ("https://127.0.0.1:16443", "other") == (site.api_url, site.context)


def test_an_ipv6_address_is_put_in_brackets(write):
    """An API address of IPv6 is a valid URL."""
    text = MINIMAL.replace("192.168.1.11", '"fd00::11"')
    assert "https://[fd00::11]:6443" == load(write(text)).api_url


def test_hosts_are_sorted_by_role_and_presence(write):
    """Absent hosts are in `absent` alone."""
    text = MINIMAL.replace(
        "k3s:\n",
        "  - {name: a1, role: agent, address: 192.168.1.21}\n"
        "  - {name: a2, role: agent, address: 192.168.1.22, state: absent}\n"
        "  - {name: e1, role: edge, address: 192.168.1.31}\nk3s:\n",
    )
    site = load(write(text))
    assert ["a1"] == [host.name for host in site.agents]
    assert ["e1"] == [host.name for host in site.edges]
    assert ["a2"] == [host.name for host in site.absent]


def test_a_host_that_is_not_there_is_a_key_error(write):
    """The error names the hosts the site has."""
    with pytest.raises(KeyError, match="it has s1"):
        load(write(MINIMAL)).host("s2")


def test_a_site_cannot_be_changed(write):
    """Sites are frozen."""
    site = load(write(MINIMAL))
    with pytest.raises(ValueError, match="frozen"):
        site.name = "other"


def test_a_repr_shows_what_the_file_says_and_no_more(write):
    """Defaults, and blocks that may hold anything, are not shown."""
    text = MINIMAL.replace("k3s:\n", "k3s:\n  server_config: {debug: true}\n")
    shown = repr(load(write(text)))
    assert "known_hosts" not in shown
    assert "debug" not in shown


def test_a_fixed_clock_is_in_utc(write):
    """Times of any zone become UTC."""
    site = load(write(MINIMAL + "fixed_clock: 2026-01-15T10:00:00+02:00\n"))
    assert datetime(2026, 1, 15, 8, tzinfo=UTC) == site.fixed_clock
    assert UTC == site.fixed_clock.tzinfo


def test_a_byte_order_mark_is_passed_over(write):
    """Files saved by Windows editors load."""
    assert "small" == load(write(b"\xef\xbb\xbf" + MINIMAL.encode())).name


def test_check_of_a_sound_site_is_empty(write):
    """No mistake, and every named file there."""
    path = write(MINIMAL)
    (path.parent / "id").touch()
    assert [] == check(path)


def test_check_tells_each_missing_file_with_its_line(write):
    """Keys, ssh_config, secrets' files, known_hosts, the bundle and its signers are looked for."""
    ssh = "ssh: {user: root, sudo: root, key: [id, id2], config: cfg, known_hosts: kh, passphrase: file:pass}"
    text = (
        MINIMAL.replace("ssh: {user: root, key: id, sudo: root}", ssh)
        + "source: {kind: bundle, path: bundle, signers: who}\n"
    )
    path = write(text)
    (path.parent / "id").touch()
    found = [(problem.line, problem.where) for problem in check(path)]
    assert [
        (3, "ssh.config"),
        (3, "ssh.key[1]"),
        (3, "ssh.known_hosts"),
        (3, "ssh.passphrase"),
        (9, "source.path"),
        (9, "source.signers"),
    ] == found


def test_check_refuses_a_public_key(write):
    """A `.pub` file is no key to log in with."""
    path = write(MINIMAL.replace("key: id", "key: id.pub"))
    (path.parent / "id.pub").touch()
    assert ["id.pub is a public key"] == [problem.wrong for problem in check(path)]


def test_load_does_not_look_for_files(write):
    """A site whose key is not there yet loads."""
    assert "small" == load(write(MINIMAL)).name


# --- targets ---------------------------------------------------------------------------------------------------------

REACHED = """\
schema: 1
name: reached
ssh: {user: edge, port: 2200, key: id_site, jump: inner, passphrase: env:PASS, agent: true, connect_timeout_s: 4}
jump_hosts:
  - {name: outer, address: outer.example.com, user: ops, port: 2222}
  - {name: inner, address: inner.example.com, ssh: {jump: outer, key: [id_gate]}}
hosts:
  - {name: s1, role: server, address: 192.168.1.11}
  - {name: a1, role: agent, address: 192.168.1.21, port: 23, user: pi, key: id_pi}
  - {name: a2, role: agent, address: 192.168.1.22, ssh: {jump: "", user: joe, sudo: password, sudo_password: prompt:x}}
k3s:
  version: v1.31.9+k3s1
  registration: {address: 192.168.1.11, by: server}
"""


def test_a_target_takes_the_sites_defaults(write):
    """Port, user, key and agent come from the site's `ssh`."""
    path = write(REACHED)
    target = load(path).target("s1")
    assert ("s1", "192.168.1.11", "edge", 2200) == (target.name, target.address, target.user, target.port)
    assert ((path.parent / "id_site",), True, 4.0) == (target.keys, target.agent, target.connect_timeout_s)
    assert (path.parent / "known_hosts",) == target.known_hosts


def test_a_hosts_shorthands_go_before_the_defaults(write):
    """`port`, `user` and `key` of a host are its own."""
    path = write(REACHED)
    target = load(path).target("a1")
    assert (23, "pi", (path.parent / "id_pi",)) == (target.port, target.user, target.keys)


def test_a_hosts_ssh_goes_before_the_defaults(write):
    """A host may log in directly, as another user, with another sudo."""
    target = load(write(REACHED)).target("a2")
    assert (None, "joe", "password") == (target.jump, target.user, target.sudo)
    assert "prompt:x" == target.sudo_password.reference


def test_jump_hosts_are_chained(write):
    """A jump host may have a jump host."""
    jump = load(write(REACHED)).target("s1").jump
    assert ("inner", "outer", None) == (jump.name, jump.jump.name, jump.jump.jump)


def test_a_jump_host_has_its_own_port_and_the_sites_other_defaults(write):
    """The port of the hosts behind a jump host is not the jump host's."""
    path = write(REACHED)
    inner = load(path).target("s1").jump
    assert (22, "edge", (path.parent / "id_gate",)) == (inner.port, inner.user, inner.keys)
    assert (2222, "ops", (path.parent / "id_site",)) == (inner.jump.port, inner.jump.user, inner.jump.keys)


def test_paths_start_at_the_sites_folder(write, monkeypatch):
    """`~` is expanded, absolute paths stay."""
    path = write(MINIMAL)
    monkeypatch.setenv("HOME", "/home/joe")
    site = load(path)
    assert path.parent == site.folder
    assert path.parent / "kubeconfig" == site.path("kubeconfig")
    assert Path("/home/joe/.kube/config") == site.path("~/.kube/config")
    assert Path("/etc/hosts") == site.path("/etc/hosts")


# --- finding ---------------------------------------------------------------------------------------------------------


def test_a_site_is_found_by_its_file(write, tmp_path):
    """A path to a site.yaml is that file."""
    path = write(MINIMAL)
    assert path == find(path, tmp_path)


def test_a_site_is_found_by_its_folder(write, tmp_path):
    """A path to a folder is its site.yaml, also when it is relative."""
    path = write(MINIMAL)
    assert path == find("site", tmp_path)


def test_a_path_goes_before_the_environment(write, tmp_path, monkeypatch):
    """A folder of the name, here, is taken first."""
    here = write(MINIMAL, "x")
    write(MINIMAL, "sites/x")
    monkeypatch.setenv("EDGEBOOK_SITES", str(tmp_path / "sites"))
    assert here == find("x", tmp_path)


def test_the_environment_goes_before_the_parameters(write, tmp_path, monkeypatch):
    """EDGEBOOK_SITES is a list of folders, looked through in order, before parameters/."""
    write(MINIMAL, "work/parameters/x")
    listed = write(MINIMAL, "sites/x")
    monkeypatch.setenv("EDGEBOOK_SITES", os.pathsep.join([str(tmp_path / "none"), str(tmp_path / "sites")]))
    assert listed == find("x", tmp_path / "work")


def test_parameters_are_found_from_any_folder_below(write, tmp_path, monkeypatch):
    """A notebook in a folder of the book finds the book's parameters."""
    monkeypatch.delenv("EDGEBOOK_SITES", raising=False)
    path = write(MINIMAL, "book/parameters/x")
    below = tmp_path / "book" / "notebooks" / "deep"
    below.mkdir(parents=True)
    assert path == find("x", below)


def test_the_working_folder_is_the_start(write, tmp_path, monkeypatch):
    """Without `start`, the search begins where the process works."""
    path = write(MINIMAL, "parameters/x")
    monkeypatch.chdir(tmp_path)
    assert path == find("x")


def test_a_site_that_is_nowhere_names_what_was_looked_at(tmp_path, monkeypatch):
    """The error lists every place."""
    monkeypatch.setenv("EDGEBOOK_SITES", str(tmp_path / "sites"))
    with pytest.raises(SiteNotFound) as error:
        find("x", tmp_path)
    assert str(tmp_path / "x/site.yaml") in str(error.value)
    assert str(tmp_path / "sites/x/site.yaml") in str(error.value)
    assert str(tmp_path / "parameters/x/site.yaml") in str(error.value)


@pytest.mark.parametrize("name", ["", "   ", "a\0b", "x" * 5000, "../..", "~nobody-here", "/", "."])
def test_a_strange_name_is_not_found(name, tmp_path):
    """No name is a traceback."""
    with pytest.raises(SiteNotFound):
        find(name, tmp_path)


def test_a_pointer_leads_to_the_folder_it_names(write, tmp_path):
    """The folder is relative to the pointer's file."""
    real = write(MINIMAL, ".lab/site")
    write("folder: ../../.lab/site\nstart: edgebook lab up\n", "parameters/lab")
    assert real == find("lab", tmp_path)
    assert real.parent == load("lab", tmp_path).folder


def test_a_pointer_to_nowhere_says_what_starts_it(write, tmp_path):
    """The hint is the pointer's own `start`."""
    write("folder: ../../.lab/site\nstart: edgebook lab up\n", "parameters/lab")
    with pytest.raises(SiteNotFound, match="points to") as error:
        load("lab", tmp_path)
    assert "start it: edgebook lab up" == error.value.hint


def test_a_pointer_with_other_keys_is_refused(write, tmp_path):
    """A pointer holds `folder` and `start`, and nothing else."""
    write("folder: ~joe/x\nstart: 3\nname: y\n", "parameters/lab")
    with pytest.raises(SiteInvalid) as error:
        load("lab", tmp_path)
    assert [(1, "folder"), (2, "start"), (3, "name")] == [
        (problem.line, problem.where) for problem in error.value.problems
    ]


# --- schema ----------------------------------------------------------------------------------------------------------


def test_the_schema_takes_the_example():
    """The JSON Schema is valid, and the template fits it."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(EXAMPLE.read_text()))


def test_the_schema_refuses_an_unknown_key():
    """An editor marks a misspelt key."""
    jsonschema = pytest.importorskip("jsonschema")
    value = yaml.safe_load(EXAMPLE.read_text()) | {"hots": []}
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(value)


def test_the_schema_explains_the_keys():
    """Editors show a line on each key."""
    assert (
        "Exact version, the same on every host."
        == json_schema()["$defs"]["K3s"]["properties"]["version"]["description"]
    )


# --- fuzz ------------------------------------------------------------------------------------------------------------


def _loads_or_refuses(path):
    with contextlib.suppress(SiteInvalid, SiteNotFound):
        load(path)


@FUZZ
@given(st.binary(max_size=300))
def test_no_bytes_are_a_traceback(tmp_path, data):
    """Whatever a file holds, loading it ends in a site or in SiteInvalid."""
    (tmp_path / "site.yaml").write_bytes(data)
    _loads_or_refuses(tmp_path)


@FUZZ
@given(st.text(alphabet="abk3s:-[]{}&*!|>#'\"\t\n %@`0123456789~.,?\\", max_size=200))
def test_no_text_of_yaml_signs_is_a_traceback(tmp_path, text):
    """YAML's own signs, in any order, are no traceback."""
    (tmp_path / "site.yaml").write_text(text, encoding="utf-8")
    _loads_or_refuses(tmp_path)


@FUZZ
@given(st.integers(0, 4000), st.integers(0, 60), st.binary(max_size=20))
def test_no_cut_of_the_example_is_a_traceback(tmp_path, at, length, data):
    """The template with bytes cut out and others put in is no traceback."""
    text = EXAMPLE.read_bytes()
    (tmp_path / "site.yaml").write_bytes(text[:at] + data + text[at + length :])
    _loads_or_refuses(tmp_path)


def _places(value, where=()):
    yield where
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*where, key))


TREE = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
PLACES = [where for where in _places(TREE) if where]
TEXTS = st.sampled_from(
    ["", " ", "s1", "gate", "10.42.0.5", "::1", "fd00::/8", "10.42.0.0/16,fd00::/56", "v1.30.1+k3s1", "é\n"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | TEXTS | st.datetimes()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | TEXTS, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=4))
def test_no_changed_value_of_the_example_is_a_traceback(tmp_path, changes):
    """Any value, put at any place of the template, is no traceback; `check` agrees with `load`."""
    tree = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    for where, value in changes:
        _put(tree, where, value)
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    _loads_or_refuses(path)
    _checks(path)


def _checks(path):
    try:
        found = check(path)
    except (SiteInvalid, SiteNotFound):  # a pointer, and a wrong one
        return
    for problem in found:
        assert problem.wrong
        assert 1 <= problem.line


def _put(tree, where, value):
    for key in where[:-1]:
        if not _has(tree, key):
            return
        tree = tree[key]
    if isinstance(tree, dict) or _has(tree, where[-1]):
        tree[where[-1]] = value


def _has(tree, key):
    return key in tree if isinstance(tree, dict) else isinstance(tree, list) and key in range(len(tree))
