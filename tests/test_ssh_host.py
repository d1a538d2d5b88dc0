from __future__ import annotations

import dataclasses
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from edgebook.errors import CommandFailed, HostError, HostTimeout
from edgebook.secrets import MASK
from edgebook.ssh import Host
from edgebook.ssh.shell import OUTPUT_LIMIT_BYTES
from tests.openssh import secret, wait_until
from tests.test_ssh_command import TORTURE

pytest_plugins = ("tests.openssh",)


def test_making_a_host_connects_to_nothing(hosts):
    """A `Host` for an address where nothing listens is no error until it is used."""
    Host(dataclasses.replace(hosts.target, address="127.0.0.1", port=1)).close()


def test_streams_and_code_come_back_apart(host):
    """Output, error output and exit code are three things."""
    done = host.run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert ("out\n", "err\n", 3) == (done.out, done.err, done.code)


def test_a_failed_command_raises_only_when_checked(host):
    """`check` turns an exit code into an error that holds the end of what was said."""
    with pytest.raises(CommandFailed, match=r"exit code 2: .*no-such-file"):
        host.run(["ls", "/no-such-file"]).check()


def test_an_unknown_program_is_127(host):
    """A program that is not there is an exit code, as in any shell."""
    assert 127 == host.run(["no-such-program-here"]).code


@pytest.mark.parametrize("word", TORTURE)
def test_a_word_arrives_as_it_was(host, word):
    """No character of a word means anything on the way."""
    assert word == host.run(["printf", "%s", word]).out


def test_short_commands_side_by_side_never_break_the_connection(host):
    """Commands that end at once, from four threads on one connection, all come back; none ends it for the others."""
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda _: host.run(["true"]).code, range(200)))
    assert [0] * 200 == codes


def test_standard_input_arrives_whole(host):
    """Input of several windows arrives, while the output is read."""
    data = os.urandom(1 << 20).hex().encode()
    assert data.decode() == host.run(["cat"], stdin=data).out


def test_a_command_may_ignore_its_input(host):
    """Input that nobody reads is no error."""
    assert host.run(["true"], stdin=b"x" * (1 << 20)).ok


def test_variables_reach_the_command(host):
    """Variables are there with and without sudo."""
    show = ["sh", "-c", 'printf %s "$EDGE_A"']
    assert ["x y", "x y"] == [host.run(show, env={"EDGE_A": "x y"}, sudo=sudo).out for sudo in (False, True)]


def test_output_is_in_the_locale_c(host):
    """What tools print does not depend on the host's language."""
    assert "C" == host.run(["sh", "-c", 'printf %s "$LC_ALL"']).out


def test_bytes_that_are_no_text_are_replaced(host):
    """Binary output neither fails nor is lost silently."""
    assert "a\ufffdb" == host.run(["cat"], stdin=b"a\xffb").out


def test_output_is_capped(host):
    """More output than is kept is read, dropped and said."""
    done = host.run(["cat"], stdin=b"x" * (OUTPUT_LIMIT_BYTES + 10_000))
    assert (0, OUTPUT_LIMIT_BYTES, True) == (done.code, len(done.out), done.truncated)


def test_a_command_that_takes_too_long_is_left(host):
    """The error says that the command may go on, and it comes in time."""
    began = time.monotonic()
    with pytest.raises(HostTimeout, match=r"`sleep 30` did not end within 0\.3 s; it may still be running"):
        host.run(["sleep", "30"], timeout_s=0.3)
    assert 3 > time.monotonic() - began


def test_after_a_timeout_the_host_is_usable(host):
    """A command that was left holds nothing up."""
    with pytest.raises(HostTimeout):
        host.run(["sleep", "30"], timeout_s=0.1)
    assert "on\n" == host.run(["echo", "on"]).out


def test_a_background_child_that_holds_the_output_is_named(hosts, host):
    """A command that ended, but left something behind, is not called unfinished."""
    hosts.needs("real time")
    with pytest.raises(HostTimeout, match="ended, but something it started still holds its output"):
        host.run(["sh", "-c", "sleep 3 &"], timeout_s=0.5)


def test_a_signal_is_not_a_lost_connection(hosts, host):
    """A command that a signal ended has code -1, and the connection goes on."""
    hosts.needs("signals")
    assert -1 == host.run(["exec", "sh", "-c", "kill -9 $$"]).code  # without exec the login shell makes it 137
    assert host.run(["true"]).ok


