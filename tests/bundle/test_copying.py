"""The copying of files into a bundle: summed on the way, and never half there."""

import pytest

from edgebook.bundle import copying
from edgebook.bundle.opened import Place
from edgebook.errors import InputError
from tests.bundle import releases


def test_a_stretch_is_copied_and_summed(tmp_path):
    """Only the stretch, with its own sum; whoever wants to see the pieces does."""
    (tmp_path / "tar").write_bytes(b"before" + b"the file" + b"after")
    seen = []
    summing = copying.copy(Place(tmp_path / "tar", 6, 8), tmp_path / "new" / "file", tell=seen.append)
    assert (b"the file", releases.sha256(b"the file")) == ((tmp_path / "new" / "file").read_bytes(), summing.digest())
    assert b"the file" == b"".join(seen)


def test_nothing_has_the_name_before_it_is_whole(tmp_path):
    """While bytes come the earlier file stays."""
    (tmp_path / "source").write_bytes(b"new")
    (tmp_path / "file").write_bytes(b"old")
    seen = []
    copying.copy(
        Place(tmp_path / "source", 0, 3),
        tmp_path / "file",
        tell=lambda _: seen.append((tmp_path / "file").read_bytes()),
    )
    assert [b"old"] == seen
    assert b"new" == (tmp_path / "file").read_bytes()


def test_what_cannot_be_read_is_named(tmp_path):
    """The source and the reason."""
    with pytest.raises(InputError, match=r"cannot copy .*none to .*file: No such file"):
        copying.copy(Place(tmp_path / "none", 0, 1), tmp_path / "file")
