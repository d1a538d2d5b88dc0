"""Signatures over a bundle's manifest, by OpenSSH's `ssh-keygen -Y`.

Not a key store: the key is a file or an agent's, and who may sign stands in an allowed_signers file.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from edgebook.bundle import manifest
from edgebook.bundle.opened import Bundle
from edgebook.errors import EdgebookError, InputError, shorten

NAMESPACE = "edgebook-bundle"
"""A signature for another purpose does not count here, nor ours there."""
TIMEOUT_S = 30.0
ASKING_TIMEOUT_S = 300.0
"""A person may have to type a passphrase, or touch a token."""
PROGRAM = "ssh-keygen"
SIGN_HINT = "edgebook bundle create --sign KEY signs it"


def sign(data: bytes, key: Path) -> bytes:
    """Sign a manifest with an SSH key; a passphrase is asked for on the terminal by OpenSSH itself."""
    done = _run(["-Y", "sign", "-n", NAMESPACE, "-f", str(key)], data, timeout_s=ASKING_TIMEOUT_S)
    if done.returncode != 0:
        raise InputError(
            f"cannot sign with {key}: {_said(done)}", hint="give a private key, or a .pub whose agent runs"
        )
    return done.stdout


def signed_by(bundle: Bundle, signers: Path) -> str:
    """Return who of an allowed_signers file signed a bundle's manifest; raise `InputError` when nobody did."""
    return signer(bundle.text, bundle.signature, signers)


def signer(data: bytes, signature: bytes, signers: Path) -> str:
    """Return who of an allowed_signers file signed these bytes; an empty signature is nobody's."""
    if not signers.is_file():
        raise InputError(
            f"there is no file {signers} that says who may sign", hint="a line each: NAME ssh-ed25519 AAAA…"
        )
    if not signature:
        raise InputError(f"the bundle has no {manifest.SIGNATURE}, and must be signed here", hint=SIGN_HINT)
    with tempfile.TemporaryDirectory(prefix="edgebook-") as folder:
        file = Path(folder, manifest.SIGNATURE)
        file.write_bytes(signature)
        found = _run(["-Y", "find-principals", "-f", str(signers), "-s", str(file)], data)
        names = found.stdout.decode(errors="replace").splitlines()
        if found.returncode != 0 or not names:
            raise InputError(f"nobody in {signers} has signed this bundle", hint=SIGN_HINT)
        options = ["-Y", "verify", "-n", NAMESPACE, "-f", str(signers), "-I", names[0], "-s", str(file)]
        done = _run(options, data)
    if done.returncode != 0:
        what = "the manifest was changed after it was signed, or it was signed for something else"
        raise InputError(
            f"the signature by {names[0]} does not hold: {what}", hint="get the bundle again from its maker"
        )
    return names[0]


def _run(options: list[str], data: bytes, *, timeout_s: float = TIMEOUT_S) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which(PROGRAM)
    if program is None:
        raise InputError(
            f"signatures need OpenSSH's {PROGRAM}, which is not here", hint="apt-get install openssh-client"
        )
    try:
        return subprocess.run([program, *options], input=data, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as exc:
        raise EdgebookError(f"{PROGRAM} did not end within {timeout_s:g} s") from exc


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return shorten(done.stderr.decode(errors="replace")) or f"{PROGRAM} ended with {done.returncode}"
