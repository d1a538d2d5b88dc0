"""The checks of a bundle: whether a site can be made from it, told before anything is changed.

Not a repair, and nothing is sent; files that no host lacks are not summed, since that takes time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from edgebook.bundle import delivery, sending, verification
from edgebook.bundle.opened import Bundle, open_bundle
from edgebook.errors import EdgebookError
from edgebook.records import Check, Status
from edgebook.site import Site

TARGET = "site"
MIB = 1024 * 1024


def checks(site: Site, lacking: Mapping[str, str]) -> tuple[Check, ...]:
    """Check the site's bundle for the hosts that lack K3s, given with their architectures.

    None where the site downloads.
    """
    if site.source.kind != "bundle" or site.source.path is None:
        return ()
    try:
        bundle = open_bundle(site.path(site.source.path))
    except EdgebookError as error:
        return (_failed("bundle.manifest", "Bundle", f"a bundle at {site.source.path}", error),)
    return (_opened(bundle), *_signed(site, bundle), *_hosts(site, bundle, lacking), *_files(site, bundle, lacking))


def _failed(check: str, title: str, wanted: str, error: EdgebookError) -> Check:
    return Check(check, TARGET, title, wanted, error.message, Status.FAIL, error.hint)


def _opened(bundle: Bundle) -> Check:
    count = f"{len(bundle.manifest.files)} files"
    seen = f"{count}, by upstream's checksum files" if bundle.released else f"{count} in its manifest"
    return Check("bundle.manifest", TARGET, "Bundle", "a bundle", seen, Status.PASS)


def _signed(site: Site, bundle: Bundle) -> Iterator[Check]:
    if site.source.signers is None:
        return
    wanted = f"by somebody in {site.source.signers}"
    try:
        who = sending.authentic(site, bundle)
    except EdgebookError as error:
        yield _failed("bundle.signature", "Bundle's signature", wanted, error)
    else:
        yield Check("bundle.signature", TARGET, "Bundle's signature", wanted, f"by {who}", Status.PASS)


def _hosts(site: Site, bundle: Bundle, lacking: Mapping[str, str]) -> Iterator[Check]:
    wanted = f"K3s {site.k3s.version}"
    for name, arch in lacking.items():
        short = delivery.lacks(site, bundle, site.host(name), arch)
        status = Status.FAIL if short else Status.PASS
        yield Check(
            "bundle.host", name, "Bundle", f"{wanted} for {arch}", short or "there", status, delivery.OTHER_ARCH
        )
        kinds = {file.kind for file in delivery.files_for(site, bundle, site.host(name), arch)}
        if not short and "images" not in kinds:
            seen, hint = "none in the bundle", "K3s pulls what it runs from a registry: does the host reach one?"
            yield Check("bundle.images", name, "Images of K3s", f"an archive for {arch}", seen, Status.WARN, hint)


def _files(site: Site, bundle: Bundle, lacking: Mapping[str, str]) -> Iterator[Check]:
    needed = delivery.needed(site, bundle, lacking)
    if not needed:
        return
    wrong = verification.mistakes(bundle, needed)
    seen = "; ".join(f"{problem.where} {problem.wrong}" for problem in wrong)
    size = sum(file.size for file in needed) / MIB
    good = f"{len(needed)} files, {size:.1f} MiB, sums equal"
    status = Status.FAIL if wrong else Status.PASS
    hint = "make the bundle again, or copy it again: edgebook bundle verify names every file"
    yield Check("bundle.files", TARGET, "Bundle's files", "what its manifest says", seen or good, status, hint)
