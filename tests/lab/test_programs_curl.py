"""curl fetches from practice hosts and from the practice Internet, and fails with the real codes."""

import pytest

from edgebook.lab.hosts.programs.curl import CurlFailure, Target, target
from tests.lab.shellbench import Ran, at_prompt

PAGE = "https://get.example/x.sh"


def answer(method, path):
    """Answer as a K3s server's port does."""
    return (200, b"pong") if path == "/ping" else (401, b"Unauthorized\n")


def serve(prompt):
    """Let s1 answer on 6443, and the Internet hold a page."""
    prompt.host.listen("tcp", 6443, process="k3s-server", pid=812, http=answer)
    prompt.world.network.pages[PAGE] = lambda _: b"echo hello $1\n"


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://h:6443/ping", Target("https://h:6443/ping", "https", "h", 6443, "/ping")),
        ("h", Target("http://h", "http", "h", 80, "/")),
        ("https://h?x=1", Target("https://h?x=1", "https", "h", 443, "/?x=1")),
    ],
)
def test_target(url, parts):
    """A URL is taken apart with curl's guesses."""
    assert parts == target(url)


def test_target_of_another_kind():
    """A scheme that is not HTTP is refused with 1."""
    with pytest.raises(CurlFailure) as caught:
        target("ftp://h/x")
    assert 1 == caught.value.code


@pytest.mark.parametrize(
    ("options", "code", "out", "err"),
    [
        ("-sk -m 5 https://10.20.0.11:6443/ping", 0, "pong", ""),
        ("-sk -m 5 -o /dev/null -w '%{http_code}' https://10.20.0.11:6443/", 0, "401", ""),
        ("-fsSk https://10.20.0.11:6443/", 22, "", "curl: (22) The requested URL returned error: 401\n"),
        ("-sS http://10.20.0.11:81/", 7, "",
         "curl: (7) Failed to connect to 10.20.0.11 port 81 after 0 ms: Couldn't connect to server\n"),
        ("-s http://10.20.0.11:81/", 7, "", ""),
        ("-sk -o /dev/null -w '%{http_code}' https://10.20.0.11:81/", 7, "000", ""),
        ("-sS https://nowhere.example/", 6, "", "curl: (6) Could not resolve host: nowhere.example\n"),
        ("-fsSL https://get.example/other", 22, "", "curl: (22) The requested URL returned error: 404\n"),
        (f"-fsSL {PAGE}", 0, "echo hello $1\n", ""),
        ("-sS http://10.20.0.11:22/", 1, "", "curl: (1) Received HTTP/0.9 when not allowed\n"),
        ("-sS", 2, "", "curl: try 'curl --help' or 'curl --manual' for more information\n"),
    ],
)  # fmt: skip
def test_fetch(options, code, out, err):
    """Each answer and each failure has its code and words."""

    @at_prompt
    async def fetch(prompt):
        serve(prompt)
        assert Ran(code, out, err) == await prompt(f"curl {options}")

    fetch()


@at_prompt
async def test_certificate_is_checked(prompt):
    """Without -k the practice certificate is refused with 60."""
    serve(prompt)
    ran = await prompt("curl -sS https://10.20.0.11:6443/ping")
    assert 60 == ran.code
    assert ran.err.startswith("curl: (60) SSL certificate problem: unable to get local issuer certificate\n")


@at_prompt(servers=2)
async def test_dropped_port_times_out(prompt):
    """A dropped port is waited for as long as -m allows, then it is 28."""
    serve(prompt)
    await prompt("iptables -I INPUT -p tcp --dport 6443 -j DROP")
    ran = await prompt("curl -sSk -m 5 https://10.20.0.11:6443/ping", host="s2")
    assert Ran(28, "", "curl: (28) Connection timed out after 5001 milliseconds\n") == ran


@at_prompt
async def test_offline(prompt):
    """Without a default route, names of the Internet are not resolved."""
    serve(prompt)
    prompt.host.routes.clear()
    assert Ran(6, "", "curl: (6) Could not resolve host: get.example\n") == await prompt(f"curl -fsSL {PAGE}")


@at_prompt
async def test_output_goes_to_a_file(prompt):
    """-o writes what came; a shell runs it."""
    serve(prompt)
    assert "hello you\n" == (await prompt(f"curl -fsSL -o /tmp/x.sh {PAGE} && sh /tmp/x.sh you")).out


@at_prompt
async def test_output_on_a_full_disk(prompt):
    """What cannot be written is 23."""
    serve(prompt)
    prompt.host.disks["/var/lib"].used_kb = prompt.host.disks["/var/lib"].size_kb
    assert 23 == (await prompt(f"curl -fsSL -o /var/lib/x {PAGE}")).code


@at_prompt
async def test_piped_to_a_shell(prompt):
    """`curl … | sh -s` runs the page with arguments."""
    serve(prompt)
    assert "hello there\n" == (await prompt(f"curl -fsSL {PAGE} | sh -s - there")).out


@at_prompt
async def test_retry(prompt):
    """--retry tries again after a refused connection is allowed to be one."""
    assert 7 == (await prompt("curl -s --retry 2 http://10.20.0.11:81/")).code
