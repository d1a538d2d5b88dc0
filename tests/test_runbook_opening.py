"""Opening a run."""

import json
import os
import signal
import subprocess
import sys

import pytest

import edgebook
from edgebook import journal
from edgebook.errors import ApprovalMissing, NotebookNotFound, ParameterInvalid, SiteLocked, SiteNotFound
from tests.plans import write_site

CELL = (
    'site: str = "f7"  # the site\nbatch: int = 2  # at a time [1..20]\napply: bool = None  # None: the site decides\n'
)
WORK = """\
import sys
import edgebook
from edgebook.records import Outcome
from tests.plans import action, plan
run = edgebook.start("10-try", site="f7")
def hang():
    print("in the step", flush=True)
    sys.stdin.read()
    return Outcome()
run.plan(plan(action("x"), action("y", hang, wave=1)))
run.apply("first")
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Make a book with one runbook and one site, and work in it."""
    (tmp_path / "notebooks").mkdir()
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": CELL, "outputs": []}
    (tmp_path / "notebooks" / "10-try.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}}))
    write_site(tmp_path / "parameters")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def start(book):
    """Return `edgebook.start`; every run is closed at the end."""
    runs = []

    def starter(*args, **kwargs):
        runs.append(edgebook.start(*args, **kwargs))
        return runs[-1]

    yield starter
    for run in runs:
        run.close()
    assert book.is_dir()


def files(book):
    """Return the journals' names."""
    return sorted(path.name for path in (book / "runs" / "f7").glob("*.jsonl"))


def test_a_run_is_opened_by_name_with_the_defaults_of_its_notebook(start):
    """What is not given comes from the parameters cell."""
    assert {"site": "f7", "batch": 3, "apply": None} == start("10-try", batch=3).parameters


def test_a_run_is_opened_by_its_form(start):
    """The form's values are the notebook's names."""
    assert start(edgebook.form("10-try", {"batch": 7})).parameters["batch"] == 7


def test_a_form_of_an_unknown_runbook_is_refused(book):
    """The name is looked up in the book."""
    with pytest.raises(NotebookNotFound):
        edgebook.form("99-nothing", {})
    assert book.is_dir()


def test_a_form_with_bad_values_is_refused_before_anything_is_made(start, book):
    """papermill injects whatever it is given; the run does not take it, and leaves nothing behind."""
    with pytest.raises(ParameterInvalid, match="99 is out of range"):
        start(edgebook.form("10-try", {"batch": 99}))
    assert not (book / "runs").exists()


def test_all_bad_parameters_are_reported(start):
    """Two mistakes, one error."""
    with pytest.raises(ParameterInvalid) as caught:
        start("10-try", batch=99, appply=True)
    assert len(caught.value.problems) == 2


def test_a_notebook_of_ones_own_takes_any_parameters(start):
    """Who writes a notebook outside of the book decides what it takes."""
    run = start("my-notes", site="f7", anything=1)
    assert ("my-notes", 1) == (run.notebook, run.parameters["anything"])


def test_a_run_without_a_site_is_refused(start):
    """Nothing can be guessed."""
    with pytest.raises(ParameterInvalid, match="needs a site"):
        start("my-notes")


def test_an_unknown_site_is_refused_and_leaves_nothing(start, book):
    """No folder of runs is made for a typo."""
    with pytest.raises(SiteNotFound):
        start("10-try", site="f8")
    assert not (book / "runs").exists()


def test_a_locked_site_refuses_to_apply_and_leaves_nothing(start, book):
    """Refused before the lock and the journal."""
    write_site(book / "parameters", protection="locked")
    with pytest.raises(ApprovalMissing):
        start("10-try", apply=True)
    assert not (book / "runs").exists()


def test_the_id_is_time_and_runbook(start, book):
    """A fixed clock fixes the id, and the journal's name with it."""
    assert start("10-try").id == "20260115T080000Z-10-try"
    assert files(book) == ["20260115T080000Z-10-try.jsonl"]


def test_a_given_id_wins(start, book, monkeypatch):
    """Batch names its runs itself."""
    monkeypatch.setenv("EDGEBOOK_RUN_ID", "20260101T000000Z-10-try")
    start("10-try")
    assert files(book) == ["20260101T000000Z-10-try.jsonl"]


def test_under_a_fixed_clock_the_earlier_journal_moves_away(start, book):
    """The id stays the same each time, and no journal is written over."""
    for _ in range(3):
        start("10-try").close()
    assert files(book) == [
        "20260115T080000Z-10-try.jsonl",
        "20260115T080000Z-10-try~1.jsonl",
        "20260115T080000Z-10-try~2.jsonl",
    ]


def test_two_real_runs_of_one_second_have_two_journals(start, book, monkeypatch):
    """The second one gets a number."""
    monkeypatch.setenv("EDGEBOOK_RUN_ID", "r")
    write_site(book / "parameters", more="")
    ids = [start("10-try").id for _ in range(3)]
    assert ids == ["r", "r-2", "r-3"]
    assert files(book) == ["r-2.jsonl", "r-3.jsonl", "r.jsonl"]


def test_starting_again_in_the_same_process_ends_the_earlier_run(start):
    """The cell that starts the run can be run again."""
    first, second = start("10-try"), start("10-try")
    moved = first.journal.path.with_stem(f"{first.id}~1")
    assert ["run", "closed"] == [event.kind for event in journal.read(moved)]
    assert ["run"] == [event.kind for event in journal.read(second.journal.path)]


@pytest.fixture
def elsewhere(book):
    """Run the runbook in another process until it hangs in its second step."""
    root = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(
        [sys.executable, "-c", WORK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=book,
        env={**os.environ, "PYTHONPATH": root},
    ) as process:
        assert process.stdout.readline() == "in the step\n"
        yield process
        process.kill()


def test_a_site_that_another_run_holds_is_refused(start, elsewhere):
    """The error names the other run."""
    with pytest.raises(SiteLocked, match=f"process {elsewhere.pid}, run 20260115T080000Z-10-try"):
        start("10-try")


def test_after_kill_9_the_next_run_knows_what_was_under_way(start, elsewhere):
    """The lock is free, and the card names the interrupted step and what is kept."""
    elsewhere.send_signal(signal.SIGKILL)
    elsewhere.wait(timeout=10)
    run = start("10-try")
    assert "was interrupted at 2026-01-15T08:00:02Z while “Make y” on s1 was under way" in repr(run)
    assert "What it finished (1 step) is kept." in run._repr_html_()


def test_a_process_that_ends_by_itself_closes_its_run(start, book):
    """A script without a summary leaves a closed journal."""
    code = 'import edgebook; edgebook.start("10-try", site="f7")'
    root = os.pathsep.join(path for path in sys.path if path)
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=book, env={**os.environ, "PYTHONPATH": root}, timeout=60
    )
    [name] = files(book)
    assert journal.read(book / "runs" / "f7" / name)[-1].kind == "closed"
    assert start("10-try").earlier is None


def test_a_run_that_cannot_write_its_journal_lets_go_of_the_site(start, book, monkeypatch):
    """A refused start does not keep the next one out."""
    monkeypatch.setenv("EDGEBOOK_RUN_ID", "folder/that/is/not")
    (book / "runs" / "f7").mkdir(parents=True)
    (book / "runs" / "f7" / "folder").write_text("")
    with pytest.raises(edgebook.RunError, match="cannot be written"):
        start("10-try")
    monkeypatch.delenv("EDGEBOOK_RUN_ID")
    assert start("10-try").site.name == "f7"
