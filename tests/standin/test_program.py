"""The stand-in is what it says: the configuration as edgebook writes it, tokens, nodes that all servers agree on.

Not its services: those need a host of their own, and `tests/docker` runs them.
"""

import json
import re
import subprocess
import sys

import pytest
import yaml

from edgebook.k3s.config import agent_config, server_config
from edgebook.k3s.tables import SIGNATURES
from edgebook.site import load
from tests.plans import write_site
from tests.standin.program import agent, nodes, server, settings, tokens
from tests.standin.program.store import Store
from tests.standin.release import VERSION, release

MORE = "  server_config: {secrets-encryption: true, flannel-backend: host-gw}"


@pytest.fixture
def site(tmp_path):
    """Give a site with lists, switches and labels in its configuration files."""
    return load(write_site(tmp_path, more=MORE))


@pytest.mark.parametrize("name", ["s1", "s2", "a1"])
def test_it_reads_what_edgebook_writes(site, name):
    """Every key of a config.yaml is read with all its values."""
    host = site.host(name)
    text = agent_config(site, host) if host.role == "agent" else server_config(site, host)
    as_text = {
        key: [str(one) for one in value] if isinstance(value, list) else [str(value)]
        for key, value in yaml.safe_load(text).items()
    }
    assert as_text == {
        key: ["True" if one == "true" else one for one in words] for key, words in settings.parse(text).items()
    }


def test_a_drop_in_replaces_and_adds(monkeypatch, tmp_path):
    """Drop-ins count after config.yaml in the order of their names; a key with a plus adds, a flag overrules."""
    folder = tmp_path / "config.yaml.d"
    folder.mkdir()
    (tmp_path / "config.yaml").write_text("token: one\ndisable:\n- traefik\n")
    (folder / "10-a.yaml").write_text("token: two\ndisable+: [coredns]\n")
    (folder / "20-b.yaml").write_text("token: 'three'\n")
    monkeypatch.setattr(settings, "CONFIG", tmp_path / "config.yaml")
    found = settings.load(["--debug", "--node-name=x"])
    assert ("three", ["traefik", "coredns"], True, "x") == (
        found.text("token"),
        found.words("disable"),
        found.on("debug"),
        found.node_name,
    )


def test_both_forms_of_a_token_are_read():
    """The long form carries the hash of the cluster's CA, the short one only the secret."""
    long = tokens.secure(b"pem", "node", "secret")
    assert tokens.Token("secret", "node", tokens.ca_hash(b"pem")) == tokens.parse(long)
    assert tokens.Token("secret") == tokens.parse("secret")


def test_servers_agree_on_the_later_entry(tmp_path):
    """Two servers that tell one another what they know have the same nodes, and what was deleted stays so."""
    one, two = Store(tmp_path / "one", "s1"), Store(tmp_path / "two", "s2")
    asked = settings.Settings({"node-name": ["a1"], "node-ip": ["192.0.2.21"]})
    one.put("a1", nodes.node(asked, ()))
    two.learn(json.loads(json.dumps(one.told())))
    two.put("a1", None)
    one.learn(json.loads(json.dumps(two.told())))
    assert ([], [], True) == (one.names(), two.names(), one.deleted("a1"))


def test_a_node_is_ready_while_it_is_heard_of(tmp_path):
    """Without a sign of life a node counts as Unknown."""
    store = Store(tmp_path / "store", "s1")
    store.put("a1", nodes.node(settings.Settings({"node-name": ["a1"], "node-ip": ["192.0.2.21"]}), ()))
    before = store.shown("a1")["status"]["conditions"][0]["status"]
    store.hear("a1")
    assert ("Unknown", "True") == (before, store.shown("a1")["status"]["conditions"][0]["status"])


@pytest.mark.parametrize(
    "line", [server.OTHER_TOKEN, server.MISMATCH, agent.WAITING + "/v1-k3s/config: 401 Unauthorized"]
)
def test_its_last_words_are_those_edgebook_knows(line):
    """What it logs when it cannot go on has a signature, as K3s's own lines have."""
    assert any(re.search(signature.pattern, line) for signature in SIGNATURES)


def test_a_release_is_the_same_twice_and_runs(tmp_path):
    """Equal arguments make equal bytes, as large as asked for, and the program says its version."""
    one, two = (release(tmp_path / name, size_mb=1) / "k3s" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert one.stat().st_size > 1024 * 1024
    said = subprocess.run([sys.executable, one, "--version"], capture_output=True, text=True, check=True).stdout
    assert f"k3s version {VERSION} (stand-in)" == said.splitlines()[0]
