"""A K3s server's life on one host, once its datastore is reached.

Not the cluster: what servers share is in `cluster`, and what only one of them does in `controllers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from edgebook.lab.k3s import nodes, pace, podlogs, state
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.k3s.controllers import controllers
from edgebook.lab.k3s.datastore import PREPARING
from edgebook.lab.k3s.entering import enter
from edgebook.lab.k3s.hostcheck import Fatal
from edgebook.lab.k3s.kubelet import REJECTED, check_password
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.k3s.registry import API
from edgebook.lab.k3s.releases import minor
from edgebook.lab.k3s.running import Running, Stopped
from edgebook.lab.kube.api import KubeServer

CONTROL_PORTS = (10257, 10258, 10259)
PASSWORD_DIGITS = 32
REMOVED = "this node has been removed from the cluster please restart k3s to rejoin the cluster"
NO_STORE = "Failed to test data store connection: failed to report and disarm etcd alarms: etcdserver: no leader"


@dataclass
class Server(Running):
    """One run of `k3s server`."""

    process: ServerProcess | None = None
    _voter_at_s: float = 0.0
    _removed_at_s: float = 0.0

    async def run(self) -> None:
        """Live until stopped; raise `Fatal` when the server ends itself."""
        self._claim_api_port()
        try:
            self.process = await enter(self)
            await self._get_ready(self.process)
            while True:
                await self.wait(pace.TICK_S)
                self._tick(self.process)
        except Stopped:
            self.log("info", "Shutdown request received: context canceled")
        finally:
            await self._leave()

    def _claim_api_port(self) -> None:
        try:
            self.call.listen("tcp", API, http=self._answer)
        except OSError as exc:
            text = f"init cluster datastore and https: listen tcp :{API}: bind: address already in use"
            raise Fatal(PREPARING + text) from exc

    def _answer(self, method: str, path: str) -> tuple[int, bytes]:
        return self.process.answer(method, path) if self.process else (503, b"starting\n")

    async def _get_ready(self, process: ServerProcess) -> None:
        await self.wait(pace.DATASTORE_S)
        await self._be_promoted(process)
        while not process.healthy():
            self.log("warning", NO_STORE)
            await self.wait(pace.RETRY_S)
        await self._check_version(process.cluster)
        await self.wait(pace.APISERVER_S)
        state.write_server(self.host, self.settings, process.cluster)
        await self._open_api(process)
        for part in ("Kube API server is now running", "ETCD server is now running", "k3s is up and running"):
            self.log("info", part)
        self.call.ready()
        await self._join_as_node(process)

    async def _be_promoted(self, process: ServerProcess) -> None:
        member = process.cluster.members.members.get(process.member)
        if member is None or not member.learner:
            return
        while True:
            self.log("info", "this server has not yet been promoted from learner to voting member")
            await self.wait(pace.LEARNER_S)
            if process.cluster.members.has_quorum(self.registry.alive(process.cluster, self.host)):
                break
        if process.member in process.cluster.members.members:
            process.cluster.members.promote(process.member)

    async def _check_version(self, cluster: Cluster) -> None:
        while minor(self.version) not in {minor(cluster.version), minor(cluster.version) + 1}:
            self.log("info", "Waiting for API server to become available")
            text = f"nodes {self.machine.name} is forbidden: {self.version} and {cluster.version} are too far apart"
            self.log("error", f"Failed to start kube-apiserver: {text}")
            await self.wait(pace.RETRY_S)

    async def _open_api(self, process: ServerProcess) -> None:
        cluster = process.cluster
        names = (self.machine.name, self.machine.address, *self.settings.words("tls-san"))
        process.api = KubeServer(
            cluster.store,
            cluster.pki,
            self.version,
            process.healthy,
            self.call.world.clock.now,
            sans=names,
            logs=partial(podlogs.logs, process),
            public={"/ping": lambda: b"pong", "/cacerts": lambda: cluster.ca_pem},
        )
        process.api_port = await process.api.start()
        for port in CONTROL_PORTS:
            self.call.listen("tcp", port, address="127.0.0.1")
        process.serving = True
        serving = [found.version for found in self.registry.running(cluster) if found.serving]
        cluster.version = min(serving, key=minor)

    async def _join_as_node(self, process: ServerProcess) -> None:
        cluster = process.cluster
        password = state.node_password(self.host, self.registry.digits(self.host, "node-password", PASSWORD_DIGITS))
        while not check_password(cluster, self.machine.name, password):
            self.log("info", f"Waiting to retrieve agent configuration; server is not ready: {REJECTED}")
            await self.wait(pace.RETRY_S)
        addresses = [f"{found.address}:{API}" for found in self.registry.running(cluster)]
        state.write_agent(self.host, self.settings, cluster, addresses)
        roles = ("control-plane", "etcd", "master") if process.member else ("control-plane", "master")
        self.start_kubelet(cluster, roles)
        self._voter_at_s = self.elapsed_s + pace.VOTER_NOTICED_S

    def _tick(self, process: ServerProcess) -> None:
        cluster = process.cluster
        if process.member and process.member not in cluster.members.members:
            self._notice_removal()
            return
        if not process.healthy():
            return
        if self.registry.leader(cluster) is process:
            controllers(self.registry, cluster).tick(process.disabled)
        self.beat(cluster)
        if self._voter_at_s and self.elapsed_s >= self._voter_at_s:
            self._voter_at_s = 0.0
            self._show_membership(process)

    def _show_membership(self, process: ServerProcess) -> None:
        if process.member and self.kubelet is not None:
            self.kubelet.set_condition(process.cluster, "EtcdIsVoter", nodes.VOTER)

    def _notice_removal(self) -> None:
        self._removed_at_s = self._removed_at_s or self.elapsed_s
        if self.elapsed_s - self._removed_at_s >= pace.REMOVED_NOTICED_S:
            folder = state.etcd_folder(self.settings.data_dir)
            self.host.files.write(f"{folder}/tombstone", b"", 0o600)
            raise Fatal(REMOVED)

    async def _leave(self) -> None:
        process = self.process or self.registry.servers.get(self.host.name)
        if process is None or process.host is not self.host:
            return
        process.serving = False
        if self.registry.servers.get(self.host.name) is process:
            del self.registry.servers[self.host.name]
        if process.api is not None:
            await process.api.stop()
