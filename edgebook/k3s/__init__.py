"""K3s on a site: inspect, preflight, plan, verify, undo.

Not here: upgrades, backup and restore, which are runbooks of their own. Facts: K3s's documentation
and source, as the tables say; where a popular guide says otherwise, the notebook tells.
"""

from edgebook.k3s.clean import clean
from edgebook.k3s.departure import departure
from edgebook.k3s.inspect import Seen, inspect
from edgebook.k3s.plan import plan, undo
from edgebook.k3s.preflight import preflight
from edgebook.k3s.verify import verify

__all__ = ["Seen", "clean", "departure", "inspect", "plan", "preflight", "undo", "verify"]
