"""The shell finds and runs programs, jobs, files and whole scripts on the host's model."""

import asyncio
import hashlib

import pytest

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.shell import run_command
from edgebook.lab.hosts.streams import Pipe
from edgebook.ssh import scripts
from tests.lab.shellbench import Ran, at_prompt, sh


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("command -v uname", Ran(0, "/usr/bin/uname\n", "")),
        ("nosuchcmd", Ran(127, "", "sh: 1: nosuchcmd: not found\n")),
        ("touch /tmp/x; /tmp/x", Ran(126, "", "sh: 1: /tmp/x: Permission denied\n")),
        ("/tmp", Ran(126, "", "sh: 1: /tmp: Permission denied\n")),
        ("cp /usr/bin/uname /tmp/u; /tmp/u -m", Ran(0, "x86_64\n", "")),
        ("mv /usr/bin/uname /opt/u; uname", Ran(127, "", "sh: 1: uname: not found\n")),
        ("printf '#!/bin/sh\\necho $0 $1\\n' >/tmp/s; chmod +x /tmp/s; /tmp/s a", Ran(0, "/tmp/s a\n", "")),
        ("printf 'echo $0 $1\\n' >/tmp/s; sh /tmp/s a", Ran(0, "/tmp/s a\n", "")),
        ("echo 'echo $1' | sh -s x", Ran(0, "x\n", "")),
        ("echo 'echo $1' | sh -s - x", Ran(0, "x\n", "")),
        ("sh -c 'echo $0 $1' name x", Ran(0, "name x\n", "")),
        ("sh -ec 'false; echo no'", Ran(1, "", "")),
        ("sh -o errexit -c 'false; echo no'", Ran(1, "", "")),
        ("sh /nope", Ran(2, "", "sh: 0: cannot open /nope: No such file\n")),
        ("sh -c", Ran(2, "", "sh: 0: -c requires an argument\n")),
        ("cd /etc; pwd; cd ..; pwd; cd -", Ran(0, "/etc\n/\n/etc\n", "")),
        ("cd /etc && echo *name", Ran(0, "hostname\n", "")),
        ("echo /etc/host*", Ran(0, "/etc/hostname /etc/hosts\n", "")),
        ("echo /etc/*/sshd_c*", Ran(0, "/etc/ssh/sshd_config\n", "")),
        ("echo ~ ~edge", Ran(0, "/root /home/edge\n", "")),
        ("umask 077; echo x >/tmp/x; mkdir /tmp/d; stat -c %a /tmp/x /tmp/d", Ran(0, "600\n700\n", "")),
        ("f() { f; }; f", Ran(2, "", "sh: 1: Maximum function recursion depth (1000) reached\n")),
        ("while :; do echo y; done | head -n 2", Ran(0, "y\ny\n", "")),
        ("echo a | false | true", Ran(0, "", "")),
        ("read x </etc/hostname; echo $x", Ran(0, "s1\n", "")),
        ("sleep 30 & echo $(jobs | wc -l)", Ran(0, "0\n", "")),
    ],
)
def test_run(text, expected):
    """A command line ends as under dash."""
    assert expected == sh(text)


def test_user_may_not_write():
    """The shell has the rights of its user."""
    assert Ran(2, "", "sh: 1: cannot create /etc/x: Permission denied\n") == sh("echo x > /etc/x", user="edge")


def test_user_may_not_enter():
    """A folder of root's is closed to others."""
    assert Ran(2, "", "sh: 1: cd: can't cd to /root\n") == sh("cd /root", user="edge")


def test_standard_input_reaches_programs():
    """What comes in on standard input is there for the command that reads it."""
    assert Ran(0, "one\nrest\n", "") == sh("read first; echo $first; cat", stdin=b"one\nrest\n")


def test_script_that_is_a_program():
    """A downloaded file that names a practice program runs it, as a file and on standard input."""
    text = "printf '#!practice:uname\\n' >/tmp/i; sh /tmp/i -m; cat /tmp/i | sh -s -- -m"
    assert Ran(0, "x86_64\nx86_64\n", "") == sh(text)


def test_bytes_survive():
    """Bytes that are no UTF-8 pass through pipes, files and variables."""
    ran = sh('x=$(cat); echo "$x" >/tmp/x; wc -c </tmp/x', stdin=b"\xe9")
    assert Ran(0, "2\n", "") == ran


@at_prompt
async def test_job_outlives_its_shell(prompt):
    """A job that was sent to the background goes on when its shell is gone."""
    await prompt("(sleep 4; echo late >/tmp/late) >/dev/null 2>&1 &")
    assert not prompt.host.files.exists("/tmp/late")
    await asyncio.sleep(0.1)
    assert "late\n" == prompt.host.files.text("/tmp/late")


