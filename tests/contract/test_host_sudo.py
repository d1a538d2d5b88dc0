"""sudo on a host: without a password, with one, refused; what it keeps and what it hides."""

import dataclasses

import pytest

from edgebook.errors import SudoRefused
from edgebook.secrets import Secret
from edgebook.ssh import Host
from tests.contract.bench import Like, Ran, said

PASSWORD = "planted-Sudo-pw"
ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NEEDS_TERMINAL = (
    "sudo: a terminal is required to read the password; either use the -S option to read from standard input "
    "or configure an askpass helper\nsudo: a password is required\n"
)

SAYS = [
    ("sudo -n true", Ran()),
    ("sudo -n id -un", Ran(0, "root\n")),
    ("sudo -n -- sh -c 'exit 5'", Ran(5)),
    ("sudo -n no-such-program", Ran(1, "", "sudo: no-such-program: command not found\n")),
    ("sudo -n /etc/hostname", Ran(1, "", "sudo: /etc/hostname: command not found\n")),
    ("sudo -n cat /nope", Ran(1, "", "cat: /nope: No such file or directory\n")),
    ("sudo -n sh -c 'echo $PATH'", Ran(0, f"{ROOT_PATH}\n")),
    ("sudo -n sh -c 'echo $HOME $USER $SUDO_USER'", Ran(0, "/root root edge\n")),
    ("sudo -n sh -c 'echo $LC_ALL'", Ran(0, "C\n")),
    ("cd /tmp && sudo -n pwd", Ran(0, "/tmp\n")),
    ("A=1 sudo -n sh -c 'echo ${A-unset}'", Ran(0, "unset\n")),
    ("sudo -n env A=1 sh -c 'echo $A'", Ran(0, "1\n")),
    ("sudo -n sh -c umask", Ran(0, "0022\n")),
    ("sudo -n -u edge id -un", Ran(0, "edge\n")),
    ("sudo -n -u no-such-user true",
     Ran(1, "", "sudo: unknown user no-such-user\nsudo: error initializing audit plugin sudoers_audit\n")),
    ("echo in | sudo -n cat", Ran(0, "in\n")),
    ("sudo -n -S true </dev/null", Ran()),
    ("sudo -n iptables -V", Ran(0, Like(r"iptables v1\.8\.\d+ \(\w+\)\n"))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SAYS, ids=[text for text, _ in SAYS])
def test_sudo_without_a_password(sh, text, expected):
    """A user with NOPASSWD becomes root without a word, and keeps no variable but the locale."""
    assert expected == sh(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sudo -n true", Ran(1, "", "sudo: a password is required\n")),
        ("sudo true", Ran(1, "", NEEDS_TERMINAL)),
        (
            "sudo -S -p '' true </dev/null",
            Ran(1, "", "\nsudo: no password was provided\nsudo: a password is required\n"),
        ),
        ("sudo -n -v", Ran(1, "", Like(r"Sorry, user nosudo may not run sudo on \S+\.\n"))),
    ],
)
def test_sudo_for_a_user_without_a_rule(nobody, text, expected):
    """A user without a rule is first asked for a password, as everybody, and not told that there is no rule."""
    seen = said(nobody.script(text))
    assert expected == seen or ("</dev/null" in text and expected.err.lstrip("\n") == seen.err.lstrip("\n"))


@pytest.fixture
def with_password(host, target, tmp_path):
    """Give the user `nosudo` a rule that asks for a password, and the password."""
    host.run(["chpasswd"], sudo=True, stdin=f"nosudo:{PASSWORD}\n".encode()).check()
    host.write("/etc/sudoers.d/contract", "nosudo ALL=(ALL) ALL\n", mode=0o440, sudo=True)
    (tmp_path / "password").write_text(PASSWORD + "\n")
    secret = Secret(f"file:{tmp_path / 'password'}")
    with Host(dataclasses.replace(target, user="nosudo", sudo="password", sudo_password=secret)) as asked:
        yield asked
    host.run(["rm", "-f", "/etc/sudoers.d/contract"], sudo=True)


def test_sudo_with_a_password(with_password):
    """The password on standard input makes root; the command gets the rest of the input, and no password."""
    assert Ran(0, "root\nrest\n") == said(with_password.script("id -un; cat", sudo=True, stdin=b"rest\n"))


def test_sudo_with_a_wrong_password(with_password):
    """A wrong password is asked for again; the end of the input ends that."""
    done = with_password.script("sudo -k; echo wrong | sudo -S -p '' true")
    said_of_it = "Sorry, try again.\n\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n"
    assert (1, said_of_it.replace("\n\n", "\n")) == (done.code, done.err.replace("\n\n", "\n"))


def test_a_rule_is_needed_besides_the_password(host, with_password):
    """With the right password and no rule, sudo says that the user is not in its file; our error says it too."""
    host.run(["rm", "/etc/sudoers.d/contract"], sudo=True).check()
    with pytest.raises(SudoRefused, match="nosudo is not in the sudoers file"):
        with_password.run(["true"], sudo=True)


def test_a_rule_that_goes_away_counts_at_once(host, nobody):
    """sudo reads its rules each time: a rule given lets the next command through, and one taken stops it."""
    codes = [nobody.run(["sudo", "-n", "true"]).code]
    host.write("/etc/sudoers.d/contract", "nosudo ALL=(ALL) NOPASSWD: ALL\n", mode=0o440, sudo=True)
    codes.append(nobody.run(["sudo", "-n", "true"]).code)
    host.run(["rm", "/etc/sudoers.d/contract"], sudo=True).check()
    codes.append(nobody.run(["sudo", "-n", "true"]).code)
    assert [1, 0, 1] == codes


def test_arguments_are_in_the_process_list(host):
    """Every user sees a command's arguments, also sudo's: no secret may be one of them."""
    seen = host.script("sudo -n sh -c 'ps -o args= -p $$' planted-argument").out
    assert "planted-argument" in seen


def test_package_names_the_refusal(nobody):
    """What sudo says is an error of its own in the package, with a hint."""
    with pytest.raises(SudoRefused, match="a password is required"):
        nobody.run(["true"], sudo=True)
