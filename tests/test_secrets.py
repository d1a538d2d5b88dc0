"""Secrets: the four kinds of reference, and the mask over their values."""

import getpass
import pickle
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgebook import secrets
from edgebook.errors import SecretUnavailable
from edgebook.secrets import MASK, Secret, mask, register


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """Begin each test with no known secret."""
    values = set()
    monkeypatch.setattr(secrets, "_values", values)
    return values


# --- the four kinds --------------------------------------------------------------------------------------------------


def test_env_reads_the_environment(monkeypatch):
    """`env:NAME` is the variable's value."""
    monkeypatch.setenv("EDGE_TOKEN", "open sesame")
    assert "open sesame" == Secret("env:EDGE_TOKEN").value()


def test_env_without_the_variable_says_what_to_export(monkeypatch):
    """The error names the variable, and a hint sets it."""
    monkeypatch.delenv("EDGE_TOKEN", raising=False)
    with pytest.raises(SecretUnavailable, match="the environment has no EDGE_TOKEN") as error:
        Secret("env:EDGE_TOKEN").value()
    assert "export EDGE_TOKEN=… and run again" == error.value.hint


def test_file_is_relative_to_its_base(tmp_path):
    """`file:PATH` starts at the folder it is given."""
    (tmp_path / "token").write_text("open sesame\n")
    secret = Secret("file:token", base=tmp_path)
    assert ("open sesame", tmp_path / "token") == (secret.value(), secret.path)


def test_file_loses_only_its_last_line_end(tmp_path):
    """Spaces and inner lines belong to the secret."""
    (tmp_path / "token").write_bytes(b" two\nlines \r\n")
    assert " two\nlines " == Secret("file:token", base=tmp_path).value()


def test_file_expands_the_home_folder(tmp_path, monkeypatch):
    """`~` is the user's home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text("open sesame")
    assert "open sesame" == Secret("file:~/token").value()


@pytest.mark.parametrize(
    "make", [lambda path: path, lambda path: path.write_bytes(b"\xff\xfe"), lambda path: path.mkdir()]
)
def test_file_that_cannot_be_read_is_unavailable(tmp_path, make):
    """Missing, not text, a folder: the error names the reference, and chains the cause."""
    make(tmp_path / "token")
    with pytest.raises(SecretUnavailable, match="secret file:token") as error:
        Secret("file:token", base=tmp_path).value()
    assert error.value.__cause__


def test_prompt_asks_without_echo(monkeypatch):
    """`prompt:QUESTION` is asked by getpass."""
    asked = []
    monkeypatch.setattr(getpass, "getpass", lambda question: asked.append(question) or "open sesame")
    assert "open sesame" == Secret("prompt:sudo password").value()
    assert ["sudo password: "] == asked


def test_prompt_without_a_person_is_unavailable(monkeypatch):
    """No terminal to ask at is an error of ours."""

    def nobody(_question):
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", nobody)
    with pytest.raises(SecretUnavailable, match="EOFError"):
        Secret("prompt:sudo password").value()


def test_command_gives_what_it_prints():
    """`command:PROGRAM ARGS` is the standard output, without its last line end."""
    assert "open sesame" == Secret("command:echo open sesame").value()


def test_command_is_not_a_shell():
    """Signs of the shell are arguments like any other."""
    assert "$HOME ; ls | wc" == Secret("command:echo '$HOME' ';' ls '|' wc").value()


@pytest.mark.parametrize("command", ["false", "no-such-program-anywhere", "sh -c 'echo hunter2hunter2; exit 3'"])
def test_command_that_fails_is_unavailable(command):
    """The error says that the command failed, and not what it printed."""
    with pytest.raises(SecretUnavailable) as error:
        Secret(f"command:{command}").value()
    assert "hunter2hunter2" not in str(error.value).replace(command, "")


def test_command_that_hangs_is_unavailable(monkeypatch):
    """A password manager that waits for somebody does not hang the run."""
    monkeypatch.setattr(secrets, "COMMAND_TIMEOUT_S", 0.05)
    with pytest.raises(SecretUnavailable, match="TimeoutExpired"):
        Secret("command:sleep 5").value()


def test_command_gets_no_terminal():
    """Standard input is empty, so that nothing is read from the notebook's."""
    assert not Secret("command:cat").value()


