"""The network of a host: addresses, routes, ports, the firewall, and what reaches a neighbour."""

import json

import pytest

from tests.contract.bench import Like, Ran, eventually

FREE_IP = "192.0.2.77"
"""A documentation address (RFC 5737) for the tests' own use."""


@pytest.fixture(scope="session")
def addresses(site):
    """Give the addresses inside the site: of the first server, of the second, and one that nobody has."""
    own, other = (str(server.node_ip) for server in site.servers[:2])
    return own, other, f"{own.rpartition('.')[0]}.199"


@pytest.fixture
def firewall(root):
    """Leave the firewall empty afterwards."""
    yield root
    root("iptables -F; iptables -X; iptables -P INPUT ACCEPT")


@pytest.fixture
def neighbours_firewall(neighbour):
    """Change the second server's firewall; it is empty afterwards."""
    yield lambda text: neighbour.script(text, sudo=True).check()
    neighbour.script("iptables -F", sudo=True)


def test_addresses_as_json(sh, addresses, site):
    """`ip -j -4 addr` lists loopback first, then the interface of the site with its address and prefix."""
    found = json.loads(sh("ip -j -4 addr").out)
    interface = next(item for item in found if item["ifname"] == site.k3s.registration.interface)
    assert ("lo", 1, ["LOOPBACK", "UP", "LOWER_UP"]) == tuple(found[0][key] for key in ("ifname", "ifindex", "flags"))
    (info,) = [one for one in interface["addr_info"] if one["local"] == addresses[0]]
    assert ("inet", 24, "global", f"{addresses[0].rpartition('.')[0]}.255") == tuple(
        info[key] for key in ("family", "prefixlen", "scope", "broadcast")
    )
    assert ("UP", 1500) == (interface["operstate"], interface["mtu"])


def test_default_route_as_json(sh, site):
    """`ip -j -4 route show default` is a list of one route, with a gateway and an interface."""
    (route,) = json.loads(sh("ip -j -4 route show default").out)
    assert ("default", site.k3s.registration.interface) == (route["dst"], route["dev"])
    assert route["gateway"].count(".") == 3


def test_route_of_the_network_as_json(sh, addresses):
    """The address brings a route of its network, with itself as source."""
    (route,) = [one for one in json.loads(sh("ip -j -4 route").out) if one.get("prefsrc") == addresses[0]]
    assert (f"{addresses[0].rpartition('.')[0]}.0/24", "kernel", "link") == (
        route["dst"],
        route["protocol"],
        route["scope"],
    )


def test_link_as_json(sh):
    """`ip -j link` tells hardware address and state."""
    (link,) = json.loads(sh("ip -j link show dev eth0").out)
    assert ("eth0", "ether", "UP", 17) == (link["ifname"], link["link_type"], link["operstate"], len(link["address"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ip -j addr show dev nope0", Ran(1, "", 'Device "nope0" does not exist.\n')),
        ("ip link show nope0", Ran(1, "", 'Device "nope0" does not exist.\n')),
        ("ip nope", Ran(1, "", 'Object "nope" is unknown, try "ip help".\n')),
        ("ip -j addr show to 192.0.2.1", Ran(0, "[]\n")),
        ("ip -4 route show 198.51.100.0/24", Ran()),
        ("ip addr add 192.0.2.77/32 dev eth0", Ran(2, "", "RTNETLINK answers: Operation not permitted\n")),
        ("ip route get 127.0.0.1 | head -1 | cut -d' ' -f1-4", Ran(0, "local 127.0.0.1 dev lo\n")),
        ("hostname -I | wc -w", Ran(0, "1\n")),
        ("ss --nope 2>/dev/null; echo $?", Ran(0, "255\n")),
        ("getent ahostsv4 localhost | head -1 | cut -d' ' -f1", Ran(0, "127.0.0.1\n")),
        ("getent hosts nope.invalid", Ran(2)),
        ("iptables -V", Ran(127, "", "edgebook: 1: iptables: not found\n")),
        ("/usr/sbin/iptables -S", Ran(4, "", Like(r"iptables v1\.8\.9 \(nf_tables\): Could not fetch rule set .*\(you must be root\)\n"))),
    ],
)  # fmt: skip
def test_network_tools_for_a_user(sh, text, expected):
    """What an ordinary user may ask, and what is refused."""
    assert expected == sh(text)


def test_address_is_added_and_removed(root):
    """An address is there once: again is an error with code 2, and so is removing what is not there."""
    try:
        codes = root(
            f"ip addr add {FREE_IP}/32 dev eth0; echo $?; ip addr add {FREE_IP}/32 dev eth0 2>/dev/null; echo $?"
        ).out
        shown = json.loads(root(f"ip -j -4 addr show dev eth0 to {FREE_IP}").out)
        assert ("0\n2\n", [FREE_IP]) == (codes, [one["local"] for item in shown for one in item["addr_info"] if one])
    finally:
        assert Ran(0, "0\n2\n") == root(
            f"ip addr del {FREE_IP}/32 dev eth0; echo $?; ip addr del {FREE_IP}/32 dev eth0 2>/dev/null; echo $?"
        )


def test_second_address_answers_the_neighbour(root, neighbour, addresses):
    """An address added to a host is reached from its neighbour, as a registration address is."""
    free = addresses[2]
    root(f"ip addr add {free}/24 dev eth0")
    try:
        assert 1 == neighbour.script(f"curl -s -m 5 http://{free}:22/").code
    finally:
        root(f"ip addr del {free}/24 dev eth0")


def test_blackhole_route(root):
    """A route that swallows is shown as one, and removed once."""
    try:
        assert Ran(0, "blackhole 198.51.100.0/24 \n") == root(
            "ip route add blackhole 198.51.100.0/24; ip route show 198.51.100.0/24"
        )
    finally:
        assert Ran(2, "", "RTNETLINK answers: No such process\n") == root(
            "ip route del blackhole 198.51.100.0/24; ip route del blackhole 198.51.100.0/24"
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ip route add 198.51.100.0/24 via 192.0.2.1", Ran(2, "", "Error: Nexthop has invalid gateway.\n")),
        ("ip route add 198.51.100.0/24 dev nope0", Ran(1, "", 'Cannot find device "nope0"\n')),
        ("ip link del nope0", Ran(1, "", 'Cannot find device "nope0"\n')),
    ],
)
def test_impossible_routes_are_refused(root, text, expected):
    """A gateway that is on no link and a device that is not there are named."""
    assert expected == root(text)


