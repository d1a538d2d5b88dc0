"""Unit files are read as systemd reads them."""

import pytest

from edgebook.lab.hosts.unitfile import Command, UnitFile, assignments, parse, seconds
from tests.lab.bare import in_world
from tests.lab.services import steady, work_on


def unit(text):
    """Make a unit from the text of its Service section."""
    text = f"[Service]\n{text}"
    return UnitFile("work.service", "/etc/systemd/system/work.service", text, parse(text))


@pytest.mark.parametrize(
    ("span", "read"),
    [
        ("5s", 5.0),
        ("5", 5.0),
        ("1min 30s", 90.0),
        ("500ms", 0.5),
        ("2h", 7200.0),
        ("infinity", 0.0),
        ("0", 0.0),
        ("", 7.0),
    ],
)
def test_time_spans(span, read):
    """A time span is read in systemd's units; none is the default."""
    assert read == seconds(span, 7.0)


def test_lines_go_on_after_a_backslash():
    """A backslash at the end of a line joins it with the next, as in K3s's own unit."""
    text = "ExecStart=/usr/local/bin/k3s \\\n    server \\\n    '--tls-san' \\\n\n"
    assert [Command(("/usr/local/bin/k3s", "server", "--tls-san"))] == unit(text).commands("ExecStart", {})


def test_comments_and_empty_lines_do_not_count():
    """Lines that begin with # or ; are skipped."""
    assert {("Service", "Type"): ("notify",)} == parse("[Service]\n# no\n; no\n\nType=notify\n")


def test_empty_value_takes_back_what_was_set():
    """An empty assignment clears the list."""
    assert ("/bin/b",) == unit("ExecStart=/bin/a\nExecStart=\nExecStart=/bin/b\n").every("Service", "ExecStart")


def test_last_value_counts():
    """Of a setting given twice the later one is used."""
    assert "always" == unit("Restart=no\nRestart=always\n").restart


def test_dash_makes_a_command_optional():
    """`-` in front of a command forgives its failure."""
    commands = unit("ExecStartPre=-/sbin/modprobe overlay\nExecStartPre=/bin/true\n").commands("ExecStartPre", {})
    assert [Command(("/sbin/modprobe", "overlay"), must_succeed=False), Command(("/bin/true",))] == commands


def test_variables_are_filled_in():
    """`$NAME` becomes words, `${NAME}` part of one."""
    (command,) = unit("ExecStart=/bin/x $ARGS --id=${ID} $NONE\n").commands("ExecStart", {"ARGS": "-a -b", "ID": "1 2"})
    assert ("/bin/x", "-a", "-b", "--id=1 2") == command.words


def test_specifiers_are_filled_in():
    """%n is the unit's name, %N the name without its suffix."""
    (command,) = unit("ExecStart=/bin/x %n %N %%\n").commands("ExecStart", {})
    assert ("/bin/x", "work.service", "work", "%") == command.words


def test_defaults_are_systemds():
    """Without settings a service is simple, not restarted, and stopped after 90 seconds."""
    plain = unit("ExecStart=/bin/x\n")
    assert ("simple", "no", 0.1, 90.0, 90.0, False) == (
        plain.type,
        plain.restart,
        plain.restart_s,
        plain.start_timeout_s,
        plain.stop_timeout_s,
        plain.remains,
    )


def test_oneshot_may_take_its_time():
    """A oneshot service has no start limit unless one is set."""
    assert 0.0 == unit("Type=oneshot\nExecStart=/bin/x\n").start_timeout_s


def test_environment_file_lines():
    """Quotes are taken off, comments and other lines skipped."""
    assert {"A": "1 2", "B": "x", "C": ""} == assignments("A='1 2'\n#B=no\nB=x\nC=\nnonsense\n")


@in_world
async def test_environment_reaches_the_process(world):
    """Environment, then EnvironmentFile; a file with a dash may be missing."""
    seen = {}

    async def curious(d):
        seen.update(d.env)
        await steady(d)

    more = 'Environment="A=1 2" B=old\nEnvironmentFile=-/etc/missing\nEnvironmentFile=/etc/default/%N\n'
    host = work_on(world, curious, more=more)
    host.files.write("/etc/default/work", "# comment\nB='new value'\nC=\n")
    await host.units.start("work")
    assert ("1 2", "new value", "") == (seen["A"], seen["B"], seen["C"])


@in_world
async def test_missing_environment_file_fails_the_start(world):
    """A file without a dash must be there."""
    host = work_on(world, steady, more="EnvironmentFile=/etc/missing\n")
    await host.units.start("work")
    assert "resources" == host.units.state("work").result


@in_world
async def test_exec_stop_runs_before_the_end(world):
    """ExecStop gets the number of the main process."""
    seen = []

    async def farewell(call):
        seen.append(call.argv[1:])
        return 0

    world.add_program("farewell", farewell)
    host = work_on(world, steady, more="ExecStop=/usr/bin/farewell $MAINPID\n")
    await host.units.start("work")
    pid = host.units.state("work").main_pid
    await host.units.stop("work")
    assert [[str(pid)]] == seen
