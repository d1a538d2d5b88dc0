"""Firewall rules of a host's own that the uninstaller takes: found, and put back where they stood."""

from edgebook.k3s import firewall

SSH = "filter -A INPUT -p tcp --dport 22 -j ACCEPT"
FLANNEL = 'filter -A INPUT -p udp --dport 8472 -m comment --comment "flannel, by hand" -j ACCEPT'
LAST = "filter -A INPUT -j DROP"
KEPT = [SSH, FLANNEL, LAST]


def test_a_rule_is_lost_that_was_there_until_the_uninstaller_ran():
    """One that somebody removed in the months between is not lost, and one of K3s's is not the host's."""
    assert [FLANNEL] == firewall.lost([FLANNEL], KEPT, [SSH, LAST])
    assert [] == firewall.lost([FLANNEL], [SSH, LAST], [SSH, LAST])
    assert [] == firewall.lost([], KEPT, [SSH, LAST])


def test_a_rule_comes_back_to_its_place():
    """It stands behind the rules it stood behind: a drop at the end stays the end, and quotes are kept."""
    command = firewall.insertion(FLANNEL, KEPT, [SSH, LAST])
    assert ["iptables", "-t", "filter", "-I", "INPUT", "2"] == command[:6]
    assert ["--comment", "flannel, by hand", "-j", "ACCEPT"] == command[-4:]


def test_rules_that_are_gone_do_not_count():
    """The place is counted by the rules that are there now, of the same chain and table."""
    assert "1" == firewall.insertion(FLANNEL, KEPT, [LAST])[5]
    other = "nat -A INPUT -j ACCEPT"
    assert "1" == firewall.insertion(FLANNEL, [other, FLANNEL], [other])[5]
