"""The delivery: which files a host gets, where they go, and what a bundle lacks for it."""

import pytest

from edgebook.bundle import Recipe, create, deliveries, delivery, expect, open_bundle
from edgebook.bundle.manifest import File, Manifest
from edgebook.errors import BundleInvalid
from tests.bundle import releases
from tests.bundle.releases import lay

KUBEEDGE = "kubeedge: {version: v1.22.1}"


@pytest.fixture
def edge_bundle(make_site, tmp_path):
    """A site with an edge host, and a bundle for two processors with all that such a site needs."""
    both = ("x86_64", "aarch64")
    files = releases.k3s(*both) | releases.kubeedge(*both) | releases.cni(*both)
    files |= {"edgecore.service": b"[Unit]\n", "router_v1_rule.yaml": b"kind: CustomResourceDefinition\n"}
    site = make_site(edges=1, more=KUBEEDGE)
    create(site, Recipe(tmp_path / "edge", source=lay(tmp_path / "usb", files), arches=both))
    return site, open_bundle(tmp_path / "edge")


def goals(site, bundle, host, arch="x86_64"):
    """Return where each file goes on a host, with its mode."""
    return {one.file.name: (one.remote, oct(one.mode)) for one in deliveries(site, bundle, site.host(host), arch)}


def test_a_node_gets_program_installer_and_images(make_site, make_bundle):
    """The program as `k3s` whatever its file is called, the images where K3s looks for them."""
    bundle = open_bundle(make_bundle("x86_64", "aarch64"))
    images = "/var/lib/rancher/k3s/agent/images"
    for host in ("s1", "a1"):
        assert {
            "install.sh": ("/var/lib/edgebook/k3s-install.sh", "0o755"),
            "k3s-arm64": ("/usr/local/bin/k3s", "0o755"),
            "k3s-airgap-images-arm64.tar.zst": (f"{images}/k3s-airgap-images-arm64.tar.zst", "0o644"),
        } == goals(make_site(), bundle, host, "aarch64")


def test_images_follow_the_data_folder(make_site, make_bundle):
    """A site with another data folder has its images there."""
    site = make_site(more="  data_dir: /data/k3s")
    found = goals(site, open_bundle(make_bundle()), "s1")
    assert "/data/k3s/agent/images/k3s-airgap-images-amd64.tar.zst" == found["k3s-airgap-images-amd64.tar.zst"][0]


def test_a_notebooks_own_images_go_where_k3s_finds_them(make_site, make_bundle):
    """They have a version of their own, and K3s imports every archive that lies there."""
    folder = make_bundle()
    listed = open_bundle(folder).manifest
    own = File("images/gauge-2.1.tar", "images", "x86_64", "2.1", 4, releases.sha256(b"tar!"))
    lay(folder, {own.name: b"tar!", "manifest.json": Manifest((*listed.files, own)).text().encode()})
    found = goals(make_site(), open_bundle(folder), "a1")
    assert ("/var/lib/rancher/k3s/agent/images/gauge-2.1.tar", "0o644") == found[own.name]
    assert own.name not in goals(make_site(), open_bundle(folder), "a1", "aarch64")


def test_an_edge_host_gets_what_joins_it(edge_bundle):
    """Archives, sums and units of its processor, beside and not in /etc/kubeedge; nothing of K3s, no CRD."""
    site, bundle = edge_bundle
    keadm = "keadm-v1.22.1-linux-arm64.tar.gz"
    found = goals(site, bundle, "e1", "aarch64")
    assert (f"/var/lib/edgebook/bundle/{keadm}", "0o644") == found[f"kubeedge/{keadm}"]
    assert {
        "cni/cni-plugins-linux-arm64-v1.6.2.tgz",
        "cni/cni-plugins-linux-arm64-v1.6.2.tgz.sha256",
        "kubeedge/edgecore.service",
        f"kubeedge/{keadm}",
        f"kubeedge/checksum_{keadm}.txt",
        "kubeedge/kubeedge-v1.22.1-linux-arm64.tar.gz",
        "kubeedge/checksum_kubeedge-v1.22.1-linux-arm64.tar.gz.txt",
    } == set(found)


def test_a_release_without_a_version_serves_any(make_site, tmp_path):
    """Upstream's checksum files say no version, so it is taken for the site's."""
    bundle = open_bundle(lay(tmp_path / "usb", releases.k3s()))
    assert "" == delivery.lacks(make_site(), bundle, make_site().host("s1"), "x86_64")


@pytest.mark.parametrize(
    ("arch", "said"),
    [
        ("x86_64", ""),
        ("aarch64", "its programs are for x86_64, and the host's is aarch64"),
        ("riscv64", "its programs are for x86_64, and the host's is riscv64"),
        ("", "its programs are for x86_64, and the host's is unknown"),
    ],
)
def test_a_missing_processor_is_named(make_site, make_bundle, arch, said):
    """What the bundle has, and what the host is."""
    site = make_site()
    assert said == delivery.lacks(site, open_bundle(make_bundle()), site.host("s1"), arch)


def test_another_version_is_named(make_site, make_bundle):
    """Older or newer than site.yaml's."""
    bundle = open_bundle(make_bundle(site=make_site()))
    newer = make_site(version="v1.31.10+k3s1")
    said = "it is of K3s v1.31.9+k3s1, and site.yaml wants v1.31.10+k3s1"
    assert said == delivery.lacks(newer, bundle, newer.host("s1"), "x86_64")


def test_a_missing_installer_is_named(make_site, tmp_path):
    """Without it nothing can be installed."""
    files = releases.k3s()
    del files["install.sh"]
    site = make_site()
    assert "it has no install.sh" == delivery.lacks(
        site, open_bundle(lay(tmp_path / "usb", files)), site.host("s1"), "x86_64"
    )


def test_every_host_that_is_not_served_is_named(make_site, make_bundle):
    """All of them at once."""
    site = make_site(agents=2)
    with pytest.raises(BundleInvalid) as caught:
        expect(site, open_bundle(make_bundle()), {"s1": "aarch64", "a1": "x86_64", "a2": "armv7l"})
    assert ["a2", "s1"] == [problem.where for problem in caught.value.problems]


def test_what_several_hosts_need_is_named_once(make_site, make_bundle):
    """Two hosts of one processor need three files."""
    assert 3 == len(delivery.needed(make_site(), open_bundle(make_bundle()), {"s1": "x86_64", "a1": "x86_64"}))
