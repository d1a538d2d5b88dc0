"""The commands `plan`, `run`, `html`, `list` and `journal` on small notebooks with real kernels."""

from __future__ import annotations

import json

import pytest

from edgebook.cli import main
from tests.headless import JOURNAL, events, notebook, site

STEP = {"id": "join.s1", "stage": "join", "target": "s1", "title": "join s1", "status": "done"}
ACTIONS = [
    {
        "id": "a",
        "stage": "join",
        "target": "s1",
        "title": "join s1",
        "effect": "change",
        "done": False,
        "shows": "k3s server\n--x",
    },
    {"id": "b", "stage": "join", "target": "s22", "title": "join s22", "effect": "change", "done": True, "shows": ""},
    {
        "id": "c",
        "stage": "drop",
        "target": "s1",
        "title": "drop it",
        "effect": "destructive",
        "done": False,
        "shows": "rm",
    },
]
PLAN = {"title": "Install", "undo": False, "stages": {"join": "Join the servers", "drop": "Drop"}, "actions": ACTIONS}


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book with one runbook that plans, and acts when it is to apply."""
    acts = f"if apply:\n    journal.write('done', **{STEP!r})\njournal.write('closed', status='done')"
    notebook(tmp_path / "notebooks", JOURNAL, events(plan=PLAN), acts)
    site(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDGEBOOK_RUNS", raising=False)
    monkeypatch.delenv("EDGEBOOK_SITES", raising=False)
    return tmp_path


def test_a_plan_is_shown_as_text_and_changes_nothing(book, capsys):
    """Stages, hosts and what is already so; `!` marks what is destructive."""
    assert 0 == main(["plan", "10", "--site", "hut"])
    assert capsys.readouterr().out == (
        "hut: Install: 2 to do on s1; 1 already so\n"
        "\nJoin the servers\n  + s1   join s1\n  = s22  join s22\n"
        "\nDrop\n  ! s1  drop it\n"
    )


def test_a_plan_with_details_shows_the_commands(book, capsys):
    """Each action to do is followed by its exact command."""
    main(["plan", "10", "--site", "hut", "--details"])
    assert "  + s1   join s1\n      k3s server\n      --x\n" in capsys.readouterr().out


def test_a_run_that_applies_counts_its_changes(book, capsys):
    """The result is one line, and the files are named."""
    assert 0 == main(["run", "10", "--site", "hut", "--apply"])
    shown = capsys.readouterr().out
    assert (True, True) == (shown.startswith("done: 10-try on hut, 1 change, "), "html:    runs/hut/" in shown)


def test_a_run_for_a_program_is_its_result(book, capsys):
    """--json prints what result.json holds, one element a site."""
    main(["run", "10", "--site", "hut", "--apply", "--json"])
    (printed,) = json.loads(capsys.readouterr().out)
    (path,) = (book / "runs" / "hut").glob("*.result.json")
    assert json.loads(path.read_text()) == printed


def test_several_sites_are_run_and_overviewed(book, capsys):
    """Two sites give two results and one page over both."""
    site(book, "hut2")
    main(["run", "10", "--site", "hut", "--site", "hut2", "--out", "records"])
    assert "overview: records/" in capsys.readouterr().out
    assert 1 == len(list((book / "records").glob("*.html")))


def test_bad_input_starts_nothing(book, capsys):
    """A wrong parameter is refused with 2, and no record is made."""
    assert 2 == main(["run", "10", "--site", "hut", "-p", "nope=1"])
    assert not (book / "runs").exists()


def test_progress_goes_to_standard_error_only(book, capsys):
    """Standard output holds results and nothing else."""
    main(["run", "10", "--site", "hut", "--json"])
    json.loads(capsys.readouterr().out)


def test_a_run_can_be_read_from_its_journal(book, capsys):
    """`edgebook journal` lists runs, and shows the steps of one."""
    main(["run", "10", "--site", "hut", "--apply", "--json"])
    (printed,) = json.loads(capsys.readouterr().out)
    main(["journal"])
    listed = capsys.readouterr().out
    main(["journal", printed["run_id"]])
    shown = capsys.readouterr().out
    assert (True, True, True) == (printed["run_id"] in listed, "10-try on hut: done" in shown, "join s1" in shown)


def test_an_unknown_run_is_bad_input(book, capsys):
    """A run id that leads nowhere is refused with 2."""
    assert 2 == main(["journal", "nothing"])


def test_runbooks_are_listed_with_what_they_are_for(book, capsys):
    """Name, title and first sentence."""
    main(["list"])
    assert capsys.readouterr().out == "10-try                Try it\n                      Use this to try.\n"


def test_a_list_for_a_program_has_paths(book, capsys):
    """--json gives name, title, summary, path, and the runbooks that come before it."""
    main(["list", "--json"])
    (entry,) = json.loads(capsys.readouterr().out)
    assert {"name", "title", "summary", "path", "after"} == entry.keys()


def test_a_notebook_is_drawn_as_a_page(book, capsys):
    """`edgebook html` draws a notebook, with the banner of the result beside it."""
    path = notebook(book, name="done.ipynb")
    facts = {"site": "hut", "status": "done", "changed": 0, "seconds": 1.0, "began": "x", "apply": None}
    path.with_suffix(".result.json").write_text(json.dumps(facts))
    assert 0 == main(["html", str(path), "pages/done.html"])
    assert 'class="pill done"' in (book / "pages" / "done.html").read_text()


def test_what_is_no_notebook_is_not_drawn(book, capsys):
    """A wrong file is bad input."""
    (book / "x.ipynb").write_text("nothing")
    assert 2 == main(["html", "x.ipynb", "x.html"])
