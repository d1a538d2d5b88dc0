"""The wanted files: what versions, processors, roles and options make of the catalogue."""

from edgebook.bundle import catalogue
from edgebook.bundle.catalogue import Part
from edgebook.bundle.wanted import unknown, wanted

KUBEEDGE = "kubeedge: {version: v1.22.1}"
PLAIN = ["install.sh", "install.sh.sha256sum", "k3s", "k3s-airgap-images-amd64.tar.zst", "sha256sum-amd64.txt"]


def names(files, *kinds):
    """Return the names of files, of some kinds where wanted."""
    return sorted(file.name for file in files if not kinds or file.kind in kinds)


def test_a_site_of_k3s_alone_wants_k3s_alone(make_site):
    """Program, images, installer and the checksum files of the usual processor."""
    assert PLAIN == names(wanted(make_site()))


def test_checksum_files_come_first(make_site):
    """What says the sums is there before what it is about."""
    kinds = [file.kind == "checksums" for file in wanted(make_site(edges=1, more=KUBEEDGE))]
    assert sorted(kinds, reverse=True) == kinds


def test_site_yaml_says_the_processors(make_site):
    """Of each host's processor there is one program, once."""
    site = make_site(servers=1, agents=3, arches=["x86_64", "aarch64", "armv7l", "aarch64"])
    assert ["k3s", "k3s-arm64", "k3s-armhf"] == names(wanted(site), "program")


def test_arch_on_the_command_line_wins(make_site):
    """Whatever site.yaml says, and under either name."""
    site = make_site(arches=["x86_64", "armv7l"])
    assert ["k3s-arm64"] == names(wanted(site, arches=["arm64"]), "program")
    assert wanted(site, arches=["arm64"]) == wanted(site, arches=["aarch64", "AArch64"])


def test_an_unknown_processor_is_told(make_site):
    """Each name that nobody has for one that K3s is published for."""
    assert ["sparc", "x86"] == unknown(["amd64", "sparc", "ARM64", "x86"])


def test_edge_hosts_add_kubeedge_and_the_plugins(make_site):
    """keadm, the programs, their units and kinds, and CNI plugins for the edge hosts' processor."""
    site = make_site(edges=1, arches=["x86_64", "x86_64", "aarch64"], more=KUBEEDGE)
    files = wanted(site)
    archives = ["kubeedge/keadm-v1.22.1-linux-amd64.tar.gz", "kubeedge/keadm-v1.22.1-linux-arm64.tar.gz"]
    assert archives == names(files, "keadm")
    assert ["cni/cni-plugins-linux-arm64-v1.6.2.tgz"] == names(files, "cni")
    assert ["kubeedge/cloudcore.service", "kubeedge/edgecore.service"] == names(files, "unit")
    assert 12 == len(names(files, "crd"))
    assert ["k3s"] == names(files, "program")


def test_kubeedge_without_edge_hosts_needs_no_plugins(make_site):
    """The cloud half may come first."""
    files = wanted(make_site(more=KUBEEDGE))
    assert [] == names(files, "cni")
    assert names(files, "keadm")


def test_edge_hosts_without_a_kubeedge_version_add_nothing(make_site):
    """Which files those would be, nobody has said."""
    assert PLAIN == names(wanted(make_site(edges=2)))


def test_a_mirror_has_upstreams_paths(make_site):
    """Only the server differs, and a folder on it may stand before."""
    files = wanted(make_site(), mirror="https://files.example.com/pub/")
    urls = {file.name: file.url for file in files}
    assert "https://files.example.com/pub/k3s-io/k3s/releases/download/v1.31.9%2Bk3s1/k3s" == urls["k3s"]
    assert "https://files.example.com/pub/k3s-io/k3s/v1.31.9%2Bk3s1/install.sh" == urls["install.sh"]


def test_what_a_notebook_needs_is_wanted_too(make_site, monkeypatch):
    """A line in the catalogue is enough for a chart."""
    chart = Part("chart", "longhorn-{version}.tgz", "https://charts.example.com", folder="charts")
    monkeypatch.setattr(catalogue, "EXTRAS", {"20-store-data": ((chart, "1.7.2"),)})
    found = next(file for file in wanted(make_site()) if file.kind == "chart")
    assert ("charts/longhorn-1.7.2.tgz", "https://charts.example.com/longhorn-1.7.2.tgz") == (found.name, found.url)
