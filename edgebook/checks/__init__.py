"""The catalogue of read-only checks, shared by preflight, verification and troubleshooting.

Not here: anything that changes a host, and anything that draws.
"""

from edgebook.checks.facts import HostFacts, Probe, gather
from edgebook.checks.fleet import answers, fleet_checks
from edgebook.checks.host import host_checks, reached

__all__ = ["HostFacts", "Probe", "answers", "fleet_checks", "gather", "host_checks", "reached"]
