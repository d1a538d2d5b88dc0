"""A practice world for the K3s tests: hosts one can type commands on, and servers brought up in one line."""

import asyncio
import re
from dataclasses import dataclass

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.call import run as run_call
from edgebook.lab.hosts.streams import Pipe
from edgebook.lab.k3s.registry import registry
from edgebook.lab.world import World, WorldSpec, build

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TOKEN, AGENT_TOKEN = "server-secret-1234", "agent-secret-1234"
SPEED = 100.0
STEP_S = 0.01


@dataclass
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


class Bench:
    """A world and the few things tests do with it."""

    def __init__(self, world: World):
        self.world = world

    def host(self, name):
        """Return a host."""
        return self.world.hosts[name]

    async def sh(self, name, text, *, user="root", env=None):
        """Type a command line on a host."""
        out, err = Pipe(), Pipe()
        words = {"PATH": PATH, **(env or {})}
        call = Call(self.world, self.host(name), ["sh", "-c", text], words, user=user, stdout=out, stderr=err)
        code = await run_call(call)
        return Answer(code, out.taken().decode(), err.taken().decode())

    def write(self, name, path, text, mode=0o600):
        """Write a file on a host."""
        self.host(name).files.write(path, text, mode, parents=True)

    def configure(self, name, more="", *, server="", token=""):
        """Write a host's K3s configuration: a first server's without `server`."""
        agent = self.host(name).role == "agent"
        lines = [f"token: {token or (AGENT_TOKEN if agent else TOKEN)}"]
        lines += [f"server: https://{server}:6443"] if server else []
        if not agent:
            lines += [f"agent-token: {AGENT_TOKEN}", "tls-san: [10.20.0.10]", "disable: [traefik]"]
            lines += [] if server else ["cluster-init: true"]
        self.write(name, "/etc/rancher/k3s/config.yaml", "\n".join([*lines, more, ""]))

    async def install(self, name, *, env=""):
        """Run the installer on a host."""
        role = self.host(name).role
        fetch = "curl -fsSL -o /tmp/install.sh https://get.k3s.io"
        run = f"env INSTALL_K3S_VERSION=v1.31.9+k3s1 INSTALL_K3S_EXEC={role} {env} sh /tmp/install.sh"
        return await self.sh(name, f"{fetch} && {run}")

    async def up(self, *names):
        """Bring servers and agents up, the first named as the first server, and wait until they are Ready."""
        for number, name in enumerate(names):
            self.configure(name, server=self.host(names[0]).node_ip if number else "")
            answer = await self.install(name)
            assert answer.code == 0, answer
        await self.until(lambda: all(self.ready(name) for name in names))
        await self.until(lambda: all(self.voter(name) for name in names if self.host(name).role == "server"))

    def ready(self, name):
        """Return whether a node is Ready, in the newest cluster."""
        return self.condition(name, "Ready") == "True"

    def voter(self, name):
        """Return whether a server's node shows that it votes."""
        return self.condition(name, "EtcdIsVoter") == "True"

    def condition(self, name, kind):
        """Return a condition's status, or nothing."""
        node = self.cluster.store.find("nodes", name) or {"status": {}}
        found = [item for item in node["status"].get("conditions", []) if item["type"] == kind]
        return found[0]["status"] if found else ""

    @property
    def cluster(self):
        """Return the newest cluster."""
        return registry(self.world).clusters[-1]

    def journal(self, name, unit=""):
        """Return what K3s said on a host."""
        unit = unit or ("k3s-agent" if self.host(name).role == "agent" else "k3s")
        return "\n".join(self.host(name).journal.messages(unit))

    async def said(self, name, pattern, *, unit=""):
        """Wait until a unit has said something."""
        await self.until(lambda: re.search(pattern, self.journal(name, unit)))

    async def until(self, test, *, timeout_s=20.0):
        """Poll until a test holds."""
        for _ in range(int(timeout_s / STEP_S)):
            if test():
                return
            await asyncio.sleep(STEP_S)
        raise AssertionError("it did not come to that in time")


def on_bench(act, *, speed=SPEED, **spec):
    """Run an async test on a fresh world and close it afterwards."""

    async def run():
        world = build(WorldSpec(speed=speed, **{"edges": 0, **spec}))
        try:
            return await act(Bench(world))
        finally:
            await world.close()

    return asyncio.run(run())
