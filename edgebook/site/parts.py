"""The parts of a site: hosts, how they are reached, the cluster, the source, the proxy.

Not the whole: `models` puts them together and resolves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edgebook.site import fields
from edgebook.site.fields import (
    AbsolutePath,
    Addresses,
    Cidr,
    FilePath,
    FilePathOrNothing,
    FilePaths,
    HostAddress,
    HttpsUrl,
    Interface,
    Ip,
    K3sVersion,
    KubeEdgeVersion,
    LabelKey,
    LabelValue,
    Name,
    Port,
    ProxyUrl,
    RoleLabel,
    SecretReference,
    Taints,
    Texts,
    UserName,
)


class Model(BaseModel):
    """Base of the models: frozen, strict, and refusing keys it does not know."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
    )

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show what the file says, and not the defaults."""
        return [(name, value) for name, value in super().__repr_args__() if name in self.model_fields_set]


class Ssh(Model):
    """How hosts are reached; a host's own `ssh` says only what differs."""

    user: UserName | None = None
    """User to log in as."""
    port: Port = 22
    """Port of the SSH server."""
    key: FilePaths = ()
    """Private key file, or a list of them, relative to this file."""
    passphrase: SecretReference | None = None
    """Secret reference: the private key's passphrase."""
    password: SecretReference | None = None
    """Secret reference: the user's password, where no key is accepted."""
    agent: bool = False
    """Whether the SSH agent's keys are tried."""
    known_hosts: FilePaths = ("known_hosts",)
    """File with the pinned host keys, relative to this file."""
    config: FilePath | None = None
    """OpenSSH client configuration to take defaults from."""
    jump: str = ""
    """Name of the jump host to go through; empty: none."""
    connect_timeout_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """Give up on a connection after this long, seconds."""
    sudo: Literal["nopasswd", "password", "root"] = "nopasswd"
    """How the user becomes root."""
    sudo_password: SecretReference | None = None
    """Secret reference: what `sudo: password` types."""

    def given(self) -> dict[str, Any]:
        """Return what the file says itself, without the defaults."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Reachable(Model):
    """Whatever has a name and an address, and is reached over SSH."""

    name: Name
    """Name in this file."""
    address: HostAddress
    """IP address or DNS name that SSH connects to."""
    port: Port | None = None
    """Shorthand for ssh.port."""
    user: UserName | None = None
    """Shorthand for ssh.user."""
    key: FilePaths | None = None
    """Shorthand for ssh.key."""
    ssh: Ssh = Ssh()
    """What differs from the site's `ssh`."""

    def own_ssh(self) -> dict[str, Any]:
        """Return what this host says of SSH, shorthands included."""
        short = {name: getattr(self, name) for name in ("port", "user", "key") if getattr(self, name) is not None}
        return {**short, **self.ssh.given()}


class JumpHost(Reachable):
    """A host that connections go through; it may itself have a jump host."""


class Host(Reachable):
    """A host of the site; its name is its hostname, and the node's name unless `node_name` says otherwise."""

    role: Literal["server", "agent", "edge"]
    """server and agent belong to K3s, edge to KubeEdge."""
    node_ip: Ip = ""
    """Address among the nodes; the `address` when that is an IP."""
    node_name: Name = ""
    """Node name; the `name` when not given."""
    labels: Mapping[LabelKey, LabelValue] = {}
    """Node labels."""
    taints: Taints = ()
    """Node taints, as key=value:Effect."""
    state: Literal["present", "absent"] = "present"
    """absent: drained, deleted and uninstalled."""
    arch: Literal["", "x86_64", "aarch64", "armv7l"] = ""
    """Processor as `uname -m` names it: which files `edgebook bundle create` fetches; x86_64 when not given."""

    @model_validator(mode="after")
    def _complete(self) -> Host:
        if not self.node_name:
            object.__setattr__(self, "node_name", self.name)
        if not self.node_ip and fields.address_of(self.address):
            object.__setattr__(self, "node_ip", self.address)
        return self


class Registration(Model):
    """The fixed address that every node joins at."""

    address: HostAddress
    """IP address or DNS name."""
    by: Literal["keepalived", "external", "dns", "server"]
    """Who serves it: keepalived on the servers, somebody's load balancer, DNS, or the only server."""
    interface: Interface = ""
    """keepalived: the servers' network interface."""
    prefix: Annotated[int, Field(ge=1, le=128)] = 24
    """keepalived: length of the address's network prefix."""
    router_id: Annotated[int, Field(ge=1, le=255)] = 51
    """keepalived: VRRP router id, unique in the network."""


class K3s(Model):
    """The cluster: one version and one configuration for all of it."""

    version: K3sVersion
    """Exact version, the same on every host."""
    profile: Literal["standard", "low-resource"] = "standard"
    """low-resource: smaller limits for small boxes."""
    registration: Registration
    """Fixed registration address."""
    operator_url: HttpsUrl | None = None
    """How this computer reaches the API; the registration address when not given."""
    token: SecretReference = Field(default="file:secrets/k3s-token", validate_default=True)
    """Secret reference: what servers join with."""
    agent_token: SecretReference = Field(default="file:secrets/k3s-agent-token", validate_default=True)
    """Secret reference: what agents join with."""
    cluster_cidr: Cidr = "10.42.0.0/16"
    """Pod network."""
    service_cidr: Cidr = "10.43.0.0/16"
    """Service network."""
    tls_san: Addresses = ()
    """More names and addresses for the API's certificate."""
    disable: Texts = ()
    """Packaged components that are not deployed."""
    server_config: dict[str, Any] = Field(default={}, repr=False)
    """More keys for every server's config.yaml."""
    agent_config: dict[str, Any] = Field(default={}, repr=False)
    """More keys for every agent's config.yaml."""
    data_dir: AbsolutePath = "/var/lib/rancher/k3s"
    """K3s's data folder on the hosts."""
    kubeconfig: FilePath = "kubeconfig"
    """Where the cluster's kubeconfig is written, relative to this file."""
    context: str = ""
    """Name of context, cluster and user; the site's name when not given."""
    merge_kubeconfig: FilePathOrNothing = ""
    """Another kubeconfig to merge the context into."""
    role_label: RoleLabel = ""
    """Agents get the label node-role.kubernetes.io/<this>=."""
    keep_snapshots: Annotated[int, Field(ge=1, le=1000)] = 20
    """How many etcd snapshots are kept."""


class Source(Model):
    """Where K3s's files come from."""

    kind: Literal["online", "bundle"] = "online"
    """online: each host downloads; bundle: files from here are sent to the hosts."""
    path: FilePath | None = None
    """bundle: its folder or .tar file, relative to this file."""
    signers: FilePath | None = None
    """bundle: file of those who may sign it (ssh-keygen's allowed_signers), relative to this file."""
    installer_url: HttpsUrl = "https://get.k3s.io"
    """online: where the install script is."""
    mirror: Literal["", "cn"] = ""
    """online: INSTALL_K3S_MIRROR."""


class Proxy(Model):
    """The HTTP proxy that hosts go through."""

    http: ProxyUrl = ""
    """HTTP_PROXY."""
    https: ProxyUrl = ""
    """HTTPS_PROXY."""
    no_proxy: Texts = ()
    """NO_PROXY: networks, addresses and domains that are reached directly."""


class KubeEdge(Model):
    """The edge half of the site."""

    version: KubeEdgeVersion
    """Exact version."""
