"""The SSH server of a practice host behaves as OpenSSH's does, seen by an independent client."""

import hashlib
import socket

import paramiko
import pytest

from tests.lab.logins import DEADLINE_S, USER, login, port_of, run, until


def test_login_with_the_sites_key(client):
    """The key of the site folder opens the host under its pinned host key."""
    assert (0, b"edge@s1\n", b"") == run(client, "whoami")


def test_each_host_has_its_own_key(site):
    """The pinned keys are all different."""
    lines = (site.site_folder / "known_hosts").read_text().splitlines()
    assert len(lines) == len({line.split()[2] for line in lines})


def test_wrong_host_key_is_noticed(site):
    """A client that expects another host's key refuses."""
    text = (site.site_folder / "known_hosts").read_text()
    ports = {name: port_of(site, name) for name in ("s1", "s2")}
    swapped = text.replace(f":{ports['s1']} ", ":0 ").replace(f":{ports['s2']} ", f":{ports['s1']} ")
    (site.site_folder / "known_hosts").write_text(swapped)
    with pytest.raises(paramiko.BadHostKeyException):
        login(site)


def test_unknown_key_is_refused(site):
    """A key that is not in authorized_keys does not open the host."""
    with pytest.raises(paramiko.AuthenticationException):
        login(site, pkey=paramiko.ECDSAKey.generate())


def test_removed_key_no_longer_opens(site):
    """authorized_keys is read at each login."""
    site.do(lambda world: world.hosts["s1"].files.write("/home/edge/.ssh/authorized_keys", ""))
    with pytest.raises(paramiko.AuthenticationException):
        login(site)


def test_unknown_user_is_refused(site):
    """An account that is not there looks like a wrong key."""
    with pytest.raises(paramiko.AuthenticationException):
        login(site, user="nobody")


def test_root_is_refused_without_a_key(site):
    """Root has no key at first."""
    with pytest.raises(paramiko.AuthenticationException):
        login(site, user="root")


def test_root_enters_with_a_key(site):
    """PermitRootLogin prohibit-password lets root in by key."""

    def allow(world):
        files = world.hosts["s1"].files
        files.mkdir("/root/.ssh", 0o700)
        files.write("/root/.ssh/authorized_keys", files.read("/home/edge/.ssh/authorized_keys"), 0o600)

    site.do(allow)
    root = login(site, user="root")
    assert b"root@s1\n" == run(root, "whoami")[1]
    root.close()


def test_password_opens(site):
    """The account's password is an alternative to the key."""
    client = login(site, password="edge")
    assert 0 == run(client, "whoami")[0]
    client.close()


@pytest.mark.parametrize(("user", "password"), [("edge", "wrong"), ("root", ""), ("root", "edge")])
def test_wrong_password_is_refused(site, user, password):
    """A wrong password, and any for root, is refused."""
    with pytest.raises(paramiko.AuthenticationException):
        login(site, user=user, password=password)


def test_output_errors_and_exit_code_are_apart(client):
    """Standard output, standard error and exit code come back separately."""
    assert (0, b"out\n", b"err\n") == run(client, "both")


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_exit_code_comes_back(client, code):
    """The exit code is the command's."""
    assert code == run(client, f"exit {code}")[0]


def test_input_reaches_the_command(client):
    """What the client sends is the command's input, to the end."""
    assert (0, b"a\0b\xff" * 1000, b"") == run(client, "cat", b"a\0b\xff" * 1000)


def test_large_input_and_output(client):
    """Five megabytes pass each way, unchanged."""
    data = bytes(range(256)) * 20_000
    assert hashlib.sha256(data).digest() == hashlib.sha256(run(client, "cat", data)[1]).digest()


def test_large_output_is_complete(client):
    """Nothing of a large output is lost before the exit code."""
    assert 3_000_000 == len(run(client, "flood 3000000")[1])


def test_environment_is_that_of_a_login(client):
    """A user's PATH has no sbin folder; home, name and shell are the account's."""
    env = dict(line.split("=", 1) for line in run(client, "env")[1].decode().splitlines())
    wanted = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games",
        "HOME": "/home/edge",
        "USER": "edge",
        "SHELL": "/bin/bash",
    }
    assert wanted == {name: env[name] for name in wanted}


def test_etc_environment_counts(site):
    """What stands in /etc/environment is in the environment."""
    site.do(lambda world: world.hosts["s1"].files.write("/etc/environment", '# proxy\nHTTP_PROXY="http://p:1"\n'))
    client = login(site)
    assert b"HTTP_PROXY=http://p:1\n" in run(client, "env")[1]
    client.close()


