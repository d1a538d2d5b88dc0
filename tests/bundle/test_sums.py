"""Sums: what checksum files say, in the forms upstream has them, and what bytes really have."""

import hashlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgebook.bundle import sums
from edgebook.bundle.sums import Sum

A, B = "a" * 64, "b" * 64
LONG = "c" * 128


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{B}  k3s-arm64\n{A}  k3s\n", ("sha256", A)),
        (f"{A} *k3s\n", ("sha256", A)),
        (f"{A}\tk3s\r\n", ("sha256", A)),
        (f"{A.upper()}  k3s", ("sha256", A)),
        (f"{A}\n", ("sha256", A)),
        (f"{LONG}\n", ("sha512", LONG)),
        (f"# sums\n\n{A}  k3s\n", ("sha256", A)),
    ],
    ids=["several", "binary mark", "tab and carriage return", "capitals", "bare", "bare sha512", "comment"],
)
def test_a_sum_is_found(text, wanted):
    """K3s and CNI list names, KubeEdge writes the bare sum."""
    found = sums.find(text, "k3s", "f.txt")
    assert (*wanted, "f.txt") == (found.algorithm, found.digest, found.said_by)


@pytest.mark.parametrize(
    "text", ["", f"{A}  k3s-arm64\n", f"{A}\n{B}\n", "zz  k3s", f"{A[1:]}  k3s", "<html>404</html>"]
)
def test_what_is_not_listed_has_no_sum(text):
    """Another file's sum, several bare ones, or a page in the file's place say nothing."""
    assert sums.find(text, "k3s", "f.txt") is None


@settings(deadline=None, max_examples=60)
@given(st.text())
def test_any_text_can_be_searched(text):
    """Whatever a server sent in a checksum file's place, looking into it does not fail."""
    found = sums.find(text, "k3s", "f.txt")
    assert found is None or len(found.digest) in sums.ALGORITHMS


def test_a_file_that_is_no_text_lists_nothing(tmp_path):
    """Bytes of any kind are looked through."""
    (tmp_path / "f.txt").write_bytes(bytes(range(256)) * 10)
    assert sums.listed(tmp_path / "f.txt", "k3s") is None


def test_summing_takes_both_algorithms_in_one_reading():
    """SHA-256 always, and upstream's own beside it."""
    wanted = Sum("sha512", hashlib.sha512(b"text").hexdigest(), "f.txt")
    summing = sums.of(io.BytesIO(b"text"), 4, wanted)
    assert (hashlib.sha256(b"text").hexdigest(), "") == (summing.digest(), summing.differs(wanted))


def test_a_difference_is_told_with_both_beginnings():
    """Enough of both sums is shown to compare them by eye."""
    summing = sums.of(io.BytesIO(b"text"), 4)
    assert "its sha256 begins 982d9e3eb996, f.txt says aaaaaaaaaaaa" == summing.differs(Sum("sha256", A, "f.txt"))


def test_no_more_is_read_than_was_asked_for():
    """A stretch of a longer file is summed by itself, and its pieces are handed on."""
    pieces = []
    summing = sums.of(io.BytesIO(b"text and more"), 4, tell=pieces.append)
    assert ([b"text"], 4) == (pieces, summing.size)


def test_an_early_end_shows_in_the_size():
    """A file that is shorter than it should be is not waited for."""
    assert 4 == sums.of(io.BytesIO(b"text"), 100).size
