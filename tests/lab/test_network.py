"""Who reaches whom between the practice hosts is decided from power, routes, firewalls and listeners."""

import errno
import socket

import pytest

from edgebook.lab.hosts.model import Address, Route, Rule
from tests.lab.bare import in_world

S1, S2 = "10.20.0.11", "10.20.0.12"


def refused(code):
    """Expect an OSError with this errno."""
    return pytest.raises(OSError, check=lambda error: error.errno == code)


def pair(world):
    """Take the first two servers; the second listens on 6443."""
    one, two = world.hosts["s1"], world.hosts["s2"]
    two.listen("tcp", 6443, process="k3s", pid=1000, http=lambda _method, path: (200, path.encode()))
    return one, two


@in_world
async def test_listening_host_is_reached(world):
    """A connection to an open port finds the host that has the address."""
    one, two = pair(world)
    assert two is world.network.connect(one, S2, 6443)


@in_world
async def test_closed_port_is_refused(world):
    """Where nobody listens the connection is refused."""
    one, _ = pair(world)
    with refused(errno.ECONNREFUSED):
        world.network.connect(one, S2, 2379)


@in_world
async def test_protocols_are_kept_apart(world):
    """A TCP listener does not answer UDP."""
    one, _ = pair(world)
    with refused(errno.ECONNREFUSED):
        world.network.connect(one, S2, 6443, "udp")


@in_world
async def test_host_that_is_off_does_not_answer(world):
    """Nobody answers for the address on the link: no route to host."""
    one, two = pair(world)
    two.power_off()
    with refused(errno.EHOSTUNREACH):
        world.network.connect(one, S2, 6443)


@in_world
async def test_host_that_is_off_sends_nothing(world):
    """A host without power reaches nobody."""
    one, _ = pair(world)
    one.power_off()
    with refused(errno.ENETDOWN):
        world.network.connect(one, S2, 6443)


@in_world
async def test_dropped_packets_time_out(world):
    """A DROP rule at the far end gives no answer at all."""
    one, two = pair(world)
    two.firewall.append(Rule("INPUT", "DROP", "tcp", 6443))
    with refused(errno.ETIMEDOUT):
        world.network.connect(one, S2, 6443)


@in_world
async def test_rejected_packets_are_refused(world):
    """A REJECT rule answers at once."""
    one, two = pair(world)
    two.firewall.append(Rule("INPUT", "REJECT", "tcp", 6443))
    with refused(errno.ECONNREFUSED):
        world.network.connect(one, S2, 6443)


@in_world
async def test_first_rule_that_matches_decides(world):
    """ACCEPT before DROP lets the source in."""
    one, two = pair(world)
    two.firewall += [Rule("INPUT", "ACCEPT", "tcp", 6443, source=S1), Rule("INPUT", "DROP", "tcp", 6443)]
    assert two is world.network.connect(one, S2, 6443)
    with refused(errno.ETIMEDOUT):
        world.network.connect(world.hosts["s3"], S2, 6443)


@in_world
async def test_own_firewall_stops_what_goes_out(world):
    """An OUTPUT rule counts for the host that connects."""
    one, _ = pair(world)
    one.firewall.append(Rule("OUTPUT", "DROP", "tcp", destination="10.20.0.0/24"))
    with refused(errno.ETIMEDOUT):
        world.network.connect(one, S2, 6443)


@in_world
async def test_rules_for_other_ports_do_not_matter(world):
    """A rule for another port lets the connection through."""
    one, two = pair(world)
    two.firewall.append(Rule("INPUT", "DROP", "tcp", 2379))
    assert two is world.network.connect(one, S2, 6443)


@in_world
async def test_firewall_does_not_concern_the_host_itself(world):
    """A host reaches its own ports over loopback and its own address."""
    _, two = pair(world)
    two.firewall.append(Rule("INPUT", "DROP", "tcp", 6443))
    assert [two, two] == [world.network.connect(two, ip, 6443) for ip in ("127.0.0.1", S2)]


