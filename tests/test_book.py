"""The book: where notebooks, parameters and runs are found."""

from __future__ import annotations

import json

import pytest

from edgebook import book
from edgebook.errors import NotebookNotFound
from tests.headless import notebook


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A book with two runbooks and values for one of them, and a shipped copy elsewhere."""
    home = tmp_path / "book"
    notebook(home / "notebooks", name="10-install-k3s-ha.ipynb")
    notebook(home / "notebooks", name="11-join-kubeedge.ipynb")
    (home / "parameters" / "lab").mkdir(parents=True)
    (home / "parameters" / "lab" / "10-install-k3s-ha.yaml").write_text("servers: 3\n")
    notebook(tmp_path / "shipped" / "notebooks", name="40-shipped.ipynb")
    monkeypatch.setattr(book, "SHIPPED", tmp_path / "shipped")
    monkeypatch.delenv("EDGEBOOK_RUNS", raising=False)
    return home


def test_the_root_is_the_nearest_folder_upwards_that_holds_notebooks(checkout):
    """From deep inside a book, its root is found."""
    deep = checkout / "parameters" / "lab"
    assert checkout == book.root(deep)


def test_a_folder_with_parameters_only_is_a_book_whose_notebooks_are_the_shipped_ones(tmp_path, checkout):
    """An engineer's folder of sites works with the notebooks of the wheel."""
    (tmp_path / "mine" / "parameters").mkdir(parents=True)
    assert ["40-shipped"] == [one.name for one in book.notebooks(tmp_path / "mine")]


def test_outside_of_a_book_the_shipped_copy_is_used(tmp_path, checkout):
    """Where no book is near, the one in the wheel is."""
    (tmp_path / "empty").mkdir()
    assert tmp_path / "shipped" == book.root(tmp_path / "empty")


@pytest.mark.parametrize("name", ["10", "10-install-k3s-ha", "install-k3s-ha", "10-install-k3s-ha.ipynb"])
def test_a_runbook_answers_to_its_number_and_names(checkout, name):
    """A number, the whole name, the name without number and the file name all lead to the notebook."""
    assert checkout / "notebooks" / "10-install-k3s-ha.ipynb" == book.notebook(name, checkout)


def test_a_path_leads_to_a_notebook_outside_of_the_book(tmp_path, checkout):
    """A notebook may lie anywhere when its path is given."""
    path = notebook(tmp_path / "elsewhere", name="own.ipynb")
    assert path == book.notebook(str(path), checkout)


@pytest.mark.parametrize("name", ["10-instal-k3s-ha", "instal-k3s"])
def test_a_misspelt_name_is_answered_with_the_right_one(checkout, name):
    """The error names the runbook that was probably meant."""
    with pytest.raises(NotebookNotFound) as caught:
        book.notebook(name, checkout)
    assert "did you mean 10-install-k3s-ha?" in caught.value.hint


def test_a_name_unlike_any_is_answered_with_all(checkout):
    """The error lists what there is when nothing is close."""
    with pytest.raises(NotebookNotFound) as caught:
        book.notebook("99", checkout)
    assert "there are 10-install-k3s-ha, 11-join-kubeedge" == caught.value.hint


def test_a_number_that_two_runbooks_have_is_refused(checkout):
    """An ambiguous name is an error that names both."""
    notebook(checkout / "notebooks", name="10-other.ipynb")
    with pytest.raises(NotebookNotFound, match="may be any of 10-install-k3s-ha, 10-other"):
        book.notebook("10", checkout)


def test_a_list_shows_title_and_first_sentence(checkout):
    """Each entry has the notebook's heading and the first sentence of its prose."""
    first = book.notebooks(checkout)[0]
    assert ("10-install-k3s-ha", "Try it", "Use this to try.") == (first.name, first.title, first.summary)


def test_the_first_sentence_may_stand_in_the_second_cell(tmp_path):
    """Title and introduction may be cells of their own."""
    cells = [{"cell_type": "markdown", "source": text} for text in ("# Title", "First one. Second one.")]
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": cells}))
    assert "First one." == book.describe(tmp_path / "x.ipynb").summary


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    """A broken file in the book is an error that says which."""
    (tmp_path / "x.ipynb").write_text("not json")
    with pytest.raises(NotebookNotFound, match=r"x\.ipynb is not a notebook"):
        book.describe(tmp_path / "x.ipynb")


def test_runs_lie_in_the_book(checkout):
    """The records of a checkout's runs are kept in it."""
    assert checkout / "runs" == book.runs(checkout / "parameters")


def test_runs_of_the_shipped_book_lie_in_the_working_folder(tmp_path, checkout):
    """Nothing is ever written into the installed package."""
    (tmp_path / "empty").mkdir()
    assert tmp_path / "empty" / "runs" == book.runs(tmp_path / "empty")


def test_the_environment_says_where_runs_lie(checkout, tmp_path, monkeypatch):
    """EDGEBOOK_RUNS wins over the book."""
    monkeypatch.setenv("EDGEBOOK_RUNS", str(tmp_path / "records"))
    assert tmp_path / "records" == book.runs(checkout)


def test_values_of_a_runbook_for_a_site_are_found(checkout):
    """parameters/<site>/<notebook>.yaml holds the values for one site."""
    assert checkout / "parameters" / "lab" / "10-install-k3s-ha.yaml" == book.values(
        "lab", "10-install-k3s-ha", checkout
    )


def test_a_runbook_without_values_has_none(checkout):
    """No file means no values, which is no error."""
    assert book.values("lab", "11-join-kubeedge", checkout) is None


def test_what_a_runbook_comes_after_stands_in_its_metadata(tmp_path):
    """One that needs a site on which others ran names them; the usual one names none."""
    cells = [{"cell_type": "markdown", "source": "# Title"}]
    for name, metadata in (("x", {"edgebook": {"after": ["10-a"]}}), ("y", {})):
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": cells, "metadata": metadata}))
    assert [("10-a",), ()] == [book.describe(tmp_path / f"{name}.ipynb").after for name in ("x", "y")]
