"""What a kubelet asks of the host it runs on.

Not a host; the practice site's are in `edgebook.lab.k3s`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

SANDBOX_IMAGE = "rancher/mirrored-pause:3.6"
"""What K3s 1.31 starts a pod's sandbox from."""


class Machine(Protocol):
    """A host with a container runtime. Seconds are practice seconds."""

    @property
    def name(self) -> str:
        """The node's name."""

    @property
    def network_ready(self) -> bool:
        """Whether pods can get addresses."""

    @property
    def epoch(self) -> int:
        """A number that changes whenever every container was killed at once, as by a power cut."""

    def elapsed_s(self) -> float:
        """Return the practice seconds since the world began."""

    def wall(self, at_s: float) -> datetime:
        """Return the time of day at a moment in practice seconds."""

    def real_s(self, seconds: float) -> float:
        """Return how long practice seconds really take."""

    def has_image(self, image: str) -> bool:
        """Whether the runtime has an image."""

    def pull_image(self, image: str) -> str:
        """Get an image from its registry; return what went wrong, empty when it is there now."""

    def fetch(self, url: str) -> str:
        """Ask a web server, as a pod does; return what went wrong, empty when it answers."""
