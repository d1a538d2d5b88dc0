"""iptables shows and changes the rules that the network obeys."""

import pytest

from tests.lab.shellbench import Ran, at_prompt, sh

POLICIES = "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n"
DROP = "INPUT -p tcp --dport 6443 -j DROP"


def test_no_rules():
    """A fresh host has the three policies only."""
    assert Ran(0, POLICIES, "") == sh("iptables -S")


def test_version():
    """The version is Debian 12's."""
    assert "iptables v1.8.9 (nf_tables)\n" == sh("iptables -V").out


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (DROP, "-A INPUT -p tcp -m tcp --dport 6443 -j DROP\n"),
        ("INPUT -s 10.20.0.12 -j REJECT", "-A INPUT -s 10.20.0.12/32 -j REJECT --reject-with icmp-port-unreachable\n"),
        ("OUTPUT -d 10.0.0.0/8 -j ACCEPT", "-A OUTPUT -d 10.0.0.0/8 -j ACCEPT\n"),
        ("INPUT -i lo -j ACCEPT", "-A INPUT -i lo -j ACCEPT\n"),
    ],
)
def test_rule_is_shown(rule, shown):
    """A rule is shown in the words of `iptables -S`."""
    assert POLICIES + shown == sh(f"iptables -A {rule}; iptables -S").out


@at_prompt
async def test_insert_comes_first(prompt):
    """-I puts a rule before the others, -A behind them."""
    await prompt(f"iptables -A {DROP}; iptables -I INPUT -p tcp --dport 22 -j ACCEPT")
    assert [22, 6443] == [rule.port for rule in prompt.host.firewall]


@at_prompt
async def test_delete_by_words_and_number(prompt):
    """A rule goes by its words or its number; one that is not there is refused."""
    await prompt(f"iptables -A {DROP}; iptables -D {DROP}")
    assert [] == prompt.host.firewall
    await prompt(f"iptables -A {DROP}; iptables -D INPUT 1")
    assert [] == prompt.host.firewall
    expected = "iptables: Bad rule (does a matching rule exist in that chain?).\n"
    assert Ran(1, "", expected) == await prompt(f"iptables -D {DROP}")


@at_prompt(servers=2)
async def test_rule_drops_packets(prompt):
    """A dropped port times out for the other host, and is open again when the rule is gone."""
    await prompt("iptables -I INPUT -p tcp --dport 22 -j DROP")
    assert 1 == (await prompt("nc -z -w 1 10.20.0.11 22", host="s2")).code
    await prompt("iptables -F")
    assert 0 == (await prompt("nc -z -w 1 10.20.0.11 22", host="s2")).code


def test_check_tells_by_code():
    """-C answers with its exit code."""
    assert "1\n0\n" == sh(f"iptables -C {DROP} 2>&-; echo $?; iptables -A {DROP}; iptables -C {DROP}; echo $?").out


def test_listing():
    """-L -n prints the table."""
    rows = sh(f"iptables -A {DROP}; iptables -nL INPUT").out.splitlines()
    assert "Chain INPUT (policy ACCEPT)" == rows[0]
    assert "DROP       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:6443" == rows[2]


def test_user_is_refused():
    """An ordinary user does not even see the rules."""
    ran = sh("/usr/sbin/iptables -S", user="edge")
    assert 4 == ran.code
    assert "(you must be root)" in ran.err


@pytest.mark.parametrize(
    "words", ["-A NOPE -j DROP", "-A INPUT --nope", "-A INPUT -p tcp", "", "-A INPUT --dport 1 -j DROP"]
)
def test_nonsense(words):
    """What is no rule is refused."""
    assert sh(f"iptables {words}").code in (1, 2)
