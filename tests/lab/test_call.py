"""Programs of a practice host are found, run and ended as on Linux."""

import asyncio
import errno
import os

import pytest

from edgebook.lab.hosts import call as calls
from edgebook.lab.hosts.call import CommandDenied, CommandNotFound, execute, find, header, run
from edgebook.lab.hosts.processes import SIGKILL
from tests.lab.bare import call_on, in_world, until


async def hello(call):
    """Say who runs what."""
    call.out(f"{call.user} {' '.join(call.argv)} {' '.join(call.built)}".rstrip() + "\n")
    return 7


@in_world
async def test_program_runs_by_name(world):
    """A bare name is found along PATH."""
    world.add_program("hello", hello)
    call = call_on(world.hosts["s1"], "hello", "world")
    assert (7, b"root hello world\n") == (await execute(call), call.stdout.taken())


@in_world
async def test_program_is_where_its_file_is(world):
    """Moving the file moves the program."""
    world.add_program("hello", hello)
    host = world.hosts["s1"]
    host.files.rename("/usr/bin/hello", "/opt/greeting")
    with pytest.raises(CommandNotFound):
        find(call_on(host, "hello"), "hello")
    assert 7 == await execute(call_on(host, "/opt/greeting"))


@in_world
async def test_first_line_brings_words(world):
    """The words in the executable's first line reach the program."""
    host = world.hosts["s1"]
    world.programs["hello"] = hello
    host.files.write("/usr/local/bin/hi", "#!practice:hello v1 amd64\n", 0o755)
    call = call_on(host, "hi")
    await execute(call)
    assert b"root hi v1 amd64\n" == call.stdout.taken()


@in_world
async def test_unknown_command_is_127(world):
    """A command that is nowhere ends with 127 and says so."""
    call = call_on(world.hosts["s1"], "getenforce")
    assert (127, b"getenforce: command not found\n") == (await run(call), call.stderr.taken())


@in_world
async def test_missing_path_is_127(world):
    """A path that is not there ends with 127 and the system's words."""
    call = call_on(world.hosts["s1"], "/usr/local/bin/k3s")
    assert (127, b"/usr/local/bin/k3s: No such file or directory\n") == (await run(call), call.stderr.taken())


@in_world
async def test_file_without_x_is_126(world):
    """A file that may not be executed ends with 126."""
    world.hosts["s1"].files.write("/usr/bin/data", "x", 0o644)
    call = call_on(world.hosts["s1"], "data")
    assert (126, b"data: Permission denied\n") == (await run(call), call.stderr.taken())


@in_world
async def test_binary_is_not_executed(world):
    """A real program cannot run here, and says what Linux says of a foreign one."""
    world.hosts["s1"].files.write("/usr/bin/real", b"\x7fELF\x02\x01\0\0", 0o755)
    with pytest.raises(CommandDenied, match="Exec format error"):
        find(call_on(world.hosts["s1"], "real"), "real")


@in_world
async def test_script_goes_to_its_interpreter(world):
    """A shebang names the program, and the script's path comes before the arguments."""
    world.programs["hello"] = hello
    host = world.hosts["s1"]
    host.files.write("/opt/script", "#!/usr/bin/hello -e\nbody\n", 0o755)
    call = call_on(host, "/opt/script", "x")
    await execute(call)
    assert b"root hello -e /opt/script x\n" == call.stdout.taken()


@in_world
async def test_script_without_shebang_goes_to_sh(world):
    """Plain text that is executable is a shell script."""
    host = world.hosts["s1"]
    host.files.write("/opt/script", "echo hi\n", 0o755)
    target = find(call_on(host, "/opt/script"), "/opt/script")
    assert ("sh", ("/opt/script",)) == (target.name, target.before)


@pytest.mark.parametrize(
    ("first", "read"),
    [
        (b"#!practice:k3s v1 amd64\nrest", ("k3s", ("v1", "amd64"))),
        (b"#!practice:df", ("df", ())),
        (b"#!/bin/sh", None),
    ],
)
def test_header_is_read(first, read):
    """The first line names the program and its words, or is something else."""
    assert read == header(first)


@in_world
async def test_files_are_the_callers(world):
    """A program sees files with the rights and from the folder of its caller."""
    call = call_on(world.hosts["s1"], "x", user="edge", cwd="/home/edge")
    call.files.write("mine", "x")
    assert 1000 == world.hosts["s1"].files.stat("/home/edge/mine").uid
    with pytest.raises(PermissionError):
        call.files.write("/etc/mine", "x")


