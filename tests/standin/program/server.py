"""One run of `k3s server`.

Not a datastore: what the servers share is in `store`.
"""

import contextlib
import json
import secrets
import threading
import time
from http import HTTPStatus

from . import nodes, pki, tokens, wire
from .api import PORT, Api
from .kubelet import Kubelet, password
from .service import Fatal, log, ready, write
from .settings import CONFIG
from .store import Store

PREPARING = "starting kubernetes: preparing server: "
BOOTSTRAP = "failed to bootstrap cluster data: "
OTHER_TOKEN = "bootstrap data already found and encrypted with different token"
MISMATCH = "critical configuration value mismatch between servers"
REMOVED = "this node has been removed from the cluster please restart k3s to rejoin the cluster"
RETRY_S, SYNC_S, PROMOTED_AFTER_S = 1.0, 0.3, 0.5


class Server:
    """A server: its datastore reached, its port answering, its node announced, until it is stopped."""

    def __init__(self, settings):
        self.settings = settings
        self.folder = settings.server_dir
        self.tls = self.folder / "tls"
        self.etcd = settings.on("cluster-init") or bool(settings.text("server"))
        self.token = self.agent_token = self.ca = ""
        self.store = None

    def run(self):
        """Live until stopped; raise `Fatal` where K3s ends itself."""
        if not self.settings.node_ip:
            raise Fatal("unable to select an IP from default routes.")
        api = Api()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._enter()
        self._write_files()
        api.open(self)
        log("info", "Kube API server is now running")
        self._announce()
        # As K3s does: a server counts as started when it votes, so that the next one may join then.
        log("info", "k3s is up and running")
        ready()
        self._serve()

    def authorities(self):
        """Return the CAs with their keys."""
        return pki.bundle(self.tls)

    def _enter(self):
        """Reach the datastore the way that the data folder and the configuration demand."""
        database, sqlite = self.folder / "db/etcd/standin.json", self.folder / "db/state.db"
        if database.with_name("tombstone").exists():
            log("info", "tombstone file has been detected, removing data dir to rejoin the cluster")
            database.parent.rename(database.parent.with_name(f"etcd-old-{int(time.time())}"))
        own = self._own_token()
        if database.exists() or sqlite.exists():
            self._resume(own, database, sqlite)
        elif self.settings.text("server"):
            self._join(own, database)
        else:
            self._begin(own, database if self.etcd else sqlite)

    def _own_token(self):
        try:
            return tokens.parse(self.settings.token())
        except OSError as exc:
            raise Fatal(f"open {exc.filename}: {(exc.strerror or '').lower()}") from exc

    def _begin(self, own, path):
        log("info", "Managed etcd cluster initializing" if self.etcd else "Configuring sqlite3 database connection")
        pki.make_authorities(self.tls)
        self.token = own.password or secrets.token_hex(16)
        self.agent_token = tokens.parse(self.settings.token("agent-token")).password or self.token
        self.store = Store(path, self.settings.node_name)

    def _resume(self, own, database, sqlite):
        self.token = tokens.parse((self.folder / "token").read_text(encoding="ascii").strip()).password
        self.agent_token = tokens.parse((self.folder / "agent-token").read_text(encoding="ascii").strip()).password
        if own.password and own.password != self.token:
            raise Fatal(PREPARING + BOOTSTRAP + OTHER_TOKEN)
        if self.etcd and not database.exists():
            log("info", "Migrating content from sqlite to etcd")
            write(database, sqlite.read_bytes())
            sqlite.rename(f"{sqlite}.migrated")
        self.etcd = database.exists()
        self.store = Store(database if self.etcd else sqlite, self.settings.node_name)

    def _join(self, own, database):
        log("info", "Managed etcd cluster not yet initialized")
        url = self.settings.text("server").rstrip("/")
        try:
            authority = wire.authority(url, own)
        except wire.Refused as exc:
            raise Fatal(f"{PREPARING}{exc}") from exc
        given = self._let_in(url, authority, own)
        for key, value in self.settings.critical.items():
            if given["critical"].get(key) != value:
                log("warning", f"critical configuration mismatched: {key}")
                raise Fatal(f"{PREPARING}{BOOTSTRAP}failed to validate server configuration: {MISMATCH}")
        pki.unpack(self.tls, given["files"])
        self.token, self.agent_token = own.password, given["agent_token"]
        self.store = Store(database, self.settings.node_name)
        self.store.learn(given["nodes"])

    def _let_in(self, url, authority, own):
        path = "/v1-k3s/server-bootstrap"
        while True:
            try:
                code, given = wire.call(url, path, ca=authority, token=own, body={"name": self.settings.node_name})
            except OSError as exc:
                raise Fatal(f"{PREPARING}{url}{path}: {exc}") from exc
            if code != HTTPStatus.OK:
                raise Fatal(f"{PREPARING}{url}{path}: {code} {HTTPStatus(code).phrase}")
            if "duplicate" in given["refusal"]:
                raise Fatal(given["refusal"])
            if not given["refusal"]:
                return given
            log("info", f"Waiting for other members to finish joining etcd cluster: {given['refusal']}")
            time.sleep(RETRY_S)

    def _write_files(self):
        """Write what K3s writes once it knows its cluster: tokens, certificates, kubeconfig, snapshots' folder."""
        self.ca = (self.tls / "server-ca.crt").read_text(encoding="ascii")
        names = [self.settings.node_name, self.settings.node_ip, "127.0.0.1", "localhost", "kubernetes"]
        pki.make_leaves(self.tls, [*names, *self.settings.words("tls-san")])
        pem = self.ca.encode()
        write(self.folder / "token", tokens.secure(pem, "server", self.token) + "\n")
        self._link("node-token")
        if self.agent_token == self.token:
            self._link("agent-token")
        else:
            write(self.folder / "agent-token", tokens.secure(pem, "node", self.agent_token) + "\n")
        write(CONFIG.with_name("k3s.yaml"), pki.kubeconfig(self.tls))
        (self.folder / "db/snapshots").mkdir(parents=True, exist_ok=True, mode=0o700)

    def _link(self, name):
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.symlink_to(self.folder / "token")

    def _announce(self):
        """Become a node, and a voting member a little later."""
        name, store = self.settings.node_name, self.store
        Kubelet(self.settings).lay_out([self.settings.node_ip, *store.peers().values()])
        roles = ("control-plane", "etcd", "master") if self.etcd else ("control-plane", "master")
        body = {"name": name, "password": password(), "node": nodes.node(self.settings, roles)}
        code, said = self._tell(f"https://127.0.0.1:{PORT}", "/v1-standin/node", body)
        if code != HTTPStatus.OK:
            raise Fatal(f"Waiting to retrieve agent configuration; server is not ready: {said}")
        self._spread()
        if self.etcd and not store.entry(name)["voter"]:
            log("info", "this server has not yet been promoted from learner to voting member")
            time.sleep(PROMOTED_AFTER_S)
            store.put(name, store.entry(name)["object"], voter=True)

    def _serve(self):
        """Give signs of life and exchange knowledge with the other servers until stopped."""
        name = self.settings.node_name
        while True:
            self.store.hear(name)
            self.store.changed.clear()
            self._spread()
            if self.etcd and self.store.deleted(name):
                write(self.folder / "db/etcd/tombstone", "")
                raise Fatal(REMOVED)
            self.store.changed.wait(SYNC_S)

    def _spread(self):
        peers = self.store.peers().values()
        threads = [threading.Thread(target=self._exchange, args=(address,)) for address in peers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _exchange(self, address):
        with contextlib.suppress(OSError, ValueError, json.JSONDecodeError):
            code, told = self._tell(f"https://{address}:{PORT}", "/v1-standin/sync", self.store.told())
            if code == HTTPStatus.OK:
                self.store.learn(told)

    def _tell(self, url, path, body):
        token = tokens.Token(self.token, "server")
        return wire.call(url, path, ca=self.ca, token=token, body=body, timeout_s=wire.PEER_TIMEOUT_S)
