"""The practice site in Docker: hosts that are real Linux, in containers with systemd and SSH.

Not a cluster: what a runbook installs on them is real. `edgebook.lab` calls this for a folder whose
lab is in Docker. Nothing here imports the embedded site's servers.
"""

from edgebook.lab.docker.catalogue import FAULTS
from edgebook.lab.docker.lifecycle import break_, down, heal, may_have_left, reason, reset, status, up

__all__ = ["FAULTS", "break_", "down", "heal", "may_have_left", "reason", "reset", "status", "up"]