@in_world
async def test_loopback_listener_is_for_the_host_itself(world):
    """What listens on 127.0.0.1 is closed to others, and on the host's own address."""
    one, two = pair(world)
    two.listen("tcp", 6444, process="k3s", pid=1000, address="127.0.0.1")
    assert two is world.network.connect(two, "127.0.0.1", 6444)
    for source in (one, two):
        with refused(errno.ECONNREFUSED):
            world.network.connect(source, S2, 6444)


@in_world
async def test_cut_between_two_hosts_concerns_only_them(world):
    """A cut pair times out in both directions; others go on."""
    one, two = pair(world)
    world.network.cuts.add(frozenset(("s1", "s2")))
    for source, ip in ((one, S2), (two, S1)):
        with refused(errno.ETIMEDOUT):
            world.network.connect(source, ip, 22)
    assert two is world.network.connect(world.hosts["s3"], S2, 6443)


@in_world
async def test_neighbours_need_no_default_route(world):
    """Without a default route a host still reaches its own network."""
    one, two = pair(world)
    one.routes.clear()
    assert two is world.network.connect(one, S2, 6443)


@in_world
async def test_elsewhere_needs_a_route(world):
    """Without a default route other networks are unreachable."""
    one, _ = pair(world)
    one.routes.clear()
    with refused(errno.ENETUNREACH):
        world.network.connect(one, "192.0.2.1", 443)


@in_world
async def test_route_to_a_network_is_enough_for_it(world):
    """A route that covers the address lets the packets go; nobody answers there."""
    one, _ = pair(world)
    one.routes = [Route("192.0.2.0/24", "10.20.0.1", "eth0")]
    with refused(errno.ETIMEDOUT):
        world.network.connect(one, "192.0.2.1", 443)


@in_world
async def test_virtual_address_moves_with_its_holder(world):
    """Who has the address answers for it."""
    one, two = pair(world)
    for holder in (world.hosts["s3"], two):
        holder.add_address(Address("eth0", "10.20.0.10", 24, secondary=True))
        assert holder is world.network.owner("10.20.0.10")
        holder.remove_address("10.20.0.10")
    assert world.network.owner("10.20.0.10", near=one) is None


@in_world
async def test_virtual_address_goes_with_the_power(world):
    """A host that is off has given its secondary addresses away."""
    _, two = pair(world)
    two.add_address(Address("eth0", "10.20.0.10", 24, secondary=True))
    two.power_off()
    assert "10.20.0.10" not in two.ips()


@in_world
async def test_port_is_taken_once(world):
    """A second listener on the same port is refused."""
    _, two = pair(world)
    with refused(errno.EADDRINUSE):
        two.listen("tcp", 6443, process="nginx", pid=2000)


@pytest.mark.parametrize(
    ("name", "ip"), [("10.20.0.12", "10.20.0.12"), ("localhost", "127.0.0.1"), ("s1", "127.0.1.1")]
)
@in_world
async def test_names_in_the_hosts_file_resolve(world, name, ip):
    """An address is itself; names come from /etc/hosts first."""
    assert ip == world.network.resolve(world.hosts["s1"], name)


@in_world
async def test_site_names_resolve(world):
    """The site's DNS has the names that were put there."""
    world.network.names["k3s.factory"] = "10.20.0.10"
    assert "10.20.0.10" == world.network.resolve(world.hosts["s1"], "k3s.factory")


@in_world
async def test_unknown_name_does_not_resolve(world):
    """What nobody knows cannot be resolved."""
    with pytest.raises(socket.gaierror, match="Could not resolve host: nobody"):
        world.network.resolve(world.hosts["s1"], "nobody")


@in_world
async def test_https_listener_answers(world):
    """A request reaches the answer of whoever listens."""
    one, _ = pair(world)
    assert (200, b"/ping") == world.network.request(one, S2, 6443, "/ping")


@in_world
async def test_other_protocols_do_not_answer_https(world):
    """A listener without HTTPS breaks the connection."""
    one, _ = pair(world)
    with refused(errno.ECONNRESET):
        world.network.request(one, S2, 22, "/ping")


