"""How a container gets its image: at hand, pulled, or waited for, ever longer.

Not the registry, which the machine asks. Messages and back-off are those of pkg/kubelet/images in
Kubernetes 1.31.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from edgebook.lab.kube.kubelet import catalogue, references
from edgebook.lab.kube.kubelet.machine import Machine

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 10.0, 300.0
SYNC_S = 12.0
"""A pod with a problem is looked at again this often (backOffPeriod, with its jitter)."""
SHOWN_S = 2.0
"""How long the error itself is shown before the back-off is."""
MEGABYTE = 1_000_000
REFUSED_S = 0.3
SLOWEST_FETCH_S = 0.8
FETCH_S_PER_MB = 0.03
Say = Callable[..., None]


@dataclass
class Pull:
    """One container's way to its image. `reason` and `message` are what its status waits for."""

    image: str
    policy: str
    say: Say
    done: bool = False
    reason: str = "ContainerCreating"
    message: str = ""
    due_s: float = 0.0
    _backoff_s: float = 0.0
    _retry_s: float = 0.0
    _arrives_s: float | None = None
    _problem: str = ""

    def step(self, machine: Machine, now_s: float) -> None:
        """Go on; afterwards it is `done`, or due again at `due_s`."""
        if self._arrives_s is not None:
            self._arrive(now_s)
        elif not references.is_valid(self.image):
            self._wait("InvalidImageName", self._invalid(), now_s)
        elif self.policy == "Never" or (self.policy != "Always" and machine.has_image(self.image)):
            self._look(machine, now_s)
        elif now_s < self._retry_s:
            self._back_off(now_s)
        else:
            self.say("Pulling", f'Pulling image "{self.image}"')
            self._problem = machine.pull_image(self.image)
            self._arrives_s = self.due_s = now_s + (REFUSED_S if self._problem else fetch_s(self.image))

    def _look(self, machine: Machine, now_s: float) -> None:
        if machine.has_image(self.image):
            self.say("Pulled", f'Container image "{self.image}" already present on machine')
            self.done = True
            return
        words = f'Container image "{self.image}" is not present with pull policy of Never'
        self.say("ErrImageNeverPull", words, sort="Warning")
        self.say("Failed", "Error: ErrImageNeverPull", sort="Warning")
        self._wait("ErrImageNeverPull", words, now_s)

    def _arrive(self, now_s: float) -> None:
        self._arrives_s, problem = None, self._problem
        if not problem:
            took = f"{fetch_s(self.image):.3f}".rstrip("0").rstrip(".") + "s"
            size = f"Image size: {size_bytes(self.image)} bytes."
            self.say("Pulled", f'Successfully pulled image "{self.image}" in {took} ({took} including waiting). {size}')
            self.done = True
            return
        self.say("Failed", f'Failed to pull image "{self.image}": {problem}', sort="Warning")
        self.say("Failed", "Error: ErrImagePull", sort="Warning")
        self._backoff_s = min(self._backoff_s * 2 or FIRST_BACKOFF_S, LONGEST_BACKOFF_S)
        self._retry_s = now_s + self._backoff_s
        self._wait("ErrImagePull", problem, now_s, SHOWN_S)

    def _back_off(self, now_s: float) -> None:
        words = f'Back-off pulling image "{self.image}"'
        self.say("BackOff", words)
        self.say("Failed", "Error: ImagePullBackOff", sort="Warning")
        self._wait("ImagePullBackOff", words, now_s)

    def _invalid(self) -> str:
        words = (
            f'Failed to apply default image tag "{self.image}": couldn\'t parse image name "{self.image}": '
            "invalid reference format"
        )
        self.say("InspectFailed", words, sort="Warning")
        self.say("Failed", "Error: InvalidImageName", sort="Warning")
        return words

    def _wait(self, reason: str, message: str, now_s: float, seconds: float = SYNC_S) -> None:
        self.reason, self.message, self.due_s = reason, message, now_s + seconds


def fetch_s(image: str) -> float:
    """Return how long an image takes to come, the same every time."""
    share = hashlib.sha256(image.encode()).digest()[0] / 256
    return round(SLOWEST_FETCH_S * share + 0.2 + catalogue.find(image).size_mb * FETCH_S_PER_MB, 3)


def size_bytes(image: str) -> int:
    """Return how large an image is, the same every time."""
    rest = int.from_bytes(hashlib.sha256(image.encode()).digest()[:4], "big") % MEGABYTE
    return catalogue.find(image).size_mb * MEGABYTE + rest
