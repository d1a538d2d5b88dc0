"""The delivery: which of a bundle's files a host gets, and where each belongs on it.

Not the sending. K3s reads its images from the data folder (K3s: installation/airgap); what KubeEdge's
hosts get waits in edgebook's own folder, because `keadm join` refuses a /etc/kubeedge with anything in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from edgebook.bundle.manifest import File
from edgebook.bundle.opened import Bundle
from edgebook.errors import BundleInvalid, Problem
from edgebook.records import Payload
from edgebook.site import Host, Site

OURS = "/var/lib/edgebook"
INSTALLER = f"{OURS}/k3s-install.sh"
PROGRAM = "/usr/local/bin/k3s"
WAITING = f"{OURS}/bundle"
PROGRAM_MODE, FILE_MODE = 0o755, 0o644
EDGE_FOLDERS = {"kubeedge": ("checksums", "keadm", "kubeedge", "unit"), "cni": ("checksums", "cni")}
"""By the bundle's folder: which kinds of its files an edge host gets."""
NEEDED = ("program", "installer")
OTHER_ARCH = "edgebook bundle create --arch adds what is missing"


@dataclass(frozen=True)
class Delivery:
    """One file of a bundle on its way to a host."""

    file: File
    payload: Payload
    remote: str
    mode: int


def deliveries(site: Site, bundle: Bundle, host: Host, arch: str) -> tuple[Delivery, ...]:
    """Return what a host gets; `lacks` says whether that is enough."""
    chosen = [(file, _goal(site, file)) for file in files_for(site, bundle, host, arch)]
    return tuple(Delivery(file, bundle.payload(file), *goal) for file, goal in chosen)


def files_for(site: Site, bundle: Bundle, host: Host, arch: str) -> tuple[File, ...]:
    """Return the files of a bundle that are for a host: its processor's, and of the site's versions."""
    if host.role == "edge":
        found = ((file, file.name.partition("/")[0]) for file in bundle.manifest.files if file.arch in ("", arch))
        return tuple(file for file, folder in found if file.kind in EDGE_FOLDERS.get(folder, ()) and _edge(site, file))
    listed = bundle.manifest.of(*NEEDED, "images", arch=arch)
    return tuple(file for file in listed if _fits(file, site.k3s.version) or _extra(file))


def lacks(site: Site, bundle: Bundle, host: Host, arch: str) -> str:
    """Say what a bundle does not have for a host that needs it; nothing when it has all."""
    if host.role == "edge":
        return ""
    found = {file.kind for file in files_for(site, bundle, host, arch)}
    if set(NEEDED) <= found:
        return ""
    versions = sorted({file.version for file in bundle.manifest.of(*NEEDED) if file.version})
    if versions and site.k3s.version not in versions:
        return f"it is of K3s {', '.join(versions)}, and site.yaml wants {site.k3s.version}"
    if "installer" not in found:
        return "it has no install.sh"
    has = sorted({file.arch for file in bundle.manifest.of("program")})
    return f"its programs are for {' and '.join(has) or 'no processor at all'}, and the host's is {arch or 'unknown'}"


def expect(site: Site, bundle: Bundle, arches: Mapping[str, str]) -> None:
    """Raise `BundleInvalid` when a bundle does not serve one of these hosts; every such host is named."""
    short = {name: lacks(site, bundle, site.host(name), arch) for name, arch in arches.items()}
    problems = [Problem(str(bundle.path), 0, name, wrong) for name, wrong in short.items() if wrong]
    if problems:
        raise BundleInvalid(f"{bundle.path} is no bundle for these hosts", problems, hint=OTHER_ARCH)


def needed(site: Site, bundle: Bundle, arches: Mapping[str, str]) -> tuple[File, ...]:
    """Return the files that any of these hosts gets, each once."""
    files = (file for name, arch in arches.items() for file in files_for(site, bundle, site.host(name), arch))
    return tuple({file.name: file for file in files}.values())


def _extra(file: File) -> bool:
    """Tell whether these are a notebook's own images, which have their own version; K3s's lie at the top."""
    return file.kind == "images" and "/" in file.name


def _edge(site: Site, file: File) -> bool:
    version = site.kubeedge.version if site.kubeedge else ""
    return file.name.startswith("cni/") or _fits(file, version)


def _fits(file: File, version: str) -> bool:
    return file.version in ("", version)


def _goal(site: Site, file: File) -> tuple[str, int]:
    name = PurePosixPath(file.name).name
    goals = {
        "program": (PROGRAM, PROGRAM_MODE),
        "installer": (INSTALLER, PROGRAM_MODE),
        "images": (f"{site.k3s.data_dir}/agent/images/{name}", FILE_MODE),
    }
    return goals.get(file.kind, (f"{WAITING}/{name}", FILE_MODE))
