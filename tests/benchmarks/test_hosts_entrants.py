"""Entrants: how a tool is started, timed, and told from one that failed or is not there."""

import sys

import pytest

from tests.benchmarks.hosts.entrants import PEERS, Entrant, RunFailed, peer
from tests.benchmarks.hosts.rows import LIBRARIES, ROWS

WORKER = "import sys; print('ready', flush=True)\nfor n, _ in enumerate(sys.stdin): print({}, flush=True)"


def program(code, **more):
    """Return an entrant that runs Python code."""
    return Entrant("tool", ((sys.executable, "-c", code),), **more)


def test_a_tool_that_is_not_there_is_named():
    """A row says what it lacks, and guesses nothing."""
    entrant = program("", programs=("no-such-program",), modules=("no_such_module", "json"))
    assert "not installed: no-such-program, no_such_module" == entrant.missing()


def test_what_is_there_lacks_nothing():
    """Python is here, and so is its library."""
    assert "" == program("", programs=("sh",), modules=("json",)).missing()


def test_the_time_ends_with_the_last_of_several_commands():
    """Five copies to five hosts have ended when the slowest has."""
    code = "import time; time.sleep({})"
    entrant = Entrant("tool", tuple((sys.executable, "-c", code.format(seconds)) for seconds in (0, 0.3)))
    with entrant.ready() as once:
        assert 0.3 <= once()


def test_a_command_that_failed_has_no_time():
    """What it said last is the reason."""
    with (
        program("import sys; sys.exit('no answer from s1')").ready() as once,
        pytest.raises(RunFailed, match="from s1"),
    ):
        once()


def test_a_command_sees_its_own_environment():
    """Settings of a tool are given as variables."""
    code = "import os, sys; sys.exit(os.environ['ANSIBLE_PIPELINING'] != 'True')"
    with program(code, env={"ANSIBLE_PIPELINING": "True"}).ready() as once:
        assert 0 < once()


def test_a_worker_says_its_own_seconds():
    """What it takes to start it is not among them."""
    with program(WORKER.format("n + 0.5"), serve=True).ready() as once:
        assert [0.5, 1.5] == [once(), once()]


def test_a_worker_goes_on_after_a_run_that_failed():
    """One run without an answer does not end the row."""
    with program(WORKER.format("'no answer' if n == 0 else 2.0"), serve=True).ready() as once:
        with pytest.raises(RunFailed, match="no answer"):
            once()
        assert 2.0 == once()


def test_a_worker_that_cannot_start_says_why():
    """An import that fails is the reason, not a hang."""
    with pytest.raises(RunFailed, match="no_such_module"), program("import no_such_module", serve=True).ready():
        pass


@pytest.mark.parametrize("tool", ["edgebook", *LIBRARIES])
def test_every_program_that_a_row_names_is_there(tool):
    """The rows and the folder agree."""
    assert (PEERS / f"with_{tool}.py").is_file()
    assert f"with_{tool}.py" in peer(tool, "fanout", PEERS)[1]


def test_rows_have_names_of_their_own():
    """`--rows` and the JSON go by them."""
    assert len(ROWS) == len({row.id for row in ROWS})
