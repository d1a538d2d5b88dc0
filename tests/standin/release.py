"""A release of the stand-in: the folder of files that `source: {kind: bundle}` takes.

Not a release of K3s: the program is `tests/standin/program` in one file, as large as a test wants it.
"""

import hashlib
import os
import random
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
SHEBANG = b"#!/usr/bin/python3\n"
EPOCH = (1980, 1, 1, 0, 0, 0)
START = "from program.main import main\n\nmain()\n"
VERSION = (HERE / "VERSION").read_text(encoding="ascii").strip()
SEED = 7


def release(folder, *, version=VERSION, size_mb=0):
    """Make a release in a folder and return the folder; equal arguments make equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    program(folder / "k3s", version=version, size_mb=size_mb)
    (folder / "install.sh").write_bytes(installer())
    digest = hashlib.sha256((folder / "k3s").read_bytes()).hexdigest()
    (folder / "sha256sum-amd64.txt").write_text(f"{digest}  k3s\n", encoding="ascii")
    return folder


def installer():
    """Return K3s's own install.sh where the artifacts have it, else the stand-in's."""
    real = Path(os.environ.get("EDGEBOOK_ARTIFACTS", "")) / "install.sh"
    return (
        real.read_bytes()
        if os.environ.get("EDGEBOOK_ARTIFACTS") and real.is_file()
        else (HERE / "install.sh").read_bytes()
    )


def program(path, *, version=VERSION, size_mb=0):
    """Write the program: a zip file that Python runs, with as much noise in it as makes the size."""
    with path.open("wb") as out:
        out.write(SHEBANG)
        with zipfile.ZipFile(out, "w") as archive:
            for name, data in _members(version, size_mb):
                archive.writestr(zipfile.ZipInfo(name, EPOCH), data)
    path.chmod(0o755)


def _members(version, size_mb):
    yield "__main__.py", START
    yield "VERSION", f"{version}\n"
    for source in sorted((HERE / "program").glob("*.py")):
        yield f"program/{source.name}", source.read_text(encoding="utf-8")
    if size_mb:
        yield "noise", random.Random(SEED).randbytes(size_mb * 1024 * 1024)
