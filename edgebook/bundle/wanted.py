"""The wanted files: what a site's versions, architectures and options need of upstream's releases.

Not fetched here, and not looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from edgebook.bundle import catalogue
from edgebook.bundle.catalogue import Part
from edgebook.site import Host, Site

USUAL_ARCH = "x86_64"


@dataclass(frozen=True)
class Wanted:
    """One file that a bundle should hold; `sums` is the name, in the bundle, of the file that says its sum."""

    name: str
    kind: str
    arch: str
    version: str
    url: str
    sums: str = ""
    essential: bool = False


def wanted(site: Site, *, arches: Sequence[str] = (), mirror: str = "") -> tuple[Wanted, ...]:
    """Return the files a bundle for a site should hold, each once, checksum files first.

    Args:
        site: its versions, its roles, and its hosts' architectures where it says them.
        arches: architectures instead of those that the site says, under any of their names; none of them `unknown`.
        mirror: another server, which has upstream's files under upstream's paths.
    """
    given = [_arch(name) for name in arches]
    found = dict.fromkeys(
        _wanted(part, version, arch, mirror)
        for part, version in _parts(site)
        for arch in (_order(given or _said(site, part)) if part.per_arch else [""])
    )
    return tuple(sorted(found, key=lambda file: file.kind != "checksums"))


def _parts(site: Site) -> Iterator[tuple[Part, str]]:
    yield from ((part, str(site.k3s.version)) for part in catalogue.K3S)
    if site.kubeedge is not None:
        version = str(site.kubeedge.version)
        yield from ((part, version) for part in (*catalogue.KUBEEDGE, *catalogue.crds(version)))
        if site.edges:
            yield from ((part, catalogue.CNI_VERSION) for part in catalogue.CNI)
    for extras in catalogue.EXTRAS.values():
        yield from extras


def _said(site: Site, part: Part) -> set[str]:
    """Return the architectures of the hosts that need a part, as site.yaml says them."""
    hosts: dict[str, tuple[Host, ...]] = {
        "nodes": (*site.servers, *site.agents),
        "edges": site.edges,
        "all": (*site.servers, *site.agents, *site.edges),
    }
    return {host.arch or USUAL_ARCH for host in hosts[part.need]}


def _order(arches: Iterable[str]) -> list[str]:
    chosen = set(arches)
    return [arch for arch in catalogue.ARCHES if arch in chosen]


def _wanted(part: Part, version: str, arch: str, mirror: str) -> Wanted:
    folder = f"{part.folder}/" if part.folder else ""
    sums = part.sums_name(arch, version)
    url = part.url(arch, version)
    return Wanted(
        name=folder + part.file_name(arch, version),
        kind=part.kind,
        arch=arch,
        version=version,
        url=_mirrored(url, mirror) if mirror else url,
        sums=folder + sums if sums else "",
        essential=part.essential,
    )


def _mirrored(url: str, mirror: str) -> str:
    return mirror.rstrip("/") + urlsplit(url).path


def unknown(arches: Iterable[str]) -> list[str]:
    """Return those names that no architecture has."""
    return [name for name in arches if name.lower() not in catalogue.ALIASES]


def _arch(name: str) -> str:
    return catalogue.ALIASES[name.lower()]