def test_default_route_goes_and_comes_back(root, sh):
    """Without a default route the list is empty, and an address far away is unreachable at once."""
    kept = root("ip -4 route show default").out.strip()
    root("ip route del default")
    try:
        assert Ran(0, "[]\n") == root("ip -j -4 route show default")
        assert Ran(2, "", "RTNETLINK answers: Network is unreachable\n") == sh("ip route get 203.0.113.9")
    finally:
        root(f"ip route add {kept}")


def test_listening_ports(root):
    """`ss -Hltnp` has six columns as root; the last names the process that listens."""
    lines = [line.split() for line in root("ss -Hltnp").out.splitlines() if 'users:(("sshd",pid=' in line]
    assert ("LISTEN", True, 6) == (lines[0][0], lines[0][3].endswith(":22"), len(lines[0]))


def test_listening_ports_for_a_user(sh):
    """An ordinary user sees the ports and not the processes."""
    lines = [line for line in sh("ss -Hltnp").out.splitlines() if ":22 " in line]
    assert (True, False) == (bool(lines), any("users:" in line for line in lines))


def test_filter_by_port(root):
    """A filter leaves the ports that it names, also none."""
    assert (True, "") == (":22 " in root("ss -Hltn 'sport = :22'").out, root("ss -Hltn 'sport = :7'").out)


def test_udp_ports(root):
    """`ss -Hlunp` ends with 0, whether anything listens or not."""
    assert 0 == root("ss -Hlunp").code


