"""The time-line."""

import pytest

from edgebook.records import Step, StepStatus
from edgebook.views.timeline import sentence, timeline

DONE = StepStatus.DONE


def step(name, *, stage="first", target="s1", status=DONE, began_s=10.0, seconds=2.0):
    """Make a step."""
    return Step(name, stage, target, f"Make {name}", status, began_s=began_s, seconds=seconds)


STEPS = [
    step("a"),
    step("b", target="s2", seconds=5.0),
    step("c", stage="second", began_s=15.0),
    step("d", stage="second", status=StepStatus.FAILED, began_s=17.0),
    step("e", status=StepStatus.ALREADY),
]


def test_plotly_accepts_the_figure():
    """Every key is one that plotly knows."""
    figure = timeline(STEPS).figure()
    assert len(figure.data) == 2


def test_bars_begin_where_the_first_step_did():
    """The axis counts from the first step, not from the run's start."""
    assert [0.0, 0.0] == timeline(STEPS).spec["data"][0]["base"]


def test_a_stage_is_a_colour_and_a_number():
    """Who sees no colours reads the number in the bar and in the legend."""
    [first, second] = timeline(STEPS, stages={"first": "First stage"}).spec["data"]
    assert ("1 First stage", ["1", "1"]) == (first["name"], first["text"])
    assert ("2 second", ["2", "2 failed"]) == (second["name"], second["text"])


def test_what_took_no_time_has_no_bar():
    """Already so, planned and skipped steps are left out."""
    assert 4 == sum(len(trace["x"]) for trace in timeline(STEPS).spec["data"])


def test_hosts_are_rows_in_the_order_they_were_first_met():
    """The first host is on top."""
    layout = timeline(STEPS).spec["layout"]
    assert ["s1", "s2"] == layout["yaxis"]["categoryarray"]
    assert layout["yaxis"]["autorange"] == "reversed"


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ([], "No step took time: nothing was changed."),
        (STEPS, "4 steps on 2 targets took 9.0 s; the longest was “Make b” on s2 with 5.0 s."),
        (STEPS[:1], "1 step on 1 target took 2.0 s."),
    ],
)
def test_the_sentence_has_the_number_that_matters(ended, words):
    """How long, and what took longest."""
    assert sentence(ended) == words


def test_a_time_line_without_steps_is_still_a_figure():
    """An installed site's second run does nothing."""
    assert timeline([]).figure().data == ()
