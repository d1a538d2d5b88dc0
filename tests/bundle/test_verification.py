"""The verification: every way in which a bundle's files are not as its manifest says."""

import os

import pytest

from edgebook.bundle import mistakes, open_bundle, verification
from edgebook.bundle.copying import pack
from edgebook.bundle.manifest import FILE, Manifest
from edgebook.errors import BundleInvalid, InputError
from tests.bundle import releases
from tests.bundle.releases import lay

IMAGES = "k3s-airgap-images-amd64.tar.zst"


def wrong(path):
    """Return what is wrong, by file."""
    return {problem.where: problem.wrong for problem in mistakes(open_bundle(path))}


def tampered(data):
    """Return the same number of bytes with one of them changed."""
    return data[:-1] + bytes([data[-1] ^ 1])


def test_a_bundle_in_order_has_no_mistake(make_bundle):
    """Every file is summed, and told of."""
    told = []
    bundle = open_bundle(make_bundle())
    assert [] == mistakes(bundle, tell=told.append)
    assert len(bundle.manifest.files) == len(told)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: os.truncate(path, 10), "is truncated: 10 of 90000 bytes"),
        (lambda path: path.write_bytes(path.read_bytes() + b"!"), "is too long: 90001 of 90000 bytes"),
        (lambda path: path.write_bytes(tampered(path.read_bytes())), "was changed: its sha256 begins"),
    ],
    ids=["missing", "truncated", "too long", "tampered"],
)
def test_a_file_that_is_not_as_listed_is_named(make_bundle, change, said):
    """Missing, truncated, too long or tampered: the file and what is wrong with it, and no other."""
    folder = make_bundle()
    change(folder / IMAGES)
    assert [IMAGES] == list(wrong(folder))
    assert wrong(folder)[IMAGES].startswith(said)


def test_every_mistake_is_named(make_bundle):
    """Three wrong files and one too many are four lines."""
    folder = make_bundle()
    (folder / IMAGES).unlink()
    os.truncate(folder / "k3s", 0)
    (folder / "install.sh").write_bytes(tampered((folder / "install.sh").read_bytes()))
    lay(folder, {"deeper/virus": b""})
    assert {IMAGES, "k3s", "install.sh", "deeper/virus"} == set(wrong(folder))
    assert "is not in the manifest" == wrong(folder)["deeper/virus"]


def test_a_program_that_is_listed_for_another_processor_is_named(make_bundle):
    """The manifest may be wrong itself: an ELF file says what it is for."""
    folder = make_bundle()
    data = releases.program("aarch64")
    (folder / "k3s").write_bytes(data)
    text = (folder / FILE).read_text()
    old = releases.program()
    (folder / FILE).write_text(text.replace(releases.sha256(old), releases.sha256(data)))
    assert {"k3s": "is a program for aarch64, not for x86_64"} == wrong(folder)


def test_a_tar_is_verified_where_it_is(make_bundle, tmp_path):
    """A changed byte in the .tar is in one of its files."""
    folder = make_bundle()
    pack(folder, tmp_path / "site.tar")
    assert {} == wrong(tmp_path / "site.tar")
    data = bytearray((tmp_path / "site.tar").read_bytes())
    data[data.index(releases.program()) + 1000] ^= 1
    (tmp_path / "site.tar").write_bytes(data)
    assert ["k3s"] == list(wrong(tmp_path / "site.tar"))


def test_a_tar_that_was_cut_off_is_named(make_bundle, tmp_path):
    """A copy that stopped half-way is no bundle, and is said to be none for that reason."""
    pack(make_bundle(), tmp_path / "site.tar")
    last = open_bundle(tmp_path / "site.tar").places["sha256sum-amd64.txt"]
    os.truncate(tmp_path / "site.tar", last.offset + 10)
    with pytest.raises(InputError, match="was not copied whole: unexpected end of data"):
        open_bundle(tmp_path / "site.tar")


def test_a_release_is_compared_with_upstreams_sums(tmp_path):
    """Without a manifest upstream's checksum files stand in, and other files beside do not matter."""
    folder = lay(tmp_path / "usb", {**releases.k3s(), "notes.txt": b""})
    assert {} == wrong(folder)
    (folder / "k3s").write_bytes(tampered((folder / "k3s").read_bytes()))
    assert ["k3s"] == list(wrong(folder))


def test_some_files_can_be_looked_at_alone(make_bundle):
    """What no host lacks is not read."""
    folder = make_bundle()
    (folder / IMAGES).unlink()
    bundle = open_bundle(folder)
    assert [] == mistakes(bundle, bundle.manifest.of("program"))


def test_a_wrong_bundle_can_be_refused(make_bundle):
    """With all that is wrong, and exit code 2: nothing was begun."""
    folder = make_bundle()
    (folder / IMAGES).unlink()
    with pytest.raises(BundleInvalid, match=r"1 file not as manifest\.json says") as caught:
        verification.require(open_bundle(folder))
    assert 2 == caught.value.exit_code


def test_an_empty_bundle_is_in_order(tmp_path):
    """No files are as listed."""
    folder = lay(tmp_path / "empty", {FILE: Manifest(()).text().encode()})
    assert {} == wrong(folder)


def test_a_file_that_cannot_be_read_is_named(make_bundle, monkeypatch):
    """A stick that fails in the middle is the file's mistake, not a crash."""
    folder = make_bundle()
    bundle = open_bundle(folder)

    def fails(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(verification.copying, "summed", fails)
    assert {"cannot be read: Input/output error"} == {problem.wrong for problem in mistakes(bundle)}
