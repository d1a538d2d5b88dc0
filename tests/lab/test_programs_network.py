"""ip and ss show and change the model's addresses, routes and ports."""

import json

import pytest

from edgebook.lab.hosts.model import Address
from tests.lab.shellbench import Ran, at_prompt, sh

ADDRESS = {
    "family": "inet",
    "local": "10.20.0.11",
    "prefixlen": 24,
    "broadcast": "10.20.0.255",
    "scope": "global",
    "label": "eth0",
    "valid_life_time": 4294967295,
    "preferred_life_time": 4294967295,
}


def test_addresses_as_json():
    """`ip -j -4 addr` has the keys of the real one, in its order, and no link keys."""
    loopback, eth0 = json.loads(sh("ip -j -4 addr").out)
    keys = ["ifindex", "ifname", "flags", "mtu", "qdisc", "operstate", "group", "txqlen", "addr_info"]
    assert (keys, [ADDRESS]) == (list(eth0), eth0["addr_info"])
    assert "127.0.0.1" == loopback["addr_info"][0]["local"]


def test_addresses_as_text():
    """`ip -4 addr show dev eth0` reads as the real one's."""
    assert sh("ip -4 addr show dev eth0").out == (
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000\n"
        "    inet 10.20.0.11/24 brd 10.20.0.255 scope global eth0\n"
        "       valid_lft forever preferred_lft forever\n"
    )


@pytest.mark.parametrize(
    ("text", "out"),
    [
        (
            "ip -br -4 addr",
            "lo               UNKNOWN        127.0.0.1/8 \neth0             UP             10.20.0.11/24 \n",
        ),
        (
            "ip route",
            "default via 10.20.0.1 dev eth0 \n10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.11 \n",
        ),
        ("ip -4 route show default", "default via 10.20.0.1 dev eth0 \n"),
        ("ip -j -4 route show default", '[{"dst":"default","gateway":"10.20.0.1","dev":"eth0","flags":[]}]\n'),
        ("ip route get 10.20.0.12", "10.20.0.12 dev eth0 src 10.20.0.11 uid 0 \n    cache \n"),
        ("ip route get 1.1.1.1", "1.1.1.1 via 10.20.0.1 dev eth0 src 10.20.0.11 uid 0 \n    cache \n"),
    ],
)
def test_shown(text, out):
    """Addresses and routes are printed as iproute2 prints them."""
    assert Ran(0, out, "") == sh(text)


@at_prompt
async def test_no_default_route(prompt):
    """A host without a default route answers with an empty list."""
    prompt.host.routes.clear()
    assert "[]\n" == (await prompt("ip -j -4 route show default")).out
    assert Ran(2, "", "RTNETLINK answers: Network is unreachable\n") == await prompt("ip route get 1.1.1.1")


@at_prompt
async def test_route_is_added_and_deleted(prompt):
    """Routes change with `ip route add` and `del`."""
    ran = await prompt(
        "ip route del default; ip route add default via 10.20.0.9 dev eth0 metric 10; ip route show default"
    )
    assert "default via 10.20.0.9 dev eth0 metric 10 \n" == ran.out


@at_prompt
async def test_second_address_is_secondary(prompt):
    """An address that keepalived brings is shown as secondary."""
    prompt.host.add_address(Address("eth0", "10.20.0.10", 24, secondary=True))
    assert "inet 10.20.0.10/24 brd 10.20.0.255 scope global secondary eth0" in (await prompt("ip -4 a")).out


@at_prompt
async def test_address_is_added_and_deleted(prompt):
    """Addresses change with `ip addr add` and `del`; twice is refused."""
    ran = await prompt("ip addr add 10.20.0.50/32 dev eth0; ip addr add 10.20.0.50/32 dev eth0; hostname -I")
    assert ("10.20.0.11 10.20.0.50 \n", "RTNETLINK answers: File exists\n") == ran[1:]
    await prompt("ip addr del 10.20.0.50/32 dev eth0")
    assert "10.20.0.50" not in prompt.host.ips()


@pytest.mark.parametrize(
    ("text", "err"),
    [
        ("ip addr show dev eth9", 'Device "eth9" does not exist.\n'),
        ("ip nonsense", 'Object "nonsense" is unknown, try "ip help".\n'),
        ("ip link show eth9", 'Device "eth9" does not exist.\n'),
    ],
)
def test_unknown(text, err):
    """What does not exist is refused with 1."""
    assert Ran(1, "", err) == sh(text)


def test_user_may_not_change():
    """An ordinary user changes nothing."""
    assert Ran(2, "", "RTNETLINK answers: Operation not permitted\n") == sh("ip route del default", user="edge")


def test_ports_with_processes():
    """Root sees which process listens."""
    words = sh("ss -Hltnp").out.split()
    assert ["LISTEN", "0", "4096", "0.0.0.0:22", "0.0.0.0:*"] == words[:5]
    assert words[5].startswith('users:(("sshd",pid=')


def test_ports_without_processes():
    """An ordinary user does not."""
    assert "users:" not in sh("ss -Hltnp", user="edge").out


def test_ports_header():
    """Without -H the header says what the columns are."""
    assert (
        "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
        == sh("ss -ltn").out.splitlines(keepends=True)[0]
    )


@at_prompt
async def test_ports_by_filter(prompt):
    """A filter keeps one port; UDP is apart from TCP."""
    prompt.host.listen("tcp", 6443, process="k3s-server", pid=812)
    prompt.host.listen("udp", 8472, process="-", pid=1)
    assert 1 == len((await prompt("ss -Hltn 'sport = :6443'")).out.splitlines())
    assert "UNCONN" == (await prompt("ss -Hlunp")).out.split()[0]


@at_prompt
async def test_a_deleted_link_takes_its_addresses_along(prompt):
    """`ip link delete` removes an interface; `-o` shows one link a line."""
    prompt.host.add_address(Address("cni0", "10.42.0.1", 24))
    names = [line.split(": ")[1] for line in (await prompt("ip -o link")).out.splitlines()]
    assert ["lo", "eth0", "cni0"] == names
    await prompt("ip link delete cni0")
    assert 1 == (await prompt("ip link show cni0")).code
