"""A release without a manifest: what its checksum files vouch for, and nothing else."""

import pytest

from edgebook.bundle import released
from tests.bundle import releases
from tests.bundle.releases import lay


def names(folder):
    """Return the names of what was found."""
    return {file.name for file in released.files(folder)}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (releases.k3s(), {"k3s", "k3s-airgap-images-amd64.tar.zst", "install.sh"}),
        ({**releases.k3s(), "sha256sum-amd64.txt": b""}, set()),
        ({"install.sh": b""}, set()),
        ({}, set()),
    ],
    ids=["whole", "nothing listed", "installer alone", "empty"],
)
def test_only_what_is_listed_is_found(tmp_path, files, found):
    """A file that no checksum file lists is not taken for a release's."""
    assert found == names(lay(tmp_path / "usb", files) if files else tmp_path)


def test_the_sums_are_upstreams_and_not_the_files(tmp_path):
    """A tampered file has the sum that it should have, so that verifying finds it."""
    files = {**releases.k3s(), "k3s": b"tampered"}
    found = {file.name: file.sha256 for file in released.files(lay(tmp_path / "usb", files))}
    assert releases.sha256(releases.program()) == found["k3s"]
