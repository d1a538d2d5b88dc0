"""Hosts on their way into the cluster, on the practice site: what stops one is named, and the next run goes on."""

import pytest

from edgebook import lab
from edgebook.errors import StepFailed
from tests.player import play

pytestmark = pytest.mark.slow


def test_an_agent_that_was_refused_is_started_again(site_folder, practice):
    """Its unit stays up and asks with the old token for ever: the next run restarts it, and it joins."""
    spoil = {'run.apply("agents")': lambda: lab.break_(practice.folder, "wrong-token", "a1")}
    with pytest.raises(StepFailed, match=r"a1: k3s-agent does not start.*not this cluster's"):
        play(timeout_s=10.0, before=spoil)
    lab.heal(practice.folder)
    again = play()
    again.run.close()
    assert "agents/a1/start" in again.changed
