"""The shell of a host: exit codes, words, variables, folders, streams and what it says of mistakes."""

import pytest

from tests.contract.bench import Like, Ran

SAYS = [
    ("true", Ran()),
    ("exit 7", Ran(7)),
    ("sh -c 'exit 300'; echo $?", Ran(0, "44\n")),
    ("no-such-program", Ran(127, "", "edgebook: 1: no-such-program: not found\n")),
    ("/no/such/program", Ran(127, "", "edgebook: 1: /no/such/program: not found\n")),
    ("/etc/hostname", Ran(126, "", "edgebook: 1: /etc/hostname: Permission denied\n")),
    ("/etc", Ran(126, "", "edgebook: 1: /etc: Permission denied\n")),
    ("sh /nope", Ran(2, "", "sh: 0: cannot open /nope: No such file\n")),
    (". /nope; echo after", Ran(2, "", "edgebook: 1: .: cannot open /nope: No such file\n")),
    ("cd /nope || echo $?", Ran(0, "2\n", "edgebook: 1: cd: can't cd to /nope\n")),
    ("echo x >/etc/nope", Ran(2, "", "edgebook: 1: cannot create /etc/nope: Permission denied\n")),
    ("echo x >/nodir/x", Ran(2, "", "edgebook: 1: cannot create /nodir/x: Directory nonexistent\n")),
    ("cat </nope", Ran(2, "", "edgebook: 1: cannot open /nope: No such file\n")),
    ("echo x >/dev/full", Ran(1, "", "edgebook: 1: echo: echo: I/O error\n")),
    ("cat /etc/debian_version >/dev/full", Ran(1, "", "cat: write error: No space left on device\n")),
    ("set -e; false; echo no", Ran(1)),
    ("set -eu; echo $NOPE; echo no", Ran(2, "", "edgebook: 1: NOPE: parameter not set\n")),
    ("sh -c 'if'", Ran(2, "", 'sh: 1: Syntax error: end of file unexpected (expecting "then")\n')),
    ("echo 'open", Ran(2, "", "edgebook: 1: Syntax error: Unterminated quoted string\n")),
    ("[ 1 = 1", Ran(2, "", "edgebook: 1: [: missing ]\n")),
    ("[ a -gt 1 ]", Ran(2, "", "edgebook: 1: [: Illegal number: a\n")),
    ("false || echo or; true && echo and", Ran(0, "or\nand\n")),
    ("true | false; echo $?; false | true; echo $?", Ran(0, "1\n0\n")),
    ("(exit 3); echo $?; x=$(exit 4); echo $?", Ran(0, "3\n4\n")),
    ("! true; echo $?", Ran(0, "1\n")),
    ("printf '%s|' \"$@\" one", Ran(0, "one|")),
    ("A='x  y'; printf '%s|' $A \"$A\"", Ran(0, "x|y|x  y|")),
    ("A=abc.def; echo ${A#*.} ${A%.*} ${A##*/} ${B-none} ${#A}", Ran(0, "def abc abc.def none 7\n")),
    ("case abc in a*) echo yes ;; *) echo no ;; esac", Ran(0, "yes\n")),
    ('for f in /etc/os-rel*; do [ -e "$f" ] && echo $f; done', Ran(0, "/etc/os-release\n")),
    ('for f in /nope/*.yaml; do echo "$f"; done', Ran(0, "/nope/*.yaml\n")),
    ("while IFS= read -r line; do printf '<%s>' \"$line\"; done", Ran(0, "< a\\n b ><c>")),
    ("cat <<'E'\n$HOME `x`\nE", Ran(0, "$HOME `x`\n")),
    ("echo out; echo err >&2", Ran(0, "out\n", "err\n")),
    ("{ echo a; echo b >&2; } 2>&1 | sort", Ran(0, "a\nb\n")),
    ("exec 3>&1; echo three >&3", Ran(0, "three\n")),
    ("trap 'echo bye' EXIT; exit 3", Ran(3, "bye\n")),
    ("f() { return 5; }; f; echo $?", Ran(0, "5\n")),
    ("echo $((7 * 6 % 5)) $((1 << 4))", Ran(0, "2 16\n")),
    ("umask; umask 077; umask", Ran(0, "0022\n0077\n")),
    ("printf 'a\\tb\\n'; printf '%s\\n' 'a\\tb'", Ran(0, "a\tb\na\\tb\n")),
    ("echo $0", Ran(0, "edgebook\n")),
    ("true & wait $!; echo $?", Ran(0, "0\n")),
    ("sh -c 'kill -KILL $$'; echo $?", Ran(0, "137\n", "Killed\n")),
    ("sh -c 'kill -TERM $$'; echo $?", Ran(0, "143\n", "Terminated\n")),
    ("sleep 1000 & kill $!; wait $!; echo $?", Ran(0, "143\n", "Terminated\n")),
    ("kill -0 $$; echo $?; kill -0 1", Ran(1, "0\n", "edgebook: 1: kill: Operation not permitted\n\n")),
    ("kill 4194303", Ran(1, "", "edgebook: 1: kill: No such process\n\n")),
    ("kill -l 9", Ran(0, "KILL\n")),
    ("ulimit -n", Ran(0, Like(r"\d+\n|unlimited\n"))),
    ("command -v cd; command -v cat; command -v nope || echo $?", Ran(0, "cd\n/usr/bin/cat\n127\n")),
    ("which cat nope", Ran(1, "/usr/bin/cat\n")),
    ("tty", Ran(1, "not a tty\n")),
    ("timeout 0.1 sleep 1000; echo $?; timeout 9 sh -c 'exit 3'; echo $?", Ran(0, "124\n3\n")),
    ("echo 1 2 | xargs -n1 echo got; echo x | xargs false; echo $?", Ran(0, "got 1\ngot 2\n123\n")),
    ("env nope; env -i sh -c 'echo ${HOME-unset}'; env A=1 sh -c 'echo $A'",
     Ran(0, "unset\n1\n", "env: 'nope': No such file or directory\n")),
    ("sleep x", Ran(1, "", "sleep: invalid time interval 'x'\nTry 'sleep --help' for more information.\n")),
    ("nohup sh -c 'echo kept' 2>/dev/null", Ran(0, "kept\n")),
    ("seq 3 | tr '\\n' ,", Ran(0, "1,2,3,")),
]  # fmt: skip
INPUT = b" a\\n b \nc\n"