@at_prompt
async def test_cancelled_command_ends(prompt):
    """A command whose caller goes away is ended with all its stages."""
    task = asyncio.ensure_future(prompt("sleep 9000 | sleep 9001"))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait({task})
    assert "sleep" not in (await prompt("ps -eo comm=")).out


@at_prompt
async def test_login_shell_speaks_as_bash(prompt):
    """A command line over SSH runs in the user's login shell, whose words for a missing command are bash's."""
    made = []

    def make(words):
        host = prompt.host
        made.append(
            Call(host.world, host, list(words), {"PATH": "/bin"}, "edge", "/home/edge", stdout=Pipe(), stderr=Pipe())
        )
        return made[-1]

    assert 127 == await run_command(make, "nosuchcmd")
    assert b"bash: line 1: nosuchcmd: command not found\n" == made[0].stderr.taken()


@pytest.mark.parametrize("lines", [10, 3000])
def test_many_lines_through_a_pipe(lines):
    """A pipe carries as much as there is."""
    assert f"{lines}\n" == sh(f"seq {lines} | cat | wc -l").out


def write(prompt, content, *words, mark=""):
    """Call the package's own script that writes a file."""
    total = mark or hashlib.sha256(content).hexdigest()
    argv = ["sh", "-c", scripts.WRITE, "edgebook", *words]
    return prompt("", argv=argv, stdin=total.encode() + b"\n" + content)


@at_prompt
async def test_package_writes_a_file(prompt):
    """The package's script writes once, then finds nothing to do, then only the mode."""
    words = ["/etc/x/f", "/etc/x", "/etc/x/.f.new", "600", "root", ""]
    said = [await write(prompt, b"text\n", *words), await write(prompt, b"text\n", *words)]
    words[3] = "644"
    said.append(await write(prompt, b"text\n", *words))
    assert [Ran(0, "content\n", ""), Ran(0, "", ""), Ran(0, "mode\n", "")] == said
    assert (b"text\n", 0o644) == (prompt.host.files.read("/etc/x/f"), prompt.host.files.stat("/etc/x/f").mode)


@at_prompt
async def test_package_notices_a_broken_write(prompt):
    """Content that did not arrive whole is not put into place."""
    words = ["/etc/f", "/etc", "/etc/.f.new", "600", "", ""]
    ran = await write(prompt, b"te", *words, mark="0" * 64)
    assert Ran(1, "", "the content did not arrive whole\n") == ran
    assert not prompt.host.files.exists("/etc/f")


@at_prompt
async def test_package_keeps_the_file_before(prompt):
    """With the wish to keep, what was there first stays beside."""
    prompt.host.files.write("/etc/f", "old\n")
    await write(prompt, b"new\n", "/etc/f", "/etc", "/etc/.f.new", "600", "", "1")
    assert ("new\n", "old\n") == tuple(prompt.host.files.text(path) for path in ("/etc/f", "/etc/f.edgebook-before"))


PLACE = "/opt/new/f"
PART = "/opt/new/.f.0123.edgebook-part"


@at_prompt
async def test_package_takes_a_file_in_two_parts(prompt):
    """The package's script keeps a beginning, goes on from there, and puts the whole into place with its mode."""
    total = hashlib.sha256(b"first second").hexdigest()
    words = ["12", total, "755"]
    argv = ["sh", "-c", scripts.SEND, "edgebook", PLACE, PART, "/opt/new"]
    assert scripts.TOO_SHORT == (await prompt("", argv=[*argv, "0", *words], stdin=b"first ")).code
    look = ["sh", "-c", scripts.LOOK, "edgebook", PLACE, PART, "/opt/new", "12"]
    assert "part 6" == (await prompt("", argv=look)).out.splitlines()[0]
    assert Ran(0, "", "") == await prompt("", argv=[*argv, "6", *words], stdin=b"second")
    assert f"there {total} 755" == (await prompt("", argv=look)).out.splitlines()[0]
    assert ["f"] == prompt.host.files.listdir("/opt/new")


@at_prompt
async def test_package_refuses_what_was_not_sent(prompt):
    """Bytes with another sum are dropped, and nothing takes the file's name."""
    argv = ["sh", "-c", scripts.SEND, "edgebook", PLACE, PART, "/opt/new", "0", "1", "0" * 64, "755"]
    assert scripts.BAD_SUM == (await prompt("", argv=argv, stdin=b"x")).code
    assert [] == prompt.host.files.listdir("/opt/new")


def test_package_reads_variables_first():
    """The package's prologue exports what stands before its marker and becomes the command."""
    argv = ["sh", "-c", scripts.PROLOGUE, "edgebook", "MARK", "sh", "-c", "echo $A; cat"]
    assert Ran(0, "b c\nrest\n", "") == sh("", argv=argv, stdin=b"password\nMARK A=b c\nMARK\nrest\n")
