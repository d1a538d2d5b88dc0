"""A server on its way into its datastore: etcd begun, resumed, joined or converted to, or sqlite.

Not the serving that follows.
"""

from __future__ import annotations

from edgebook.lab.k3s import critical, datastore, pace, state
from edgebook.lab.k3s.cluster import Cluster
from edgebook.lab.k3s.datastore import PREPARING, Way
from edgebook.lab.k3s.etcd import EtcdError
from edgebook.lab.k3s.hostcheck import Fatal
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.k3s.registry import ETCD_PEER
from edgebook.lab.k3s.running import Running

ETCD_CLIENT = 2379
ETCD_LOOPBACK = (2381, 2382)
MEMBER_DIGITS = 8
JOINING = "Waiting for other members to finish joining etcd cluster: "
TWIN = "etcd cluster join failed: duplicate node name found, please use a unique name for this node"


async def enter(run: Running) -> ServerProcess:
    """Reach the datastore the way the host's files and configuration demand."""
    if datastore.bury_tombstone(run.host, run.settings):
        run.log("info", "tombstone file has been detected, removing data dir to rejoin the cluster")
    way = datastore.choose(run.host, run.settings)
    if way is Way.JOIN:
        return await _join(run)
    if way in {Way.NEW_ETCD, Way.NEW_SQLITE}:
        return _begin(run, way)
    cluster = datastore.resume(run.registry, run.host, run.settings, run.version)
    if way is Way.RESUME_ETCD:
        return await _resume_etcd(run, cluster)
    if way is Way.CONVERT:
        return await _convert(run, cluster)
    return _present(run, cluster, "")


def _begin(run: Running, way: Way) -> ServerProcess:
    cluster = datastore.begin(run.registry, run.host, run.settings, run.version)
    if way is Way.NEW_ETCD:
        run.log("info", "Managed etcd cluster initializing")
        state.write_server(run.host, run.settings, cluster)
        return _start_etcd(run, cluster, member_name(run), first=True)
    cluster.datastore = "sqlite"
    run.log("info", "Configuring sqlite3 database connection pooling: maxIdleConns=2, maxOpenConns=0")
    state.write_server(run.host, run.settings, cluster)
    run.host.files.write(datastore.sqlite_path(run.settings), "SQLite format 3\n", 0o600, parents=True)
    return _present(run, cluster, "")


def member_name(run: Running) -> str:
    """Return this member's name: kept from the first start, or the node's with random digits."""
    kept = state.read_text(run.host, f"{state.etcd_folder(run.settings.data_dir)}/name").strip()
    return kept or f"{run.machine.name}-{run.registry.digits(run.host, 'etcd', MEMBER_DIGITS)}"


def _start_etcd(run: Running, cluster: Cluster, name: str, *, first: bool = False) -> ServerProcess:
    for port in (ETCD_CLIENT, ETCD_PEER):
        _open(run, port, "0.0.0.0")  # noqa: S104 - a model, nothing is bound
    for port in ETCD_LOOPBACK:
        _open(run, port, "127.0.0.1")
    if first:
        cluster.members.start(name, run.machine.address)
    state.write_member(run.host, run.settings.data_dir, name)
    return _present(run, cluster, name)


def _open(run: Running, port: int, address: str) -> None:
    try:
        run.call.listen("tcp", port, address=address)
    except OSError as exc:
        where = f"{run.machine.address}:{port}"
        raise Fatal(f"{PREPARING}start managed database: listen tcp {where}: bind: address already in use") from exc


def _present(run: Running, cluster: Cluster, member: str) -> ServerProcess:
    machine = run.machine
    process = ServerProcess(
        run.registry, run.host, run.settings, cluster, run.version, machine.name, machine.address, member
    )
    run.registry.servers[run.host.name] = process
    return process


async def _convert(run: Running, cluster: Cluster) -> ServerProcess:
    run.log("info", "Migrating content from sqlite to etcd")
    cluster.datastore = "etcd"
    process = _start_etcd(run, cluster, member_name(run), first=True)
    await run.wait(pace.MIGRATE_S)
    path = datastore.sqlite_path(run.settings)
    run.host.files.rename(path, f"{path}.migrated")
    run.log("info", "Etcd migration complete")
    return process


async def _resume_etcd(run: Running, cluster: Cluster) -> ServerProcess:
    run.log("info", "Managed etcd cluster bootstrap already complete and initialized")
    name = member_name(run)
    first = not cluster.members.members
    process = _start_etcd(run, cluster, name, first=first)
    while not _is_member(run, cluster, name):
        found, mine = cluster.members.shown(), f"{name}=https://{run.machine.address}:2380"
        run.log(
            "warning",
            "Failed to test data store connection: this server is a not a member of the etcd cluster. "
            f"Found {found}, expect: {mine}",
        )
        await run.wait(pace.RETRY_S)
    return process


def _is_member(run: Running, cluster: Cluster, name: str) -> bool:
    member = cluster.members.members.get(name)
    return member is not None and member.address == run.machine.address


async def _join(run: Running) -> ServerProcess:
    run.log("info", "Managed etcd cluster not yet initialized")
    try:
        cluster, differing = datastore.join(run.registry, run.host, run.settings)
    except datastore.Refused as exc:
        await run.wait(pace.DIAL_TIMEOUT_S if exc.slow else 0)
        raise
    for flag in differing:
        run.log("warning", f"critical configuration mismatched: {flag}")
    if differing:
        raise Fatal(f"{PREPARING}{datastore.BOOTSTRAP}failed to validate server configuration: {critical.MISMATCH}")
    run.log("info", "Reconciling bootstrap data between database and disk")
    await run.wait(pace.JOIN_S)
    return await _become_learner(run, cluster)


async def _become_learner(run: Running, cluster: Cluster) -> ServerProcess:
    name, address = member_name(run), run.machine.address
    if any(found.node == run.machine.name and found.name != name for found in cluster.members.members.values()):
        raise Fatal(TWIN)
    before = cluster.members.shown()
    while not _added(run, cluster, name):
        await run.wait(pace.RETRY_S)
    run.log("info", f"Adding member {name}=https://{address}:2380 to etcd cluster {before}")
    process = _start_etcd(run, cluster, name)
    state.write_server(run.host, run.settings, cluster)
    run.log("info", f"Starting etcd for cluster {cluster.members.shown()}")
    return process


def _added(run: Running, cluster: Cluster, name: str) -> bool:
    try:
        cluster.members.add_learner(name, run.machine.address, run.registry.alive(cluster, run.host))
    except EtcdError as exc:
        run.log("info", f"{JOINING}{exc}")
        return False
    return True
