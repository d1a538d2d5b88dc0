"""What a service owes its host: log lines as K3s prints them, the word to systemd that it is ready, its end.

Not the work of the service.
"""

import os
import socket
import sys
import time
from pathlib import Path


class Fatal(Exception):
    """The process ends with exit code 1, and this is the last thing it logs."""


def log(level, message):
    """Print one line of K3s's text log."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    escaped = message.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    sys.stderr.write(f'time="{stamp}" level={level} msg="{escaped}"\n')
    sys.stderr.flush()


def ready():
    """Tell systemd that the service is up (sd_notify(3)); without systemd nobody is told."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier:
            notifier.sendto(b"READY=1", "\0" + address[1:] if address.startswith("@") else address)


def rename(name):
    """Call this process in `ps` and `ss` what K3s's is called."""
    Path("/proc/self/comm").write_text(name, encoding="ascii")


def write(path, content, mode=0o600):
    """Write a file whole or not at all, with a mode, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode)
    new.write_bytes(content.encode() if isinstance(content, str) else content)
    new.chmod(mode)
    new.replace(path)


def version():
    """Return the version this program was made to stand for."""
    return __loader__.get_data(str(Path(__file__).parent.parent / "VERSION")).decode().strip()
