"""`make test-kind`: a cluster by kind, the contract and the notebooks against it, and all of it away again.

Not a test that CI runs: it needs Docker with privileged containers, kind, and a node image.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from edgebook import lab
from edgebook.errors import EdgebookError

ROOT = Path(__file__).parents[3]
CONTRACT = sorted(map(str, (ROOT / "tests" / "contract").glob("test_cluster_*.py")))
NOTEBOOKS = [str(ROOT / "notebooks" / "00-start-here.ipynb")]
"""Those that change no host: the others make a K3s out of hosts, and here is a cluster already."""


def main(words=None):
    """Make the site, run both against it, and return the exit code of what failed, or 2 where kind cannot run."""
    given = parser().parse_args(words)
    with tempfile.TemporaryDirectory(prefix="edgebook-kind-") as folder:
        where = Path(folder) / "lab"
        try:
            return against(lab.up(where, backend="kind", say=say, **vars(given)), Path(folder))
        except EdgebookError as error:
            say(f"error: {error.message}" + (f"\nhint: {error.hint}" if error.hint else ""))
            return error.exit_code
        finally:
            if where.exists():
                lab.down(where)


def parser():
    """Return the parser of the words after `make test-kind OPTIONS=`."""
    words = argparse.ArgumentParser(prog="make test-kind", description=__doc__.partition("\n")[0])
    words.add_argument("--image", default="", help="the nodes' image")
    words.add_argument("--bundle", type=Path, help="images from this folder or archive")
    for name, count in (("servers", 3), ("agents", 2), ("edges", 2)):
        words.add_argument(f"--{name}", type=int, default=count)
    return words


def against(status, folder):
    """Run the cluster's contract, then the notebooks, on a site; return the first exit code that is not 0."""
    contract = ["-k", "not practice", *CONTRACT]
    codes = [
        pytest(contract, {"EDGEBOOK_CONTRACT_KUBECONFIG": str(status.site_folder / "kubeconfig")}),
        pytest(["--nbval-lax", "--nbval-current-env", *NOTEBOOKS], surroundings(status, folder)),
    ]
    return next((code for code in codes if code), 0)


def surroundings(status, folder):
    """Let notebooks find the site under the name `lab`, and keep their records out of the book."""
    pointer = folder / "sites" / "lab" / "site.yaml"
    pointer.parent.mkdir(parents=True)
    pointer.write_text(f"folder: {status.site_folder}\nstart: edgebook lab up --backend kind\n")
    return {"EDGEBOOK_SITES": str(folder / "sites"), "EDGEBOOK_RUNS": str(folder / "runs"), "EDGEBOOK_HEADLESS": "1"}


def pytest(words, more):
    """Run pytest on its own, so that it reads the surroundings anew."""
    command = [sys.executable, "-m", "pytest", *words]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **more}, check=False).returncode


def say(words):
    """Print a line now, before what pytest prints."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
