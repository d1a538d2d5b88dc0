"""The runner killed at any moment on real hosts: the next run completes, to the state of an undisturbed one.

Not the hosts' own failures: `test_failures` has those.
"""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from edgebook.site import load
from edgebook.ssh import Fleet
from tests.player import INSTALL, ROOT, play

pytestmark = pytest.mark.slow
KILLS = 10
SEED = 7
STARTING_S = 0.8
"""Before this a fresh process is still importing, and a kill would hit nothing."""
STATE = """
for f in /etc/rancher/k3s/* /etc/systemd/system/k3s* /usr/local/bin/* /var/lib/edgebook/*
do [ -e $f ] && stat -c '%F %a %U %n %N' $f; done
sha256sum /etc/rancher/k3s/config.yaml /etc/systemd/system/k3s*.service /usr/local/bin/k3s 2>&1
systemctl is-active k3s k3s-agent; systemctl is-enabled k3s k3s-agent; iptables -S
"""


def state(site_folder):
    """Return what matters on every host, without what is random by nature."""
    site = load(site_folder)
    with Fleet([site.target(host.name) for host in site.hosts]) as fleet:
        return {
            name: said.out for name, said in fleet.each(lambda host: host.script(STATE, sudo=True)).require().items()
        }


def run(site_folder, **parameters):
    """Run the install to its end and return how long it took."""
    began_s = time.monotonic()
    play(site=str(site_folder), **parameters).run.close()
    return time.monotonic() - began_s


def killed(site_folder, after_s):
    """Start the install in a process of its own and kill it, as the kernel's out-of-memory killer would."""
    words = [sys.executable, "-m", "tests.player", INSTALL, f"site={str(site_folder)!r}"]
    victim = subprocess.Popen(words, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        victim.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()


def test_killed_at_any_moment_the_next_run_completes(pair):
    """Ten kills at seeded moments of an install: every next run completes, and so does every way back."""
    site = pair.site_folder
    bare = state(site)
    took_s = run(site)
    undisturbed = state(site)
    run(site, undo=True)
    assert bare == state(site)
    dice = random.Random(SEED)
    for moment_s in [STARTING_S + dice.uniform(0.1, took_s) for _ in range(KILLS)]:
        killed(site, moment_s)
        run(site)
        assert undisturbed == state(site), f"killed after {moment_s:.2f} s"
        run(site, undo=True)
        assert bare == state(site), f"taken back after a kill at {moment_s:.2f} s"
