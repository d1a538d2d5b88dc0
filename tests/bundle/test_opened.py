"""Opening a bundle: a folder, a .tar, or upstream's release as it is; anything else is refused in words."""

import io
import os
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgebook.bundle import open_bundle
from edgebook.bundle import opened as opening
from edgebook.errors import BundleInvalid, InputError
from tests.bundle import releases
from tests.bundle.releases import lay


def tar_of(path, *members):
    """Write a .tar of (TarInfo or name, bytes)."""
    with tarfile.open(path, "w") as tar:
        for member, data in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def special(name, kind):
    """Return a member that is no plain file."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return member


def test_a_folder_is_opened(make_bundle):
    """Its manifest is read, and every file has its place."""
    folder = make_bundle()
    bundle = open_bundle(folder)
    program = next(file for file in bundle.manifest.files if file.kind == "program")
    assert (folder / "k3s", 0, program.sha256) == (
        bundle.payload(program).path,
        bundle.payload(program).offset,
        bundle.payload(program).sha256,
    )
    assert not bundle.released


def test_bytes_of_a_tar_are_read_where_they_are(make_bundle, tmp_path):
    """A file of a .tar is a stretch of it: nothing is unpacked."""
    folder = make_bundle()
    members = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    bundle = open_bundle(tar_of(tmp_path / "site.tar", *members))
    payload = bundle.payload(next(file for file in bundle.manifest.files if file.kind == "program"))
    data = payload.path.read_bytes()[payload.offset : payload.offset + payload.size]
    assert releases.program() == data


def test_a_release_as_it_was_downloaded_is_a_bundle(tmp_path):
    """With upstream's checksum files a plain folder will do; it says no version."""
    bundle = open_bundle(lay(tmp_path / "usb", releases.k3s("x86_64", "armv7l")))
    found = {file.name: (file.kind, file.arch, file.version) for file in bundle.manifest.files}
    assert bundle.released
    assert {
        "install.sh": ("installer", "", ""),
        "k3s": ("program", "x86_64", ""),
        "k3s-airgap-images-amd64.tar.zst": ("images", "x86_64", ""),
        "k3s-airgap-images-arm.tar.zst": ("images", "armv7l", ""),
        "k3s-armhf": ("program", "armv7l", ""),
    } == found


def test_a_release_without_a_sum_of_its_installer_is_believed_in_that(tmp_path):
    """install.sh is in none of the release's own checksum files."""
    files = releases.k3s()
    del files["install.sh.sha256sum"]
    found = {file.name: file.sha256 for file in open_bundle(lay(tmp_path / "usb", files)).manifest.files}
    assert releases.sha256(files["install.sh"]) == found["install.sh"]


@pytest.mark.parametrize("lacking", ["sha256sum-amd64.txt", "k3s"])
def test_a_folder_that_nothing_vouches_for_is_refused(tmp_path, lacking):
    """Without manifest and checksum file the command that makes a bundle of it is named."""
    files = {"k3s": b"", "install.sh": b"", "sha256sum-amd64.txt": b""}
    files.pop(lacking)
    with pytest.raises(InputError, match=r"has no manifest.json, and no sha256sum-ARCH.txt") as caught:
        open_bundle(lay(tmp_path / "usb", files))
    assert f"edgebook bundle create --site SITE --from {tmp_path / 'usb'}" in caught.value.hint


def test_what_is_not_there_is_named(tmp_path):
    """A path that leads nowhere."""
    with pytest.raises(InputError, match=r"cannot read .*none: No such file"):
        open_bundle(tmp_path / "none")


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=2000))
def test_any_file_is_opened_or_refused(tmp_path_factory, data):
    """A file that is no .tar of a bundle ends in an error of ours."""
    path = tmp_path_factory.mktemp("any") / "site.tar"
    path.write_bytes(data)
    with pytest.raises(InputError):
        open_bundle(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_tar_holds_plain_files_alone(tmp_path, kind):
    """A link or a device in a .tar is named and refused."""
    path = tar_of(tmp_path / "site.tar", ("manifest.json", b"{}"), (special("k3s", kind), b""))
    with pytest.raises(BundleInvalid, match="k3s: is no plain file"):
        open_bundle(path)


def test_a_compressed_tar_is_refused(tmp_path):
    """Its files could not be read where they are."""
    with tarfile.open(tmp_path / "site.tar.gz", "w:gz") as tar:
        tar.add(__file__, "manifest.json")
    with pytest.raises(InputError, match=r"it is no plain \.tar file"):
        open_bundle(tmp_path / "site.tar.gz")


def test_half_a_download_is_no_file_of_the_bundle(make_bundle):
    """What is only there in part does not count."""
    folder = make_bundle()
    lay(folder, {"other.part": b"", "other.part.json": b""})
    assert not [name for name in open_bundle(folder).places if name.startswith("other")]


def test_a_listed_file_that_is_not_there_cannot_be_sent(make_bundle):
    """It is named, whoever asks for its bytes."""
    folder = make_bundle()
    (folder / "k3s").unlink()
    bundle = open_bundle(folder)
    with pytest.raises(BundleInvalid, match="k3s: is missing"):
        bundle.payload(next(file for file in bundle.manifest.files if file.kind == "program"))


@pytest.mark.parametrize(
    ("name", "shown"), [("k3s", "k3s"), ("a\x1b[2J", r"a\x1b[2J"), (os.fsdecode(b"\xff"), r"\udcff")]
)
def test_any_name_can_be_printed(name, shown):
    """What is not text in a name is escaped."""
    assert shown == opening.shown(name)
