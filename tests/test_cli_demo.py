"""The commands `demo` and `notebooks`, with small runbooks and a stand-in for the practice site."""

from __future__ import annotations

import json

import pytest

from edgebook import lab
from edgebook.cli import main
from edgebook.lab import LabStatus
from tests.headless import JOURNAL, notebook, site

STEP = {"id": "x", "stage": "x", "target": "s1", "title": "x", "status": "done"}
ACTS = f"{JOURNAL.replace('hut', 'lab')}journal.write('done', **{STEP!r})"


@pytest.fixture
def orders(monkeypatch, tmp_path):
    """A book without runbooks, and a practice site that only writes down what it is told."""
    told: list[str] = []
    running = LabStatus(running=True, folder=tmp_path / ".lab", site_folder=site(tmp_path / "practice", "lab"))

    def order(name, answer):
        def take(*_, **options):
            told.append(f"{name} fixed" if options.get("fixed_clock") else name)
            return answer

        return take

    down = LabStatus(running=False, folder=tmp_path, site_folder=tmp_path)
    for name, answer in (("up", running), ("reset", running), ("status", down), ("down", down)):
        monkeypatch.setattr(lab, name, order(name, answer))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDGEBOOK_RUNS", raising=False)
    return told


def test_the_demo_runs_the_core_runbooks_in_order(orders, tmp_path, capsys):
    """Each existing core runbook is run once; others are not; one table and one page come out."""
    for name in ("11-second.ipynb", "10-first.ipynb", "77-other.ipynb"):
        notebook(tmp_path / "notebooks", ACTS, name=name)
    assert 0 == main(["demo", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert [("10-first", "done", 1), ("11-second", "done", 1)] == [
        (run["notebook"], run["status"], run["changed"]) for run in told["runs"]
    ]
    assert "10-first" in (tmp_path / "runs" / "lab" / "index.html").read_text()


def test_the_demo_uses_the_values_of_the_practice_site(orders, tmp_path, capsys):
    """parameters/lab/<runbook>.yaml is what the demo runs with."""
    notebook(tmp_path / "notebooks", "print(mode)", name="10-first.ipynb")
    (tmp_path / "parameters" / "lab").mkdir(parents=True)
    (tmp_path / "parameters" / "lab" / "10-first.yaml").write_text("mode: slow\n")
    main(["demo", "--json"])
    assert "slow" == json.loads(capsys.readouterr().out)["runs"][0]["parameters"]["mode"]


def test_a_failure_ends_the_demo(orders, tmp_path, capsys):
    """What comes after a failed runbook is not run, and is said not to be."""
    notebook(tmp_path / "notebooks", "1 / 0", name="10-first.ipynb")
    notebook(tmp_path / "notebooks", name="11-second.ipynb")
    assert 1 == main(["demo"])
    shown = capsys.readouterr().out
    assert (True, True) == ("0 of 2 runbooks done" in shown, "11-second        not run" in shown)


def test_a_running_practice_site_is_reset_for_the_demo(orders, tmp_path, monkeypatch, capsys):
    """The demo always begins with bare hosts."""
    notebook(tmp_path / "notebooks", name="10-first.ipynb")
    running = lab.up(tmp_path)
    monkeypatch.setattr(lab, "status", lambda _: running)
    orders.clear()
    main(["demo"])
    assert ["reset"] == orders


def test_without_a_core_runbook_there_is_no_demo(orders, tmp_path, capsys):
    """An empty book is bad input, and no site is started."""
    (tmp_path / "notebooks").mkdir()
    assert (2, []) == (main(["demo"]), orders)


def test_notebooks_are_stored_with_their_outputs(orders, tmp_path, capsys):
    """The outputs of a run with a fixed clock are written back, and the site is stopped."""
    path = notebook(tmp_path / "notebooks", "print('site', site)", parameters='site: str = "lab"')
    assert 0 == main(["notebooks"])
    cell = json.loads(path.read_text())["cells"][-1]
    assert (2, ["site lab\n"], ["up fixed", "down"]) == (cell["execution_count"], cell["outputs"][0]["text"], orders)


def test_notebooks_made_twice_are_the_same(orders, tmp_path, capsys):
    """`--check` finds nothing to say about what was just written."""
    notebook(tmp_path / "notebooks", "print(1)", parameters='site: str = "lab"')
    main(["notebooks"])
    assert 0 == main(["notebooks", "--check"])


def test_a_changed_output_is_shown_and_not_written(orders, tmp_path, capsys):
    """`--check` prints the difference, writes nothing and exits with 1."""
    path = notebook(tmp_path / "notebooks", "print(1)", parameters='site: str = "lab"')
    main(["notebooks"])
    changed = path.read_text().replace('"1\\n"', '"2\\n"')
    path.write_text(changed)
    capsys.readouterr()
    assert (1, changed) == (main(["notebooks", "--check"]), path.read_text())
    assert '+      "1\\n"' in capsys.readouterr().out


def test_nothing_is_written_when_a_notebook_fails(orders, tmp_path, capsys):
    """A failing notebook leaves all others as they were."""
    path = notebook(tmp_path / "notebooks", "print(1)", name="10-good.ipynb", parameters='site: str = "lab"')
    notebook(tmp_path / "notebooks", "1 / 0", name="11-bad.ipynb", parameters='site: str = "lab"')
    before = path.read_text()
    assert (1, before, "down") == (main(["notebooks"]), path.read_text(), orders[-1])
