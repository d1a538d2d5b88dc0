"""Headless runs with real kernels: the verdict, the files, and what never gets into them."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from edgebook import batch
from edgebook.batch import Job
from edgebook.batch.kernel import KernelSession
from edgebook.batch.run import Running
from edgebook.secrets import Secret
from tests.headless import JOURNAL, events, notebook

PLANTED = "pl4nted-v4lue-of-a-t0ken"
STEP = {"id": "join.s1", "stage": "join", "target": "s1", "title": "join s1", "status": "done", "after": "joined"}
PROGRESS = """
import json, os, time
with open(os.environ["EDGEBOOK_PROGRESS"], "a") as file:
    file.write(json.dumps({"stage": "join", "done": 1, "total": 2}) + "\\n")
time.sleep(0.5)
"""
CELLS = {
    "done": [JOURNAL, events(began=STEP, done=STEP, closed={"status": "done"}), "print(servers)"],
    "planned": [JOURNAL, events(planned={**STEP, "status": "planned"})],
    "facts": ["import os; print(os.getcwd(), os.environ['OWN'], os.environ['EDGEBOOK_HEADLESS'])"],
    "secret": [f"print('token ' + {PLANTED[::-1]!r}[::-1])"],
    "asked": ["from edgebook.secrets import Secret; print(len(Secret('prompt:password').value()))"],
    "asking": ["from edgebook.secrets import Secret; Secret('prompt:password').value()"],
    "failed": [
        JOURNAL,
        events(began=STEP),
        "from edgebook.errors import StepFailed\nraise StepFailed('s1: no space left', hint='free some')",
        "print('never')",
    ],
    "unapproved": [
        "from edgebook.errors import ApprovalMissing\nraise ApprovalMissing('s2 would be drained', hint='--x')"
    ],
    "locked": ["from edgebook.errors import SiteLocked\nraise SiteLocked('held by somebody')"],
    "crashed": ["1 / 0"],
    "dead": ["print('alive')", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"],
    "left": ["import sys; sys.exit(0)", "print('never')"],
    "progress": [PROGRESS],
}


class Listener:
    """Keeps what runs said about their progress."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.ticks = 0

    def tell(self, job, event):
        self.heard.append((job.run_id, event["stage"]))

    def tick(self):
        self.ticks += 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with a site's token in a file."""
    made = tmp_path_factory.mktemp("runs")
    (made / "token").write_text(PLANTED)
    return made


@pytest.fixture(scope="module")
def listener() -> Listener:
    """Who is told what the runs of this module do."""
    return Listener()


@pytest.fixture(scope="module")
def ended(folder, listener):
    """Run every case once, side by side, and return the results by name."""
    jobs = [
        Job(
            notebook=notebook(folder / name, *cells),
            site="hut",
            site_name="hut",
            run_id=name,
            out=folder / "out",
            parameters={"servers": 5, **({"apply": False} if name == "planned" else {})},
            env={"OWN": name},
            folder=folder / name,
            answers={"prompt:password": "typed"} if name == "asked" else {},
            secrets=(Secret(f"file:{folder / 'token'}"),),
        )
        for name, cells in CELLS.items()
    ]
    return dict(zip(CELLS, batch.run_all(jobs, observer=listener), strict=True))


def output(result) -> str:
    """Return the text of all streams of an executed notebook."""
    cells = json.loads(Path(result.artefacts["notebook"]).read_text())["cells"]
    streams = [out for cell in cells for out in cell.get("outputs", []) if out["output_type"] == "stream"]
    return "".join("".join(stream["text"]) for stream in streams)


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [
        ("done", "done", 0),
        ("planned", "planned", 0),
        ("failed", "failed", 1),
        ("crashed", "failed", 1),
        ("dead", "failed", 1),
        ("left", "failed", 1),
        ("locked", "refused", 2),
        ("unapproved", "refused", 3),
    ],
)
def test_the_verdict_is_the_exception(ended, case, status, code):
    """Each way to end has its status and its exit code."""
    assert (status, code) == (ended[case].status, ended[case].exit_code)


def test_parameters_reach_the_notebook(ended):
    """The injected value wins over the default."""
    assert "5" in output(ended["done"])


def test_each_run_has_its_own_folder_and_environment(ended, folder):
    """Runs in threads of one process do not share a working folder."""
    assert f"{folder / 'facts'} facts 1\n" == output(ended["facts"])