@pytest.mark.parametrize(("text", "expected"), SAYS, ids=[text for text, _ in SAYS])
def test_shell_text_ends_as_in_dash(sh, text, expected):
    """A shell text's exit code, output and error output are those of Debian's /bin/sh."""
    assert expected == sh(text, stdin=INPUT if "read" in text else b"")


def test_arguments_are_never_interpreted(sh):
    """What comes as an argument is a word, whatever it looks like."""
    words = ["a b", "$HOME", "`id`", "*", "'", '"', "\\", "\n", "", "-n", "ä€", "#x", "!"]
    assert Ran(0, "".join(f"<{word}>" for word in words)) == sh("printf '<%s>' \"$@\"", *words)


def test_login_shell_is_bash(host, target):
    """A command line goes through the user's login shell, which is bash: its words for what is missing are its own."""
    assert (127, "bash: line 1: no-such-program: command not found\n") == _answer(host, ["no-such-program"])


def test_home_is_where_commands_begin(sh):
    """Commands begin in the home folder, with the names of the user around them."""
    expected = "/home/edge|/home/edge|edge|edge|/bin/bash\n"
    assert Ran(0, expected) == sh('echo "$PWD|$HOME|$USER|$LOGNAME|$SHELL"')


def test_users_path_has_no_sbin(sh):
    """An ordinary user's PATH leads to no administrator's program; its full path does."""
    assert Ran(0, "/usr/local/bin:/usr/bin:/bin:/usr/games\n") == sh("echo $PATH")
    assert Ran(0, "127\n/usr/sbin/iptables\n") == sh("command -v iptables || echo $?; ls /usr/sbin/iptables")


def test_locale_variables_are_accepted(sh):
    """LC_ALL reaches the command, which is how its words can be counted on."""
    assert Ran(0, "C\n") == sh("echo $LC_ALL")


def test_other_variables_are_not_accepted(raw):
    """A variable that sshd does not accept is left out without a word."""
    _, out, _ = raw.exec_command("echo ${LC_EDGE-unset} ${EDGE-unset}", environment={"LC_EDGE": "x", "EDGE": "y"})
    assert b"x unset\n" == out.read()


def test_ssh_connection_names_the_host(host, sh):
    """SSH_CONNECTION ends with the host's own address and port 22."""
    address = host.run(["hostname", "-I"]).out.split()
    assert Ran(0, Like(rf"\S+ \d+ ({'|'.join(address)}) 22\n")) == sh("echo $SSH_CONNECTION")


def test_commands_share_nothing(host):
    """A folder or variable of one command is not there in the next."""
    host.script("cd /etc; export EDGE_A=1")
    assert "/home/edge unset\n" == host.script("echo $PWD ${EDGE_A-unset}").out


def test_environment_file_is_read_at_login(host, root):
    """A variable in /etc/environment reaches every command, as a proxy does that was set there."""
    root("echo 'CONTRACT_PROXY=\"http://proxy:3128\"' >>/etc/environment")
    try:
        with _fresh(host) as later:
            assert "http://proxy:3128\n" == later.script("echo $CONTRACT_PROXY").out
    finally:
        root("sed -i /CONTRACT_PROXY/d /etc/environment")


def _fresh(host):
    return type(host)(host.target)


def _answer(host, argv):
    done = host.run(argv)
    return done.code, done.err