FIREWALL = [
    ("iptables -S", Ran(0, "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n")),
    ("iptables -I INPUT -s 192.0.2.9 -j DROP; iptables -S INPUT",
     Ran(0, "-P INPUT ACCEPT\n-A INPUT -s 192.0.2.9/32 -j DROP\n")),
    ("iptables -A INPUT -p tcp --dport 6443 -j REJECT; iptables -S INPUT",
     Ran(0, "-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 6443 -j REJECT --reject-with icmp-port-unreachable\n")),
    ("iptables -A INPUT -i lo -j ACCEPT; iptables -A OUTPUT -o eth0 -d 192.0.2.0/24 -j DROP; iptables -S | tail -2",
     Ran(0, "-A INPUT -i lo -j ACCEPT\n-A OUTPUT -d 192.0.2.0/24 -o eth0 -j DROP\n")),
    ("iptables -A INPUT -p tcp -m comment --comment 'by edgebook' --dport 6443 -j ACCEPT; iptables -S INPUT | tail -1",
     Ran(0, '-A INPUT -p tcp -m comment --comment "by edgebook" -m tcp --dport 6443 -j ACCEPT\n')),
    ("iptables -A INPUT -p tcp -m multiport --dports 2379,2380 -j ACCEPT; iptables -S INPUT | tail -1",
     Ran(0, "-A INPUT -p tcp -m multiport --dports 2379,2380 -j ACCEPT\n")),
    ("iptables -A INPUT -p udp --dport 8472 -j DROP; iptables -S INPUT | tail -1",
     Ran(0, "-A INPUT -p udp -m udp --dport 8472 -j DROP\n")),
    ("iptables -A INPUT -p tcp --dport 1 -j DROP; iptables -I INPUT -p tcp --dport 2 -j DROP; iptables -D INPUT 1; iptables -S INPUT | tail -1",
     Ran(0, "-A INPUT -p tcp -m tcp --dport 1 -j DROP\n")),
    ("iptables -C INPUT -s 192.0.2.9 -j DROP",
     Ran(1, "", "iptables: Bad rule (does a matching rule exist in that chain?).\n")),
    ("iptables -A INPUT -s 192.0.2.9 -j DROP; iptables -C INPUT -s 192.0.2.9 -j DROP", Ran()),
    ("iptables -D INPUT -s 192.0.2.9 -j DROP",
     Ran(1, "", "iptables: Bad rule (does a matching rule exist in that chain?).\n")),
    ("iptables -D INPUT 1", Ran(1, "", "iptables: Index of deletion too big.\n")),
    ("iptables -A NOPE -j DROP", Ran(1, "", "iptables: No chain/target/match by that name.\n")),
    ("iptables -A INPUT -j NOPE",
     Ran(2, "", "iptables v1.8.9 (nf_tables): Chain 'NOPE' does not exist\nTry `iptables -h' or 'iptables --help' for more information.\n")),
    ("iptables -A INPUT --nope",
     Ran(2, "", "iptables v1.8.9 (nf_tables): unknown option \"--nope\"\nTry `iptables -h' or 'iptables --help' for more information.\n")),
    ("iptables -N OURS; iptables -N OURS", Ran(1, "", "iptables: Chain already exists.\n")),
    ("iptables -N OURS; iptables -A INPUT -j OURS; iptables -A OURS -j RETURN; iptables -S",
     Ran(0, "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-N OURS\n-A INPUT -j OURS\n-A OURS -j RETURN\n")),
    ("iptables -N OURS; iptables -A INPUT -j OURS; iptables -X OURS; echo $?; iptables -F INPUT; iptables -X OURS",
     Ran(0, "4\n", Like(r".*CHAIN_DEL failed \(Device or resource busy\): chain OURS\n"))),
    ("iptables -P NOPE DROP", Ran(1, "", "iptables: Bad built-in chain name.\n")),
    ("iptables -P FORWARD DROP; iptables -S FORWARD; iptables -P FORWARD ACCEPT", Ran(0, "-P FORWARD DROP\n")),
    ("iptables -w -A INPUT -s 192.0.2.9 -j DROP; iptables -w -F; iptables -S INPUT", Ran(0, "-P INPUT ACCEPT\n")),
    ("iptables-save -t filter | grep -v '^#' | sed 's/ .[0-9:]*.$//'",
     Ran(0, "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FIREWALL, ids=[text for text, _ in FIREWALL])
def test_firewall_rules(firewall, text, expected):
    """Rules are shown as commands, in iptables's own order of words; what cannot be is refused with a code."""
    assert expected == firewall(text)


CURL = [
    ("curl -fsS http://127.0.0.1:9/",
     Ran(7, "", Like(r"curl: \(7\) Failed to connect to 127\.0\.0\.1 port 9 after \d+ ms: Couldn't connect to server\n"))),
    ("curl -s http://127.0.0.1:9/", Ran(7)),
    ("curl -sk -m 5 https://127.0.0.1:9/ping", Ran(7)),
    ("curl -sk -o /dev/null -w '%{http_code}' https://127.0.0.1:9/", Ran(7, "000")),
    ("curl -fsSL http://nope.invalid/", Ran(6, "", "curl: (6) Could not resolve host: nope.invalid\n")),
    ("curl -sS nope://x/", Ran(1, "", 'curl: (1) Protocol "nope" not supported or disabled in libcurl\n')),
    ("curl -sS http://127.0.0.1:22/", Ran(1, "", "curl: (1) Received HTTP/0.9 when not allowed\n")),
    ("curl -sSk https://127.0.0.1:22/", Ran(35, "", Like(r"curl: \(35\) OpenSSL/3\.\S+: error:0A00010B:SSL routines::wrong version number\n"))),
    ("curl -sS file:///etc/hostname | wc -l", Ran(0, "1\n")),
    ("curl -fsS file:///nope", Ran(37, "", "curl: (37) Couldn't open file /nope\n")),
    ("curl", Ran(2, "", "curl: try 'curl --help' or 'curl --manual' for more information\n")),
    ("curl --nope x", Ran(2, "", "curl: option --nope: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CURL, ids=[text for text, _ in CURL])
def test_curl_says_why_it_failed(sh, text, expected):
    """curl's exit code tells a closed port from an unknown name, and from something that speaks no HTTP."""
    assert expected == sh(text)


def test_curl_makes_folders(sh, place):
    """--create-dirs makes the folders of the file before it connects."""
    assert Ran(7, "b\n") == sh(
        f"curl -s --create-dirs -o {place}/a/b/c http://127.0.0.1:9/; code=$?; ls {place}/a; exit $code"
    )


def test_neighbour_is_reached(sh, addresses):
    """A port that listens on the neighbour answers, one that does not is refused at once."""
    _, other, _ = addresses
    assert Ran(1) == sh(f"curl -s -m 5 http://{other}:22/")
    assert Ran(7) == sh(f"curl -s -m 5 http://{other}:9/")


def test_dropped_port_is_waited_for(sh, neighbours_firewall, addresses):
    """A port that the neighbour's firewall drops is silence: curl waits as long as it may, and ends with 28."""
    neighbours_firewall("iptables -I INPUT -p tcp --dport 9 -j DROP")
    assert Ran(28, "", Like(r"curl: \(28\) Connection timed out after \d+ milliseconds\n")) == sh(
        f"curl -sS -m 1 http://{addresses[1]}:9/"
    )


def test_rejected_port_is_refused(sh, neighbours_firewall, addresses):
    """A port that the neighbour's firewall rejects is refused at once."""
    neighbours_firewall(
        "iptables -I INPUT -p tcp --dport 22 -s 0.0.0.0/0 -m comment --comment contract -j ACCEPT; iptables -A INPUT -p tcp --dport 2222 -j REJECT"
    )
    assert Ran(7) == sh(f"curl -s -m 5 http://{addresses[1]}:2222/")


def test_custom_chain_decides(sh, neighbours_firewall, addresses):
    """A rule in a chain of one's own counts like any other."""
    neighbours_firewall("iptables -N OURS; iptables -A OURS -p tcp --dport 9 -j DROP; iptables -A INPUT -j OURS")
    try:
        assert Ran(28) == sh(f"curl -s -m 1 http://{addresses[1]}:9/")
    finally:
        neighbours_firewall("iptables -F; iptables -X OURS")


def test_address_that_nobody_has_is_waited_for(sh, addresses):
    """An address of the network that nobody answers for is silence for a while."""
    assert Ran(28) == sh(f"curl -s -m 1 http://{addresses[2]}:22/")


@pytest.mark.parametrize("user", ["edge", "root"])
def test_arping_tells_whether_an_address_is_taken(sh, root, addresses, user):
    """arping -D ends with 1 when somebody answers for an address, with 0 when nobody does, for any user."""
    _, other, free = addresses
    ask = root if user == "root" else sh
    assert [Ran(1), Ran(0)] == [ask(f"arping -D -q -I eth0 -c 1 {ip}") for ip in (other, free)]


def test_arping_with_words(root, addresses):
    """Without -q arping names who was asked and how many answered."""
    done = root(f"arping -D -I eth0 -c 1 {addresses[1]}")
    assert (1, f"ARPING {addresses[1]} from 0.0.0.0 eth0", "Received 1 response(s)") == (
        done.code,
        *(done.out.splitlines()[at] for at in (0, -1)),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arping -D -q -I nope0 -c 1 192.0.2.1", Ran(2, "", "arping: Device nope0 not available.\n")),
        ("arping -D -q -I eth0 -c 1 nope.invalid", Ran(2, "", Like(r"arping: nope\.invalid: .*\n"))),
    ],
)
def test_arping_that_cannot_ask(root, text, expected):
    """Other codes than 0 and 1 tell nothing of the address."""
    assert expected == root(text)


def test_ping_reaches_itself(sh):
    """ping ends with 0 when it is answered."""
    assert 0 == sh("ping -c1 -W1 127.0.0.1 >/dev/null").code


def test_ping_of_an_unknown_name(sh):
    """A name that is not known is 2."""
    done = sh("ping -c1 -W1 nope.invalid")
    assert (2, "ping: nope.invalid: ") == (done.code, done.err[:20])


def test_port_of_a_service_opens_and_closes(sh, root, unit, place, host):
    """What a service listens on is in `ss` while it runs; the port is refused before and after."""
    before = sh("curl -s -m 2 http://127.0.0.1:22/").code
    root("systemctl stop ssh")
    try:
        seen = eventually(lambda: sh("curl -s -m 2 http://127.0.0.1:22/").code, 7)
        assert (1, 7, "") == (before, seen, root("ss -Hltn 'sport = :22'").out)
    finally:
        root("systemctl start ssh")
    assert 1 == eventually(lambda: sh("curl -s -m 2 http://127.0.0.1:22/").code, 1)
