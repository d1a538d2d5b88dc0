"""The site: the whole of what a site.yaml says, frozen, and resolved for whoever uses it.

Not its reading and not its rules: `loading` reads files, `rules` compares one value with another.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from edgebook.records import SshTarget
from edgebook.site.fields import Instant, Name
from edgebook.site.parts import Host, JumpHost, K3s, KubeEdge, Model, Proxy, Reachable, Source, Ssh

API_PORT = 6443


class Site(Model):
    """The whole description of a site; `load` makes one from a site.yaml."""

    schema_: Literal[1] = Field(alias="schema", repr=False)
    """Version of this file's format."""
    name: Name
    """The site's name."""
    title: str = ""
    """A line for people."""
    protection: Literal["open", "guarded", "locked"] = "guarded"
    """open: runs apply unless told otherwise; guarded: they only plan; locked: nothing is ever applied."""
    ssh: Ssh = Ssh()
    """Defaults for all hosts."""
    jump_hosts: Annotated[tuple[JumpHost, ...], Field(strict=False)] = ()
    """Hosts that connections go through."""
    hosts: Annotated[tuple[Host, ...], Field(strict=False, min_length=1)]
    """Servers, agents and edge hosts."""
    k3s: K3s
    """The cluster."""
    source: Source = Source()
    """Where K3s's files come from."""
    proxy: Proxy = Proxy()
    """The HTTP proxy that hosts go through."""
    kubeedge: KubeEdge | None = None
    """The edge half."""
    fixed_clock: Instant | None = None
    """Only for reproducible practice runs: where the run's clock starts."""

    _folder: Path = PrivateAttr(default_factory=Path)

    def model_post_init(self, context: Any, /) -> None:
        """Take the folder that relative paths start from out of the validation's context."""
        self._folder = Path((context or {}).get("folder", "."))

    @property
    def folder(self) -> Path:
        """The folder of the site.yaml; relative paths in it start here."""
        return self._folder

    @property
    def servers(self) -> tuple[Host, ...]:
        """The servers that are to be present, in the file's order."""
        return self._present("server")

    @property
    def agents(self) -> tuple[Host, ...]:
        """The agents that are to be present."""
        return self._present("agent")

    @property
    def edges(self) -> tuple[Host, ...]:
        """The edge hosts that are to be present; they belong to KubeEdge."""
        return self._present("edge")

    @property
    def absent(self) -> tuple[Host, ...]:
        """The hosts that are to be removed, whatever their role."""
        return tuple(host for host in self.hosts if host.state == "absent")

    @property
    def context(self) -> str:
        """The name of the kubeconfig's context, cluster and user."""
        return self.k3s.context or self.name

    @property
    def api_url(self) -> str:
        """How this computer reaches the API: `operator_url`, or the registration address."""
        address = self.k3s.registration.address
        shown = f"[{address}]" if ":" in address else address
        return self.k3s.operator_url or f"https://{shown}:{API_PORT}"

    def host(self, name: str) -> Host:
        """Return a host by its name; raise `KeyError` for a name the site does not have."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(f"site {self.name} has no host {name!r}; it has {', '.join(host.name for host in self.hosts)}")

    def path(self, relative: str | Path) -> Path:
        """Return a path of the file as seen from here: `~` expanded, relative to the site's folder."""
        return self.folder / Path(relative).expanduser()

    def target(self, name: str) -> SshTarget:
        """Return how a host is reached: its own words before the site's, jump hosts included."""
        return self._target(self.host(name), self.ssh.given())

    def _present(self, role: str) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.role == role and host.state == "present")

    def _target(self, host: Reachable, defaults: Mapping[str, Any]) -> SshTarget:
        ssh = Ssh.model_construct(**{**defaults, **host.own_ssh()})
        return SshTarget(
            name=host.name,
            address=host.address,
            user=ssh.user or "",
            port=ssh.port,
            keys=tuple(self.path(key) for key in ssh.key),
            passphrase=ssh.passphrase,
            password=ssh.password,
            agent=ssh.agent,
            known_hosts=tuple(self.path(file) for file in ssh.known_hosts),
            ssh_config=self.path(ssh.config) if ssh.config else None,
            jump=self._jump(ssh.jump),
            sudo=ssh.sudo,
            sudo_password=ssh.sudo_password,
            connect_timeout_s=float(ssh.connect_timeout_s),
        )

    def _jump(self, name: str) -> SshTarget | None:
        if not name:
            return None
        # A jump host stands outside: the port and the jump host of the hosts behind it are not its own.
        defaults = {key: value for key, value in self.ssh.given().items() if key not in ("port", "jump")}
        return self._target(next(gate for gate in self.jump_hosts if gate.name == name), defaults)
