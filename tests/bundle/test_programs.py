"""Programs: what an ELF header tells of the processor, and the bytes of the version."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgebook.bundle import programs
from edgebook.bundle.programs import Versions
from tests.bundle import releases


@pytest.mark.parametrize("arch", ["x86_64", "aarch64", "armv7l"])
def test_a_header_names_the_processor(arch):
    """As `uname -m` would."""
    assert arch == programs.arch_of(releases.program(arch)[: programs.HEADER_BYTES])


def test_the_byte_order_is_read():
    """A big-endian header has its number the other way round."""
    header = bytearray(releases.program()[: programs.HEADER_BYTES])
    header[5], header[18:20] = 2, (62).to_bytes(2, "big")
    assert "x86_64" == programs.arch_of(bytes(header))


def test_a_processor_that_is_not_known_is_still_another_one():
    """RISC-V is none of ours, and named by its number."""
    header = bytearray(releases.program()[: programs.HEADER_BYTES])
    header[18:20] = (243).to_bytes(2, "little")
    assert "another processor (ELF machine 243)" == programs.arch_of(bytes(header))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=40).filter(lambda data: not data.startswith(programs.MAGIC)))
def test_anything_else_tells_nothing(data):
    """A script, or a file cut short, may be for any processor."""
    assert "" == programs.arch_of(data)


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_a_version_is_found_across_pieces(at):
    """Wherever a file is cut into pieces, the version in it is found."""
    data = bytes(30) + b"v1.31.9+k3s1" + bytes(30)
    versions = Versions()
    for piece in (data[:at], data[at:]):
        versions.add(piece)
    assert "v1.31.9+k3s1" in versions.found


def test_a_file_without_a_version_has_none():
    """No version is no wrong version."""
    versions = Versions()
    versions.add(b"#!/bin/sh\nexec true v1.31 k3s1\n")
    assert set() == versions.found
