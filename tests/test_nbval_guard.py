"""The test of the notebooks' test: a changed output turns it red, and nothing passes uncompared."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAME = "00-start-here.ipynb"
SEEN = "61039 MB, 1% used"


@pytest.fixture
def book(tmp_path):
    """Give a copy of the notebooks, and a function that changes one of them through its data."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")

    def change(edit):
        path = tmp_path / "notebooks" / NAME
        read = json.loads(path.read_text())
        edit(read)
        path.write_text(json.dumps(read))

    return change


def nbval(folder):
    """Run a notebook under nbval with this suite's guard; return the exit code and what was said."""
    options = [
        "-q",
        "-p",
        "tests.conftest",
        "--rootdir",
        str(ROOT),
        "-c",
        str(ROOT / "pyproject.toml"),
        "--nbval",
        "--nbval-current-env",
    ]
    command = [sys.executable, "-m", "pytest", *options, str(folder / "notebooks" / NAME)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def code_cells(read):
    """Return a notebook's code cells."""
    return [cell for cell in read["cells"] if cell["cell_type"] == "code"]


def test_a_changed_figure_in_an_output_turns_it_red(book, tmp_path):
    """One number of one table changed: that cell fails, and no later cell runs."""
    book(lambda read: read.update(json.loads(json.dumps(read).replace(SEEN, "61038 MB, 1% used"))))
    code, said = nbval(tmp_path)
    assert code == 1, said
    assert "1 failed" in said
    assert "skipped" in said
    assert "a runbook never goes on after that" in said


def test_a_cell_without_a_count_is_refused(book, tmp_path):
    """A cell that nbval would run without comparing stops the session before anything runs."""
    book(lambda read: code_cells(read)[-1].update(execution_count=None, outputs=[]))
    code, said = nbval(tmp_path)
    assert (4, True) == (code, "would not be compared" in said), said


def test_a_cell_that_opts_out_is_refused(book, tmp_path):
    """A mark that keeps an output from being compared stops the session too."""
    book(lambda read: code_cells(read)[-1]["metadata"].update(tags=["nbval-ignore-output"]))
    code, said = nbval(tmp_path)
    assert (4, True) == (code, "would not be compared" in said), said
