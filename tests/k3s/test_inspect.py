"""What is seen of a site, on the practice site: a moment that is no state is looked at again."""

import threading

import pytest

from edgebook.ssh import Host
from tests.openssh import wait_until
from tests.player import play

pytestmark = pytest.mark.slow


def test_a_registration_address_that_nobody_holds_for_a_moment(site_folder):
    """Where one server has let the address go and no other has taken it yet, the second run still finds nothing to do."""
    run = play().run
    words = ["10.20.0.10/24", "dev", "eth0"]
    first = run.fleet["s1"]
    wait_until(lambda: _holds(first), "the first server has not taken the address back after the drill")
    first.run(["ip", "addr", "del", *words], sudo=True).check()
    taken = threading.Timer(1.0, lambda: first.run(["ip", "addr", "add", *words], sudo=True))
    taken.start()
    again = play()
    taken.join()
    run.close()
    assert [] == again.changed


def _holds(server: Host) -> bool:
    """Tell whether a server has the registration address at the moment."""
    return '"10.20.0.10"' in server.run(["ip", "-j", "-4", "addr"]).out
