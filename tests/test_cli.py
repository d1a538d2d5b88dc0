"""The command line as a whole: exit codes, errors, and how it starts and stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgebook.cli import main
from edgebook.errors import ApprovalMissing, EdgebookError, SiteNotFound
from edgebook.secrets import register
from tests.headless import notebook, site

ROOT = Path(__file__).parents[1]
COMMANDS = ["list", "plan", "run", "demo", "notebooks", "html", "journal", "site", "lab"]


def command(*words: str, **options: object) -> subprocess.Popen[str]:
    """Start the command line in a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-m", "edgebook.cli", *words], env=env, **{**pipes, **options})


@pytest.fixture
def raising(monkeypatch):
    """Make `edgebook list` raise an error."""

    def prepare(error: BaseException) -> None:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr("edgebook.book.notebooks", fail)

    return prepare


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EdgebookError("broke"), 1),
        (SiteNotFound("where?"), 2),
        (ApprovalMissing("may I?"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_kind_of_error_has_its_exit_code(raising, error, code, capsys):
    """1 failed, 2 bad input, 3 approval missing, 130 cancelled."""
    raising(error)
    assert code == main(["list"])


def test_an_error_is_one_block_with_its_hint(raising, capsys):
    """A person reads what is wrong and what to do, and no traceback."""
    raising(SiteNotFound("no site 'x'", hint="give another"))
    main(["list"])
    assert "error: no site 'x'\nhint: give another\n" == capsys.readouterr().err


def test_an_error_for_a_program_is_json_on_standard_output(raising, capsys):
    """With --json the error is data as well."""
    raising(SiteNotFound("no site 'x'", hint="give another"))
    main(["list", "--json"])
    wanted = {"error": "no site 'x'", "hint": "give another", "kind": "SiteNotFound", "exit_code": 2}
    assert wanted == json.loads(capsys.readouterr().out)


def test_an_error_shows_no_secret(raising, capsys):
    """A secret's value in a message is masked on the terminal."""
    register("s3cret-on-the-terminal")
    raising(EdgebookError("login with s3cret-on-the-terminal failed"))
    main(["list"])
    assert "s3cret-on-the-terminal" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["run", "10"], ["lab"], ["run", "10", "--site", "x", "--jobs", "0"]]
)
def test_words_that_make_no_command_are_refused_with_2(words, capsys):
    """A wrong command line is bad input and shows the usage."""
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert (2, True) == (caught.value.code, "usage:" in capsys.readouterr().err)


def test_the_version_is_the_packages(capsys):
    """`--version` prints name and version."""
    import edgebook  # noqa: PLC0415 - only here

    with pytest.raises(SystemExit):
        main(["--version"])
    assert f"edgebook {edgebook.__version__}\n" == capsys.readouterr().out


def test_the_help_names_every_command(capsys):
    """A reader of the help finds all there is."""
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert [] == [name for name in COMMANDS if f"\n    {name}" not in shown]


@pytest.mark.parametrize("name", ["list", "plan", "run", "demo", "notebooks", "journal"])
def test_a_program_may_ask_for_json(name, capsys):
    """Every command that answers something can answer in JSON."""
    with pytest.raises(SystemExit):
        main([name, "--help"])
    assert "--json" in capsys.readouterr().out


def test_the_help_needs_none_of_the_heavy_libraries():
    """The command line answers at once, because it imports what a command needs only when it is called."""
    heavy = "{'papermill', 'nbclient', 'nbconvert', 'plotly', 'pydantic', 'paramiko', 'kubernetes', 'jinja2'}"
    code = f"import sys, edgebook.cli; edgebook.cli.make_parser(); print(sorted({heavy} & sys.modules.keys()))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "[]\n" == run.stdout


def test_a_reader_that_goes_away_is_no_error():
    """`edgebook … | head -1` ends quietly."""
    process = command("site", "schema", stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.wait(20)
    assert "" == process.stderr.read()
    process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_cleanly(tmp_path, number):
    """Ctrl-C or SIGTERM stop the kernel, write a cancelled result and exit with 130."""
    mark = tmp_path / "pid"
    notebook(
        tmp_path / "notebooks",
        f"import os, time, pathlib\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(60)",
    )
    site(tmp_path)
    process = command("run", "10", "--site", "hut", cwd=tmp_path)
    deadline = time.monotonic() + 30
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    process.communicate(timeout=20)
    (result,) = tmp_path.glob("runs/hut/*.result.json")
    assert (130, "cancelled") == (process.returncode, json.loads(result.read_text())["status"])
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
