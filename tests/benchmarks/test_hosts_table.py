"""The table: what was measured, as text and as JSON."""

import json

from tests.benchmarks.hosts import table
from tests.benchmarks.hosts.figures import Measured, Timing

ROW = Measured(
    "upload",
    "200 MB to one host",
    1.2,
    (
        Timing("edgebook", (1.5, 1.25), note="sums inside"),
        Timing("rsync", (1.0, 2.0), failures=("rsync ended with 12",)),
        Timing("scp", (1.0,)),
        Timing("fabric", missing="not installed: fabric"),
    ),
    ("the wire is slow",),
    (0.5, 2.0),
)
TEXT = """\
upload: 200 MB to one host  (load 0.5 to 2.0)
            median s     x  minimum s     x  runs
  scp          1.000  1.00      1.000  1.00     1
  edgebook     1.375  1.38      1.250  1.25     2
  rsync        1.500  1.50      1.000  1.00     2
  fabric    not installed: fabric
  edgebook takes 1.38 times the fastest peer (scp), by minima 1.25; the aim is at most 1.2: not met
  - edgebook: sums inside
  - rsync: 1 runs failed and are not counted: rsync ended with 12
  - the wire is slow"""


def test_a_row_is_read_from_the_top():
    """The fastest first, the absent after all, then the verdict and the notes."""
    assert TEXT == table.row_text(ROW)


def test_a_row_that_nobody_ran_says_so():
    """Absence is a sentence, not an empty table."""
    row = Measured("fanout", "one command", 1.2, (Timing("edgebook", missing="failed: no answer from s1"),))
    assert "  edgebook  failed: no answer from s1\n  nothing to compare" in table.row_text(row)


def test_the_summary_has_a_line_a_row():
    """Names to the left, verdicts beside them."""
    other = Measured("fanout-far", "one command", 1.2, ())
    assert [
        "upload      edgebook takes 1.38 times the fastest peer (scp), by minima 1.25; the aim is at most 1.2: not met",
        "fanout-far  nothing to compare",
    ] == table.summary([ROW, other]).splitlines()


def test_the_document_holds_every_single_time():
    """Whoever doubts a median can take another."""
    said = json.loads(json.dumps(table.document([ROW], {"machine": "2 processors"})))
    assert [[1.5, 1.25], [1.0, 2.0], [1.0], []] == [one["seconds"] for one in said["rows"][0]["timings"]]
    assert {"machine": "2 processors"} == said["machine"]


def test_the_document_has_the_ratios_of_the_table():
    """A program need not compute them again."""
    said = table.document([ROW], {})["rows"][0]
    assert (1.375, 1.375) == (said["timings"][0]["ratio"], said["verdict"]["ratio"])
    assert False is said["verdict"]["met"]


def test_the_document_of_an_absent_tool_has_no_figures():
    """It has the reason, and no median."""
    said = table.document([ROW], {})["rows"][0]["timings"][3]
    assert "median_s" not in said
    assert "not installed: fabric" == said["missing"]


def test_the_machine_is_said():
    """Ratios are read with the processors in mind."""
    assert "machine: 2 processors\ntools: scp 9" == table.machine_text({"machine": "2 processors", "tools": "scp 9"})
