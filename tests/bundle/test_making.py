"""The making of a bundle: from a server or a folder, whole or not, again, signed, and in one .tar."""

import tarfile

import pytest

from edgebook.bundle import Recipe, create, download, mistakes, open_bundle, signed_by
from edgebook.bundle.download import TRIES
from edgebook.errors import BundleInvalid, DownloadFailed, InputError
from tests.bundle import releases
from tests.bundle.releases import VERSION, lay

DOWNLOADS = f"/k3s-io/k3s/releases/download/{VERSION}"
KUBEEDGE = "kubeedge: {version: v1.22.1}"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Wait for nothing between tries."""
    monkeypatch.setattr(download, "LONGEST_PAUSE_S", 0.0)


@pytest.fixture
def make(make_site, upstream, tmp_path):
    """Return a function that makes a bundle from the server."""
    releases.publish(upstream, "x86_64", "aarch64")

    def run(site=None, out="bundle", **options):
        return create(site or make_site(), Recipe(tmp_path / out, mirror=upstream.url, **options))

    return run


def ways(made):
    """Return how each file came."""
    return {one.file.name: one.how for one in made.had}


def test_everything_is_fetched_and_verified(make, tmp_path):
    """Each file is as upstream's checksum file says, and the bundle is in order."""
    made = make()
    assert {"fetched"} == set(ways(made).values())
    assert {"k3s": "sha256sum-amd64.txt", "install.sh": "install.sh.sha256sum"}.items() <= {
        one.file.name: one.checked for one in made.had
    }.items()
    assert [] == mistakes(open_bundle(tmp_path / "bundle"))
    assert releases.program() == (tmp_path / "bundle" / "k3s").read_bytes()


def test_the_manifest_says_what_each_file_is(make, tmp_path):
    """Kind, processor, version, size, sum and where it came from."""
    make(arches=["arm64"])
    file = next(one for one in open_bundle(tmp_path / "bundle").manifest.files if one.kind == "program")
    program = releases.program("aarch64")
    assert ("k3s-arm64", "aarch64", VERSION, len(program)) == (file.name, file.arch, file.version, file.size)
    assert releases.sha256(program) == file.sha256
    assert file.url.endswith("/k3s-io/k3s/releases/download/v1.31.9%2Bk3s1/k3s-arm64")


def test_an_edge_site_gets_all_its_parts(make, make_site):
    """KubeEdge's SHA-512 sums hold too; what upstream publishes no sum of is said to have none."""
    made = make(make_site(edges=1, more=KUBEEDGE))
    checked = {one.file.name: one.checked for one in made.had}
    keadm = "keadm-v1.22.1-linux-amd64.tar.gz"
    assert f"checksum_{keadm}.txt" == checked[f"kubeedge/{keadm}"]
    assert "cni-plugins-linux-amd64-v1.6.2.tgz.sha256" == checked["cni/cni-plugins-linux-amd64-v1.6.2.tgz"]
    assert "" == checked["kubeedge/crds/router/router_v1_rule.yaml"]


def test_a_second_time_nothing_is_fetched(make, upstream):
    """What is there, and as upstream says, is kept; not even the checksum files are asked for."""
    make()
    upstream.asked.clear()
    assert {"kept"} == set(ways(make()).values())
    assert [] == upstream.asked


def test_a_file_that_was_changed_here_is_fetched_anew(make, upstream, tmp_path):
    """What no longer is what upstream says is replaced."""
    make()
    (tmp_path / "bundle" / "k3s").write_bytes(b"changed")
    (tmp_path / "bundle" / "sha256sum-amd64.txt").write_bytes(b"changed")
    again = ways(make())
    assert {"k3s", "sha256sum-amd64.txt"} == {name for name, how in again.items() if how == "fetched"}
    assert [] == mistakes(open_bundle(tmp_path / "bundle"))


def test_a_run_that_broke_goes_on(make, upstream, tmp_path):
    """After a link that stayed broken, the next run fetches only what is missing of it."""
    upstream.breaks[f"{DOWNLOADS}/k3s"] = [20_000, *[0] * TRIES]
    with pytest.raises(DownloadFailed, match="1 of 5 files could not be had") as caught:
        make()
    assert ["k3s"] == [problem.where for problem in caught.value.problems]
    assert not (tmp_path / "bundle" / "manifest.json").exists()
    upstream.asked.clear()
    assert ["k3s"] == [name for name, how in ways(make()).items() if how == "fetched" and name == "k3s"]
    assert (f"{DOWNLOADS}/k3s", "bytes=20000-") in upstream.asked
    assert f"{DOWNLOADS}/k3s-airgap-images-amd64.tar.zst" not in [path for path, _ in upstream.asked]


