"""The catalogue: what upstream publishes, under which names and addresses, and who needs it.

Not code that fetches: tables. File names and addresses were read in K3s's install.sh and
installation/airgap, in KubeEdge's hack/make-rules/release.sh, .github/workflows/release.yml and
keadm/cmd/keadm/app/cmd/util/common.go (v1.18 to v1.23), and in the CNI plugins' release workflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import quote

GITHUB = "https://github.com"
RAW = "https://raw.githubusercontent.com"
CNI_VERSION = "v1.6.2"
"""Of the plugins an edge host's containerd needs; KubeEdge asks for no particular one."""

Need = Literal["nodes", "edges", "all"]


class Arch(NamedTuple):
    """One processor architecture under the names that upstream has for it."""

    go: str
    suffix: str
    """Of K3s's program."""
    machine: int
    """ELF's number."""


ARCHES: Mapping[str, Arch] = {
    "x86_64": Arch("amd64", "", 62),
    "aarch64": Arch("arm64", "-arm64", 183),
    "armv7l": Arch("arm", "-armhf", 40),
}
"""By `uname -m`."""

ALIASES: Mapping[str, str] = {
    **{name: name for name in ARCHES},
    **{arch.go: name for name, arch in ARCHES.items()},
    "armhf": "armv7l",
}
"""What a person may call an architecture."""


@dataclass(frozen=True)
class Part:
    """One file of a release, or one a processor.

    `file`, `address` and `sums` are templates over `version` (percent-encoded in addresses), `go` and
    `suffix`; `sums` names the checksum file, which lies at the same address and is a part as well.
    An essential part is asked for even of a folder that holds only some of a release.
    """

    kind: str
    file: str
    address: str
    sums: str = ""
    folder: str = ""
    need: Need = "nodes"
    essential: bool = False

    @property
    def per_arch(self) -> bool:
        """Whether there is one for each processor architecture."""
        return "{go}" in self.file or "{suffix}" in self.file

    def file_name(self, arch: str, version: str) -> str:
        """Return the file's name, as upstream has it."""
        return _filled(self.file, arch, version)

    def sums_name(self, arch: str, version: str) -> str:
        """Return the name of the file that says its sum; empty where upstream publishes none."""
        return _filled(self.sums, arch, version)

    def url(self, arch: str, version: str) -> str:
        """Return where upstream has the file."""
        return f"{_filled(self.address, arch, quote(version, safe=''))}/{quote(self.file_name(arch, version))}"


def _filled(template: str, arch: str, version: str) -> str:
    names = ARCHES.get(arch)
    return template.format(version=version, go=names.go if names else "", suffix=names.suffix if names else "")


_K3S = f"{GITHUB}/k3s-io/k3s/releases/download/{{version}}"
_K3S_TAG = f"{RAW}/k3s-io/k3s/{{version}}"
_KUBEEDGE = f"{GITHUB}/kubeedge/kubeedge/releases/download/{{version}}"
_KUBEEDGE_TAG = f"{RAW}/kubeedge/kubeedge/{{version}}/build"
_CNI = f"{GITHUB}/containernetworking/plugins/releases/download/{{version}}"

PROGRAM = Part("program", "k3s{suffix}", _K3S, "sha256sum-{go}.txt", essential=True)
IMAGES = Part("images", "k3s-airgap-images-{go}.tar.zst", _K3S, "sha256sum-{go}.txt")
INSTALLER = Part("installer", "install.sh", _K3S_TAG, "install.sh.sha256sum", essential=True)

K3S = (
    Part("checksums", "sha256sum-{go}.txt", _K3S),
    Part("checksums", "install.sh.sha256sum", _K3S_TAG),
    PROGRAM,
    IMAGES,
    INSTALLER,
)

KUBEEDGE = tuple(
    part
    for name in ("keadm", "kubeedge")
    for part in (
        Part("checksums", f"checksum_{name}-{{version}}-linux-{{go}}.tar.gz.txt", _KUBEEDGE, "", "kubeedge", "all"),
        Part(
            name,
            f"{name}-{{version}}-linux-{{go}}.tar.gz",
            _KUBEEDGE,
            f"checksum_{name}-{{version}}-linux-{{go}}.tar.gz.txt",
            "kubeedge",
            "all",
        ),
    )
) + tuple(
    Part("unit", f"{name}.service", f"{_KUBEEDGE_TAG}/tools", "", "kubeedge", "all")
    for name in ("cloudcore", "edgecore")
)

_CRDS = (
    "apps/apps_v1alpha1_edgeapplication.yaml",
    "apps/apps_v1alpha1_nodegroup.yaml",
    "devices/devices_v1beta1_device.yaml",
    "devices/devices_v1beta1_devicemodel.yaml",
    "policy/policy_v1alpha1_serviceaccountaccess.yaml",
    "reliablesyncs/cluster_objectsync_v1alpha1.yaml",
    "reliablesyncs/objectsync_v1alpha1.yaml",
    "router/router_v1_rule.yaml",
    "router/router_v1_ruleEndpoint.yaml",
)
_OLD_JOBS = (
    "operations/operations_v1alpha1_imageprepulljob.yaml",
    "operations/operations_v1alpha1_nodeupgradejob.yaml",
)
_JOBS = (
    "operations/operations_v1alpha2_configupdatejob.yaml",
    "operations/operations_v1alpha2_imageprepulljob.yaml",
    "operations/operations_v1alpha2_nodeupgradejob.yaml",
)
CRDS: Mapping[str, tuple[str, ...]] = {
    "v1.18": (*_CRDS, *_OLD_JOBS),
    "v1.19": (*_CRDS, *_OLD_JOBS),
    "v1.20": (*_CRDS, *_OLD_JOBS),
    "v1.21": (*_CRDS, *_JOBS),
    "v1.22": (*_CRDS, *_JOBS),
    "v1.23": (*_CRDS, *_JOBS, "devices/devices_v1beta1_devicestatus.yaml"),
}
"""The files of build/crds by KubeEdge's minor version."""


def crds(version: str) -> tuple[Part, ...]:
    """Return the parts that are KubeEdge's own kinds of object, which CloudCore needs before it starts."""
    paths = CRDS.get(version.rpartition(".")[0], ())
    pairs = (path.rpartition("/")[::2] for path in paths)
    return tuple(
        Part("crd", file, f"{_KUBEEDGE_TAG}/crds/{folder}", "", f"kubeedge/crds/{folder}", "all")
        for folder, file in pairs
    )


CNI = (
    Part("checksums", "cni-plugins-linux-{go}-{version}.tgz.sha256", _CNI, "", "cni", "edges"),
    Part(
        "cni",
        "cni-plugins-linux-{go}-{version}.tgz",
        _CNI,
        "cni-plugins-linux-{go}-{version}.tgz.sha256",
        "cni",
        "edges",
    ),
)

EXTRAS: Mapping[str, tuple[tuple[Part, str], ...]] = {}
"""What notebooks need beside these, by the notebook's name, each with its version: charts, image archives.

None needs any yet: K3s brings its charts in the program, keadm CloudCore's.
"""
