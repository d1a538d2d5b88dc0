"""A site as people write it, without hosts behind it: for the topic's pure parts."""

import textwrap

import pytest

from edgebook.site import load


@pytest.fixture
def make_site(tmp_path):
    """Return a function that loads a site of N servers and M agents, with more YAML where wanted."""

    def make(servers=3, agents=2, k3s="", more="", by="keepalived"):
        hosts = [f"  - {{name: s{n}, role: server, address: 10.20.0.1{n}}}" for n in range(1, servers + 1)]
        hosts += [f"  - {{name: a{n}, role: agent, address: 10.20.0.2{n}}}" for n in range(1, agents + 1)]
        served = "by: keepalived, interface: eth0" if by == "keepalived" else f"by: {by}"
        address = "10.20.0.11" if by == "server" else "10.20.0.10"
        text = "\n".join(
            [
                "schema: 1",
                "name: factory-7",
                "ssh: {user: edge, key: id_ed25519}",
                "hosts:",
                *hosts,
                "k3s:",
                "  version: v1.31.9+k3s1",
                f"  registration: {{address: {address}, {served}}}",
                textwrap.indent(k3s, "  "),
                more,
            ]
        )
        (tmp_path / "site.yaml").write_text(text)
        return load(tmp_path)

    return make