@in_world
async def test_sub_command_shares_streams_and_user(world):
    """A program runs another with its own streams, or as somebody else."""
    world.add_program("hello", hello)
    call = call_on(world.hosts["s1"], "outer", user="edge")
    codes = [await call.run(["hello"]), await call.run(["hello"], user="root"), await call.run(["nothing"])]
    assert ([7, 7, 127], b"edge hello\nroot hello\n") == (codes, call.stdout.taken())


@in_world
async def test_captured_output_does_not_reach_the_caller(world):
    """Capturing returns output and errors."""
    world.add_program("hello", hello)
    call = call_on(world.hosts["s1"], "outer")
    assert (7, b"root hello\n", b"") == await call.capture(["hello"])
    assert b"" == call.stdout.taken()


@in_world
async def test_environment_of_a_child_is_its_own(world):
    """What a child gets does not change its parent."""

    async def show(call):
        call.out(call.env.get("A", "none"))
        return 0

    world.add_program("show", show)
    call = call_on(world.hosts["s1"], "outer")
    await call.run(["show"], env={"A": "1"})
    assert (b"1", False) == (call.stdout.taken(), "A" in call.env)


@in_world
async def test_system_error_is_said_as_usual(world):
    """An OSError that a program does not handle is printed, with exit code 1."""

    async def reader(call):
        call.files.read("/etc/nothing")
        return 0

    world.add_program("reader", reader)
    call = call_on(world.hosts["s1"], "reader")
    assert (1, b"reader: /etc/nothing: No such file or directory\n") == (await run(call), call.stderr.taken())


@in_world
async def test_defect_of_a_program_is_loud(world, caplog):
    """A program with a defect ends with 70 and leaves a trace in the log."""

    async def defective(call):
        raise ZeroDivisionError("a defect")

    world.add_program("defective", defective)
    call = call_on(world.hosts["s1"], "defective")
    assert 70 == await run(call)
    assert "a defect" in caplog.text


@in_world
async def test_broken_pipe_ends_a_program(world):
    """Who writes to a pipe that nobody reads ends with 141."""
    world.add_program("hello", hello)
    call = call_on(world.hosts["s1"], "hello")
    call.stdout.drop()
    assert 141 == await run(call)


@in_world
async def test_running_program_is_in_the_process_table(world):
    """A program is listed while it runs and gone afterwards; a signal ends it with 128 and more."""
    started = asyncio.Event()

    async def sleeper(call):
        started.set()
        await asyncio.Event().wait()
        return 0

    world.add_program("sleeper", sleeper)
    host = world.hosts["s1"]
    task = asyncio.ensure_future(run(call_on(host, "sleeper", "60", user="edge")))
    await started.wait()
    (process,) = [process for process in host.processes if process.argv == ("sleeper", "60")]
    assert "edge" == process.user
    host.processes.kill(process.pid, SIGKILL)
    assert 137 == await task
    assert host.processes.get(process.pid) is None


@in_world
async def test_cancelling_a_caller_ends_its_program(world):
    """A cancelled task is no signal: it ends without an exit code."""

    async def sleeper(call):
        await asyncio.Event().wait()
        return 0

    world.add_program("sleeper", sleeper)
    host = world.hosts["s1"]
    task = asyncio.ensure_future(run(call_on(host, "sleeper")))
    await until(lambda: any(process.argv == ("sleeper",) for process in host.processes))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@in_world
async def test_signal_to_nobody(world):
    """There is no process with this number."""
    with pytest.raises(ProcessLookupError):
        world.hosts["s1"].processes.kill(99_999)


@in_world
async def test_signal_zero_only_asks(world):
    """Signal 0 says whether the process is there."""
    host = world.hosts["s1"]
    pid = host.units.state("ssh").main_pid
    host.processes.kill(pid, 0)
    assert host.processes.get(pid) is not None


def test_registering_names_program_and_folder(monkeypatch):
    """The decorator keeps the program under all its names, with its folder."""
    monkeypatch.setattr(calls, "PROGRAMS", {})
    monkeypatch.setattr(calls, "FOLDERS", {})
    calls.program("one", "two", folder="/usr/sbin")(hello)
    assert ({"one": hello, "two": hello}, {"one": "/usr/sbin", "two": "/usr/sbin"}) == (calls.PROGRAMS, calls.FOLDERS)


def with_loop(body):
    """Run a coroutine function in a loop."""
    return asyncio.run(body())


def test_errors_have_the_kernels_words():
    """The texts are those of strerror."""
    assert "No space left on device" == os.strerror(errno.ENOSPC)
