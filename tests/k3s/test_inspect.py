"""What is seen of a site, on the practice site: a moment that is no state is looked at again."""

import threading

import pytest

from tests.player import play

pytestmark = pytest.mark.slow


def test_a_registration_address_that_nobody_holds_for_a_moment(site_folder):
    """Where one server has let the address go and no other has taken it yet, the second run still finds nothing to do."""
    run = play().run
    words = ["10.20.0.10/24", "dev", "eth0"]
    run.fleet["s1"].run(["ip", "addr", "del", *words], sudo=True).check()
    taken = threading.Timer(1.0, lambda: run.fleet["s1"].run(["ip", "addr", "add", *words], sudo=True))
    taken.start()
    again = play()
    taken.join()
    run.close()
    assert [] == again.changed