# --- the reference ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "hunter2", "env:", "env: ", "file:", "pass:word", ":x", "ENV:NAME"])
def test_anything_else_is_no_reference(text):
    """A plain value is refused, and not repeated."""
    with pytest.raises(ValueError, match="a secret is one of env:…, file:…, prompt:…, command:…") as error:
        Secret(text)
    assert "hunter2" not in str(error.value)


def test_a_repr_shows_the_reference_alone(monkeypatch):
    """Neither repr nor str shows the value, also after it was read."""
    monkeypatch.setenv("EDGE_TOKEN", "open sesame")
    secret = Secret("env:EDGE_TOKEN")
    secret.value()
    assert ("Secret('env:EDGE_TOKEN')",) * 2 == (repr(secret), str(secret))


def test_only_a_file_has_a_path():
    """The other kinds have None."""
    assert (None, None, None) == (Secret("env:A").path, Secret("prompt:A").path, Secret("command:a").path)


def test_secrets_are_equal_by_reference_and_base(tmp_path):
    """The same words elsewhere are another secret."""
    assert Secret("file:a", base=tmp_path) == Secret("file:a", base=tmp_path)
    assert Secret("file:a", base=tmp_path) != Secret("file:a")
    assert Secret("file:a") != "file:a"
    assert 1 == len({Secret("file:a"), Secret("file:a")})


def test_a_value_is_read_once(monkeypatch):
    """Nobody is asked twice."""
    asked = []
    monkeypatch.setattr(getpass, "getpass", lambda question: asked.append(question) or "open sesame")
    secret = Secret("prompt:x")
    assert secret.value() == secret.value()
    assert 1 == len(asked)


def test_forget_reads_anew(tmp_path):
    """A file that was written since is read again."""
    (tmp_path / "token").write_text("first value")
    secret = Secret("file:token", base=tmp_path)
    secret.value()
    (tmp_path / "token").write_text("second value")
    secret.forget()
    assert "second value" == secret.value()


def test_an_unread_secret_can_go_to_another_process():
    """Batch runs send references, not values."""
    assert Secret("env:A") == pickle.loads(pickle.dumps(Secret("env:A")))  # noqa: S301 -- our own bytes


# --- the mask --------------------------------------------------------------------------------------------------------


def test_a_value_that_was_read_is_masked(monkeypatch):
    """Reading a secret is enough to hide it everywhere."""
    monkeypatch.setenv("EDGE_TOKEN", "open sesame")
    Secret("env:EDGE_TOKEN").value()
    assert f"--token {MASK}!" == mask("--token open sesame!")


def test_each_line_of_a_value_is_masked():
    """Keys are printed in parts."""
    register("BEGIN KEY\n  abcdef  \nEND KEY")
    assert f"x {MASK} y" == mask("x abcdef y")


def test_the_longest_value_is_masked_first():
    """A token that contains another leaves no rest."""
    register("K10abc")
    register("K10abc::server:pass")
    assert f"{MASK} {MASK}" == mask("K10abc::server:pass K10abc")


def test_a_short_value_is_not_masked():
    """Three letters would blank out half of every text."""
    register("abc")
    assert "abc" == mask("abc")


def test_without_secrets_the_text_stays():
    """Masking nothing changes nothing."""
    assert "open sesame" == mask("open sesame")


@given(st.text(min_size=4), st.text(), st.text())
def test_no_registered_value_survives(value, before, after):
    """Whatever stands around it, a known value is not in a masked text."""
    assert value == register(value)
    shown = value.strip()
    assert len(shown) < secrets.SHORTEST_MASKED or shown in MASK or shown not in mask(before + value + after)


def test_subprocess_errors_are_not_chained_into_the_message():
    """A CalledProcessError holds the output; the message does not."""
    with pytest.raises(SecretUnavailable) as error:
        Secret("command:sh -c 'printf hunter%s 2hunter2 >&2; exit 1'").value()
    assert isinstance(error.value.__cause__, subprocess.CalledProcessError)
    assert "hunter2hunter2" not in f"{error.value} {error.value.__cause__}"
