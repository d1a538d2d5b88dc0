"""The catalogue: names and addresses as upstream has them."""

import pytest

from edgebook.bundle import catalogue
from edgebook.bundle.manifest import ARCHES, KINDS
from edgebook.site import versions

EVERY = (*catalogue.K3S, *catalogue.KUBEEDGE, *catalogue.CNI, *catalogue.crds("v1.23.0"))


@pytest.mark.parametrize(
    ("part", "arch", "version", "url"),
    [
        (catalogue.PROGRAM, "x86_64", "v1.31.9+k3s1", "https://github.com/k3s-io/k3s/releases/download/v1.31.9%2Bk3s1/k3s"),
        (catalogue.PROGRAM, "armv7l", "v1.31.9+k3s1", "https://github.com/k3s-io/k3s/releases/download/v1.31.9%2Bk3s1/k3s-armhf"),
        (catalogue.IMAGES, "armv7l", "v1.31.9+k3s1", "https://github.com/k3s-io/k3s/releases/download/v1.31.9%2Bk3s1/k3s-airgap-images-arm.tar.zst"),
        (catalogue.INSTALLER, "", "v1.31.9+k3s1", "https://raw.githubusercontent.com/k3s-io/k3s/v1.31.9%2Bk3s1/install.sh"),
        (catalogue.KUBEEDGE[1], "aarch64", "v1.22.1", "https://github.com/kubeedge/kubeedge/releases/download/v1.22.1/keadm-v1.22.1-linux-arm64.tar.gz"),
        (catalogue.CNI[1], "x86_64", "v1.6.2", "https://github.com/containernetworking/plugins/releases/download/v1.6.2/cni-plugins-linux-amd64-v1.6.2.tgz"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_addresses_are_upstreams(part, arch, version, url):
    """The plus sign of a K3s version is percent-encoded, and each processor has upstream's name for it."""
    assert url == part.url(arch, version)


@pytest.mark.parametrize(
    ("part", "arch", "sums"),
    [
        (catalogue.PROGRAM, "aarch64", "sha256sum-arm64.txt"),
        (catalogue.IMAGES, "armv7l", "sha256sum-arm.txt"),
        (catalogue.INSTALLER, "", "install.sh.sha256sum"),
    ],
)
def test_checksum_files_are_upstreams(part, arch, sums):
    """A K3s processor has one file for its program and its images; the installer has its own."""
    assert sums == part.sums_name(arch, "v1.31.9+k3s1")


@pytest.mark.parametrize("part", EVERY, ids=lambda part: part.file)
def test_every_part_can_be_listed_in_a_manifest(part):
    """Its kind is one that a manifest takes."""
    assert part.kind in KINDS


@pytest.mark.parametrize("part", [part for part in EVERY if part.sums], ids=lambda part: part.file)
def test_every_checksum_file_is_a_part_itself(part):
    """What says a sum is fetched before what it is about, and lies beside it."""
    files = {(one.file, one.address, one.folder, one.need) for one in EVERY if one.kind == "checksums"}
    assert (part.sums, part.address, part.folder, part.need) in files


def test_the_processors_are_those_of_a_manifest():
    """There is one list of them."""
    assert ("", *catalogue.ARCHES) == ARCHES


@pytest.mark.parametrize("minor", versions.KUBERNETES_OF_KUBEEDGE)
def test_every_kubeedge_that_a_site_may_have_has_its_kinds(minor):
    """A KubeEdge that site.yaml takes is one whose CRDs are known here."""
    assert f"v{minor[0]}.{minor[1]}" in catalogue.CRDS


def test_kinds_of_object_follow_the_version():
    """The jobs became v1alpha2 with 1.21, DeviceStatus came with 1.23."""
    names = {version: {part.file for part in catalogue.crds(version)} for version in ("v1.20.0", "v1.21.0", "v1.23.1")}
    assert {"operations_v1alpha1_nodeupgradejob.yaml"} < names["v1.20.0"] - names["v1.21.0"]
    assert {"devices_v1beta1_devicestatus.yaml"} == names["v1.23.1"] - names["v1.21.0"]


def test_a_person_may_call_a_processor_as_go_does():
    """amd64, arm64, arm and armhf are known too."""
    assert ["x86_64", "aarch64", "armv7l", "armv7l"] == [
        catalogue.ALIASES[name] for name in ("amd64", "arm64", "arm", "armhf")
    ]
