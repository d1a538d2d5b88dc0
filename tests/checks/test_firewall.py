"""Firewall: which rules of `iptables -S` keep other hosts out."""

import pytest

from edgebook.checks import firewall

API = ("tcp", 6443)
ACCEPTING, DROPPING = "-P INPUT ACCEPT", "-P INPUT DROP"
DROP_API = "-A INPUT -p tcp -m tcp --dport 6443 -j DROP"


@pytest.mark.parametrize(
    "rules",
    [
        [ACCEPTING],
        [ACCEPTING, "-A INPUT -p tcp -m tcp --dport 22 -j DROP"],
        [ACCEPTING, "-A INPUT -p udp -m udp --dport 6443 -j DROP"],
        [ACCEPTING, "-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 6443 -j ACCEPT", DROP_API],
        [ACCEPTING, "-A INPUT -m conntrack --ctstate INVALID -j DROP"],
        [ACCEPTING, "-A INPUT -m statistic --mode random --probability 0.2 -j DROP"],
        [ACCEPTING, "-A INPUT -i lo -j DROP"],
        [ACCEPTING, "-A INPUT -s 203.0.113.9/32 -j DROP"],
        [ACCEPTING, "-A INPUT ! -s 127.0.0.0/8 -d 127.0.0.0/8 -j DROP"],
        [ACCEPTING, "-A INPUT -j KUBE-FIREWALL", "-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP"],
        [DROPPING, "-A INPUT -p tcp -m multiport --dports 22,6440:6450 -j ACCEPT"],
        [DROPPING, "-A INPUT -j site", "-A site -p tcp -m tcp --dport 6443 -j ACCEPT"],
        [DROPPING, "-A INPUT -p tcp -m tcp --dport 1024: -j ACCEPT"],
        [DROPPING, "-A INPUT -i eth0 -j ACCEPT"],
    ],
)
def test_a_port_that_other_hosts_reach_is_open(rules):
    """The first rule that meets a packet decides; one that cannot be judged lets it pass."""
    assert "" == firewall.refusal(rules, API)


@pytest.mark.parametrize(
    ("rules", "culprit"),
    [
        ([ACCEPTING, DROP_API], DROP_API),
        ([ACCEPTING, DROP_API, "-A INPUT -p tcp -m tcp --dport 6443 -j ACCEPT"], DROP_API),
        ([ACCEPTING, "-A INPUT -p tcp -m multiport --dports 80,6443 -j REJECT --reject-with tcp-reset"], 1),
        ([ACCEPTING, "-A INPUT -j site", "-A site -p tcp -m tcp --dport 6000:7000 -j DROP"], 2),
        ([ACCEPTING, "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", "-A INPUT -j DROP"], 2),
        ([ACCEPTING, "-A INPUT -j site", "-A site -j RETURN", DROP_API], 3),
        ([DROPPING], 0),
        ([DROPPING, "-A INPUT -i lo -j ACCEPT", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"], 0),
    ],
)
def test_a_port_that_is_closed_names_its_rule(rules, culprit):
    """What refuses the packet is named: a rule, or the chain's policy."""
    assert (rules[culprit] if isinstance(culprit, int) else culprit) == firewall.refusal(rules, API)


def test_only_closed_ports_are_listed():
    """Of several ports those that are closed come with their reason."""
    assert [(API, DROP_API)] == list(firewall.blocked([ACCEPTING, DROP_API], [("tcp", 2379), API]))


def test_chains_that_jump_in_circles_come_to_an_end():
    """iptables refuses such rules; a text that has them ends nothing here."""
    assert "" == firewall.refusal([ACCEPTING, "-A INPUT -j a", "-A a -j b", "-A b -j a"], API)


@pytest.mark.parametrize(
    ("rule", "deaf"),
    [
        ("-A INPUT -s 10.20.0.12/32 -j DROP", True),
        ("-A OUTPUT -d 10.20.0.0/24 -j REJECT --reject-with icmp-port-unreachable", True),
        ("-A INPUT -s 10.20.0.13/32 -j DROP", False),
        ("-A INPUT -s 10.20.0.12/32 -p tcp -m tcp --dport 23 -j DROP", False),
        ("-A INPUT -s 10.20.0.12/32 -m limit --limit 1/sec -j DROP", False),
        ("-A FORWARD -s 10.20.0.12/32 -j DROP", False),
        ("-A INPUT -j DROP", False),
    ],
)
def test_a_host_that_drops_all_packets_of_another_is_deaf_to_it(rule, deaf):
    """A rule against an address, for all its packets."""
    assert ([rule] if deaf else []) == firewall.deaf_to([ACCEPTING, rule], "10.20.0.12")
