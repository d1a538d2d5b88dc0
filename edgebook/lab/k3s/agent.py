"""A K3s agent's life on one host.

Not a server: it holds nothing, and finds the servers again by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edgebook.lab.k3s import pace, state
from edgebook.lab.k3s.datastore import own_token
from edgebook.lab.k3s.hostcheck import Fatal
from edgebook.lab.k3s.kubelet import REJECTED, check_password
from edgebook.lab.k3s.log import line
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.k3s.reach import JoinError, check_ca, dial
from edgebook.lab.k3s.registry import API
from edgebook.lab.k3s.releases import minor
from edgebook.lab.k3s.running import Running, Stopped
from edgebook.lab.k3s.tokens import Token

BALANCER = "https://127.0.0.1:6444"
WAITING = "Waiting to retrieve agent configuration; server is not ready: "
PASSWORD_DIGITS = 32


@dataclass
class Agent(Running):
    """One run of `k3s agent`."""

    known: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Live until stopped; raise `Fatal` when the agent ends itself."""
        try:
            process = await self._be_admitted()
            await self.wait(pace.AGENT_S)
            self._learn(process)
            state.write_agent(self.host, self.settings, process.cluster, self.known)
            await self._be_accepted(process)
            self.start_kubelet(process.cluster, ())
            self.log("info", "k3s agent is up and running")
            self.call.ready()
            while True:
                await self.wait(pace.TICK_S)
                self._tick()
        except Stopped:
            self.log("info", "Shutdown request received: context canceled")

    async def _be_admitted(self) -> ServerProcess:
        url, token = self.settings.text("server"), own_token(self.host, self.settings)
        if not url:
            raise Fatal("--server is required")
        if token is None:
            raise Fatal("--token is required")
        self.known = state.read_servers(self.host, self.settings.data_dir)
        while True:
            try:
                return self._ask(url, token)
            except JoinError as exc:
                await self.wait(pace.DIAL_TIMEOUT_S if exc.slow else 0)
                self.log("error" if "cluster at" in str(exc) else "info", str(exc))
            await self.wait(pace.RETRY_S)

    def _ask(self, url: str, token: Token) -> ServerProcess:
        try:
            process = self._first(url)
            check_ca(token, process.cluster)
        except JoinError as exc:
            raise JoinError(f"Failed to validate connection to cluster at {url}: {exc}", slow=exc.slow) from exc
        if not process.serving or not process.healthy():
            raise JoinError(f"{WAITING}{BALANCER}/v1-k3s/readyz: 500 Internal Server Error")
        if not process.cluster.admits_agent(token, self.host.now()):
            problem = f"failed to retrieve configuration from server: {BALANCER}/v1-k3s/config: 401 Unauthorized"
            raise JoinError(WAITING + problem)
        self._check_password(process)
        return process

    def _first(self, url: str) -> ServerProcess:
        try:
            return dial(self.registry, self.host, url)
        except JoinError as exc:
            for address in self.known:
                try:
                    return dial(self.registry, self.host, f"https://{address}")
                except JoinError:
                    continue
            raise JoinError(str(exc), slow=exc.slow) from exc

    def _check_password(self, process: ServerProcess) -> None:
        password = state.node_password(self.host, self.registry.digits(self.host, "node-password", PASSWORD_DIGITS))
        if check_password(process.cluster, self.machine.name, password):
            return
        problem = f"unable to verify hash for node '{self.machine.name}': hash does not match"
        server = process.host
        text = f"Sending HTTP 403 response to {self.machine.address}:41230: {problem}"
        server.journal.add(line(server.now(), "error", text), unit="k3s.service", identifier="k3s")
        raise JoinError(WAITING + REJECTED)

    async def _be_accepted(self, process: ServerProcess) -> None:
        while minor(self.version) > minor(process.version):
            name = self.machine.name
            text = f'nodes "{name}" is forbidden: kubelet {self.version} is newer than {process.version}'
            self.log("error", f"Unable to register node with API server: {text}")
            await self.wait(pace.RETRY_S)

    def _learn(self, process: ServerProcess) -> None:
        running = self.registry.running(process.cluster)
        self.known = [f"{found.address}:{API}" for found in running if found.serving]

    def _tick(self) -> None:
        process = self._any_server()
        if process is None:
            return
        before = self.known
        self._learn(process)
        if self.known != before:
            self.log("info", f"Updated load balancer k3s-agent-load-balancer server addresses -> {self.known}")
            state.write_servers(self.host, self.settings.data_dir, self.known)
        self.beat(process.cluster)

    def _any_server(self) -> ServerProcess | None:
        for url in (*(f"https://{address}" for address in self.known), self.settings.text("server")):
            try:
                process = dial(self.registry, self.host, url)
            except JoinError:
                continue
            if process.serving and process.healthy():
                return process
        return None
