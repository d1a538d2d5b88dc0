"""The package as a whole: quick to import, few names, a wheel that works outside the checkout."""

import os
import statistics
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IMPORT_S = 0.3


def test_import_is_quick():
    """`import edgebook` takes under 0.3 s beyond an empty interpreter, the best of five."""

    def took(code):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    empty, ours = [took("pass") for _ in range(5)], [took("import edgebook") for _ in range(5)]
    assert IMPORT_S > min(ours) - statistics.median(empty)


def test_import_loads_no_heavy_library():
    """What takes long is loaded on first use."""
    code = "import sys, edgebook; print([n for n in ('plotly','paramiko','kubernetes','pydantic','papermill','ipywidgets','asyncssh','aiohttp') if n in sys.modules])"
    assert (
        "[]" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel once, with what is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_wheel_carries_the_book(wheel):
    """The wheel holds the runbooks and their parameters beside the package."""
    names = zipfile.ZipFile(wheel).namelist()
    assert "edgebook/_book/notebooks/10-install-k3s-ha.ipynb" in names
    assert "edgebook/_book/parameters/lab/10-install-k3s-ha.yaml" in names
    assert not [name for name in names if name.startswith("tests/")]


def test_installed_package_works_outside_the_checkout(wheel, tmp_path):
    """From a wheel, in an empty folder, the practice site starts, the runbooks are listed, and the site stops."""
    home = tmp_path / "site-packages"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(home), str(wheel)], check=True
    )
    empty = tmp_path / "work"
    empty.mkdir()
    env = {**os.environ, "PYTHONPATH": str(home)}

    def edgebook(*arguments):
        command = [sys.executable, "-m", "edgebook.cli", *arguments]
        return subprocess.run(command, cwd=empty, env=env, capture_output=True, text=True, check=False)

    try:
        assert 0 == edgebook("lab", "up").returncode
        assert "10-install-k3s-ha" in edgebook("list").stdout
        assert '"running": true' in edgebook("lab", "status", "--json").stdout
    finally:
        assert 0 == edgebook("lab", "down").returncode
