"""The SSH port: hosts, fleets, and the keys they are recognised by; it alone uses paramiko.

Not a shell: commands are lists of words. Nothing here knows a site; it is given `SshTarget` records.
"""

from edgebook.ssh import lean  # noqa: F401 (before any other: it imports paramiko)
from edgebook.ssh.fleet import Fleet
from edgebook.ssh.host import Host
from edgebook.ssh.hostkeys import HostKey
from edgebook.ssh.pace import Pace
from edgebook.ssh.trust import scan, trust

__all__ = ["Fleet", "Host", "HostKey", "Pace", "scan", "trust"]
