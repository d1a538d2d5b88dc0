"""The package's front door."""

import subprocess
import sys
from importlib import metadata

import pytest

import edgebook

SLOW = ("plotly", "ipywidgets", "IPython", "paramiko", "kubernetes", "papermill", "pydantic", "pandas", "nbformat")


def test_the_public_names_are_few_and_sorted():
    """At most fifteen names, in order."""
    assert sorted(edgebook.__all__) == edgebook.__all__
    assert len(edgebook.__all__) <= 15


@pytest.mark.parametrize("name", edgebook.__all__)
def test_every_public_name_is_there(name):
    """A name in the list can be had, and shows in dir()."""
    assert getattr(edgebook, name) is not None
    assert name in dir(edgebook)


def test_an_unknown_name_is_an_attribute_error():
    """Typos fail as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'stat'"):
        _ = edgebook.stat


def test_importing_the_package_loads_nothing_slow():
    """The slow libraries are loaded with their first use, not with the package."""
    code = f"import sys, edgebook, edgebook.runbook, edgebook.views; print([name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_checkout_that_is_not_installed_still_has_a_version(monkeypatch):
    """Without metadata the version says that it is unknown."""

    def missing(_name):
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "version", missing)
    assert edgebook.__version__ == "0+unknown"