def test_client_may_set_only_locale_variables(client):
    """As with AcceptEnv LANG LC_*, others are dropped."""
    _, out, _ = client.exec_command("env", environment={"LC_ALL": "C", "LD_PRELOAD": "x"}, timeout=DEADLINE_S)
    shown = out.read()
    assert (True, False) == (b"LC_ALL=C\n" in shown, b"LD_PRELOAD" in shown)


def test_commands_run_side_by_side(client):
    """A command that waits does not hold up another one on the same connection."""
    waiting = client.exec_command("wait", timeout=DEADLINE_S)
    assert 0 == run(client, "whoami")[0]
    waiting[1].channel.close()


def test_eleventh_session_is_refused(client):
    """A connection has at most ten sessions; one that ends makes room."""
    sessions = [client.get_transport().open_session() for _ in range(10)]
    with pytest.raises(paramiko.ChannelException):
        client.get_transport().open_session()
    sessions[0].close()
    until(lambda: can_open(client))


def can_open(client):
    """Say whether one more session can be opened."""
    try:
        client.get_transport().open_session().close()
    except paramiko.ChannelException:
        return False
    return True


def test_command_outlives_its_channel(site, client):
    """A command goes on when the client drops the channel."""
    _, out, _ = client.exec_command("later /home/edge/result", timeout=DEADLINE_S)
    out.channel.close()
    until(lambda: site.do(lambda world: world.hosts["s1"].files.exists("/home/edge/result")))


def test_command_outlives_its_connection(site, client):
    """A command goes on when the connection is cut."""
    begun = []
    site.do(lambda world: world.hosts["s1"].on_exec.append(begun.append))
    client.exec_command("later /home/edge/result", timeout=DEADLINE_S)
    until(lambda: begun)
    site.do(lambda _: site.lab.wires["s1"].cut())
    until(lambda: site.do(lambda world: world.hosts["s1"].files.exists("/home/edge/result")))
    assert not client.get_transport().is_active()


def test_hooks_hear_of_commands(site):
    """What begins over SSH is told to the host's hooks first."""
    heard = []
    site.do(lambda world: world.hosts["s1"].on_exec.append(heard.append))
    client = login(site)
    run(client, "whoami now")
    client.close()
    assert ["whoami now"] == heard


def test_keep_alive_is_answered(client):
    """A request with an answer wanted gets one, so that a client can tell a dead host."""
    client.get_transport().global_request("keepalive@openssh.com", wait=True)
    assert client.get_transport().is_active()


def test_prompt_runs_lines(client):
    """A session without a command shows a prompt and runs what is typed, until exit."""
    channel = client.invoke_shell()
    channel.settimeout(DEADLINE_S)
    channel.sendall(b"whoami\nexit\n")
    shown = b""
    while data := channel.recv(1024):
        shown += data
    assert b"edge@s1:~$ edge@s1\r\nedge@s1:~$ " == shown
    assert 0 == channel.recv_exit_status()


def test_jump_to_another_host(site, client):
    """A connection can go on to a neighbour's port 22, as ProxyJump does."""
    channel = client.get_transport().open_channel("direct-tcpip", ("10.20.0.12", 22), ("127.0.0.1", 0))
    inner = paramiko.SSHClient()
    inner.set_missing_host_key_policy(paramiko.AutoAddPolicy())  # noqa: S507 - the jump is under test
    key = str(site.site_folder / "id_ed25519")
    inner.connect("s2", username=USER, sock=channel, key_filename=key, allow_agent=False, look_for_keys=False)
    assert b"edge@s2\n" == run(inner, "whoami")[1]
    inner.close()


@pytest.mark.parametrize("target", [("10.20.0.99", 22), ("10.20.0.12", 6443), ("nobody", 22)])
def test_jump_to_nowhere_is_refused(client, target):
    """A jump that the host cannot make is refused."""
    with pytest.raises(paramiko.ChannelException):
        client.get_transport().open_channel("direct-tcpip", target, ("127.0.0.1", 0))


def test_host_without_sshd_refuses(site):
    """When the SSH service is down the port is closed; sessions that are open go on."""
    client = login(site)
    site.wait(lambda world: world.hosts["s1"].units.stop("ssh"))
    until(lambda: not site.do(lambda _: site.lab.wires["s1"].listening))
    with pytest.raises(paramiko.ssh_exception.NoValidConnectionsError):
        login(site)
    assert 0 == run(client, "whoami")[0]
    client.close()


def test_power_cut_ends_connections(site, client):
    """A host that loses power drops its connections and refuses new ones."""
    site.break_("host-down", "s1")
    until(lambda: not client.get_transport().is_active())
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port_of(site, "s1")), DEADLINE_S)
