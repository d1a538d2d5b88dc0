from __future__ import annotations

import shlex

import pytest

from edgebook.errors import SudoRefused
from edgebook.records import SshTarget
from edgebook.secrets import MASK
from edgebook.ssh.command import REFUSALS, build, raise_if_refused
from tests.openssh import secret

TARGET = SshTarget(name="box", address="192.0.2.1", user="edge")
TORTURE = [
    "a b",
    "it's",
    'say "hi"',
    "line\nbreak",
    "$(id)",
    "`id`",
    "ü-λ",
    "",
    "*",
    "~",
    "\\",
    "; rm -rf /",
    "#x",
    "!x",
]


@pytest.fixture
def by_password(tmp_path):
    """A target whose sudo wants a password."""
    return SshTarget(
        name="box", address="192.0.2.1", user="pat", sudo="password", sudo_password=secret(tmp_path, "open-sesame")
    )


def test_words_survive_the_shell():
    """A shell that splits the line gets back exactly the words that went in."""
    assert TORTURE == shlex.split(build(TARGET, TORTURE).line)


def test_sudo_without_password_never_asks():
    """In `nopasswd` mode sudo is told not to ask, so that it cannot hang."""
    assert "sudo -n -- id -u" == build(TARGET, ["id", "-u"], sudo=True).line


def test_root_needs_no_sudo():
    """In `root` mode the words stand alone."""
    root = SshTarget(name="box", address="192.0.2.1", user="root", sudo="root")
    assert "id -u" == build(root, ["id", "-u"], sudo=True).line


def test_password_is_the_first_line_of_standard_input(by_password):
    """The sudo password goes over standard input, followed by the marker that ends the prologue."""
    command = build(by_password, ["id"], sudo=True)
    password, marker, rest = command.prologue.decode().split("\n")
    assert ("open-sesame", "") == (password, rest)
    assert marker in shlex.split(command.line)


def test_password_is_in_no_word_and_no_repr(by_password):
    """Neither the line, nor what is shown, nor the repr holds the sudo password."""
    command = build(by_password, ["id"], sudo=True, env={"X": "open-sesame"})
    assert "open-sesame" not in command.line + command.shown + repr(command)


def test_shown_form_masks_a_secret_argument(tmp_path):
    """A secret that a caller puts into a word is masked in what is shown."""
    secret(tmp_path, "tok-12345678").value()
    assert f"k3s --token {MASK}" == build(TARGET, ["k3s", "--token", "tok-12345678"]).shown


def test_shown_form_hides_the_prologue(by_password):
    """A person sees sudo and the command, not the wrapper that reads the password."""
    assert "sudo -S -p '' -- id" == build(by_password, ["id"], sudo=True).shown


def test_variables_are_words_of_env():
    """Variables stand after sudo, which would otherwise strip them."""
    assert "sudo -n -- env A=1 'B=x y' id" == build(TARGET, ["id"], sudo=True, env={"A": "1", "B": "x y"}).line


def test_secret_variable_goes_over_standard_input(tmp_path):
    """A variable that holds a known secret is on no command line."""
    secret(tmp_path, "tok-secret-env").value()
    command = build(TARGET, ["id"], env={"K3S_TOKEN": "tok-secret-env"})
    assert "tok-secret-env" not in command.line
    assert b" K3S_TOKEN=tok-secret-env\n" in command.prologue


def test_secret_variable_of_several_lines_is_refused(tmp_path):
    """A secret with a line break cannot be sent line by line, and the error does not show it."""
    secret(tmp_path, "first-part\nsecond-part").value()
    with pytest.raises(ValueError, match="several lines") as caught:
        build(TARGET, ["id"], env={"K": "first-part\nsecond-part"})
    assert "first-part" not in str(caught.value)


@pytest.mark.parametrize("argv", ["id", [], ["a\0b"]], ids=["text", "nothing", "NUL"])
def test_what_is_no_command_is_refused(argv):
    """A text, an empty list and a NUL character are mistakes of the caller."""
    with pytest.raises(ValueError, match="command"):
        build(TARGET, argv)


def test_variable_name_cannot_carry_a_command():
    """A variable's name is checked: nothing else of it would be quoted by `export`."""
    with pytest.raises(ValueError, match="no name"):
        build(TARGET, ["id"], env={"A; rm": "x"})


def test_missing_sudo_password_is_named():
    """A target in `password` mode without a password is refused before anything is sent."""
    target = SshTarget(name="box", address="192.0.2.1", user="pat", sudo="password")
    with pytest.raises(SudoRefused, match="gives none"):
        build(target, ["id"], sudo=True)


@pytest.mark.parametrize("words", REFUSALS)
def test_refusals_of_sudo_are_recognised(words):
    """Each of sudo's ways to say no becomes `SudoRefused` with a hint."""
    with pytest.raises(SudoRefused, match=r"sudoers\.d"):
        raise_if_refused("box", build(TARGET, ["id"], sudo=True), 1, f"sudo: {words}\n")


def test_failure_of_the_command_is_not_sudos():
    """A command that fails under sudo is not taken for a refusal."""
    raise_if_refused("box", build(TARGET, ["id"], sudo=True), 1, "sudo: unable to resolve host box\nno such unit\n")


def test_refusal_without_sudo_is_the_commands_own():
    """`sudo -n true` as a plain command is a question, and its answer no error."""
    raise_if_refused("box", build(TARGET, ["sudo", "-n", "true"]), 1, "sudo: a password is required\n")
