"""The files of a K3s release, as the practice Internet serves them.

Not real programs: a binary is a text whose first line names the model that stands for it.
"""

from __future__ import annotations

import hashlib
import re

DOWNLOADS = "https://github.com/k3s-io/k3s/releases/download"
INSTALLER_URL = "https://get.k3s.io"
INSTALLER = """\
#!practice:k3s-install
# Installs K3s; see https://docs.k3s.io/installation
exec /usr/lib/practice/k3s-install "$@"
"""
"""Its first line names the program for the kernel, its last one for `sh FILE` and `curl … | sh`."""
STABLE = "v1.31.9+k3s1"
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "armv7l": "arm"}
SUFFIXES = {"amd64": "", "arm64": "-arm64", "arm": "-armhf"}
RELEASED = re.compile(r"^v1\.(2[0-9]|3[0-4])\.([0-9]|1[0-9])\+k3s[1-9]$")
BINARY_LINES = 400


def exists(version: str) -> bool:
    """Say whether the practice Internet has this release."""
    return bool(RELEASED.match(version))


def binary(version: str, arch: str = "amd64") -> bytes:
    """Return the K3s program of a release."""
    seed = f"{version} {arch}"
    lines = (hashlib.sha256(f"{seed} {number}".encode()).hexdigest() for number in range(BINARY_LINES))
    return (f"#!practice:k3s {seed}\n" + "\n".join(lines) + "\n").encode()


def checksum(version: str, arch: str = "amd64") -> str:
    """Return the SHA-256 of a release's program."""
    return hashlib.sha256(binary(version, arch)).hexdigest()


def images(version: str, arch: str = "amd64") -> bytes:
    """Return a release's archive of images; what it stands for is known by its name."""
    return f"images {version} {arch}".encode()


def checksums(version: str, arch: str = "amd64") -> str:
    """Return the release's checksum file."""
    digest = hashlib.sha256(images(version, arch)).hexdigest()
    return f"{digest}  k3s-airgap-images-{arch}.tar.zst\n{checksum(version, arch)}  k3s{SUFFIXES[arch]}\n"


def version_of(program: bytes) -> tuple[str, str]:
    """Read version and architecture from a program's first line; empty for what is no K3s."""
    words = program.split(b"\n", 1)[0].decode(errors="replace").split()
    binary_words = 3
    return (words[1], words[2]) if len(words) == binary_words and words[0] == "#!practice:k3s" else ("", "")


def serve(url: str) -> bytes | None:
    """Answer a download address; None for what the practice Internet does not have."""
    if url.rstrip("/") == INSTALLER_URL:
        return INSTALLER.encode()
    version, _, name = url.removeprefix(DOWNLOADS + "/").partition("/")
    version = version.replace("%2B", "+").replace("%2b", "+")
    if not url.startswith(DOWNLOADS) or not exists(version):
        return None
    for arch, suffix in SUFFIXES.items():
        if name == f"k3s{suffix}":
            return binary(version, arch)
        if name == f"k3s-airgap-images-{arch}.tar.zst":
            return images(version, arch)
        if name == f"sha256sum-{arch}.txt":
            return checksums(version, arch).encode()
    return None


def minor(version: str) -> int:
    """Return the minor number of a version."""
    return int(version.removeprefix("v").split(".")[1])
