"""The material: the bundle and the checkout of k3s-ansible that are raced, as the environment names them.

Nothing is fetched: what is not there is named.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from edgebook.bundle import open_bundle
from edgebook.errors import EdgebookError

ARTIFACTS, CHECKOUT, PROGRAM = "EDGEBOOK_ARTIFACTS", "EDGEBOOK_K3S_ANSIBLE", "EDGEBOOK_ANSIBLE_BIN"
PLAYBOOK = Path("playbooks") / "site.yml"
KINDS = ("program", "installer", "images")


class Lacking(Exception):
    """Something that the race needs is not there."""


@dataclass(frozen=True)
class Material:
    """What is installed, and what the peer is."""

    bundle: Path
    version: str
    files: dict[str, Path]
    """The files of the bundle that edgebook sends to a host: name and place."""
    checkout: Path
    ansible: str

    @property
    def playbook(self) -> Path:
        """The playbook that installs a cluster."""
        return self.checkout / PLAYBOOK

    @property
    def said(self) -> str:
        """The files in words."""
        return ", ".join(f"{name} ({path.stat().st_size / 1e6:.1f} MB)" for name, path in self.files.items())


def material() -> Material:
    """Find the material, or raise `Lacking` with a sentence that says what is missing."""
    bundle, checkout = _folder(ARTIFACTS, "the folder of a bundle"), _folder(CHECKOUT, "a checkout of k3s-ansible")
    if not (checkout / PLAYBOOK).is_file():
        raise Lacking(f"{CHECKOUT} names {checkout}, which has no {PLAYBOOK}.")
    ansible = os.environ.get(PROGRAM) or shutil.which("ansible-playbook") or ""
    if not shutil.which(ansible):
        raise Lacking(f"There is no ansible-playbook on the PATH, and {PROGRAM} names none.")
    try:
        opened = open_bundle(bundle)
    except EdgebookError as error:
        raise Lacking(f"{ARTIFACTS} names no bundle: {error.message}") from error
    files = {file.name: bundle / file.name for file in opened.manifest.of(*KINDS, arch=os.uname().machine)}
    return Material(bundle, _version(files, bundle), files, checkout, ansible)


def _folder(variable: str, what: str) -> Path:
    named = os.environ.get(variable, "")
    if not named:
        raise Lacking(f"{variable} is not set: it names {what}.")
    if not Path(named).is_dir():
        raise Lacking(f"{variable} names {named}, which is not {what}.")
    return Path(named).resolve()


def _version(files: dict[str, Path], bundle: Path) -> str:
    """Ask the program: a release as it was downloaded says its version nowhere else."""
    program = next((path for path in files.values() if os.access(path, os.X_OK) and path.name.startswith("k3s")), None)
    if program is None:
        raise Lacking(f"{ARTIFACTS} names {bundle}, which has no k3s program that this machine can run.")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.split()
    found = next((word for word in said if word.startswith("v1.")), "")
    if not found:
        raise Lacking(f"{program} does not say its version.")
    return found
