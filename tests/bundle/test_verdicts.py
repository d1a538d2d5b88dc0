"""The checks of a bundle, which stand in preflight's table before anything is installed."""

import os

import pytest

from edgebook.bundle import Recipe, checks, create
from edgebook.records import Status
from tests.bundle import releases
from tests.bundle.releases import lay

BOTH = {"s1": "x86_64", "a1": "x86_64"}


@pytest.fixture
def site_with(make_site):
    """Return a function that loads a site whose files come from a path."""

    def make(path, *, signers="", **options):
        more = f", signers: {signers}" if signers else ""
        return make_site(more=f"source: {{kind: bundle, path: {path}{more}}}", **options)

    return make


def verdicts(site, lacking=None):
    """Return status and text of each check, by id and target."""
    return {(one.id, one.target): (one.status, one.seen) for one in checks(site, BOTH if lacking is None else lacking)}


def failed(site, lacking=None):
    """Return the texts of those that failed."""
    return {key: seen for key, (status, seen) in verdicts(site, lacking).items() if status is Status.FAIL}


def test_a_site_that_downloads_has_no_such_checks(make_site):
    """Nothing to look at."""
    assert () == checks(make_site(), BOTH)


def test_a_bundle_in_order_passes(site_with, make_bundle):
    """Manifest, each host, and the sums of what is to be sent."""
    found = verdicts(site_with(make_bundle()))
    assert {Status.PASS} == {status for status, _ in found.values()}
    assert {("bundle.manifest", "site"), ("bundle.host", "s1"), ("bundle.host", "a1"), ("bundle.files", "site")} == set(
        found
    )
    assert "3 files, 0.1 MiB, sums equal" == found["bundle.files", "site"][1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.unlink(), "k3s is missing"),
        (lambda path: os.truncate(path, 5), "k3s is truncated: 5 of"),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), "k3s was changed"),
    ],
    ids=["missing", "truncated", "tampered"],
)
def test_a_wrong_file_fails_by_name(site_with, make_bundle, change, said):
    """Missing, truncated or tampered: named before anything is installed."""
    folder = make_bundle()
    change(folder / "k3s")
    found = failed(site_with(folder))
    assert [("bundle.files", "site")] == list(found)
    assert found["bundle.files", "site"].startswith(said)


def test_a_host_of_another_processor_fails_by_name(site_with, make_bundle):
    """The host, what it is, and what the bundle has."""
    found = failed(site_with(make_bundle()), {"s1": "x86_64", "a1": "aarch64"})
    assert {("bundle.host", "a1"): "its programs are for x86_64, and the host's is aarch64"} == found


def test_a_bundle_of_another_version_fails(site_with, make_bundle):
    """Both versions are told."""
    found = failed(site_with(make_bundle(), version="v1.31.10+k3s1"))
    assert "it is of K3s v1.31.9+k3s1, and site.yaml wants v1.31.10+k3s1" == found["bundle.host", "s1"]


def test_no_bundle_fails_with_the_way_to_one(site_with, tmp_path):
    """The command that makes one is the hint."""
    lay(tmp_path / "usb", {"k3s": b""})
    (check,) = checks(site_with(tmp_path / "usb"), BOTH)
    assert (Status.FAIL, True) == (check.status, "edgebook bundle create" in check.hint)


def test_a_manifest_with_mistakes_fails_with_all_of_them(site_with, make_bundle):
    """One failed check, and in it every mistake."""
    folder = make_bundle()
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"size": ', '"size": -'))
    (check,) = checks(site_with(folder), BOTH)
    assert 5 == check.seen.count("size is less than nothing")


def test_where_no_host_lacks_anything_nothing_is_summed(site_with, make_bundle):
    """A second run does not read a gigabyte to do nothing."""
    folder = make_bundle()
    (folder / "k3s").unlink()
    assert {("bundle.manifest", "site")} == set(verdicts(site_with(folder), {}))


def test_a_release_as_it_is_passes_and_says_so(site_with, tmp_path):
    """Upstream's checksum files stand in for a manifest."""
    found = verdicts(site_with(lay(tmp_path / "usb", releases.k3s())))
    assert (Status.PASS, "3 files, by upstream's checksum files") == found["bundle.manifest", "site"]


def test_a_bundle_without_images_is_a_warning(site_with, make_site, tmp_path):
    """K3s would ask a registry, which may be there or not."""
    files = {name: data for name, data in releases.k3s().items() if "images" not in name}
    create(make_site(), Recipe(tmp_path / "bundle", source=lay(tmp_path / "usb", files)))
    found = verdicts(site_with(tmp_path / "bundle"))
    assert (Status.WARN, "none in the bundle") == found["bundle.images", "a1"]


def test_a_signature_is_checked_where_site_yaml_names_signers(site_with, make_site, key, tmp_path):
    """Signed by one of them passes; unsigned, or changed afterwards, fails, whatever hosts lack."""
    source = lay(tmp_path / "usb", releases.k3s())
    create(make_site(), Recipe(tmp_path / "bundle", source=source, sign=key))
    site = site_with(tmp_path / "bundle", signers=tmp_path / "signers")
    assert (Status.PASS, "by engineer@factory") == verdicts(site, {})["bundle.signature", "site"]
    text = (tmp_path / "bundle" / "manifest.json").read_text()
    (tmp_path / "bundle" / "manifest.json").write_text(text.replace('"version": "v1', '"version": "v2', 1))
    assert "does not hold" in failed(site, {})["bundle.signature", "site"]
    (tmp_path / "bundle" / "manifest.json.sig").unlink()
    assert "must be signed here" in failed(site, {})["bundle.signature", "site"]