@in_world
async def test_internet_page_is_downloaded(world):
    """A page of the practice Internet comes without its query."""
    world.network.pages["https://get.k3s.io/"] = lambda host: host.name.encode()
    assert b"s1" == world.network.download(world.hosts["s1"], "https://get.k3s.io/?x=1")


@in_world
async def test_internet_needs_a_default_route(world):
    """Without a default route not even the name resolves."""
    world.network.pages["https://get.k3s.io/"] = lambda _host: b""
    world.hosts["s1"].routes.clear()
    with pytest.raises(socket.gaierror):
        world.network.download(world.hosts["s1"], "https://get.k3s.io/")


@in_world
async def test_offline_host_has_no_internet(world):
    """A site without an uplink resolves nothing of the Internet."""
    world.network.pages["https://get.k3s.io/"] = lambda _host: b""
    world.hosts["s1"].online = False
    with pytest.raises(socket.gaierror):
        world.network.download(world.hosts["s1"], "https://get.k3s.io/")


@in_world
async def test_missing_page_is_a_key_error(world):
    """What the Internet does not have is told apart from no Internet."""
    world.network.pages["https://get.k3s.io/"] = lambda _host: b""
    with pytest.raises(KeyError):
        world.network.download(world.hosts["s1"], "https://get.k3s.io/nothing")


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (Rule("INPUT", "DROP", "tcp", 6443), "-A INPUT -p tcp -m tcp --dport 6443 -j DROP"),
        (Rule("INPUT", "ACCEPT", source="10.20.0.11"), "-A INPUT -s 10.20.0.11/32 -j ACCEPT"),
        (Rule("OUTPUT", "DROP", destination="10.42.0.0/16"), "-A OUTPUT -d 10.42.0.0/16 -j DROP"),
        (Rule("INPUT", "ACCEPT", interface="lo"), "-A INPUT -i lo -j ACCEPT"),
        (
            Rule("INPUT", "REJECT", "udp", 8472),
            "-A INPUT -p udp -m udp --dport 8472 -j REJECT --reject-with icmp-port-unreachable",
        ),
    ],
)
def test_rules_read_as_iptables_shows_them(rule, shown):
    """A rule is printed in the words of iptables -S."""
    assert shown == rule.spec()


@in_world
async def test_own_chain_decides_where_it_is_jumped_to(world):
    """A chain of one's own is gone through where a rule leads to it; RETURN leads back."""
    one, two = pair(world)
    two.chains["OURS"] = ""
    two.firewall += [Rule("OURS", "RETURN", source=S1), Rule("OURS", "DROP"), Rule("INPUT", "OURS")]
    assert two is world.network.connect(one, S2, 6443)
    del two.firewall[0]
    with refused(errno.ETIMEDOUT):
        world.network.connect(one, S2, 6443)


@in_world
async def test_policy_decides_what_no_rule_does(world):
    """Without a rule that matches, the chain's policy counts."""
    one, two = pair(world)
    two.chains["INPUT"] = "DROP"
    with refused(errno.ETIMEDOUT):
        world.network.connect(one, S2, 6443)


@in_world
async def test_several_ports_and_states(world):
    """A rule for several ports matches each of them; one for established connections matches no new one."""
    one, two = pair(world)
    two.firewall += [Rule("INPUT", "DROP", states=("ESTABLISHED",)), Rule("INPUT", "DROP", "tcp", ports=(2379, 2380))]
    assert two is world.network.connect(one, S2, 6443)
    two.firewall.append(Rule("INPUT", "DROP", "tcp", ports=(2379, 6443)))
    with refused(errno.ETIMEDOUT):
        world.network.connect(one, S2, 6443)


@in_world
async def test_blackhole_swallows(world):
    """A blackhole route is an error of its own, before anything is sent."""
    one, _ = pair(world)
    one.routes.append(Route(f"{S2}/32", "", "eth0", kind="blackhole"))
    with refused(errno.EINVAL):
        world.network.connect(one, S2, 6443)