def test_every_file_that_cannot_be_had_is_named(make, upstream):
    """Missing, wrong and unlisted files are told in one error, with where they were asked for."""
    del upstream.files[f"{DOWNLOADS}/k3s-airgap-images-amd64.tar.zst"]
    upstream.files[f"{DOWNLOADS}/k3s"] = b"tampered"
    upstream.files[f"/k3s-io/k3s/{VERSION}/install.sh.sha256sum"] = b"0" * 64 + b"  other.sh\n"
    with pytest.raises(DownloadFailed) as caught:
        make()
    found = {problem.where: problem.wrong for problem in caught.value.problems}
    assert {"k3s", "k3s-airgap-images-amd64.tar.zst", "install.sh"} == set(found)
    assert "404" in found["k3s-airgap-images-amd64.tar.zst"]
    assert "is not the file that was published" in found["k3s"]
    assert "install.sh.sha256sum does not list it" in found["install.sh"]
    assert upstream.url in str(caught.value)


def test_a_program_for_another_processor_is_refused(make, upstream):
    """Even where upstream's own checksum file holds it to be right."""
    wrong = releases.program("aarch64")
    upstream.files[f"{DOWNLOADS}/k3s"] = wrong
    listed = upstream.files[f"{DOWNLOADS}/sha256sum-amd64.txt"].decode()
    upstream.files[f"{DOWNLOADS}/sha256sum-amd64.txt"] = listed.replace(
        releases.sha256(releases.program()), releases.sha256(wrong)
    ).encode()
    with pytest.raises(DownloadFailed, match="is a program for aarch64, and one for x86_64 is wanted"):
        make()


def test_progress_is_told_for_each_file(make_site, upstream, tmp_path):
    """Bytes that are there, and in all."""
    releases.publish(upstream)
    told = {}
    recipe = Recipe(tmp_path / "bundle", mirror=upstream.url)
    create(make_site(), recipe, watch=lambda name, done, total: told.update({name: (done, total)}))
    assert (len(releases.program()),) * 2 == told["k3s"]


def test_another_version_replaces_the_older_files(make, make_site, upstream, tmp_path):
    """The same folder, made again for a newer site, holds nothing of the older one."""
    make(make_site(edges=1, more=KUBEEDGE))
    releases.publish(upstream, version="v1.31.10+k3s1")
    make(make_site(version="v1.31.10+k3s1"))
    assert [] == mistakes(open_bundle(tmp_path / "bundle"))
    assert not list((tmp_path / "bundle").glob("kubeedge/*.gz"))


def test_a_folder_with_other_things_in_it_is_refused(make, tmp_path):
    """A bundle is not made among somebody's files; each is named."""
    lay(tmp_path / "bundle", {"notes.txt": b"", "photos/cat.jpg": b""})
    with pytest.raises(BundleInvalid) as caught:
        make()
    assert 2 == len(caught.value.problems)
    assert "notes.txt" in str(caught.value)


def test_all_that_is_wrong_with_the_request_is_told_at_once(make_site, tmp_path):
    """Processor, folder, key, mirror and goal are looked at before anything is begun."""
    (tmp_path / "file").touch()
    recipe = Recipe(
        tmp_path / "file", source=tmp_path / "none", mirror="not an address", sign=tmp_path / "no-key", arches=["sparc"]
    )
    with pytest.raises(BundleInvalid) as caught:
        create(make_site(), recipe)
    assert {"--arch", "--from", "--mirror", "--out", "--sign"} == {problem.file for problem in caught.value.problems}


# From a folder


def test_files_are_taken_from_a_folder(make_site, tmp_path, upstream):
    """Nothing is asked of anybody, and upstream's sums are compared where they lie there too."""
    source = lay(tmp_path / "usb", releases.k3s())
    made = create(make_site(), Recipe(tmp_path / "bundle", source=source))
    assert {"taken"} == set(ways(made).values())
    assert "sha256sum-amd64.txt" == next(one.checked for one in made.had if one.file.name == "k3s")
    assert [] == upstream.asked
    assert [] == mistakes(open_bundle(tmp_path / "bundle"))


def test_without_checksum_files_the_folder_is_believed(make_site, tmp_path):
    """The manifest has the sums that the files have, and no address that nobody compared them with."""
    files = {name: data for name, data in releases.k3s().items() if name in ("k3s", "install.sh")}
    made = create(make_site(), Recipe(tmp_path / "bundle", source=lay(tmp_path / "usb", files)))
    assert [("", ""), ("", "")] == [(one.checked, one.file.url) for one in made.had]
    assert {"k3s-airgap-images-amd64.tar.zst", "sha256sum-amd64.txt", "install.sh.sha256sum"} == {
        one.name for one in made.left_out
    }


