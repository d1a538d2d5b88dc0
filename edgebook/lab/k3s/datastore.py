"""How a K3s server gets to its datastore: begin, resume, convert or join.

Not the waiting: these decide and refuse; `server` takes the time.
"""

from __future__ import annotations

from enum import StrEnum

from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s import critical, state, tokens
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.k3s.hostcheck import Fatal
from edgebook.lab.k3s.reach import JoinError, check_ca, dial
from edgebook.lab.k3s.registry import Registry
from edgebook.lab.k3s.settings import Settings

PREPARING = "starting kubernetes: preparing server: "
BOOTSTRAP = "failed to bootstrap cluster data: "
OTHER_TOKEN = "bootstrap data already found and encrypted with different token"  # noqa: S105 - a message
SECRET_DIGITS = 32


class Way(StrEnum):
    """How a server comes to its datastore."""

    NEW_ETCD = "new etcd"
    NEW_SQLITE = "new sqlite"
    RESUME_ETCD = "resume etcd"
    RESUME_SQLITE = "resume sqlite"
    CONVERT = "sqlite to etcd"
    JOIN = "join"


def choose(host: Host, settings: Settings) -> Way:
    """Decide from what lies in the data folder and what the configuration says."""
    folder = state.etcd_folder(settings.data_dir)
    if host.files.is_folder(f"{folder}/member/wal"):
        return Way.RESUME_ETCD
    clustered = settings.on("cluster-init") or bool(settings.text("server"))
    if host.files.is_file(sqlite_path(settings)):
        return Way.CONVERT if clustered else Way.RESUME_SQLITE
    if settings.text("server"):
        return Way.JOIN
    return Way.NEW_ETCD if clustered else Way.NEW_SQLITE


def sqlite_path(settings: Settings) -> str:
    """Return sqlite's database file."""
    return f"{settings.data_dir}/server/db/state.db"


def bury_tombstone(host: Host, settings: Settings) -> bool:
    """Move a removed member's database aside, so that the server joins anew; say whether there was one."""
    folder = state.etcd_folder(settings.data_dir)
    if not host.files.exists(f"{folder}/tombstone"):
        return False
    host.files.rename(folder, f"{folder}-old-{int(host.now().timestamp())}")
    return True


def own_token(host: Host, settings: Settings, key: str = "token") -> tokens.Token | None:
    """Return a configured token; `Fatal` when the file is not there or the text is none."""
    try:
        return state.token_of(host, settings, key)
    except OSError as exc:
        raise Fatal(f"open {settings.text(f'{key}-file')}: {(exc.strerror or '').lower()}") from exc
    except tokens.TokenInvalidError as exc:
        raise Fatal(PREPARING + str(exc)) from exc


def begin(registry: Registry, host: Host, settings: Settings, version: str) -> Cluster:
    """Make a new cluster, with the configured secrets or with drawn ones."""
    token = own_token(host, settings)
    agent = own_token(host, settings, "agent-token")
    old = registry.by_ca(state.read_text(host, f"{settings.data_dir}/server/tls/server-ca.crt"))
    if old is not None and token is not None and not old.admits_server(token):
        raise Fatal(PREPARING + BOOTSTRAP + OTHER_TOKEN)
    cluster = registry.found(
        host,
        secret=token.password if token else registry.digits(host, "server-token", SECRET_DIGITS),
        agent_secret=agent.password if agent else "",
        critical=critical.values(settings),
        version=version,
        pki=old.pki if old else None,
    )
    if token is not None:
        try:
            check_ca(token, cluster)
        except JoinError as exc:
            raise Fatal(f"{PREPARING}failed to normalize server token: {exc}") from exc
    return cluster


def resume(registry: Registry, host: Host, settings: Settings, version: str) -> Cluster:
    """Find the cluster whose data lies on this host; another token cannot decrypt them."""
    server = f"{settings.data_dir}/server"
    token = own_token(host, settings)
    cluster = registry.by_ca(state.read_text(host, f"{server}/tls/server-ca.crt"))
    if cluster is None:
        return _foreign(registry, host, settings, version, token)
    if token is not None and not cluster.admits_server(token):
        raise Fatal(PREPARING + BOOTSTRAP + OTHER_TOKEN)
    return cluster


def _foreign(registry: Registry, host: Host, settings: Settings, version: str, token: tokens.Token | None) -> Cluster:
    text = state.read_text(host, f"{settings.data_dir}/server/token").strip()
    kept = tokens.parse(text) if text else None
    if token is not None and (kept is None or kept.password != token.password):
        raise Fatal(PREPARING + BOOTSTRAP + OTHER_TOKEN)
    return begin(registry, host, settings, version)


def join(registry: Registry, host: Host, settings: Settings) -> tuple[Cluster, tuple[str, ...]]:
    """Ask a server to be let in as one more; return the cluster and the critical flags that differ."""
    token = own_token(host, settings)
    url = settings.text("server").rstrip("/")
    if token is None:
        raise Fatal(PREPARING + "K3S_TOKEN is required to join a cluster")
    try:
        process = dial(registry, host, url)
        check_ca(token, process.cluster)
    except JoinError as exc:
        raise Refused(PREPARING + str(exc), slow=exc.slow) from exc
    cluster = process.cluster
    if not process.serving:
        raise Fatal(f"{PREPARING}{url}/v1-k3s/server-bootstrap: 503 Service Unavailable")
    if cluster.datastore == "sqlite" or not cluster.admits_server(token):
        raise Fatal(f"{PREPARING}{url}/v1-k3s/server-bootstrap: 401 Unauthorized")
    return cluster, critical.mismatches(critical.values(settings), cluster.critical)


class Refused(Fatal):
    """A refusal that came from the network; `slow` when only a time-out told."""

    def __init__(self, message: str, *, slow: bool) -> None:
        super().__init__(message)
        self.slow = slow
