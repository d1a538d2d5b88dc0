"""The sending of a bundle: what each host lacks or has wrong, several hosts at once, under one cap.

Not an installation; the runbooks do that with what lies there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from edgebook.bundle import delivery, signature, verification
from edgebook.bundle.delivery import Delivery
from edgebook.bundle.opened import Bundle
from edgebook.errors import InputError
from edgebook.records import Results
from edgebook.site import Site
from edgebook.ssh import Fleet, Host, Pace

ARCH_TIMEOUT_S = 30.0
Watch = Callable[[str, str, int, int], None]
"""Called with a host's name, a file's name, the bytes that are there and the bytes in all."""


@dataclass(frozen=True)
class Sent:
    """One file of one host: whether it was sent, or was there already."""

    name: str
    remote: str
    size: int
    changed: bool


def push(
    site: Site,
    bundle: Bundle,
    *,
    hosts: Iterable[str] = (),
    bytes_per_s: float = 0.0,
    signers: Path | None = None,
    watch: Watch | None = None,
) -> Results[tuple[Sent, ...]]:
    """Send a bundle's files to the hosts that they are for; a host that fails stands as its error.

    Args:
        site: the hosts, and the versions that are wanted.
        bundle: the bundle; what of it is to be sent is verified first.
        hosts: some of the site's hosts; without them all that are present.
        bytes_per_s: a cap on what goes to all of them together; 0 for none.
        signers: who may have signed the bundle, instead of what site.yaml says.
        watch: is told of progress.

    Raises:
        InputError: the bundle is not signed as it must be, or no host is called so.
        BundleInvalid: it does not serve one of the hosts, or its files are wrong; nothing was sent.
    """
    authentic(site, bundle, signers)
    names = _chosen(site, hosts)
    with Fleet([site.target(name) for name in names]) as fleet:
        answers = fleet.each(arch)
        delivery.expect(site, bundle, answers.ok)
        verification.require(bundle, delivery.needed(site, bundle, answers.ok))
        wanted = {name: delivery.deliveries(site, bundle, site.host(name), said) for name, said in answers.ok.items()}
        pace = Pace(bytes_per_s) if bytes_per_s else None
        sent = fleet.each(lambda host: _deliver(host, wanted[host.name], pace, watch), hosts=wanted)
    return Results({name: answers.failed.get(name) or sent[name] for name in names})


def authentic(site: Site, bundle: Bundle, signers: Path | None = None) -> str:
    """Return who signed a bundle; nothing where nobody has to. Raise `InputError` where the signature does not hold."""
    file = signers or (site.path(site.source.signers) if site.source.signers else None)
    return signature.signed_by(bundle, file) if file is not None else ""


def arch(host: Host) -> str:
    """Return a host's processor architecture."""
    return host.run(["uname", "-m"], timeout_s=ARCH_TIMEOUT_S).check().out.strip()


def _chosen(site: Site, hosts: Iterable[str]) -> list[str]:
    present = [host.name for host in (*site.servers, *site.agents, *site.edges)]
    wanted = set(hosts) or set(present)
    unknown = sorted(wanted - set(present))
    if unknown:
        raise InputError(f"site {site.name} has no host {', '.join(unknown)}", hint=f"it has {', '.join(present)}")
    return [name for name in present if name in wanted]


def _deliver(host: Host, wanted: Iterable[Delivery], pace: Pace | None, watch: Watch | None) -> tuple[Sent, ...]:
    return tuple(_one(host, each, pace, watch) for each in wanted)


def _one(host: Host, wanted: Delivery, pace: Pace | None, watch: Watch | None) -> Sent:
    def tell(done: int, total: int) -> None:
        if watch is not None:
            watch(host.name, wanted.file.name, done, total)

    changed = host.upload(wanted.payload, wanted.remote, mode=wanted.mode, sudo=True, progress=tell, pace=pace)
    return Sent(wanted.file.name, wanted.remote, wanted.file.size, changed)
