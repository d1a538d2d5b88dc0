"""The overview of several runs."""

from __future__ import annotations

from edgebook import report


def run(**facts: object) -> dict:
    """Return one run's result data."""
    base = {"notebook": "10-try", "site": "hut", "run_id": "r1", "status": "done", "changed": 2, "seconds": 3.21}
    times = {"began": "2026-01-15T08:00:00Z", "ended": "2026-01-15T08:00:03Z"}
    return {**base, **times, "failed_step": "", "error": "", "hint": "", "artefacts": {}, **facts}


def test_each_run_has_a_row():
    """Site, status, changes and seconds of every run are in the table."""
    page = report.index([run(), run(site="barn", status="failed", error="s1: down")])
    assert ["hut", "barn"] == [site for site in ("hut", "barn") if f"<td>{site}</td>" in page]


def test_a_failed_run_says_where_why_and_what_next():
    """The failing step, the error and the hint are shown, escaped."""
    page = report.index([run(status="failed", failed_step="join.s1 (s1)", error="no <route>", hint="plug it in")])
    assert [True] * 3 == [text in page for text in ("<b>join.s1 (s1)</b>", "no &lt;route&gt;", "plug it in")]


def test_runs_are_counted_by_status():
    """The head of the page says how many went well."""
    page = report.index([run(), run(), run(status="failed")])
    assert "2 done" in page
    assert "1 failed" in page


def test_links_are_relative_to_the_page(tmp_path):
    """The folder can be moved or sent as it is."""
    artefacts = {"html": str(tmp_path / "hut" / "r 1.html")}
    report.write_index(tmp_path / "index.html", [run(artefacts=artefacts)])
    assert '<a href="hut/r%201.html">10-try</a>' in (tmp_path / "index.html").read_text()


def test_the_title_is_the_given_one():
    """A page says what it is about."""
    assert "<title>Core runbooks</title>" in report.index([run()], title="Core runbooks")


def test_no_runs_make_a_page_all_the_same():
    """Nothing run is shown as nothing run."""
    assert "0 runs on 0 sites, 0 changes" in report.index([])


def test_nothing_is_loaded_from_anywhere():
    """The overview has no script and loads no file."""
    page = report.index([run()])
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
