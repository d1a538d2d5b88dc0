from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgebook.ssh.rounds import MOST_CHARS, Part, Round


def answers(commands):
    """Run a round in the shell of this machine and take its output apart."""
    work = Round(commands)
    done = subprocess.run(["sh", "-c", work.script], input=b"for nobody", capture_output=True, check=False)
    return work.parts(done.stdout, done.stderr)


def test_streams_and_codes_stay_apart():
    """Each command gets its own output, error output and exit code."""
    script = "printf %s out; printf %s err >&2; exit 3"
    assert [Part(3, b"out", b"err"), Part(0, b"", b"")] == answers([["sh", "-c", script], ["true"]])


def test_a_command_cannot_end_the_round():
    """`exit`, `exec` and an unknown program end only their own subshell."""
    commands = [["exit", "4"], ["exec", "false"], ["no-such-program-here"], ["echo", "still here"]]
    assert [4, 1, 127, 0] == [part.code for part in answers(commands)]


def test_a_command_cannot_change_the_next():
    """A folder that one command enters is not the next one's."""
    first, _, third = answers([["pwd"], ["cd", "/"], ["pwd"]])
    assert first == third


def test_a_command_finds_no_input():
    """A command that reads gets the end of file, not what follows it."""
    assert [Part(0, b"", b""), Part(0, b"after\n", b"")] == answers([["cat"], ["echo", "after"]])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))), min_size=1, max_size=5))
def test_any_text_comes_back_as_it_was(texts):
    """Line ends, quotes, and no line end at all survive the framing."""
    parts = answers([["printf", "%s", text] for text in texts])
    assert [text.encode() for text in texts] == [part.out for part in parts]


def test_output_that_stops_gives_fewer_parts():
    """A round that was cut short has as many parts as commands ended, and counts them."""
    work = Round([["true"], ["false"]])
    done = subprocess.run(["sh", "-c", work.script], capture_output=True, check=False)
    half = done.stdout[: len(done.stdout) // 2]
    assert (1, 1) == (len(work.parts(half, done.stderr)), work.ended(half))


def test_a_round_that_no_shell_would_take_is_refused():
    """A script longer than an argument may be is a mistake of the caller, not a riddle on the host."""
    with pytest.raises(ValueError, match="too long"):
        Round([["echo", "x" * MOST_CHARS]])
