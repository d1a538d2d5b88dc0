"""Programs about processes see and signal the model's processes."""

import pytest

from edgebook.lab.hosts.programs.options import UsageError
from edgebook.lab.hosts.programs.processes import signal_number, split_signal
from tests.lab.shellbench import Ran, at_prompt, sh


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ps -p1 -o comm=", Ran(0, "systemd\n", "")),
        ("ps -p 1 -o pid,args", Ran(0, "    PID COMMAND\n      1 /sbin/init\n", "")),
        ("ps -C sshd -o comm=", Ran(0, "sshd\n", "")),
        ("ps -p 99999 -o comm=", Ran(1, "", "")),
        ("pgrep -x nonsense", Ran(1, "", "")),
        ("pgrep -lx sshd | cut -d' ' -f2", Ran(0, "sshd\n", "")),
        ("pkill nonsense", Ran(1, "", "")),
        ("killall nonsense", Ran(1, "", "nonsense: no process found\n")),
        ("/usr/bin/kill 99999", Ran(1, "", "/usr/bin/kill: (99999): No such process\n")),
        ("/usr/bin/kill x", Ran(1, "", 'kill: failed to parse argument: "x"\n')),
        ("kill 99999", Ran(1, "", "sh: 1: kill: No such process\n\n")),
        ("true", Ran(0, "", "")),
        ("/usr/bin/false", Ran(1, "", "")),
    ],
)
def test_answer(text, expected):
    """Each question has the real answer and exit code."""
    assert expected == sh(text)


def test_everything():
    """`ps -ef` lists every process with its parent."""
    rows = [line.split() for line in sh("ps -ef").out.splitlines()]
    assert ["UID", "PID", "PPID"] == rows[0][:3]
    assert ["root", "1", "0"] == rows[1][:3]


def test_arguments_are_shown():
    """Whoever lists processes sees the arguments of the others: no secret belongs there."""
    assert "sleep 7000" in sh("sleep 7000 & ps aux; kill $!").out


@pytest.mark.parametrize(("signal", "code"), [("TERM", 143), ("9", 137), ("HUP", 129)])
def test_kill_a_job(signal, code):
    """A background job that is killed ends with the signal's code."""
    assert f"{code}\n" == sh(f"sleep 600 & kill -{signal} $!; wait $!; echo $?").out


def test_shell_kills_itself():
    """A shell that kills itself is gone, and the one that started it goes on."""
    assert "137\n" == sh("sh -c 'kill -9 $$; echo never'; echo $?").out


def test_pkill_ends_a_program():
    """pkill ends the program, and the job that runs it goes on."""
    assert "after\n" == sh("(sleep 600; echo after) & sleep 1; pkill -x sleep; wait").out


def test_user_kills_no_service():
    """An ordinary user may not signal root's processes."""
    assert "Operation not permitted\n" in sh("/usr/bin/kill $(pgrep -x sshd)", user="edge").err


@at_prompt
async def test_killing_a_service(prompt):
    """Killing a main process is a failure of its unit."""
    await prompt("pkill -9 -x cron; sleep 1")
    assert "Main process exited, code=killed, status=9/KILL" in "\n".join(prompt.host.journal.messages("cron"))


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["-9", "1"], (9, ["1"])),
        (["-s", "HUP", "1"], (1, ["1"])),
        (["-SIGTERM", "1"], (15, ["1"])),
        (["1"], (15, ["1"])),
    ],
)
def test_split_signal(args, expected):
    """The signal is taken off the front, however it is written."""
    assert expected == split_signal(args)


def test_unknown_signal():
    """A signal that is none is refused."""
    with pytest.raises(UsageError, match="unknown signal"):
        signal_number("NOPE")


def test_xargs_stops_at_a_missing_command():
    """xargs ends with 127 when the command is not there."""
    assert Ran(127, "", "xargs: nosuchcmd: No such file or directory\n") == sh("echo a | xargs nosuchcmd")


def test_flag_is_looked_up_in_full():
    """pgrep -f looks at the whole command line."""
    assert 0 == sh("sleep 6001 & pgrep -f 'sleep 6001' >/dev/null").code