def test_changes_are_counted_from_the_journal(ended):
    """What the journal calls done is a change."""
    assert (1, 0) == (ended["done"].changed, ended["planned"].changed)


def test_an_answer_reaches_the_kernel(ended):
    """What a person typed before the run is the secret's value in it."""
    assert "5\n" == output(ended["asked"])


def test_a_secret_that_nobody_was_asked_for_is_bad_input(ended):
    """A headless kernel cannot ask, and says which secret it lacks."""
    assert ("SecretUnavailable", 2) == (ended["asking"].kind, ended["asking"].exit_code)


def test_a_failure_has_message_and_hint_apart(ended):
    """The error and its remedy arrive as two texts."""
    failed = ended["failed"]
    assert ("StepFailed", "s1: no space left", "free some") == (failed.kind, failed.error, failed.hint)


def test_a_failure_names_its_step(ended):
    """The step that had begun is the one that failed."""
    assert "join.s1 (s1)" == ended["failed"].failed_step


def test_nothing_is_run_after_a_failed_cell(ended):
    """The cells behind the failed one have no output."""
    assert "never" not in output(ended["failed"])


def test_a_dead_kernel_is_said_to_be_dead(ended):
    """A killed kernel is a failure with its cell, though papermill calls its cells completed."""
    assert "the kernel died in cell 4: killed, or out of memory" == ended["dead"].error


def test_what_a_dead_kernel_had_said_is_kept(ended):
    """The notebook of a killed kernel holds the outputs until then."""
    assert "alive\n" == output(ended["dead"])


def test_a_notebook_that_leaves_early_is_no_success(ended):
    """`sys.exit(0)` in a cell is a failure."""
    assert "ended the run before its end" in ended["left"].error


def test_the_result_file_says_what_the_result_says(ended):
    """result.json has a schema version, the status, and plain times."""
    data = json.loads(Path(ended["failed"].artefacts["result"]).read_text())
    assert (1, "failed", 1, "10-try") == (data["schema"], data["status"], data["exit_code"], data["notebook"])


def test_the_result_names_files_that_are_there(ended):
    """Every artefact of every run exists."""
    paths = [Path(path) for result in ended.values() for path in result.artefacts.values()]
    assert [] == [path for path in paths if not path.is_file()]


def test_a_secret_is_in_none_of_the_files(ended, folder):
    """What the site keeps secret is masked in notebook, page and result, even if a cell prints it."""
    assert ended["secret"].ok
    texts = [path.read_text() for path in (folder / "out").rglob("*") if path.is_file()]
    assert not [text for text in texts if PLANTED in text]


def test_our_own_errors_are_short_in_the_notebook(ended):
    """An EdgebookError shows what it says, not sixty lines of code."""
    cells = json.loads(Path(ended["failed"].artefacts["notebook"]).read_text())["cells"]
    errors = [out for cell in cells for out in cell.get("outputs", []) if out["output_type"] == "error"]
    assert [["StepFailed: s1: no space left\n  hint: free some"]] == [error["traceback"] for error in errors]


def test_a_defect_keeps_its_traceback(ended):
    """An error that is not ours keeps what is needed to find it."""
    cells = json.loads(Path(ended["crashed"].artefacts["notebook"]).read_text())["cells"]
    (error,) = [out for cell in cells for out in cell.get("outputs", []) if out["output_type"] == "error"]
    assert len(error["traceback"]) > 1


def test_progress_is_told_while_a_run_goes(ended, listener):
    """What a run writes to its progress file is heard by the observer."""
    assert ("progress", "join") in listener.heard


def test_no_folder_of_a_kernel_is_left_behind(folder):
    """Sockets, connection file and progress are gone with the session."""
    with KernelSession(folder) as session:
        home = session.home
    assert not home.exists()


def test_a_cancelled_run_stops_soon_and_says_so(folder):
    """Cancelling interrupts the kernel, which ends within its grace, and the result says cancelled."""
    job = Job(notebook(folder / "slow", "import time", "time.sleep(60)"), "hut", "hut", "slow", folder / "out")
    running = Running(job)
    results = []
    thread = threading.Thread(target=lambda: results.append(running.execute(beside=True)))
    thread.start()
    while running.session.cell() < 3 and thread.is_alive():
        thread.join(0.02)
    running.session.cancel()
    thread.join(20)
    assert ["cancelled", 130] == [results[0].status, results[0].exit_code]
