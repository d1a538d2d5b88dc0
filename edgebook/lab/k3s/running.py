"""What a server and an agent have in common while they run: their log, their waits, their kubelet.

Not a daemon by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edgebook.lab.hosts.daemon import DaemonCall
from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s import hostcheck, pace, podnetwork, state
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.k3s.containerd import Containerd, runtimes
from edgebook.lab.k3s.kubelet import Kubelet
from edgebook.lab.k3s.log import line
from edgebook.lab.k3s.nodes import Machine
from edgebook.lab.k3s.registry import Registry
from edgebook.lab.k3s.settings import Settings
from edgebook.lab.kube.kubelet.worker import PodWorker


class Stopped(Exception):
    """The unit was told to stop."""


@dataclass
class Running:
    """One run of K3s on a host."""

    call: DaemonCall
    registry: Registry
    settings: Settings
    version: str
    machine: Machine = field(init=False)
    kubelet: Kubelet | None = None
    pods: PodWorker | None = None
    warm: bool = field(init=False)
    """Whether the pod network of an earlier run is still there, so that the node is Ready at once."""
    _network_at_s: float = 0.0
    _beat_at_s: float = 0.0
    _containerd: Containerd | None = None

    def __post_init__(self) -> None:
        self.machine = hostcheck.machine(self.host, self.settings, self.version)
        self.warm = self.host.files.exists(state.SUBNET)

    @property
    def host(self) -> Host:
        """The host this runs on."""
        return self.call.host

    @property
    def elapsed_s(self) -> float:
        """Practice seconds since the world began."""
        return self.call.world.clock.elapsed_s()

    def log(self, level: str, message: str) -> None:
        """Write a line to the unit's journal."""
        self.call.log(line(self.host.now(), level, message))

    async def wait(self, seconds: float) -> None:
        """Let practice seconds pass; end when the unit is told to stop."""
        if not await self.call.sleep(seconds):
            raise Stopped

    def start_kubelet(self, cluster: Cluster, roles: tuple[str, ...]) -> None:
        """Open the kubelet's ports and register the node; its network comes up a little later."""
        self.kubelet = Kubelet(self.call, self.settings, self.machine, roles)
        self.kubelet.network_up = self.warm
        self.kubelet.open_ports()
        self.kubelet.register(cluster)
        self._start_containerd(cluster)
        self.log("info", "Starting flannel with backend vxlan")
        podnetwork.up(self.host, cluster.number_of(self.machine.name))
        self._network_at_s = self.elapsed_s + pace.NETWORK_S
        self._beat_at_s = self.elapsed_s + (0 if self.warm else pace.HEARTBEAT_S)

    def _start_containerd(self, cluster: Cluster) -> None:
        """Import the images that lie ready, and take up the pods that are there from an earlier run."""
        found = runtimes(self.registry)
        self.pods = found.worker(self.host, cluster, self.machine.name, self.settings.data_dir)
        self.pods.resume()
        machine = found.machines[self.host.name]
        try:
            for path in machine.images.load_folder():
                self.log("info", f"Imported images from {path}")
        except OSError as exc:
            self.log("error", f"Failed to import images: {exc.strerror}")
        self._containerd = machine

    def beat(self, cluster: Cluster) -> None:
        """Do what a kubelet does when its time has come: bring the network up, renew the lease."""
        if self.kubelet is None:
            return
        if not self.kubelet.network_up and self.elapsed_s >= self._network_at_s:
            self.kubelet.network_up = True
            self.log("info", f"Node {self.machine.name} network is ready")
            self._beat_at_s = self.elapsed_s
        if self.pods is not None and self._containerd is not None:
            self._containerd.network_ready = self.kubelet.network_up
            self.pods.tick()
        if self.elapsed_s >= self._beat_at_s:
            self._beat_at_s = self.elapsed_s + pace.HEARTBEAT_S
            self.kubelet.beat(cluster)
