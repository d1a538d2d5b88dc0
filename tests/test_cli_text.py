"""Text for terminals, and the live line."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edgebook.batch import Job, Result, RunStatus
from edgebook.cli import text
from edgebook.cli.live import Live

BEGAN = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
EVENT = {"stage": "join", "step": "join s2", "target": "s2", "status": "began", "done": 3, "total": 6}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def job(site: str = "hut") -> Job:
    """Return a job on a site."""
    return Job(Path("10-try.ipynb"), site, site, "r", Path("runs"))


def test_columns_are_aligned_and_not_padded_at_the_end():
    """Each column is as wide as its widest cell."""
    assert "A   B\nxx  1\ny   22" == text.table(("A", "B"), [("xx", 1), ("y", 22)])


def test_a_path_below_is_shown_from_here(tmp_path, monkeypatch):
    """A path in the working folder is short, any other is whole."""
    monkeypatch.chdir(tmp_path)
    assert ("a/b", "/etc/hosts") == (text.near(tmp_path / "a" / "b"), text.near("/etc/hosts"))


def test_a_failed_run_says_where_why_and_what_next():
    """Long errors are indented under their name."""
    failed = Result(
        "10-try",
        "hut",
        "r",
        BEGAN,
        BEGAN + timedelta(seconds=1),
        RunStatus.FAILED,
        failed_step="join.s1 (s1)",
        error="a\nb",
        hint="c",
    )
    assert text.result(failed) == (
        "failed: 10-try on hut, 0 changes, 1.0 s\n  at:      join.s1 (s1)\n  error:   a\n           b\n  hint:    c"
    )


def test_an_empty_plan_says_that_nothing_is_to_do():
    """A second run on an installed site is one line."""
    plan = {"title": "Install", "actions": [{"target": "s1", "done": True}] * 3}
    assert "Install: nothing to do, all 3 actions are already so" == text.plan(plan)


def test_on_a_terminal_one_line_is_rewritten():
    """Bar, count, site and step stand on one line that is cleared at the end."""
    terminal = Terminal()
    with Live(1, terminal) as live:
        live.tell(job(), EVENT)
        live.tick()
    shown = terminal.getvalue()
    assert ("[████████░░░░░░░░] 3/6 hut: join · s2 · join s2" in shown, 0) == (True, shown.count("\n"))


def test_the_line_is_cleared_at_the_end():
    """Nothing of the progress is left on the terminal."""
    terminal = Terminal()
    with Live(1, terminal) as live:
        live.tick()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_in_a_log_each_stage_is_one_line():
    """Where no terminal is, a stage is said once and never rewritten."""
    log = io.StringIO()
    with Live(1, log) as live:
        for stage in ("join", "join", "verify"):
            live.tell(job(), {**EVENT, "stage": stage})
            live.tick()
    assert "hut: 3/6 join\nhut: 3/6 verify\n" == log.getvalue()


def test_several_sites_are_counted():
    """The line says how many sites have begun."""
    terminal = Terminal()
    with Live(3, terminal) as live:
        live.tell(job("hut"), EVENT)
        live.tell(job("barn"), {})
        live.tick()
    assert "2 of 3 sites · barn" in terminal.getvalue()
