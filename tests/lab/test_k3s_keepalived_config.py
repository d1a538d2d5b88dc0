"""keepalived.conf as keepalived reads it."""

import pytest

from edgebook.lab.k3s.keepalived import config

TEXT = """\
! a comment
vrrp_script chk { script "/usr/bin/curl -fsk https://127.0.0.1:6443/ping"  # another
  interval 3
  weight -120 }
vrrp_instance VI { interface eth0
  virtual_router_id 51
  priority 150
  unicast_peer { 10.0.0.1
    10.0.0.2 }
  virtual_ipaddress { 10.0.0.9/24 }
  track_script { chk }
  nopreempt
}
"""


def test_blocks_may_begin_and_end_on_one_line():
    """Braces may stand anywhere, as in the examples people copy."""
    (found,) = config.instances(config.tree(TEXT), frozenset({"eth0"}))
    assert ("VI", 51, 150) == (found.name, found.router_id, found.priority)
    assert ("10.0.0.1", "10.0.0.2") == found.peers
    assert (("10.0.0.9", 24),) == found.addresses
    assert ("chk",) == found.scripts
    assert not found.preempt


def test_script_keeps_its_quoted_command():
    """A script's command is one word in quotes."""
    found = config.scripts(config.tree(TEXT))["chk"]
    assert "/usr/bin/curl -fsk https://127.0.0.1:6443/ping" == found.command
    assert (3.0, -120) == (found.interval_s, found.weight)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vrrp_instance a {\n interface eth0\n", "missing"),
        ("}\n", "Unexpected"),
        ("vrrp_instance a {\n interface eth0\n}\n", "the virtual id must be set"),
        ("vrrp_instance a {\n interface eth7\n virtual_router_id 5\n}\n", "interface eth7"),
        (
            "vrrp_instance a {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n 10.0.0.300\n }\n}\n",
            "invalid IP",
        ),
    ],
)
def test_broken_configuration_is_refused(text, said):
    """What keepalived cannot run is refused in its words."""
    with pytest.raises(config.ConfigInvalidError, match=said):
        config.instances(config.tree(text), frozenset({"eth0"}))
