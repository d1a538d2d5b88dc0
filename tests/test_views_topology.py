"""The picture of a site."""

import re

import pytest

from edgebook.site import load
from edgebook.views.topology import COLUMNS, SHOWN, sentence, topology
from tests.plans import SITE, write_site


@pytest.fixture
def site(tmp_path):
    """Load the site of the tests."""
    return load(write_site(tmp_path))


def large(folder, agents):
    """Load a site with many agents."""
    more = "".join(
        f"  - {{name: b{number}, role: agent, address: 10.9.{number // 250}.{number % 250 + 1}}}\n"
        for number in range(agents)
    )
    text = SITE.format(name="f7", protection="open", more="").replace("k3s:\n", f"{more}k3s:\n", 1)
    folder.mkdir()
    (folder / "site.yaml").write_text(text)
    return load(folder)


def labels(figure):
    """Return every text in the picture."""
    return [re.sub("<[^>]+>", " ", one["text"]).split() for one in figure.spec["layout"]["annotations"]]


def boxes(figure):
    """Count the boxes."""
    return sum(shape["type"] == "rect" for shape in figure.spec["layout"]["shapes"])


def test_plotly_accepts_the_figure(site):
    """Every key is one that plotly knows."""
    assert len(topology(site).figure().data) == 1


def test_every_host_is_a_box_with_its_name_and_address(site):
    """Five hosts and the registration address."""
    figure = topology(site)
    assert boxes(figure) == 6
    assert ["s1", "192.168.1.11"] in labels(figure)


def test_the_registration_address_is_on_top(site):
    """Its box stands higher than every other one."""
    tops = [shape["y1"] for shape in topology(site).spec["layout"]["shapes"] if shape["type"] == "rect"]
    assert tops[0] == max(tops)


def test_roles_are_named_in_words(site):
    """Nothing hangs on the colour."""
    words = [" ".join(words) for words in labels(topology(site))]
    for role in ("3 servers: API and etcd", "1 agent: join at the address", "1 edge host: join through KubeEdge"):
        assert role in words


def test_a_large_site_stays_a_picture(tmp_path):
    """No more than six boxes a row, and no more than 24 of a role; the rest is counted."""
    figure = topology(large(tmp_path / "big", 100))
    assert ["and", "77", "more"] in labels(figure)
    assert boxes(figure) == 1 + 3 + SHOWN + 1 + 1
    assert max(shape["x1"] for shape in figure.spec["layout"]["shapes"]) < COLUMNS


def test_the_same_site_gives_the_same_picture(site):
    """Stored outputs are compared."""
    assert topology(site).spec == topology(site).spec


def test_the_sentence_says_how_many_servers_may_fail(site):
    """The number that matters."""
    assert sentence(site) == (
        "Site f7: 1 of 3 servers may fail; registration address 192.168.1.10:6443 by keepalived on the servers, "
        "with 1 agent and 1 edge host."
    )


def test_a_cluster_made_elsewhere_has_no_servers_to_count(tmp_path):
    """Edge hosts alone: nothing is said of servers that may fail."""
    (tmp_path / "site.yaml").write_text(
        "schema: 1\nname: f7\nssh: {user: edge, key: id_ed25519}\nhosts:\n  - {name: e1, role: edge, address: 10.9.0.31}\n"
        "k3s:\n  version: v1.31.9+k3s1\n  registration: {address: api.lan, by: external}\n"
    )
    assert sentence(load(tmp_path)) == (
        "Site f7: a cluster made elsewhere; registration address api.lan:6443 by an external load balancer, "
        "with 1 edge host."
    )