def test_each_wrong_file_of_a_folder_is_named(make_site, tmp_path):
    """Tampered, for another processor, missing: all of them, and nothing is half there."""
    files = releases.k3s("x86_64", "aarch64")
    files |= {"k3s": releases.program("armv7l"), "k3s-arm64": b"tampered"}
    del files["sha256sum-amd64.txt"], files["install.sh"]
    source = lay(tmp_path / "usb", files)
    with pytest.raises(BundleInvalid) as caught:
        create(make_site(), Recipe(tmp_path / "bundle", source=source, arches=["x86_64", "aarch64"]))
    found = {problem.where: problem.wrong for problem in caught.value.problems}
    assert {"k3s", "k3s-arm64", "install.sh"} == set(found)
    assert "is a program for armv7l" in found["k3s"]
    assert not (tmp_path / "bundle" / "k3s").exists()
    assert not (tmp_path / "bundle" / "manifest.json").exists()


def test_a_program_of_another_version_is_named(make_site, tmp_path):
    """Without upstream's sums the program's own words are compared with site.yaml."""
    files = {"k3s": releases.program(version="v1.30.4+k3s1"), "install.sh": b""}
    with pytest.raises(BundleInvalid, match=r"is K3s v1.30.4\+k3s1, and v1.31.9\+k3s1 is wanted"):
        create(make_site(), Recipe(tmp_path / "bundle", source=lay(tmp_path / "usb", files)))


def test_files_lie_in_the_folder_or_as_in_a_bundle(make_site, tmp_path):
    """KubeEdge's files are found whether they lie flat or under kubeedge/."""
    keadm, *_ = releases.kubeedge()
    files = {**releases.k3s(), keadm: releases.kubeedge()[keadm], "cni/cni-plugins-linux-amd64-v1.6.2.tgz": b"x"}
    site = make_site(edges=1, more=KUBEEDGE)
    made = create(site, Recipe(tmp_path / "bundle", source=lay(tmp_path / "usb", files)))
    assert {f"kubeedge/{keadm}", "cni/cni-plugins-linux-amd64-v1.6.2.tgz"} <= set(ways(made))


# One file


def test_a_bundle_in_one_file_is_as_good(make, tmp_path):
    """A .tar holds the same files, manifest first, and nothing is left beside it."""
    make(out="site.tar")
    bundle = open_bundle(tmp_path / "site.tar")
    assert [] == mistakes(bundle)
    with tarfile.open(tmp_path / "site.tar") as tar:
        assert "manifest.json" == tar.getnames()[0]
    assert ["site", "site.tar"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_tar_is_the_same_each_time(make, tmp_path):
    """Made twice from the same files it has the same bytes."""
    make(out="one.tar")
    make(out="two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_a_tar_is_made_again_from_itself(make, upstream, tmp_path):
    """What an earlier .tar holds is not fetched again."""
    make(out="site.tar")
    upstream.asked.clear()
    assert {"kept"} == set(ways(make(out="site.tar")).values())
    assert [] == upstream.asked
    assert [] == mistakes(open_bundle(tmp_path / "site.tar"))


@pytest.mark.parametrize("content", [b"no tar", b""], ids=["other", "empty"])
def test_a_file_that_is_no_bundle_is_not_replaced(make, tmp_path, content):
    """Somebody's own file stays."""
    (tmp_path / "backup.tar").write_bytes(content)
    with pytest.raises(InputError):
        make(out="backup.tar")
    assert content == (tmp_path / "backup.tar").read_bytes()


def test_somebodys_own_tar_is_not_replaced(make, tmp_path):
    """A .tar without a manifest is no bundle."""
    with tarfile.open(tmp_path / "backup.tar", "w") as tar:
        tar.add(__file__, "notes.txt")
    with pytest.raises(BundleInvalid, match="is there, and is no bundle"):
        make(out="backup.tar")


# Signed


def test_a_signed_bundle_names_its_signer(make, key, tmp_path):
    """With --sign a signature lies beside the manifest, in the folder and in the .tar."""
    make(sign=key)
    make(sign=key, out="site.tar")
    for name in ("bundle", "site.tar"):
        assert "engineer@factory" == signed_by(open_bundle(tmp_path / name), tmp_path / "signers")


def test_made_again_without_a_key_it_is_unsigned(make, key, tmp_path):
    """No signature stays that is over an older manifest."""
    make(sign=key)
    make(arches=["arm64"])
    assert b"" == open_bundle(tmp_path / "bundle").signature


def test_what_cannot_be_written_is_named(make, tmp_path):
    """A folder that cannot be made ends in words."""
    (tmp_path / "file").touch()
    with pytest.raises((DownloadFailed, InputError), match="cannot write"):
        make(out="file/bundle")
