"""The shape of the notebooks: documents first, no logic, outputs stored. No kernel is started."""

import ast
import json
import re
from itertools import pairwise
from pathlib import Path

import papermill
import pytest
import yaml

from edgebook import parameters

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LOGIC = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.If,
    ast.For,
    ast.While,
    ast.Try,
    ast.comprehension,
)
HEADINGS = ["Preflight", "What would change", "Verify", "Undo", "Summary", "Related"]
ABOUT_WORDS = 120
CELL_LINES = 10
SIZE_BYTES = 200_000

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path, kind=None):
    """Return a notebook's cells of one kind, with joined sources."""
    read = json.loads(path.read_text())["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in read if kind in (None, cell["cell_type"])]


def test_code_cells_are_short_and_hold_no_logic(path):
    """Every code cell is at most ten straight lines: no def, class, branch, loop or magic."""
    for cell in cells(path, "code"):
        assert len(cell["source"].splitlines()) <= CELL_LINES or "parameters" in cell["metadata"].get("tags", [])
        assert not [node for node in ast.walk(ast.parse(cell["source"])) if isinstance(node, LOGIC)]


def test_it_opens_with_one_title_and_says_what_it_is_for(path):
    """The first cell is the only title; the second says when to use it, in at most 120 words."""
    first, second = cells(path)[:2]
    titles = [cell["source"] for cell in cells(path, "markdown") if re.match(r"# ", cell["source"])]
    assert [first["source"]] == titles
    assert ABOUT_WORDS >= len(second["source"].split())


def test_it_has_the_sections_of_a_runbook_in_their_order(path):
    """Preflight, what would change, verify, undo, summary, related."""
    headings = re.findall(r"^## (.+)$", "\n".join(cell["source"] for cell in cells(path, "markdown")), re.MULTILINE)
    assert HEADINGS == [heading for heading in headings if heading in HEADINGS]


def test_prose_introduces_every_code_cell(path):
    """Two code cells never touch, and the text before one ends in a colon."""
    everything = cells(path)
    for before, cell in pairwise(everything):
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", []):
            assert "markdown" == before["cell_type"]
            assert (
                before["source"].rstrip().endswith(":")
                or before["source"].startswith("## ")
                or before["source"].rstrip().endswith(".")
            )


def test_parameters_are_read_alike_by_us_and_by_papermill(path):
    """Papermill's one regular expression finds every parameter that edgebook finds, with the same help and default."""
    ours = parameters.read(path)
    theirs = papermill.inspect_notebook(str(path))
    assert [one.name for one in ours] == list(theirs)
    assert [repr(one.default).replace("'", '"') for one in ours] == [found["default"] for found in theirs.values()]
    assert all(found["help"] for found in theirs.values())


def test_cell_ids_are_words_and_unique(path):
    """A person chose each id, so that a diff names a cell."""
    ids = [cell["id"] for cell in cells(path)]
    assert sorted(set(ids)) == sorted(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", one) for one in ids)


def test_outputs_are_stored_with_counts_and_without_noise(path):
    """Every code cell ran, in order, without an error; nothing of a machine, a widget or papermill is kept."""
    code = cells(path, "code")
    assert list(range(1, len(code) + 1)) == [cell["execution_count"] for cell in code]
    assert not [output for cell in code for output in cell["outputs"] if output["output_type"] == "error"]
    read = json.loads(path.read_text())
    assert {"kernelspec", "language_info"} == set(read["metadata"]) - {"edgebook"}
    assert "python3" == read["metadata"]["kernelspec"]["name"]
    assert SIZE_BYTES >= path.stat().st_size


def test_every_cell_that_shows_something_has_its_output(path):
    """A cell that ends in an expression has an output: nbval would compare nothing otherwise."""
    for cell in cells(path, "code"):
        shows = isinstance(ast.parse(cell["source"]).body[-1], ast.Expr)
        assert shows == bool(cell["outputs"]), cell["source"]


def test_no_cell_opts_out_of_comparison(path):
    """Nbval's ways out are not used: every output is compared."""
    marks = [tag for cell in cells(path, "code") for tag in cell["metadata"].get("tags", []) if tag.startswith("nbval")]
    assert [] == marks
    assert "NBVAL" not in path.read_text()


def test_the_demo_has_values_for_it(path):
    """A parameter file of the practice site fits the notebook."""
    file = ROOT / "parameters" / "lab" / f"{path.stem}.yaml"
    parameters.check(parameters.read(path), yaml.safe_load(file.read_text()), file=str(file))


def test_related_notebooks_exist_or_are_named_in_the_readme(path):
    """A reader is never sent to a notebook nobody has heard of."""
    readme = (ROOT / "README.md").read_text()
    for name in re.findall(r"`(\d\d-[a-z0-9-]+)`", "\n".join(cell["source"] for cell in cells(path, "markdown"))):
        assert name in readme
