"""What nbval lacks for runbooks: kernels over sockets, a stop at the first failed cell, nothing uncompared.

Registered as a plugin by conftest.py, because a conftest's own hooks would not see notebooks outside
its folder. Not a test.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbval.kernel
import pytest
from jupyter_client.manager import KernelManager
from nbval.plugin import IPyNbCell

from edgebook import book, lab

ROOT = Path(__file__).parents[1]
NAMES = ("EDGEBOOK_SITES", "EDGEBOOK_RUNS", "EDGEBOOK_HEADLESS")


def earlier(item):
    """Return the runbooks that must have run before a cell's own, on a site that no other shares."""
    return book.describe(Path(item.path)).after


class SocketKernelManager(KernelManager):
    """A kernel manager whose kernels talk over UNIX sockets, because TCP ports collide and warn on stderr."""

    def __init__(self, **options):
        self.home = tempfile.mkdtemp(prefix="edgebook-nbval-", dir="/tmp")
        super().__init__(transport="ipc", ip=f"{self.home}/k", connection_file=f"{self.home}/kernel.json", **options)

    def cleanup_resources(self, restart=False):
        """Take the sockets' folder away with the kernel."""
        super().cleanup_resources(restart=restart)
        if not restart:
            shutil.rmtree(self.home, ignore_errors=True)


class NbvalGuard:
    """Runs the notebooks on one practice site with a fixed clock, in the order of their numbers.

    One that says in its metadata after which others it comes has a site of its own, on which they ran.
    """

    def __init__(self):
        self.folder = None
        self.site = None
        self.before = {}

    def pytest_collection_modifyitems(self, items):
        """Run the notebooks last, those with a site of their own at the end; refuse what nbval would not compare."""
        cells = sorted((item for item in items if isinstance(item, IPyNbCell)), key=lambda item: bool(earlier(item)))
        items[:] = [item for item in items if not isinstance(item, IPyNbCell)] + cells
        for item in cells:
            if item.cell.execution_count is None or not item.options["check"]:
                raise pytest.UsageError(
                    f"{item.nodeid} would not be compared: run `make notebooks` and take its marks away"
                )

    def pytest_runtest_setup(self, item):
        """Start the practice site before the first cell; skip the cells after a failed one."""
        if not isinstance(item, IPyNbCell):
            return
        site = item.path if earlier(item) else None
        if self.folder is None or site != self.site:
            self.stop()
            self.start(earlier(item))
            self.site = site
        if getattr(item.parent, "failed_cell", None):
            pytest.skip(f"cell {item.parent.failed_cell} failed; a runbook never goes on after that")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        """Remember a notebook's failed cell."""
        outcome = yield
        if isinstance(item, IPyNbCell) and outcome.get_result().failed:
            item.parent.failed_cell = item.parent.__dict__.get("failed_cell") or item.name

    def start(self, names):
        """Start the site where the notebooks look for `lab`, and run what must have run there before."""
        self.folder = Path(tempfile.mkdtemp(prefix="edgebook-nbval-"))
        pointer = self.folder / "sites" / "lab" / "site.yaml"
        pointer.parent.mkdir(parents=True)
        pointer.write_text(f"folder: {lab.up(self.folder / 'lab', fixed_clock=True).site_folder}\n")
        values = (str(pointer.parent.parent), str(self.folder / "runs"), "1")
        self.before = {name: os.environ.get(name) for name in NAMES}
        os.environ.update(zip(NAMES, values, strict=True))
        for name in names:
            played = [sys.executable, "-m", "tests.player", name]
            subprocess.run(played, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def pytest_sessionfinish(self):
        """Leave nothing behind."""
        self.stop()

    def stop(self):
        """Stop the site, if one runs."""
        if self.folder is None:
            return
        lab.down(self.folder / "lab")
        shutil.rmtree(self.folder, ignore_errors=True)
        for name, value in self.before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        self.folder = None


nbval.kernel.KernelManager = SocketKernelManager
