"""The live view of a stage."""

import pytest

from edgebook.records import Step, StepStatus
from edgebook.views.live import Live, Shown
from edgebook.views.steps import Moment
from tests.kernels import kernel
from tests.plans import action, write_site

START = """\
import time
import edgebook
from edgebook.records import Outcome
from tests.plans import action, plan
run = edgebook.start("10-try", site="f7")
def slow():
    time.sleep(0.4)
    return Outcome("absent", "present")
def bad():
    raise edgebook.HostError("s1", "no answer", hint="look")
"""
DONE = Step("x", "first", "s1", "Make x", StepStatus.DONE)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """Start a kernel in a folder with one site."""
    folder = tmp_path_factory.mktemp("work")
    write_site(folder / "parameters", more="")
    with kernel(folder) as started:
        assert started.run(START).status == "ok"
        yield started


def test_a_stage_is_drawn_in_one_place_while_it_runs(notebook):
    """One display, then updates of it, the last one with the result; the cell's value adds nothing."""
    shown = notebook.run("run.plan(plan(action('x', slow)));\nrun.apply('first')")
    [first] = shown.of("display_data")
    updates = shown.of("update_display_data")
    assert "First stage: 0 of 1" in first["data"]["text/plain"]
    assert {first["transient"]["display_id"]} == {update["transient"]["display_id"] for update in updates}
    assert "1 step: 1 done." in updates[-1]["data"]["text/plain"]
    assert shown.of("execute_result") == []


def test_headless_the_stage_is_the_cells_value_alone(notebook):
    """Nothing is drawn while it runs, so that stored outputs can be compared."""
    shown = notebook.run("run.plan(plan(action('y', slow)));\nrun.apply('first')", asks=False)
    assert [] == shown.of("display_data") + shown.of("update_display_data")
    [value] = shown.of("execute_result")
    assert "1 step: 1 done." in value["data"]["text/plain"]


@pytest.mark.parametrize("asks", [True, False])
def test_a_failed_stage_is_shown_before_the_error(notebook, asks):
    """Live as the last update, headless as a display; never twice."""
    shown = notebook.run("run.plan(plan(action('z', bad)));\nrun.apply('first')", asks=asks)
    last = (shown.of("update_display_data") or shown.of("display_data"))[-1]
    assert "1 failed" in last["data"]["text/plain"]
    assert ["StepFailed"] == [error["ename"] for error in shown.of("error")]
    assert len(shown.of("display_data")) == 1


def test_a_stage_with_nothing_to_do_needs_no_live_view(notebook):
    """What is already so is the cell's value."""
    shown = notebook.run("run.plan(plan(action('w', slow, done=True)));\nrun.apply('first')")
    assert shown.of("display_data") == []
    assert "1 already so" in shown.of("execute_result")[0]["data"]["text/plain"]


def test_an_interrupted_stage_is_shown_as_interrupted(notebook):
    """The last update says what was cut off."""
    code = (
        "import _thread, threading\n"
        "def stuck():\n    threading.Timer(0.2, _thread.interrupt_main).start(); time.sleep(1.0); return Outcome()\n"
        "run.plan(plan(action('v', stuck)));\nrun.apply('first')"
    )
    shown = notebook.run(code)
    assert ["KeyboardInterrupt"] == [error["ename"] for error in shown.of("error")]
    assert "interrupted" in shown.of("update_display_data")[-1]["data"]["text/plain"]


def test_a_view_that_stands_there_already_is_left_out_once(capsys):
    """Shown again in another cell, it is shown."""
    view = Shown("<p>x</p>", "x")
    view._ipython_display_()
    assert capsys.readouterr().out == ""
    view._ipython_display_()
    assert capsys.readouterr().out == "x\n"


def test_without_a_front_end_nothing_is_drawn(capsys):
    """A tick costs nothing."""
    live = Live(lambda: Moment("Stage", [action("x")], {"x": DONE}))
    with live:
        live.tick()
    assert capsys.readouterr().out == ""
    assert "1 done" in repr(live.view)
