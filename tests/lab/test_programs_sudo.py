"""sudo lets root's commands through, asks, or refuses, in the words of sudo 1.9.13."""

import pytest

from tests.lab.shellbench import Ran, sh

PROMPT = "[sudo] password for edge: "
NEEDS_TERMINAL = (
    "sudo: a terminal is required to read the password; either use the -S option to read from standard input "
    "or configure an askpass helper\nsudo: a password is required\n"
)


def mode(name):
    """Make the change to a host that sets its sudo."""

    def change(host):
        host.sudo = name

    return change


def test_nopasswd():
    """With NOPASSWD, -n runs the command as root."""
    assert Ran(0, "0\n", "") == sh("sudo -n id -u", user="edge")


def test_environment():
    """sudo gives a fresh environment with the secure path."""
    ran = sh("X=1 sudo -n env", user="edge", LANG="C.UTF-8")
    assert [
        "LANG=C.UTF-8",
        "TERM=unknown",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "MAIL=/var/mail/root",
        "LOGNAME=root",
        "USER=root",
        "HOME=/root",
        "SHELL=/bin/bash",
        "SUDO_USER=edge",
        "SUDO_UID=1000",
        "SUDO_GID=1000",
        "SUDO_COMMAND=/usr/bin/env",
    ] == ran.out.splitlines()


@pytest.mark.parametrize(
    ("setup", "text", "stdin", "expected"),
    [
        ("password", "sudo -n true", b"", Ran(1, "", "sudo: a password is required\n")),
        ("password", "sudo true", b"", Ran(1, "", NEEDS_TERMINAL)),
        ("password", "sudo -S -p '' id -u", b"edge\n", Ran(0, "0\n", "")),
        ("password", "sudo -S id -u", b"edge\n", Ran(0, "0\n", PROMPT)),
        ("password", "sudo -S -p 'X%u:' true", b"edge\n", Ran(0, "", "Xedge:")),
        ("password", "sudo -S true", b"bad\n",
         Ran(1, "", f"{PROMPT}Sorry, try again.\n{PROMPT}\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n")),
        ("password", "sudo -S true", b"a\nb\nc\n",
         Ran(1, "", f"{PROMPT}Sorry, try again.\n{PROMPT}Sorry, try again.\n{PROMPT}sudo: 3 incorrect password attempts\n")),
        ("password", "sudo -S true", b"", Ran(1, "", f"{PROMPT}\nsudo: no password was provided\nsudo: a password is required\n")),
        ("password", "sudo -S -p '' cat", b"edge\nrest\n", Ran(0, "rest\n", "")),
        ("refused", "sudo -n true", b"", Ran(1, "", "sudo: a password is required\n")),
        ("refused", "sudo -S -p '' true", b"edge\n", Ran(1, "", "edge is not in the sudoers file.\n")),
        ("refused", "sudo -n -v", b"", Ran(1, "", "Sorry, user edge may not run sudo on s1.\n")),
        ("nopasswd", "sudo -n nosuchcmd", b"", Ran(1, "", "sudo: nosuchcmd: command not found\n")),
        ("nopasswd", "sudo -n -u nobody-here id", b"",
         Ran(1, "", "sudo: unknown user nobody-here\nsudo: error initializing audit plugin sudoers_audit\n")),
        ("nopasswd", "sudo -n A=1 sh -c 'echo $A $1' x two", b"", Ran(0, "1 two\n", "")),
        ("nopasswd", "sudo -n -v", b"", Ran(0, "", "")),
        ("nopasswd", "sudo -n -k", b"", Ran(0, "", "")),
        ("nopasswd", "sudo -n -- sh -c 'exit 3'", b"", Ran(3, "", "")),
        ("nopasswd", "sudo -n -u edge id -un", b"", Ran(0, "edge\n", "")),
        ("nopasswd", "sudo -n -D /etc pwd", b"", Ran(1, "", "sudo: you are not permitted to use the -D option with /usr/bin/pwd\n")),
    ],
)  # fmt: skip
def test_sudo(setup, text, stdin, expected):
    """Each mode answers as the real sudo does."""
    assert expected == sh(text, user="edge", stdin=stdin, before=mode(setup))


def test_listing():
    """-l names what is allowed."""
    assert "    (ALL) NOPASSWD: ALL" == sh("sudo -n -l", user="edge").out.splitlines()[-1]


def test_root_needs_nothing():
    """Root is let through whatever the rule says."""
    assert Ran(0, "0\n", "") == sh("sudo -n id -u", before=mode("refused"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("su edge -c 'id -un'", Ran(0, "edge\n", "")),
        ("env -i A=1 env", Ran(0, "A=1\n", "")),
        ("env A=1 printenv A", Ran(0, "1\n", "")),
        ("printenv NOPE", Ran(1, "", "")),
        ("nohup echo x", Ran(0, "x\n", "")),
        ("nohup nosuchcmd", Ran(127, "", "nohup: failed to run command 'nosuchcmd': No such file or directory\n")),
        ("setsid -w echo x", Ran(0, "x\n", "")),
        ("nice -n 5 echo x", Ran(0, "x\n", "")),
    ],
)
def test_runners(text, expected):
    """Programs that run another one pass it on."""
    assert expected == sh(text)


def test_su_asks_a_password():
    """An ordinary user is not root for the asking."""
    assert 1 == sh("su root -c id", user="edge").code