def test_ctrl_c_ends_the_wait_at_once(host):
    """A KeyboardInterrupt closes the channel and leaves the connection usable."""
    host.run(["true"])
    began = time.monotonic()
    threading.Timer(0.2, lambda: os.kill(os.getpid(), 2)).start()
    with pytest.raises(KeyboardInterrupt):
        host.run(["sleep", "30"])
    assert 3 > time.monotonic() - began
    assert host.run(["true"]).ok


def test_many_threads_share_one_connection(host):
    """More commands at once than a connection has channels all end, each with its own output."""
    with ThreadPoolExecutor(24) as pool:
        outs = list(pool.map(lambda n: host.run(["sh", "-c", f"sleep 0.05; echo {n}"]).out, range(24)))
    assert [f"{n}\n" for n in range(24)] == outs


def test_thirty_commands_in_one_round(host):
    """`run_all` gives each command's own code, output and error output, failing ones included."""
    commands = [["sh", "-c", f"echo out {n}; echo err {n} >&2; exit {n % 3}"] for n in range(30)]
    done = host.run_all(commands)
    assert [(n % 3, f"out {n}\n", f"err {n}\n") for n in range(30)] == [(one.code, one.out, one.err) for one in done]


def test_a_round_names_its_commands(host):
    """Each record of a round shows its own command."""
    assert ["true", "echo 'a b'"] == [one.command for one in host.run_all([["true"], ["echo", "a b"]])]


def test_a_round_of_nothing_is_nothing(host):
    """No command, no exec."""
    assert [] == host.run_all([])


def test_a_round_survives_torture(host):
    """Words, binary output and missing line ends survive the framing on the host's own shell."""
    done = host.run_all([["printf", "%s", word] for word in TORTURE])
    assert TORTURE == [one.out for one in done]


def test_a_round_that_takes_too_long_names_the_command(host):
    """The error holds the command that was running, not the whole round."""
    with pytest.raises(HostTimeout, match="`sleep 30` did not end"):
        host.run_all([["true"], ["sleep", "30"], ["true"]], timeout_s=0.5)


def test_a_round_under_sudo_is_root(host):
    """Sudo applies to every command of a round."""
    assert ["0\n", "0\n"] == [one.out for one in host.run_all([["id", "-u"], ["id", "-u"]], sudo=True)]


def test_a_script_gets_arguments_and_input(host):
    """A shell text has `$1` and standard input; its arguments are not part of its text."""
    done = host.script('cat; printf " %s" "$1"', ["$(id) it's"], stdin=b"said")
    assert "said $(id) it's" == done.out


def test_secrets_are_masked_in_what_is_shown(host, tmp_path):
    """A record's command never shows a secret, though the host got it."""
    value = secret(tmp_path, "planted-8f3a").value()
    done = host.run(["printf", "%s", value])
    assert (value, f"printf %s {MASK}") == (done.out, done.command)


def test_secrets_are_masked_in_errors(host, tmp_path):
    """Neither the command nor what the host said shows a secret in an error."""
    value = secret(tmp_path, "planted-77c1").value()
    with pytest.raises(CommandFailed) as caught:
        host.run(["sh", "-c", "echo $0 >&2; exit 1", value]).check()
    with pytest.raises(HostTimeout) as late:
        host.run(["sh", "-c", "sleep 30", value], timeout_s=0.1)
    assert value not in str(caught.value) + str(late.value)


def test_a_host_can_be_closed_twice_and_used_again(host):
    """`close` and `forget` are safe at any time; the next call connects again."""
    host.run(["true"])
    host.close()
    host.close()
    host.forget()
    assert host.run(["true"]).ok


def test_a_host_shows_who_it_is(hosts):
    """The repr names host, user, address and port, and nothing secret."""
    target = hosts.target
    assert f"Host('{target.name}', {target.user}@{target.address}:{target.port})" == repr(Host(target))


def test_a_file_that_is_not_there_is_a_host_error(host):
    """Reading a missing file says so in the host's words."""
    with pytest.raises(HostError, match=r"cannot read /no-such-file: .*No such file"):
        host.read("/no-such-file")


def test_nothing_is_left_running_here(host):
    """A closed host leaves no thread behind; other hosts that tests hold open keep theirs."""
    others = set(threading.enumerate())
    host.run(["true"])
    host.close()
    wait_until(
        lambda: not [t for t in set(threading.enumerate()) - others if t.name.startswith("edgebook")],
        "threads remain",
        lambda: str(threading.enumerate()),
    )
